"""The standard library's functions as DAG operations.

In: a name and argument nodes. Out: a node and whether it is an integer. Non-goals:
rounding modes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from nsc.graph import SLACK, TRUTHS, Builder
from nsc.symbolic import gamma_bessel

Build = Callable[..., int]


class Formula(NamedTuple):
    """How a function is computed.

    Args:
        arity: how many arguments it takes.
        build: makes its node, from a builder and the arguments' nodes.
        is_int: whether its value is an integer.
    """

    arity: int
    build: Build
    is_int: bool = False


TAKES_INTEGER = {  # which arguments are converted to integers
    "abs": (0,),
    "labs": (0,),
    "llabs": (0,),
    "imaxabs": (0,),
    "ldexp": (1,),
    "scalbn": (1,),
    "scalbln": (1,),
}
_WHOLE = frozenset(("TRUNC", "ROUND", "FLOOR", "LIT", *TRUTHS))
_OF_WHOLE = frozenset(
    ("ADD", "SUB", "MUL", "NEG", "ABS", "SQ", "MIN", "MAX", "SEL", "FMOD")
)
# that may be undefined
_PARTIAL = frozenset(("SQRT", "LOG", "ASIN", "POW", "FMOD", "NAN"))


def _scaled(
    op: str, factor: float, *, before: bool = False
) -> Callable[..., int]:
    """Build `op(x) * factor`, or `op(x * factor)`."""

    def build(b: Builder, x: int) -> int:
        if before:
            return b.make(op, b.make("MUL", x, b.literal(factor)))
        return b.make("MUL", b.make(op, x), b.literal(factor))

    return build


def _odd(b: Builder, x: int, positive: Callable[[int], int]) -> int:
    """Build an odd function from its values on x >= 0."""
    value = positive(b.make("ABS", x))
    return b.make(
        "SEL", b.make("LT", x, b.literal(0.0)), b.make("NEG", value), value
    )


def _asinh(b: Builder, x: int) -> int:
    def positive(a: int) -> int:
        root = b.make("SQRT", b.make("ADD", b.make("SQ", a), b.literal(1.0)))
        return b.make("LOG", b.make("ADD", a, root))

    return _odd(b, x, positive)


def _acosh(b: Builder, x: int) -> int:
    root = b.make("SQRT", b.make("SUB", b.make("SQ", x), b.literal(1.0)))
    return b.make("LOG", b.make("ADD", x, root))


def _atanh(b: Builder, x: int) -> int:
    one = b.literal(1.0)
    ratio = b.make("DIV", b.make("ADD", one, x), b.make("SUB", one, x))
    return b.make("MUL", b.literal(0.5), b.make("LOG", ratio))


def _copysign(b: Builder, x: int, sign: int) -> int:
    size = b.make("ABS", x)
    return b.make(
        "SEL", b.make("LT", sign, b.literal(0.0)), b.make("NEG", size), size
    )


def _rint(b: Builder, x: int) -> int:
    """Round, halves to even.

    What is made of integers meets halves, what is made of inputs alone does not.
    """
    if not _is_discrete(b, x):
        return b.make("ROUND", x)
    half = b.literal(0.5)
    is_tie = b.make("EQ", b.make("SUB", x, b.make("FLOOR", x)), half)
    even = b.make(
        "MUL", b.literal(2.0), b.make("ROUND", b.make("MUL", x, half))
    )
    return b.make("SEL", is_tie, even, b.make("ROUND", x))


def _is_discrete(b: Builder, node: int) -> bool:
    """Say whether a node is made of whole numbers and literals alone."""
    seen = {node}
    todo = [node]
    while todo:
        node = todo.pop()
        if b.op(node) in _WHOLE:
            continue
        if b.op(node) not in _OF_WHOLE:
            return False
        fresh = set(b.children(node)) - seen
        seen |= fresh
        todo += fresh
    return True


def _remainder(b: Builder, x: int, y: int) -> int:
    return b.make("SUB", x, b.make("MUL", y, _rint(b, b.make("DIV", x, y))))


def _isnan(b: Builder, x: int) -> int:
    """Compare with itself what may be undefined.

    The inputs, and what is defined everywhere, are numbers.
    """
    if not any(b.op(node) in _PARTIAL for node in b.needed([x])):
        return b.literal(0.0)
    return b.make("NOT", b.make("EQ", x, x))


def _logb(b: Builder, x: int) -> int:
    logarithm = b.make(
        "MUL", b.make("LOG", b.make("ABS", x)), b.literal(1 / math.log(2))
    )
    return b.make("FLOOR", b.make("ADD", logarithm, b.literal(SLACK)))


def ldexp(b: Builder, x: int, n: int) -> int:
    """Return `x * 2**n`."""
    return b.make("MUL", x, b.make("POW", b.literal(2.0), n))


def frexp(b: Builder, x: int) -> tuple[int, int]:
    """Return the fraction and the exponent of a number; both are 0 for 0.

    The fraction's size is in [0.5, 1).
    """
    exponent = b.make("ADD", _logb(b, x), b.literal(1.0))
    is_zero = b.make("EQ", x, b.literal(0.0))
    zero = b.literal(0.0)
    exponent = b.make("SEL", is_zero, zero, exponent)
    return ldexp(b, x, b.make("NEG", exponent)), exponent


def _operation(op: str) -> Build:
    """Build one operation."""
    return lambda b, *nodes: b.make(op, *nodes)


def _ceil(b: Builder, x: int) -> int:
    return b.make("NEG", b.make("FLOOR", b.make("NEG", x)))


def _expm1(b: Builder, x: int) -> int:
    return b.make("SUB", b.make("EXP", x), b.literal(1.0))


def _log1p(b: Builder, x: int) -> int:
    return b.make("LOG", b.make("ADD", x, b.literal(1.0)))


def _acos(b: Builder, x: int) -> int:
    return b.make("SUB", b.literal(math.pi / 2), b.make("ASIN", x))


def _hypot(b: Builder, x: int, y: int) -> int:
    return b.make("SQRT", b.make("ADD", b.make("SQ", x), b.make("SQ", y)))


def _fma(b: Builder, x: int, y: int, z: int) -> int:
    return b.make("ADD", b.make("MUL", x, y), z)


def _erfc(b: Builder, x: int) -> int:
    return b.make("SUB", b.literal(1.0), b.make("ERF", x))


def _fdim(b: Builder, x: int, y: int) -> int:
    return b.make("MAX", b.make("SUB", x, y), b.literal(0.0))


def _significand(b: Builder, x: int) -> int:
    return ldexp(b, x, b.make("NEG", _logb(b, x)))


def _fpclassify(b: Builder, x: int) -> int:
    """FP_ZERO for zero, else FP_NORMAL."""
    is_zero = b.make("EQ", x, b.literal(0.0))
    return b.make("SEL", is_zero, b.literal(2.0), b.literal(4.0))


def _signbit(b: Builder, x: int) -> int:
    return b.make("LT", x, b.literal(0.0))


def _is_number(b: Builder, x: int) -> int:
    return b.make("NOT", _isnan(b, x))


def _isunordered(b: Builder, x: int, y: int) -> int:
    return b.make("OR", _isnan(b, x), _isnan(b, y))


_OF_ONE = {
    "sqrt": "SQRT",
    "sin": "SIN",
    "cos": "COS",
    "tan": "TAN",
    "exp": "EXP",
    "log": "LOG",
    "fabs": "ABS",
    "atan": "ATAN",
    "tanh": "TANH",
    "floor": "FLOOR",
    "asin": "ASIN",
    "sinh": "SINH",
    "cosh": "COSH",
    "cbrt": "CBRT",
    "erf": "ERF",
    "round": "ROUND",
    "trunc": "TRUNC",
}
_OF_TWO = {
    "pow": "POW",
    "atan2": "ATAN2",
    "fmin": "MIN",
    "fmax": "MAX",
    "fmod": "FMOD",
}
# by the function's name; names of a lexicon keep this order (stand_ins.py)
FORMULAS: dict[str, Formula] = {
    **{name: Formula(1, _operation(op)) for name, op in _OF_ONE.items()},
    "lround": Formula(1, _operation("ROUND"), is_int=True),
    "llround": Formula(1, _operation("ROUND"), is_int=True),
    **{name: Formula(2, _operation(op)) for name, op in _OF_TWO.items()},
    "ceil": Formula(1, _ceil),
    "log10": Formula(1, _scaled("LOG", 1 / math.log(10))),
    "log2": Formula(1, _scaled("LOG", 1 / math.log(2))),
    "exp2": Formula(1, _scaled("EXP", math.log(2), before=True)),
    "exp10": Formula(1, _scaled("EXP", math.log(10), before=True)),
    "pow10": Formula(1, _scaled("EXP", math.log(10), before=True)),
    "expm1": Formula(1, _expm1),
    "log1p": Formula(1, _log1p),
    "acos": Formula(1, _acos),
    "hypot": Formula(2, _hypot),
    "fma": Formula(3, _fma),
    "copysign": Formula(2, _copysign),
    "erfc": Formula(1, _erfc),
    "asinh": Formula(1, _asinh),
    "acosh": Formula(1, _acosh),
    "atanh": Formula(1, _atanh),
    "remainder": Formula(2, _remainder),
    "drem": Formula(2, _remainder),
    "rint": Formula(1, _rint),
    "nearbyint": Formula(1, _rint),
    "fdim": Formula(2, _fdim),
    "ldexp": Formula(2, ldexp),
    "scalbn": Formula(2, ldexp),
    "scalbln": Formula(2, ldexp),
    "logb": Formula(1, _logb),
    "significand": Formula(1, _significand),
    "nextafter": Formula(2, lambda b, x, y: x),
    "nan": Formula(1, lambda b, x: b.literal(math.nan)),
    "tgamma": Formula(1, gamma_bessel.gamma),
    "lgamma": Formula(1, gamma_bessel.log_gamma),
    **{
        name: Formula(1, gamma_bessel.bessel(name))
        for name in ("j0", "j1", "y0", "y1")
    },
    "abs": Formula(1, _operation("ABS"), is_int=True),
    "labs": Formula(1, _operation("ABS"), is_int=True),
    "llabs": Formula(1, _operation("ABS"), is_int=True),
    "imaxabs": Formula(1, _operation("ABS"), is_int=True),
    "lrint": Formula(1, _rint, is_int=True),
    "llrint": Formula(1, _rint, is_int=True),
    "isnan": Formula(1, _isnan, is_int=True),
    "isinf": Formula(1, lambda b, x: b.literal(0.0), is_int=True),
    "isfinite": Formula(1, _is_number, is_int=True),
    "finite": Formula(1, _is_number, is_int=True),
    "isnormal": Formula(1, lambda b, x: b.literal(1.0), is_int=True),
    "fpclassify": Formula(1, _fpclassify, is_int=True),
    "signbit": Formula(1, _signbit, is_int=True),
    "ilogb": Formula(1, _logb, is_int=True),
    "isunordered": Formula(2, _isunordered, is_int=True),
    "islessgreater": Formula(
        2, lambda b, x, y: b.make("NOT", b.make("EQ", x, y)), is_int=True
    ),
    "isless": Formula(2, lambda b, x, y: b.make("LT", x, y), is_int=True),
    "isgreater": Formula(2, lambda b, x, y: b.make("LT", y, x), is_int=True),
    "islessequal": Formula(
        2, lambda b, x, y: b.make("NOT", b.make("LT", y, x)), is_int=True
    ),
    "isgreaterequal": Formula(
        2, lambda b, x, y: b.make("NOT", b.make("LT", x, y)), is_int=True
    ),
}


@cache
def known_call(name: str) -> str | None:
    """Return the double spelling of a known function, None if unknown.

    Example: "sinf" and "__builtin_sin" give "sin".
    """
    name = name.removeprefix("__builtin_")
    without_suffix = name[:-1] if name[-1:] in ("f", "l") else name
    for spelled in (name, without_suffix):
        if spelled in FORMULAS:
            return spelled
    return None


def is_floating(name: str) -> bool:
    """Say whether a known function's value is no integer."""
    known = known_call(name)
    return known is not None and not FORMULAS[known].is_int


def names_of_numbers() -> list[tuple[str, int]]:
    """List the known functions whose value is no integer.

    Returns:
        Their names, each with how many arguments it takes.
    """
    return [
        (name, formula.arity)
        for name, formula in FORMULAS.items()
        if not formula.is_int and name != "nan"
    ]


def call(b: Builder, name: str, args: list[int]) -> tuple[int, bool] | None:
    """Build a known function's value.

    Args:
        name: as returned by `known_call`.
        args: the arguments' nodes.

    Returns:
        Its node, and whether it is an integer; None when it takes another number of
        arguments.
    """
    formula = FORMULAS[name]
    if formula.arity != len(args):
        return None
    return formula.build(b, *args), formula.is_int
