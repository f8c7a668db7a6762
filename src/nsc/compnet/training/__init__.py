"""Training of the structured compiler; it knows torch.

So does the training of the papers' compiler, and nothing else. Public names are loaded
on first use, so that settings can be read without torch; type checkers are told here
what they are.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsc.compnet.training.config import TrainConfig as TrainConfig
    from nsc.compnet.training.train import train_compnet as train_compnet

_WHERE = {
    "TrainConfig": "nsc.compnet.training.config",
    "train_compnet": "nsc.compnet.training.train",
}
__all__ = ["TrainConfig", "train_compnet"]


def __getattr__(name: str):
    """Load a public name on first use: torch comes with some."""
    if name in _WHERE:
        import importlib

        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
