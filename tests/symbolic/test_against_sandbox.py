"""Programs against the sandbox: the DAG computes what the compiled C computes."""

import numpy as np
import pytest

from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import Built, build, run

X = np.random.default_rng(1).uniform(-1, 1, (500, 9))

SYNTAX = [
    (
        "double f(double x) { enum { A, B = 5, C }; double t[C] = {0}; t[B] = x; return"
        " t[B] + A + C; }"
    ),
    (
        "enum { N = 2 }; static double g(double x) { return N*x; }"
        "double f(double x) { enum { N = 3 }; return g(x) + N*x; }"
    ),
    "double f(double x) { enum { P = 1, Q } k = Q; return k*x; }",
    (
        "double f(double x) { typedef struct { int n; double c; } T; static const T t[]"
        " = {{1, 2.0}, {3, 4.0}};double s = 0; for (int i = 0; i < (int)(sizeof t /"
        " sizeof(T)); i++) s += t[i].n*x + t[i].c; return s; }"
    ),
    (
        "struct s { char a; double b; short c; }; double f(double x) { long v[3];"
        " struct s q; float *p = 0;return x + sizeof(struct s) + sizeof v +"
        " sizeof(v[0]) + sizeof q.c + sizeof p + sizeof(long double); }"
    ),
    (
        "#include <stddef.h>\nstatic double g(double x, double *t) { if (t) *t = 2*x;"
        " return t == NULL ? x : 3*x; }double f(double x) { double a; double b = g(x,"
        " &a); return a + b + g(x, NULL); }"
    ),
    (
        "static int eq(const double *a, const double *b) { return a == b; }double"
        " f(double x) { double u[2] = {x, 1}; return eq(u, u) + 2*eq(u, u + 1) + u[0] +"
        " !u; }"
    ),
    (
        "#include <string.h>\nvoid f(double a[2][2], const double b[2][2]) { memcpy(a,"
        " b, sizeof(double[2][2])); }"
    ),
    (
        "#include <string.h>\ndouble f(double x, double y) { double v[4] = {x, y, 2*x,"
        " 1}, w[4];memset(w, 0, sizeof w); memcpy(w + 1, v, 2*sizeof *v); return w[0] +"
        " 2*w[1] + 3*w[2] + 4*w[3]; }"
    ),
    "#include <assert.h>\ndouble f(double x) { assert(x < 5 && x > -5); return x*x; }",
    (
        "#include <assert.h>\ndouble f(double x) { double m = x; assert(m = 2);"
        ' assert(m && "never"); return m*x; }'
    ),
    (
        "static double *g(double *p, int k) { return p + k; } static const double"
        " *h(void);double f(double x) { double v[3] = {x, 2*x, 3*x}; *g(v, 1) = 5;"
        " return v[1] + *g(v, 2); }"
    ),
    (
        "typedef struct { double a[2]; } P; static const P *g(void) { static P p = {{3,"
        " 4}}; return &p; }double f(double x) { if (x > 0) x *= g()->a[1]; else x -="
        " g()->a[1]; return x * g()->a[0]; }"
    ),
    (
        "#include <stdlib.h>\nstatic double g(double x) { if (x > 0) return x; else if"
        " (x < -2) abort(); return 2; }double f(double x) { switch ((int)(9*x)) { case"
        " '\\t': return 1; case '\\0': return g(x); default: return 3; } }"
    ),
    (
        "static double g(double x) { goto end; end: return x; } double f(double x) {"
        " int debug = 0;if (debug) { union { float f; int i; } u; u.f = x; return u.i +"
        " g(x); } return x; }"
    ),
    (
        "#include <float.h>\ndouble f(double x) { return x*DBL_MANT_DIG + FLT_MANT_DIG"
        " - DBL_MIN_EXP; }"
    ),
    (
        "double f(double x) { return x*-0x1ffffffd0c5e81.0p-54 + 0x1p-3f + 0x1.8P1L +"
        " 0x.8p0; }"
    ),
]

_INT = (
    "double f(double x, double y) { int n = (int)(300*x), m = (int)floor(9*y); unsigned"
    " char u = 128 + 100*x; "
)
BITS = [
    _INT + "return (n & 7) + 100*(m & 1) + 1e4*(n & 0xF0) + (n & 0x35); }",
    _INT
    + "return (n & -16) + 1000*(n & ~3) + (n | 5) + 7*(m ^ 9) + 31*(n ^ -2) + 3*(n |"
    " -8); }",
    _INT
    + "return ~n + 1000*(~m & 3) + (n >> 2) + (m << 3) + (u & 0x7f) + (5 & m); }",
    _INT
    + "int a = x > 0, b = y < x; return (a & b) + 2*(a | b) + 4*(a ^ b) + 8*(a << 1 |"
    " b) + 16*(1 & a); }",
    _INT
    + "int k = x < -0.3 ? 9 : y > 0 ? 6 : 12; k |= 2; return (k ^ (x > 0)) + 100*(k &"
    " 10) + (1 << (k >> 2)); }",
    _INT
    + "return (u & 3u) + ((unsigned)n & 3U) + ((n & 0x80000000) != 0) + ((m & 15) <<"
    " 2); }",
]
_TABLE = (
    "static const double T[5] = {1, 4, 9, 9, 7}; static const float M[3][4] = {{1, 2,"
    " 3, 4}, {5, 6, 7, 8}, {9}}; "
)
INDICES = [
    _TABLE + "double f(double x) { int i = (int)(2.5 + 2.4*x); return T[i]; }",
    _TABLE
    + "double f(double x, double y) { int i = 1.5 + 1.4*x, j = 2 + 1.9*y; return"
    " M[i][j] + 10*M[j / 2][i + 1]; }",
    _TABLE
    + "double f(double x, double y) { int i = x < 0 ? 2 : y < 0 ? 1 : 0; const float *r"
    " = M[i], *s = &M[1][i];return r[0] + x*r[1] + r[2] + *s; }",
    (
        "typedef struct { double c; int n; } P; static const P t[] = {{1, 2}, {3, 4},"
        " {5, 6}};double f(double x) { const P *p = &t[(int)(1.5 + x)]; return p->c*x +"
        " p->n; }"
    ),
    (
        "double f(double x, double y) { double v[6] = {x, y, x*y, 1}; v[(int)(3 +"
        " 2.9*y)] = 7; return v[(int)(3 + 2.9*x)]; }"
    ),
    (
        "double f(double x) { double v[300]; for (int i = 0; i < 200; i++) v[i] = i*i;"
        " return v[(int)(100 + 9*x)]; }"
    ),
]
LOOPS = [
    (
        "double f(double x, double y) { double a = atan2(y, x)*180/M_PI; while (a < 0)"
        " a += 360; return a; }"
    ),
    (
        "double f(double x) { while (x >= 360) x -= 360; while (x < 0) x += 0.25;"
        " return x; }"
    ),
    (
        "double f(double x) { double s = 1, y = x*x/4, t = y; for (int i = 2; t > 1e-7;"
        " i++) { s += t; t *= y/(i*i); }return s; }"
    ),
    (
        "static double g(double x, int d) { return x < -2 ? d : g(x - 1, d + 1); }"
        " double f(double x) { return g(x, 0); }"
    ),
    (
        "double f(double x) { if (x < 3) return x*x; while (x < 100) x = sin(x) +"
        " exp(x); return x; }"
    ),
    (
        "double f(double x) { int n = 0; double t = 4 + x; while (t*t > 1.5 + n) { t *="
        " 0.8; if (t < 1.0) break; n++;if (n == 3) continue; if (t > 9) return t; t -="
        " 0.01; } return t + n; }"
    ),
]
BOUNDED = [
    (
        "float f(float x) { float last, ans = 2, a; if (x <= 0) return 0; do { last ="
        " ans; ans = (ans + x/ans)/2;a = fabsf((ans - last)/ans); } while (a > 0.001f);"
        " return ans; }"
    ),
    (
        "double f(double x) { double t = 4 + x; int n = 0; while (t > 1) { t -= 0.3 +"
        " 0.2*sin(9*t); n++; if (t < 1.5) break;if (t > 4) continue; if (t*x < -2)"
        " return t; t -= 0.01; } return t + n; }"
    ),
]

CALLS = [
    (
        "double f(double x, double y) { return hypot(x, y) + exp2(x) + log2(2 + x) +"
        " log10(2 + y) + log1p(x/2) + expm1(y); }"
    ),
    (
        "double f(double x, double y) { return fdim(x, y) + fma(x, y, 2) + copysign(x,"
        " y) + 3*signbit(x) + isnan(x) + 2*isinf(y) + 4*isfinite(x); }"
    ),
    (
        "double f(double x, double y) { return trunc(3*x) + rint(4*x) + nearbyint(5*y)"
        " + lround(6*x) + 100*ceil(9*y); }"
    ),
    (
        "double f(double x) { return acosh(2 + x) + asinh(x) + atanh(0.9*x) + acos(x) +"
        " sinh(x) + cosh(x) + tanh(x); }"
    ),
    (
        "double f(double x, double y) { return ldexp(x, 3) + scalbn(y, -2) + ldexp(1,"
        " (int)(9*x)) + fmin(x, y) - fmax(x, 0); }"
    ),
    "double f(double x) { double w; double r = modf(9*x, &w); return r + 10*w; }",
    (
        "double f(double x) { int n; double r = frexp(9*x, &n); return r + 10*n +"
        " 100*ilogb(x) + logb(7*x) + frexp(0, &n); }"
    ),
    (
        "double f(double x) { int q; double r = remquo(700*x, 90.0, &q); return r +"
        " 1000*(q & 3) + remainder(40*x, 7); }"
    ),
]


def _agree(text: str, tolerance: float = 1e-9, bounded: bool = False) -> None:
    program = parse_program("#include <math.h>\n" + text, function="f")
    assert not isinstance(program.dag, Unsupported), program.dag
    assert program.dag.bounded == bounded
    x = X[:, : program.n_inputs]
    (built,) = build([program.unit])
    assert isinstance(built, Built), built
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    inputs = lo + (hi - lo) * (x + 1) / 2
    found = evaluate(program.dag, x)
    np.testing.assert_allclose(
        found, run(built, inputs).outputs, rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("text", SYNTAX, ids=range(len(SYNTAX)))
def test_syntax(text):
    _agree(text)


@pytest.mark.parametrize("text", BITS, ids=range(len(BITS)))
def test_bits(text):
    _agree(text)


@pytest.mark.parametrize("text", INDICES, ids=range(len(INDICES)))
def test_indices(text):
    _agree(text)


@pytest.mark.parametrize("text", LOOPS, ids=range(len(LOOPS)))
def test_loops_that_the_ranges_of_inputs_end(text):
    _agree(text)


@pytest.mark.parametrize("text", BOUNDED, ids=range(len(BOUNDED)))
def test_loops_that_end_in_time(text):
    _agree(text, tolerance=1e-5, bounded=True)


def test_a_pointer_into_a_row_is_only_read():
    text = (
        "double f(double x) { double m[2][2] = {{x, 1}, {2, 3}}; double *r = m[x > 0];"
        " r[0] = 5; return m[1][0]; }"
    )
    assert parse_program(text).dag.reason == "pointer_depends_on_input"


@pytest.mark.parametrize("text", CALLS, ids=range(len(CALLS)))
def test_calls(text):
    _agree(text)


@pytest.mark.parametrize(
    "call",
    [
        "tgamma(4 * x)",
        "tgamma(x + 3)",
        "lgamma(5 * x)",
        "j0(20 * x)",
        "j1(20 * x)",
        "y0(9 * x + 9.1)",
        "y1(9 * x + 9.1)",
        "fpclassify(x) == FP_NORMAL ? x : 1",
        "x > 2 ? NAN : x * x",
    ],
)
def test_special_functions(call):
    _agree(
        f"#include <math.h>\ndouble f(double x) {{ return {call}; }}",
        tolerance=1e-5,
    )
