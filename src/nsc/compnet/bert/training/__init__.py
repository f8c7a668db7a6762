"""Training of the papers' compiler; it knows torch.

Public names are loaded on first use, so that settings can be read without torch; type
checkers are told here what they are.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsc.compnet.bert.training.config import (
        BertTrainConfig as BertTrainConfig,
    )
    from nsc.compnet.bert.training.train import train_bert as train_bert

_WHERE = {
    "BertTrainConfig": "nsc.compnet.bert.training.config",
    "train_bert": "nsc.compnet.bert.training.train",
}
__all__ = ["BertTrainConfig", "train_bert"]


def __getattr__(name: str):
    """Load a public name on first use: torch comes with some."""
    if name in _WHERE:
        import importlib

        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
