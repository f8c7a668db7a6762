"""What people touch: the command line, the Python functions, files read and written."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsc.app.api import compile as compile
    from nsc.app.api import embed as embed
    from nsc.app.api import nearest as nearest
    from nsc.app.cli import main as main
    from nsc.app.cli import script as script

_WHERE = {
    "compile": "nsc.app.api",
    "embed": "nsc.app.api",
    "main": "nsc.app.cli",
    "nearest": "nsc.app.api",
    "script": "nsc.app.cli",
}
__all__ = [*_WHERE]


def __getattr__(name: str):
    """Load a public name on first use: torch comes with some."""
    if name in _WHERE:
        import importlib

        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
