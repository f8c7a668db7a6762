"""Sigmoid and tanh in C that compilers vectorise: no library call, no comparison of
floating numbers.

In: a floating type. Out: C text. 1 / (1 + 2^t) is both, by a factor that is folded into
the weights before: 2^t = 2^n 2^f, |f| <= 1/2, and 2^f is a polynomial. gcc takes
comparisons of floats for what may trap, and leaves loops of them as they are; here
numbers are limited as integers, by their bits.
Non-goals: layers (c_network).
"""

from __future__ import annotations

import math
from collections.abc import Callable

# 2^f on |f| <= 1/2, coefficients of f^0, f^1, ... The finetuning kernels need another
# error in double, and the same in single: a test compares them.
EXP2_DOUBLE = (  # relative error 9e-13
    1.0,
    0.6931471805482118,
    0.24022650698110432,
    0.05550410935267694,
    0.009618128616171052,
    0.0013333454859407318,
    0.00015403825422635655,
    1.5309156448358417e-05,
    1.3178942998334341e-06,
)
EXP2_SINGLE = (  # relative error 1e-7
    1.0,
    0.6931469775988579,
    0.24022242085172812,
    0.05550733743691219,
    0.009671512648928984,
    0.0013264727065248338,
)
# sigmoid(z) = 1 / (1 + 2^t), tanh(z) = 2 / (1 + 2^t) - 1: what t is of z
FOLDED = {
    "sigmoid": -math.log2(math.e),
    "tanh": -2 * math.log2(math.e),
    "relu": 1.0,
}
# of t: 1 + 2^t is a normal number, and so is its reciprocal
LARGEST_POWER = {"float": 120.0, "double": 1000.0}
# signed and unsigned integers of its size, bits of its fraction and of its exponent
_BITS = {
    "float": ("int", "unsigned", 23, 8),
    "double": ("long long", "unsigned long long", 52, 11),
}

MACROS = """#ifdef __clang__
#define NSC_VECTORISE _Pragma("clang loop vectorize(enable) unroll(disable)")
#else
#define NSC_VECTORISE
#endif
#ifdef __GNUC__
#define NSC_INLINE static inline __attribute__((always_inline, unused))
#else
#define NSC_INLINE static inline
#endif"""


def sigmoid_text(
    real: str, number: Callable[[float], str], name: str, limited: str
) -> str:
    """Write 1 / (1 + 2^t), and what limits t.

    Adding `magic` rounds to a whole n and leaves it in the low bits, which are then
    added to the exponent of 2^f. A NaN stays one.

    Args:
        number: spells a constant of the type `real`.
        name, limited: of the two functions.
    """
    _, unsigned, fraction, exponent = _BITS[real]
    limit = _spelled(real, _as_bits(LARGEST_POWER[real], fraction, exponent))
    magic = number(1.5 * 2.0**fraction)
    one = number(1.0)
    return f"""#ifdef __FAST_MATH__
#error "-ffast-math undoes roundings that exp needs: leave it out for this file"
#endif

/* t, no farther from zero than {LARGEST_POWER[real]:g}. */
NSC_INLINE {real} {limited}({real} t) {{
{_sized(real, "t", f"size > {limit} ? {limit} : size")}
  value.bits = (value.bits & ~{_spelled(real, _rest(real))}) | size;
  return value.real;
}}

/* 1 / (1 + 2^t): 2^t = 2^n 2^f; 2^f, |f| <= 1/2, by a polynomial. */
NSC_INLINE {real} {name}({real} t) {{
  union {{ {real} real; {unsigned} bits; }} whole, power;
  {real} f, f2, f4;
  whole.real = t + {magic};
  f = t - (whole.real - {magic});
  f2 = f * f;
  f4 = f2 * f2;
  power.real = {_polynomial(real, number)};
  power.bits += whole.bits << {fraction};
  return {one} / ({one} + power.real);
}}"""


def positive_text(real: str, name: str) -> str:
    """Write max(z, 0); a NaN stays one."""
    return f"""/* max(z, 0) */
NSC_INLINE {real} {name}({real} z) {{
{_sized(real, "z", "value.bits < 0 ? 0 : size")}
  value.bits = size;
  return value.real;
}}"""


def _sized(real: str, given: str, otherwise: str) -> str:
    """Write `value`, the bits of a number, and `size`, those of its absolute value.

    Args:
        otherwise: what `size` becomes where the number is not NaN.
    """
    signed, _, fraction, exponent = _BITS[real]
    infinite = ((1 << exponent) - 1) << fraction
    quiet = _spelled(real, infinite | 1 << fraction - 1)
    return f"""  union {{ {real} real; {signed} bits; }} value;
  {signed} size;
  value.real = {given};
  size = value.bits & {_spelled(real, _rest(real))};
  size = size > {_spelled(real, infinite)} ? {quiet} : {otherwise};"""


def _rest(real: str) -> int:
    """Return all bits of a number but its sign."""
    return (1 << sum(_BITS[real][2:])) - 1


def _spelled(real: str, bits: int) -> str:
    return f"{bits:#x}{'' if real == 'float' else 'll'}"


def _as_bits(value: float, fraction: int, exponent: int) -> int:
    """Return the bits of a positive number in a binary format."""
    mantissa, power = math.frexp(value)
    biased = power - 1 + (1 << exponent - 1) - 1
    return biased << fraction | round((2 * mantissa - 1) * 2**fraction)


def _polynomial(real: str, number: Callable[[float], str]) -> str:
    """Write 2^f by Estrin's scheme: pairs, which do not wait for each other."""
    is_single = real == "float"
    c = [number(v) for v in (EXP2_SINGLE if is_single else EXP2_DOUBLE)]
    pairs = [f"({c[k]} + {c[k + 1]} * f)" for k in range(0, len(c) - 1, 2)]
    low = [pairs[0], f"{pairs[1]} * f2"]
    if is_single:
        high = [f"{pairs[2]} * f4"]
    else:
        high = [
            f"({pairs[2]}",
            f"{pairs[3]} * f2) * f4",
            f"{c[-1]} * (f4 * f4)",
        ]
    return "\n    + ".join([*low, *high])
