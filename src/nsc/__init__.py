"""nsc, a neural surrogate compiler: C text in, a verified small neural network out.

import nsc
surrogate = nsc.compile("sobel.c", budget=1024, seed=0)
surrogate(x)          # n x inputs, in the program's units
surrogate.report      # what was done and how wrong it is
nsc.embed(program)    # a vector; programs that compute similar things are near
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nsc.app import compile as compile
    from nsc.app import embed as embed
    from nsc.app import nearest as nearest
    from nsc.program import Program as Program
    from nsc.program import parse_program as parse_program
    from nsc.surrogate import Surrogate as Surrogate
    from nsc.surrogate import Topology as Topology
    from nsc.surrogate import load as load

_WHERE = {
    "compile": "nsc.app",
    "embed": "nsc.app",
    "nearest": "nsc.app",
    "load": "nsc.surrogate",
    "parse_program": "nsc.program",
    "Program": "nsc.program",
    "Surrogate": "nsc.surrogate",
    "Topology": "nsc.surrogate",
}
__all__ = [
    "Program",
    "Surrogate",
    "Topology",
    "compile",
    "embed",
    "load",
    "nearest",
    "parse_program",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that `import nsc` stays fast."""
    if name in _WHERE:
        import importlib

        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'nsc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
