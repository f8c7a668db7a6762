"""What unit tests of the room share: closed texts of doubles, read and evaluated."""

from collections.abc import Collection, Sequence

import numpy as np

from nsc.graph import Dag, Unsupported, evaluate
from nsc.symbolic import Definitions, dag_of, dag_of_definitions
from nsc.syntax import DOUBLE, Domain, Leaf, Param, Scalar, Signature

NAMES = ("x", "y", "z")
Range = tuple[float, float]


def signature_of(
    function: str, names: Sequence[str], ctype: Scalar = DOUBLE
) -> Signature:
    """Return the signature of a function from numbers to a number."""
    inputs = tuple(Leaf(name, name, ctype, name) for name in names)
    params = tuple(
        Param(name, ctype, "in", ctype.spell(name)) for name in names
    )
    result = Leaf("return", "nsc_result", ctype, "return")
    return Signature(function, params, ctype, inputs, (result,), "")


def domain_of(ranges: Sequence[Range]) -> Domain:
    """Return a box of one range an input."""
    return Domain(tuple(lo for lo, _ in ranges), tuple(hi for _, hi in ranges))


def read(
    text: str,
    ranges: Sequence[Range] = ((-1, 1),),
    bodiless: Collection[str] = (),
) -> Dag | Unsupported:
    """Evaluate the function f of a closed text; there is one range an input."""
    signature = signature_of("f", NAMES[: len(ranges)])
    return dag_of(text, signature, domain_of(ranges), bodiless=bodiless)


def read_definitions(
    definitions: Definitions, ranges: Sequence[Range] = ((-1, 1),)
) -> Dag | Unsupported:
    """Evaluate the function f of definitions."""
    signature = signature_of("f", NAMES[: len(ranges)])
    return dag_of_definitions(definitions, signature, domain_of(ranges))


def values(dag: Dag | Unsupported, x: np.ndarray) -> np.ndarray:
    """Evaluate the one output of a DAG on inputs `n i` in [-1, 1]."""
    assert isinstance(dag, Dag), dag
    with np.errstate(all="ignore"):
        return evaluate(dag, x)[:, 0]


def points(
    ranges: Sequence[Range], n: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    """Draw inputs `n i` in [-1, 1], and the same in the program's units."""
    u = np.random.default_rng(7).uniform(-1, 1, (n, len(ranges)))
    lo, hi = np.array(ranges, float).T
    return u, lo + (hi - lo) * (u + 1) / 2


def body(statements: str, names: str = "x") -> str:
    """Return a function f of some doubles with this body."""
    parameters = ", ".join(f"double {name}" for name in names)
    return f"double f({parameters}) {{ {statements} }}"
