"""Gamma and Bessel functions as DAG operations, for the standard library's calls.

In: argument nodes. Out: a node. Sources: gamma, Lanczos' approximation with g = 7 and
nine terms (error 1e-14); Bessel functions of orders 0 and 1, the rational
approximations of Hart (Computer Approximations, 1968; error 1e-7).
Non-goals: other orders, poles.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nsc.graph import Builder

_LANCZOS = (
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)
# Below 8: numerator and denominator in x^2, by function.
_BESSEL = {
    "j0": (
        (
            57568490574.0,
            -13362590354.0,
            651619640.7,
            -11214424.18,
            77392.33017,
            -184.9052456,
        ),
        (
            57568490411.0,
            1029532985.0,
            9494680.718,
            59272.64853,
            267.8532712,
            1.0,
        ),
    ),
    "j1": (
        (
            72362614232.0,
            -7895059235.0,
            242396853.1,
            -2972611.439,
            15704.48260,
            -30.16036606,
        ),
        (
            144725228442.0,
            2300535178.0,
            18583304.74,
            99447.43394,
            376.9991397,
            1.0,
        ),
    ),
    "y0": (
        (
            -2957821389.0,
            7062834065.0,
            -512359803.6,
            10879881.29,
            -86327.92757,
            228.4622733,
        ),
        (
            40076544269.0,
            745249964.8,
            7189466.438,
            47447.26470,
            226.1030244,
            1.0,
        ),
    ),
    "y1": (
        (
            -0.4900604943e13,
            0.1275274390e13,
            -0.5153438139e11,
            0.7349264551e9,
            -0.4237922726e7,
            0.8511937935e4,
        ),
        (
            0.2499580570e14,
            0.4244419664e12,
            0.3733650367e10,
            0.2245904002e8,
            0.1020426050e6,
            0.3549632885e3,
            1.0,
        ),
    ),
}
# From 8 on: two series in (8 / x)^2, and the phase, by order.
_FAR = {
    "0": (
        (
            1.0,
            -0.1098628627e-2,
            0.2734510407e-4,
            -0.2073370639e-5,
            0.2093887211e-6,
        ),
        (
            -0.1562499995e-1,
            0.1430488765e-3,
            -0.6911147651e-5,
            0.7621095161e-6,
            -0.934935152e-7,
        ),
    ),
    "1": (
        (1.0, 0.183105e-2, -0.3516396496e-4, 0.2457520174e-5, -0.240337019e-6),
        (
            0.04687499995,
            -0.2002690873e-3,
            0.8449199096e-5,
            -0.88228987e-6,
            0.105787412e-6,
        ),
    ),
}
_PHASE = {"0": 0.785398164, "1": 2.356194491}
_NEAR = 8.0


def gamma(b: Builder, x: int) -> int:
    """Return the gamma function."""
    is_reflected = _is_reflected(b, x)
    reflected = _reflected(b, x)
    direct = _from_half(b, _larger(b, x), b.literal(1.0))
    return b.make("SEL", is_reflected, reflected, direct)


def log_gamma(b: Builder, x: int) -> int:
    """Return the logarithm of the size of the gamma function."""
    y = _larger(b, x)
    t, power = _lanczos_power(b, y)
    log_series = b.make("SUB", power, t)
    direct = b.make("ADD", log_series, b.make("LOG", _series(b, y)))
    direct = b.make("ADD", direct, b.literal(math.log(2 * math.pi) / 2))
    sine = b.make("ABS", _sine_of_pi(b, x))
    log_pi = b.literal(math.log(math.pi))
    log_ratio = b.make("SUB", log_pi, b.make("LOG", sine))
    reflected = b.make("SUB", log_ratio, direct)
    return b.make("SEL", _is_reflected(b, x), reflected, direct)


def _is_reflected(b: Builder, x: int) -> int:
    return b.make("LT", x, b.literal(0.5))


def _larger(b: Builder, x: int) -> int:
    """Return which of x and 1 - x is no less than a half."""
    return b.make("MAX", x, b.make("SUB", b.literal(1.0), x))


def _sine_of_pi(b: Builder, x: int) -> int:
    """Return sin(pi x)."""
    return b.make("SIN", b.make("MUL", x, b.literal(math.pi)))


def _reflected(b: Builder, x: int) -> int:
    """Return gamma(x) = pi / (sin(pi x) gamma(1 - x))."""
    sine = _sine_of_pi(b, x)
    pi = b.literal(math.pi)
    return b.make("DIV", pi, _from_half(b, _larger(b, x), sine))


def _from_half(b: Builder, y: int, factor: int) -> int:
    """Return gamma(y) times a factor, for y >= 0.5.

    That is sqrt(2 pi) t^(y - 0.5) e^-t times the series, with t = y + g - 0.5.
    """
    t, power = _lanczos_power(b, y)
    exponential = b.make("EXP", b.make("SUB", power, t))
    found = b.make("MUL", exponential, _series(b, y))
    found = b.make("MUL", found, b.literal(math.sqrt(2 * math.pi)))
    return b.make("MUL", found, factor)


def _lanczos_power(b: Builder, y: int) -> tuple[int, int]:
    """Return t = y + g - 0.5, and the logarithm of t^(y - 0.5)."""
    t = b.make("ADD", y, b.literal(6.5))
    exponent = b.make("SUB", y, b.literal(0.5))
    return t, b.make("MUL", exponent, b.make("LOG", t))


def _series(b: Builder, y: int) -> int:
    """Return the sum of Lanczos' terms, c0 + c1 / y + c2 / (y + 1) + ..."""
    total = b.literal(_LANCZOS[0])
    for k, c in enumerate(_LANCZOS[1:]):
        numerator = b.literal(c)
        denominator = b.make("ADD", y, b.literal(float(k)))
        total = b.make("ADD", total, b.make("DIV", numerator, denominator))
    return total


def bessel(name: str) -> Callable[[Builder, int], int]:
    """Return what builds j0, j1, y0 or y1."""
    return lambda b, x: _bessel(b, name, x)


def _bessel(b: Builder, name: str, x: int) -> int:
    kind, order = name
    size = b.make("ABS", x)
    near = _ratio(b, name, x)
    if kind == "y":
        logarithm = b.make("MUL", _ratio(b, f"j{order}", x), b.make("LOG", x))
        if order == "1":
            inverse = b.make("DIV", b.literal(1.0), x)
            logarithm = b.make("SUB", logarithm, inverse)
        scaled = b.make("MUL", logarithm, b.literal(2 / math.pi))
        near = b.make("ADD", near, scaled)
    far = _far(b, name, size)
    if name == "j1":  # an odd function
        is_negative = b.make("LT", x, b.literal(0.0))
        far = b.make("SEL", is_negative, b.make("NEG", far), far)
    is_near = b.make("LT", size, b.literal(_NEAR))
    return b.make("SEL", is_near, near, far)


def _ratio(b: Builder, name: str, x: int) -> int:
    """Return the rational approximation for |x| < 8."""
    numerator, denominator = _BESSEL[name]
    square = b.make("SQ", x)
    above = _polynomial(b, numerator, square)
    below = _polynomial(b, denominator, square)
    found = b.make("DIV", above, below)
    return b.make("MUL", x, found) if name[1] == "1" else found


def _far(b: Builder, name: str, size: int) -> int:
    """Return the approximation for |x| >= 8: a wave that decays with the root of |x|."""
    kind, order = name
    z = b.make("DIV", b.literal(_NEAR), size)
    of_wave, of_shifted = _FAR[order]
    square = b.make("SQ", z)
    along = _polynomial(b, of_wave, square)
    across = _polynomial(b, of_shifted, square)
    phase = b.make("SUB", size, b.literal(_PHASE[order]))
    across = b.make("MUL", z, across)
    if kind == "j":  # cosine along - sine across
        wave = b.make("MUL", b.make("COS", phase), along)
        shifted = b.make("MUL", b.make("SIN", phase), across)
        total = b.make("SUB", wave, shifted)
    else:  # sine along + cosine across
        wave = b.make("MUL", b.make("SIN", phase), along)
        shifted = b.make("MUL", b.make("COS", phase), across)
        total = b.make("ADD", wave, shifted)
    decay = b.make("SQRT", b.make("DIV", b.literal(2 / math.pi), size))
    return b.make("MUL", total, decay)


def _polynomial(b: Builder, coefficients: tuple[float, ...], x: int) -> int:
    """Evaluate by Horner's rule; the constant comes first."""
    total = b.literal(coefficients[-1])
    for c in coefficients[-2::-1]:
        product = b.make("MUL", total, x)
        total = b.make("ADD", product, b.literal(c))
    return total
