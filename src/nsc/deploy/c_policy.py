"""What exported C does with inputs outside the domain: the policies of Python's `outside`.

In: a policy, a program. Out: C text. Non-goals: which inputs are outside (c_source), the
original's call (c_source), batches, which leave such rows to the scalar function
(c_outside).

A file without a policy tests nothing. "warn" says so once, on stderr, and goes on;
"raise" says so and aborts; "clip" takes the nearest inputs of the domain's box; "nan"
gives NaN; "original" calls the original, as `guard` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nsc.errors import InputError
from nsc.program import Program
from nsc.syntax import Leaf, Scalar, Void

# those that test a row before anything is computed
TESTING = ("original", "nan", "warn", "raise")
_SAID = {
    "warn": "a warning on stderr, once; the network answers",
    "raise": "a message on stderr, and abort()",
    "clip": "the nearest inputs of the domain are taken; a NaN stays one",
    "nan": "NaN",
}


def expect_possible(
    outside: str | None, program: Program, *, gradient: bool
) -> None:
    """Refuse a policy that a program's C cannot follow.

    Raises:
        InputError: says why, and what to do.
    """
    if outside == "nan":
        for leaf in program.signature.outputs:
            if leaf.type.kind != "float":
                raise InputError(
                    "outside must be another than 'nan' where an output is no floating"
                    f" number: '{leaf.name}' is {leaf.type.spelling}, which has no NaN"
                )
    if outside == "clip" and program.drawing.conditions:
        raise InputError(
            "outside must be another than 'clip' where conditions between inputs say"
            f" what the domain is: no input is nearest to '{program.drawing.where}'"
        )
    if outside in ("clip", "raise") and gradient:
        raise InputError(
            f"gradient must be left out with outside='{outside}', which derivatives do"
            " not follow"
        )


def said_of(outside: str | None) -> list[str]:
    """Say in the head comment what becomes of inputs outside."""
    if outside not in _SAID:
        return []
    return [f"Outside the domain: {_SAID[outside]}."]


def limits_of(kind: Scalar) -> tuple[float, float]:
    """Return the least and the largest number that a type holds."""
    if kind.kind == "float":
        return -math.inf, math.inf
    return (0.0, 1.0) if kind.kind == "bool" else kind.limits


def clipped(
    value: str, lo: float, hi: float, limits: tuple[float, float]
) -> str:
    """Write the nearest number of a range, as a double; a NaN stays one.

    Args:
        limits: of the value's type, which no value is beyond.
    """
    least = f"{lo:.17g}"
    largest = f"{hi:.17g}"
    below = f"{value} < {least} ? {least} : " if limits[0] < lo else ""
    above = f"{value} > {largest} ? {largest} : " if hi < limits[1] else ""
    return f"({below}{above}(double){value})"


def helper(
    outside: str | None, program: Program, own: Callable[[str], str]
) -> str:
    """Write the function that a test calls; "" where none is called."""
    name = own("nsc_outside")
    message = (
        f'"{program.name}: inputs outside the domain of its surrogate\\n"'
    )
    if outside == "nan":
        return nan_function(own)
    if outside == "raise":
        return (
            "#include <stdio.h>\n#include <stdlib.h>\n\n"
            f"static void {name}(void) {{\n  fputs({message}, stderr);\n"
            "  abort();\n}"
        )
    if outside == "warn":
        return (
            "#include <stdio.h>\n\n"
            f"static void {name}(void) {{\n  static int has_warned;\n"
            f"  if (!has_warned) fputs({message}, stderr);\n"
            "  has_warned = 1;\n}"
        )
    return ""


def nan_function(own: Callable[[str], str]) -> str:
    """Write a function that returns NaN, without <math.h>."""
    return (
        f"static double {own('nsc_nan')}(void)"
        " { double zero = 0.0; return zero / zero; }"
    )


def leaving(
    outside: str | None,
    program: Program,
    own: Callable[[str], str],
    spelled: Callable[[str], str],
) -> str:
    """Write what is done at once with inputs outside; the original's call is not here.

    Args:
        spelled: a C expression as the file spells its names.
    """
    if outside != "nan":
        return f"{own('nsc_outside')}();"
    signature = program.signature
    lines = [_nan_for(leaf, own, spelled) for leaf in signature.outputs]
    is_void = isinstance(signature.result, Void)
    lines.append("return;" if is_void else "return nsc_result;")
    return f"{{ {' '.join(lines)} }}"


def _nan_for(
    leaf: Leaf, own: Callable[[str], str], spelled: Callable[[str], str]
) -> str:
    kind = leaf.type.spelling
    return f"{spelled(leaf.lvalue)} = ({kind}){own('nsc_nan')}();"
