"""The standard library's functions as DAG operations.

In: a name and argument nodes. Out: a node and whether it is an integer. Non-goals:
rounding modes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from nsc.graph import SLACK, TRUTHS, Builder
from nsc.symbolic import gamma_bessel

_UNARY = {
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
_UNARY_INTEGER = {name: "ROUND" for name in ("lround", "llround")}
_BINARY = {"pow": "POW", "atan2": "ATAN2", "fmin": "MIN", "fmax": "MAX", "fmod": "FMOD"}
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


def _scaled(op: str, factor: float, *, before: bool = False) -> Callable[..., int]:
    """Build `op(x) * factor`, or `op(x * factor)`."""

    def build(b: Builder, x: int) -> int:
        if before:
            return b.make(op, b.make("MUL", x, b.literal(factor)))
        return b.make("MUL", b.make(op, x), b.literal(factor))

    return build


def _odd(b: Builder, x: int, positive: Callable[[int], int]) -> int:
    """Build an odd function from its values on x >= 0."""
    value = positive(b.make("ABS", x))
    return b.make("SEL", b.make("LT", x, b.literal(0.0)), b.make("NEG", value), value)


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
    return b.make("SEL", b.make("LT", sign, b.literal(0.0)), b.make("NEG", size), size)


def _rint(b: Builder, x: int) -> int:
    """Round, halves to even: what is made of integers meets them, what is made of
    inputs alone does not.
    """
    if not _is_discrete(b, x):
        return b.make("ROUND", x)
    half = b.literal(0.5)
    is_tie = b.make("EQ", b.make("SUB", x, b.make("FLOOR", x)), half)
    even = b.make("MUL", b.literal(2.0), b.make("ROUND", b.make("MUL", x, half)))
    return b.make("SEL", is_tie, even, b.make("ROUND", x))


def _is_discrete(b: Builder, node: int) -> bool:
    """Say whether a node is made of whole numbers and literals; each node on the way is
    looked at once.
    """
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
    """Compare with itself what may be undefined; the inputs, and what is defined
    everywhere, are numbers.
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
    """Return the fraction, in [0.5, 1) but for its sign, and the exponent; both are 0
    for 0.
    """
    exponent = b.make("ADD", _logb(b, x), b.literal(1.0))
    is_zero = b.make("EQ", x, b.literal(0.0))
    zero = b.literal(0.0)
    exponent = b.make("SEL", is_zero, zero, exponent)
    return ldexp(b, x, b.make("NEG", exponent)), exponent


_FLOATS: dict[str, Callable[..., int]] = {
    "ceil": lambda b, x: b.make("NEG", b.make("FLOOR", b.make("NEG", x))),
    "log10": _scaled("LOG", 1 / math.log(10)),
    "log2": _scaled("LOG", 1 / math.log(2)),
    "exp2": _scaled("EXP", math.log(2), before=True),
    "exp10": _scaled("EXP", math.log(10), before=True),
    "pow10": _scaled("EXP", math.log(10), before=True),
    "expm1": lambda b, x: b.make("SUB", b.make("EXP", x), b.literal(1.0)),
    "log1p": lambda b, x: b.make("LOG", b.make("ADD", x, b.literal(1.0))),
    "acos": lambda b, x: b.make("SUB", b.literal(math.pi / 2), b.make("ASIN", x)),
    "hypot": lambda b, x, y: b.make(
        "SQRT", b.make("ADD", b.make("SQ", x), b.make("SQ", y))
    ),
    "fma": lambda b, x, y, z: b.make("ADD", b.make("MUL", x, y), z),
    "copysign": _copysign,
    "erfc": lambda b, x: b.make("SUB", b.literal(1.0), b.make("ERF", x)),
    "asinh": _asinh,
    "acosh": _acosh,
    "atanh": _atanh,
    "remainder": _remainder,
    "drem": _remainder,
    "rint": _rint,
    "nearbyint": _rint,
    "fdim": lambda b, x, y: b.make("MAX", b.make("SUB", x, y), b.literal(0.0)),
    "ldexp": ldexp,
    "scalbn": ldexp,
    "scalbln": ldexp,
    "logb": _logb,
    "significand": lambda b, x: ldexp(b, x, b.make("NEG", _logb(b, x))),
    "nextafter": lambda b, x, y: x,
    "nan": lambda b, x: b.literal(math.nan),
    "tgamma": gamma_bessel.gamma,
    "lgamma": gamma_bessel.log_gamma,
} | {name: gamma_bessel.bessel(name) for name in ("j0", "j1", "y0", "y1")}
_INTEGERS: dict[str, Callable[..., int]] = {
    "abs": lambda b, x: b.make("ABS", x),
    "labs": lambda b, x: b.make("ABS", x),
    "llabs": lambda b, x: b.make("ABS", x),
    "imaxabs": lambda b, x: b.make("ABS", x),
    "lrint": _rint,
    "llrint": _rint,
    "isnan": _isnan,
    "isinf": lambda b, x: b.literal(0.0),
    "isfinite": lambda b, x: b.make("NOT", _isnan(b, x)),
    "finite": lambda b, x: b.make("NOT", _isnan(b, x)),
    "isnormal": lambda b, x: b.literal(1.0),
    "fpclassify": lambda b, x: b.make(
        "SEL", b.make("EQ", x, b.literal(0.0)), b.literal(2.0), b.literal(4.0)
    ),
    "signbit": lambda b, x: b.make("LT", x, b.literal(0.0)),
    "ilogb": _logb,
    "isunordered": lambda b, x, y: b.make("OR", _isnan(b, x), _isnan(b, y)),
    "islessgreater": lambda b, x, y: b.make("NOT", b.make("EQ", x, y)),
    "isless": lambda b, x, y: b.make("LT", x, y),
    "isgreater": lambda b, x, y: b.make("LT", y, x),
    "islessequal": lambda b, x, y: b.make("NOT", b.make("LT", y, x)),
    "isgreaterequal": lambda b, x, y: b.make("NOT", b.make("LT", x, y)),
}

CONSTANTS: dict[str, tuple[float, bool]] = {
    "M_E": (math.e, False),
    "M_LOG2E": (1 / math.log(2), False),
    "M_LOG10E": (1 / math.log(10), False),
    "M_LN2": (math.log(2), False),
    "M_LN10": (math.log(10), False),
    "M_PI": (math.pi, False),
    "M_PI_2": (math.pi / 2, False),
    "M_PI_4": (math.pi / 4, False),
    "M_1_PI": (1 / math.pi, False),
    "M_2_PI": (2 / math.pi, False),
    "M_2_SQRTPI": (2 / math.sqrt(math.pi), False),
    "M_SQRT2": (math.sqrt(2), False),
    "M_SQRT1_2": (math.sqrt(0.5), False),
    "INFINITY": (math.inf, False),
    "HUGE_VAL": (math.inf, False),
    "HUGE_VALF": (math.inf, False),
    "FLT_MAX": (3.4028234663852886e38, False),
    "FLT_MIN": (1.1754943508222875e-38, False),
    "FLT_EPSILON": (2.0**-23, False),
    "DBL_MAX": (1.7976931348623157e308, False),
    "DBL_MIN": (2.2250738585072014e-308, False),
    "DBL_EPSILON": (2.0**-52, False),
    "INT_MAX": (2.0**31 - 1, True),
    "INT_MIN": (-(2.0**31), True),
    "UINT_MAX": (2.0**32 - 1, True),
    "SHRT_MAX": (32767.0, True),
    "UCHAR_MAX": (255.0, True),
    "CHAR_BIT": (8.0, True),
    "DBL_MANT_DIG": (53.0, True),
    "FLT_MANT_DIG": (24.0, True),
    "DBL_DIG": (15.0, True),
    "FLT_DIG": (6.0, True),
    "DBL_MAX_EXP": (1024.0, True),
    "DBL_MIN_EXP": (-1021.0, True),
    "FLT_RADIX": (2.0, True),
    "FLT_MAX_EXP": (128.0, True),
    "FLT_MIN_EXP": (-125.0, True),
    "LONG_MIN": (-(2.0**31), True),
    "LONG_MAX": (2.0**31 - 1, True),
    "true": (1.0, True),
    "false": (0.0, True),
    "NULL": (0.0, True),
    "NAN": (math.nan, False),
    "FP_NAN": (0.0, True),
    "FP_INFINITE": (1.0, True),
    "FP_ZERO": (2.0, True),
    "FP_SUBNORMAL": (3.0, True),
    "FP_NORMAL": (4.0, True),
}


@cache
def known_call(name: str) -> str | None:
    """Return the double spelling of a known function ("sinf" gives "sin"), None if
    unknown.
    """
    name = name.removeprefix("__builtin_")
    tables = (_UNARY, _UNARY_INTEGER, _BINARY, _FLOATS, _INTEGERS)
    for spelled in (name, name[:-1] if name[-1:] in ("f", "l") else name):
        if any(spelled in table for table in tables):
            return spelled
    return None


def is_floating(name: str) -> bool:
    """Say whether a known function's value is no integer."""
    known = known_call(name)
    return known is not None and known not in _UNARY_INTEGER and known not in _INTEGERS


def names_of_numbers() -> list[tuple[str, int]]:
    """List the known functions whose value is no integer, with how many arguments they
    take.
    """
    plain = [
        (name, arity) for table, arity in ((_UNARY, 1), (_BINARY, 2)) for name in table
    ]
    rules = [
        (name, rule.__code__.co_argcount - 1)
        for name, rule in _FLOATS.items()
        if name != "nan"
    ]
    return plain + rules


def call(b: Builder, name: str, args: list[int]) -> tuple[int, bool] | None:
    """Build a known function's value as (node, is integer); None when the arguments do
    not fit.

    Args:
        name: as returned by `known_call`.
    """
    if name in _UNARY and len(args) == 1:
        return b.make(_UNARY[name], *args), False
    if name in _UNARY_INTEGER and len(args) == 1:
        return b.make(_UNARY_INTEGER[name], *args), True
    if name in _BINARY and len(args) == 2:
        return b.make(_BINARY[name], *args), False
    for table, is_int in ((_FLOATS, False), (_INTEGERS, True)):
        rule = table.get(name)
        if rule is not None and rule.__code__.co_argcount == len(args) + 1:
            return rule(b, *args), is_int
    return None
