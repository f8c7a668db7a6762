"""What people touch: the command line, the Python functions, files read and written.

Names are loaded on first use, so that `import nsc` and `nsc --help` are fast; type
checkers see them at once.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsc.app.adapt_api import adapt as adapt
    from nsc.app.api import compile as compile
    from nsc.app.api import compile_file as compile_file
    from nsc.app.cli import main as main
    from nsc.app.cli import script as script
    from nsc.app.commands import command as command
    from nsc.app.commands import server as server
    from nsc.app.data_api import compile_data as compile_data
    from nsc.app.data_api import fit as fit
    from nsc.app.decorator import SurrogateFunction as SurrogateFunction
    from nsc.app.decorator import surrogate as surrogate
    from nsc.app.embeddings import embed as embed
    from nsc.app.embeddings import nearest as nearest
    from nsc.app.estimator import SurrogateRegressor as SurrogateRegressor
    from nsc.app.flags import in_flags as in_flags
    from nsc.app.optimize_api import Optimized as Optimized
    from nsc.app.optimize_api import optimize as optimize
    from nsc.app.options import CompileOptions as CompileOptions
    from nsc.app.options import ExportOptions as ExportOptions
    from nsc.app.pipeline import Compiled as Compiled
    from nsc.app.pipeline import compile_program as compile_program
    from nsc.app.results import write_results as write_results
    from nsc.app.sources import header_reader as header_reader
    from nsc.app.sources import read_source as read_source

_WHERE = {
    "adapt": "adapt_api",
    "compile": "api",
    "compile_file": "api",
    "compile_program": "pipeline",
    "Compiled": "pipeline",
    "CompileOptions": "options",
    "command": "commands",
    "compile_data": "data_api",
    "embed": "embeddings",
    "ExportOptions": "options",
    "fit": "data_api",
    "header_reader": "sources",
    "in_flags": "flags",
    "main": "cli",
    "nearest": "embeddings",
    "optimize": "optimize_api",
    "Optimized": "optimize_api",
    "read_source": "sources",
    "script": "cli",
    "server": "commands",
    "surrogate": "decorator",
    "SurrogateFunction": "decorator",
    "SurrogateRegressor": "estimator",
    "write_results": "results",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name in _WHERE:
        import importlib

        return getattr(
            importlib.import_module(f"{__name__}.{_WHERE[name]}"), name
        )
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
