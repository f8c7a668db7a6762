"""nsc, a neural surrogate compiler: C text in, a verified small neural network out.

import nsc
surrogate = nsc.compile("sobel.c", budget=1024, seed=0)
surrogate(x)          # n x inputs, in the program's units
surrogate.report      # what was done and how wrong it is
nsc.compile(f, inputs={"a": (0, 1)})  # of a Python function
nsc.compile(nsc.command("./sim {a}", inputs={"a": (0, 1)}, outputs=["y"]))
nsc.fit(X, y)         # of examples
nsc.adapt("f.c", "measured.csv")  # a program's surrogate, adapted to measurements
nsc.optimize("sim.c", domain={"a": (0, 1)}, minimize="drag", runs=100)
nsc.embed(program)    # a vector; programs that compute similar things are near
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from nsc.app import SurrogateRegressor as SurrogateRegressor
    from nsc.app import adapt as adapt
    from nsc.app import command as command
    from nsc.app import compile as compile
    from nsc.app import embed as embed
    from nsc.app import fit as fit
    from nsc.app import nearest as nearest
    from nsc.app import optimize as optimize
    from nsc.app import server as server
    from nsc.app import surrogate as surrogate
    from nsc.program import Program as Program
    from nsc.program import parse_program as parse_program
    from nsc.surrogate import OutsideDomainWarning as OutsideDomainWarning
    from nsc.surrogate import Surrogate as Surrogate
    from nsc.surrogate import Topology as Topology
    from nsc.surrogate import load as load

_WHERE = {
    "adapt": "nsc.app",
    "command": "nsc.app",
    "compile": "nsc.app",
    "embed": "nsc.app",
    "fit": "nsc.app",
    "nearest": "nsc.app",
    "optimize": "nsc.app",
    "server": "nsc.app",
    "load": "nsc.surrogate",
    "parse_program": "nsc.program",
    "OutsideDomainWarning": "nsc.surrogate",
    "Program": "nsc.program",
    "Surrogate": "nsc.surrogate",
    "SurrogateRegressor": "nsc.app",
    "Topology": "nsc.surrogate",
}
__all__ = [
    "OutsideDomainWarning",
    "Program",
    "Surrogate",
    "SurrogateRegressor",
    "Topology",
    "adapt",
    "command",
    "compile",
    "embed",
    "fit",
    "load",
    "nearest",
    "optimize",
    "parse_program",
    "server",
    "surrogate",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that `import nsc` stays fast."""
    if name == "surrogate":
        import importlib

        return importlib.import_module("nsc.surrogate")
    if name in _WHERE:
        import importlib

        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'nsc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])


class _Package(ModuleType):
    """This package, whose `surrogate` is a room and a decorator.

    Python sets a package's attribute to a submodule once that is imported: the room
    then gets a class whose instances can be called.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name == "surrogate" and isinstance(value, ModuleType):
            value.__class__ = _Room
        super().__setattr__(name, value)


class _Room(ModuleType):
    """The room `nsc.surrogate`, which is called as a decorator is."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Decorate a function; see `nsc.app.surrogate`."""
        from nsc.app import surrogate as decorate

        return decorate(*args, **kwargs)


sys.modules[__name__].__class__ = _Package
