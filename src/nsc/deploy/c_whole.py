"""What an integer input of exported C makes of a number in an array of doubles.

In: a program's inputs. Out: C functions, calls of them. Where a C program is called with
a number that its integer parameter cannot hold, C cuts it off towards zero, and of a
truth value it asks whether it is zero; batch entries, whose arrays hold doubles, do so
too. There is no library call and no comparison of floating numbers: compilers vectorise.
Non-goals: numbers beyond a type's range, which are outside of every domain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nsc.syntax import Leaf

# Adding 2^52 rounds a size to a whole number; where that is larger than the size, it is
# one too large. Of numbers that are not negative, bits are in the numbers' order.
_WHOLE = """/* A number without its fraction, as C converts it to an integer; a NaN stays one. */
NSC_INLINE double {name}(double x) {{
  union {{ double real; unsigned long long bits; }} value, size, whole, more;
  value.real = x;
  size.bits = value.bits & 0x7fffffffffffffffull;
  whole.real = (size.real + 4503599627370496.0) - 4503599627370496.0;
  more.bits = 0x3ff0000000000000ull & (0 - ((size.bits - whole.bits) >> 63));
  whole.real -= more.real;
  whole.bits |= value.bits & 0x8000000000000000ull;
  return whole.real;
}}"""
_TRUTH = """/* 1 where a number is not zero, as C converts it to _Bool; a NaN stays one. */
NSC_INLINE double {name}(double x) {{
  union {{ double real; unsigned long long bits; }} value;
  unsigned long long size;
  value.real = x;
  size = value.bits & 0x7fffffffffffffffull;
  value.bits = size > 0x7ff0000000000000ull ? size : size ? 0x3ff0000000000000ull : 0;
  return value.real;
}}"""


def whole_functions(
    leaves: Sequence[Leaf], own: Callable[[str], str]
) -> list[str]:
    """Write the functions that a program's inputs need."""
    kinds = {leaf.type.kind for leaf in leaves}
    found = [_WHOLE.format(name=own("nsc_whole"))] * bool(
        kinds - {"float", "bool"}
    )
    found += [_TRUTH.format(name=own("nsc_truth"))] * ("bool" in kinds)
    return found


def as_converted(value: str, leaf: Leaf, own: Callable[[str], str]) -> str:
    """Write a number as an input's type holds it."""
    if leaf.type.kind == "float":
        return value
    name = "nsc_truth" if leaf.type.kind == "bool" else "nsc_whole"
    return f"{own(name)}({value})"
