"""Sigmoid and tanh in C that compilers vectorise: no library call, no comparison of
floating numbers.

In: a floating type. Out: C text. 1 / (1 + 2^t) is both, by a factor that is folded into
the weights before: 2^t = 2^n 2^f, |f| <= 1/2, and 2^f is a quotient, whose division is
the one that is there already. gcc takes
comparisons of floats for what may trap, and leaves loops of them as they are; here
numbers are limited as integers, by their bits.
Non-goals: layers (c_network).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

# 2^f = (E + f O) / (E - f O) on |f| <= 1/2, with E and O polynomials of f^2: their
# coefficients from the constant on; E's last is 1. Quotients that are right at the
# Chebyshev points.
EVEN_DOUBLE = (7285.732079648878, 375.02158105727983)
ODD_DOUBLE = (2525.042324661157, 28.87555955535764)  # relative error 1.2e-14
EVEN_SINGLE = (20.8189220347071,)
ODD_SINGLE = (7.215288541791916, 0.0576900964092395)  # relative error 5e-9
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

    Adding `magic` rounds to a whole n and leaves n + bias in the low bits, which
    shifted are the number 2^n. A NaN stays one.

    Args:
        number: spells a constant of the type `real`.
        name, limited: of the two functions.
    """
    _, unsigned, fraction, exponent = _BITS[real]
    limit = _spelled(real, _as_bits(LARGEST_POWER[real], fraction, exponent))
    bias = (1 << exponent - 1) - 1
    magic = number(1.5 * 2.0**fraction + bias)
    is_single = real == "float"
    even = _polynomial(EVEN_SINGLE if is_single else EVEN_DOUBLE, number)
    odd = _odd(ODD_SINGLE if is_single else ODD_DOUBLE, number)
    return f"""#ifdef __FAST_MATH__
#error "-ffast-math undoes roundings that exp needs: leave it out for this file"
#endif

/* t, no farther from zero than {LARGEST_POWER[real]:g}. */
NSC_INLINE {real} {limited}({real} t) {{
{_sized(real, "t", f"size > {limit} ? {limit} : size")}
  value.bits = (value.bits & ~{_spelled(real, _rest(real))}) | size;
  return value.real;
}}

/* 1 / (1 + 2^t): 2^t = 2^n 2^f; 2^f, |f| <= 1/2, is (even + odd) / (even - odd). */
NSC_INLINE {real} {name}({real} t) {{
  union {{ {real} real; {unsigned} bits; }} whole, power;
  {real} f, f2, even, odd, below;
  whole.real = t + {magic};
  f = t - (whole.real - {magic});
  f2 = f * f;
  even = {even};
  odd = f * ({odd});
  power.bits = whole.bits << {fraction};
  below = even - odd;
  return below / (below + power.real * (even + odd));
}}"""


def far_text(
    real: str,
    inputs: int,
    limit: float,
    number: Callable[[float], str],
    name: str,
) -> str:
    """Write whether an input of a block is farther from zero than `limit`, or NaN."""
    signed, _, fraction, exponent = _BITS[real]
    bits = _spelled(real, _as_bits(limit, fraction, exponent))
    size = f"value.bits & {_spelled(real, _rest(real))}"
    return f"""/* Is an input of a block farther from zero than {number(limit)}, or NaN?
 * Where none is, no sum of the first layer is too large for the sigmoid. */
NSC_INLINE int {name}({real} (*nsc_x)[NSC_LANES]) {{
  {signed} far = 0;
  for (int k = 0; k < {inputs}; k++)
    for (int r = 0; r < NSC_LANES; r++) {{
      union {{ {real} real; {signed} bits; }} value;
      value.real = nsc_x[k][r];
      far |= {bits} - ({size});
    }}
  return far < 0;
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
    return biased << fraction | int((2 * mantissa - 1) * 2**fraction)


def _polynomial(given: Sequence[float], number: Callable[[float], str]) -> str:
    """Write a polynomial of f2 by Horner's scheme; its last coefficient is 1."""
    text = "f2"
    for k, value in enumerate(reversed(given)):
        text = f"({text}) * f2" if k else text
        text = f"{text} + {number(value)}"
    return text


def _odd(given: Sequence[float], number: Callable[[float], str]) -> str:
    """Write a polynomial of f2, of degree one."""
    constant, slope = map(number, given)
    return f"{constant} + {slope} * f2"
