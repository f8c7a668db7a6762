"""The bits of numbers, read and written as libm does: the DAG computes what the
compiled C computes.
"""

import re

import numpy as np
import pytest

from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import build, run

X = np.random.default_rng(3).uniform(-1, 1, (1000, 2))
HEADER = r"""#include <math.h>
#include <stdint.h>
typedef union { double value; struct { uint32_t lsw; uint32_t msw; } parts; uint64_t word; } ieee_double_shape_type;
typedef union { float value; uint32_t word; } ieee_float_shape_type;
#define GET_HIGH_WORD(i,d) do { ieee_double_shape_type gh_u; gh_u.value = (d); (i) = gh_u.parts.msw; } while (0)
#define GET_LOW_WORD(i,d) do { ieee_double_shape_type gl_u; gl_u.value = (d); (i) = gl_u.parts.lsw; } while (0)
#define EXTRACT_WORDS(ix0,ix1,d) do { ieee_double_shape_type ew_u; ew_u.value = (d); (ix0) = ew_u.parts.msw; (ix1) = ew_u.parts.lsw; } while (0)
#define INSERT_WORDS(d,ix0,ix1) do { ieee_double_shape_type iw_u; iw_u.parts.msw = (ix0); iw_u.parts.lsw = (ix1); (d) = iw_u.value; } while (0)
#define SET_HIGH_WORD(d,v) do { ieee_double_shape_type sh_u; sh_u.value = (d); sh_u.parts.msw = (v); (d) = sh_u.value; } while (0)
#define SET_LOW_WORD(d,v) do { ieee_double_shape_type sl_u; sl_u.value = (d); sl_u.parts.lsw = (v); (d) = sl_u.value; } while (0)
#define GET_FLOAT_WORD(i,d) do { ieee_float_shape_type gf_u; gf_u.value = (d); (i) = gf_u.word; } while (0)
#define SET_FLOAT_WORD(d,i) do { ieee_float_shape_type sf_u; sf_u.word = (i); (d) = sf_u.value; } while (0)
static inline uint64_t asuint64(double f) { union { double f; uint64_t i; } u = {f}; return u.i; }
static inline double asdouble(uint64_t i) { union { uint64_t i; double f; } u = {i}; return u.f; }
"""
CASES = {
    "comparison": (
        "double f(double x) { int hx, ix; GET_HIGH_WORD(hx, x); ix = hx & 0x7fffffff;"
        "if (ix < 0x3fe00000) return x; if (hx < 0) return -1; return 2 * x; }"
    ),
    "special numbers": (
        "double f(double x, double y) { int hx, ix; unsigned lx; EXTRACT_WORDS(hx, lx,"
        " x);ix = hx & 0x7fffffff; if (((ix - 0x3ff00000) | lx) == 0) return 5;if ((ix"
        " | ((lx | (-lx)) >> 31)) > 0x7ff00000) return x + y; return x * y; }"
    ),
    "exponent": (
        "double f(double x) { int hx; GET_HIGH_WORD(hx, x); return ((hx & 0x7fffffff)"
        " >> 20) - 1023; }"
    ),
    "mantissa": (
        "double f(double x) { int hx, k, i; GET_HIGH_WORD(hx, x); if (hx < 0) return 0;"
        " k = (hx >> 20) - 1023;hx &= 0x000fffff; i = (hx + 0x95f64) & 0x100000;"
        " SET_HIGH_WORD(x, hx | (i ^ 0x3ff00000)); k += i >> 20;return x + k; }"
    ),
    "ldexp": (
        "double f(double x, double y) { int k = (int)(8 * x), hy; GET_HIGH_WORD(hy, y);"
        " hy += k << 20;SET_HIGH_WORD(y, hy); return y; }"
    ),
    "power of two": (
        "double f(double x) { int k = (int)(8 * x); double t; INSERT_WORDS(t,"
        " 0x3ff00000 + (k << 20), 0);return t; }"
    ),
    "literal words": (
        "double f(double x) { double t; INSERT_WORDS(t, 0x3fe62e42, 0xfefa39ef); return"
        " t * x; }"
    ),
    "low word cleared": (
        "double f(double x) { double z = sqrt(x * x + 1); SET_LOW_WORD(z, 0); return"
        " z; }"
    ),
    "words as numbers": (
        "double f(double x) { int hx; unsigned lx; EXTRACT_WORDS(hx, lx, x);"
        "return hx * 1e-9 + lx * 1e-9; }"
    ),
    "float": (
        "float f(float x) { int hx, ix; GET_FLOAT_WORD(hx, x); ix = hx & 0x7fffffff;"
        "if (ix >= 0x3f000000) return hx >> 31 ? -x * x : x; return x * x * x; }"
    ),
    "float's mantissa": (
        "float f(float x) { int ix, k; float m; GET_FLOAT_WORD(ix, x); if (ix <= 0)"
        " return 0;k = (ix >> 23) - 127; SET_FLOAT_WORD(m, (ix & 0x007fffff) |"
        " 0x3f800000); return m * k; }"
    ),
    "64 bits": (
        "double f(double x) { uint64_t i = asuint64(x); uint32_t top = i >> 52; if"
        " ((top & 0x7ff) < 0x3fe) return x;if (i >> 63) return -x; return asdouble(i &"
        " 0x7fffffffffffffffULL) + 1; }"
    ),
    "sign": (
        "double f(double x) { union {double f; uint64_t i;} u = {x}; unsigned e = u.i"
        " >> 52 & 0x7ff; int s = u.i >> 63;double y; u.i &= (uint64_t)-1 / 2; y = u.f;"
        " if (e < 0x3ff - 1) y = y * y; return s ? -y : y; }"
    ),
    "fabs": (
        "double f(double x) { union {double f; uint64_t i;} u; u.f = x; u.i &= -1ULL /"
        " 2; return u.f; }"
    ),
    "copysign": (
        "double f(double x, double y) { union {double f; uint64_t i;} ux = {x}, uy ="
        " {y}; ux.i &= -1ULL / 2;ux.i |= uy.i & 1ULL << 63; return ux.f; }"
    ),
    "sign flipped": (
        "float f(float x) { union {float f; unsigned i;} u = {x}; u.i ^= 0x80000000;"
        " return u.f; }"
    ),
    "words swapped between numbers": (
        "double f(double x, double y) { ieee_double_shape_type u; u.value = x;"
        "u.parts.lsw = 0; ieee_double_shape_type v = u; return v.value + y; }"
    ),
    "inverse root": (
        "float f(float x) { union {float f; int i;} u; float h = 0.5f * (x + 1.5f); u.f"
        " = x + 1.5f;u.i = 0x5f3759df - (u.i >> 1); return u.f * (1.5f - h * u.f *"
        " u.f); }"
    ),
    "cube root": (
        "float f(float x) { union {float f; unsigned i;} u = {x}; unsigned hx = u.i &"
        " 0x7fffffff;hx = hx / 3 + 709958130; u.i &= 0x80000000; u.i |= hx; return"
        " u.f; }"
    ),
    "cast": (
        "float f(float x, float y) { unsigned i = *(unsigned *)&x; if ((i & 0x7fffffff)"
        " > 0x3f000000) return y;return x; }"
    ),
    "halves by cast": (
        "double f(double x) { int hi = *(1 + (int *)&x); if (hi < 0) return -x;"
        "return x + ((int *)&x)[1] * 1e-9; }"
    ),
    "rounding": (
        "double f(double x) { static const double big = 0x1p52; double y = 9 * x;"
        " return y < 0 ? y - big + big : y + big - big; }"
    ),
    "NaN never comes": (
        "double f(double x) { if (x > 2) return (x - x) / (x - x); if (x > 0) return x;"
        " return 0 / (x - x); }"
    ),
}


def compared(text):
    program = parse_program(HEADER + text, function="f")
    assert not isinstance(program.dag, Unsupported), program.dag
    x = X[:, : program.dag.n_inputs]
    with np.errstate(all="ignore"):
        found = evaluate(program.dag, x)[:, 0]
    return found, run(
        build([program.unit])[0], np.ascontiguousarray(x)
    ).outputs[:, 0]


@pytest.mark.parametrize("name", CASES)
def test_bits_of_numbers(name):
    found, expected = compared(CASES[name])
    defined = np.isfinite(expected)
    assert defined.mean() > 0.4
    np.testing.assert_allclose(
        found[defined], expected[defined], rtol=2e-5, atol=1e-6
    )


def test_comparisons_of_bits_become_comparisons_of_numbers():
    text = (
        "double f(double x) { int hx; GET_HIGH_WORD(hx, x); return (hx & 0x7fffffff) <"
        " 0x3fe00000 ? x : 1 - x; }"
    )
    assert len(parse_program(HEADER + text, function="f").dag) == 7
    dead = (
        "double f(double x) { int hx; GET_HIGH_WORD(hx, x); if ((hx & 0x7fffffff) >="
        " 0x7ff00000) return 1/x; return x; }"
    )
    assert len(parse_program(HEADER + dead, function="f").dag) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "union { double d; short s[4]; } u = {x}; return u.s[1];",
            "uses_union",
        ),
        (
            "union { long double d; int i; } u; u.d = x; return u.i;",
            "uses_union",
        ),
        (
            (
                "union { double d; struct { uint32_t l, h; } w; } u = {x}; uint32_t *p"
                " = &u.w.h; return *p;"
            ),
            "uses_union",
        ),
        (
            (
                "union { double d; uint64_t i; } u = {x}, v = {2 * x}; u.i ^= v.i;"
                " return u.d;"
            ),
            "bit_operation",
        ),
        (
            "union { float f; int i; } u; u.i = 3; return u.f + x;",
            "uses_union",
        ),
        ("double v[2] = {x, 1}; return *(int *)v;", "pointer_cast"),
    ],
)
def test_what_bits_do_not_mean_is_refused(body, reason):
    program = parse_program(
        HEADER + f"double f(double x) {{ {body} }}", function="f"
    )
    assert isinstance(program.dag, Unsupported) and re.fullmatch(
        reason, program.dag.reason
    )
