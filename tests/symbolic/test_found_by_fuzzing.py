"""Programs that random ones were reduced to, where the DAG once computed something else
than the sandbox.
"""

import numpy as np
import pytest
from agreement import expect_agreement, read_and_built

from nsc.graph import Unsupported
from nsc.program import parse_program

X = np.random.default_rng(5).uniform(-1, 1, (256, 2))
HEADER = """#include <math.h>
#include <stdlib.h>
#include <stdbool.h>
#include <assert.h>
static const double T[4] = {1, 2, 4, 5};
static const double M[2][2] = {{1, 2}, {4, 5}};
typedef struct { double a, b; } P;
static const P S[2] = {{1, 2}, {4, 5}};
"""
PROGRAMS = [
    (
        "static const double *get(int i) { return &T[i]; }double f(double x, double y)"
        " { int i = (int)(x + 1) + (y > 0); return *get(i) + x; }"
    ),
    (
        "static const double *row(int i) { return M[i]; } double f(double x, double y)"
        " { return row(x > 0)[1] + y; }"
    ),
    (
        "static const P *get(int i) { return &S[i]; } double f(double x, double y) {"
        " return get(x > 0)->b + y; }"
    ),
    (
        "static void get(int i, const double **p) { *p = M[i]; }double f(double x,"
        " double y) { const double *p; get(x > 0, &p); return p[0] + y; }"
    ),
    (
        "static double step(double x, int c) { return (c ? 1 : 0.5) / 2 * x; }"
        "double f(double x, double y) { return step(x, 1) + step(y, 0); }"
    ),
    (
        "static double g(int n) { return (n <= 1 ? 1 : n * g(n - 1)) / 2; } double"
        " f(double x, double y) { return x * g(4) + y; }"
    ),
    (
        "double f(double x, double y) { int k = (int)(x * 50); return (k * 49) / 49 +"
        " (k * 103) / 103 + y; }"
    ),
    (
        "double f(double x, double y) { const double msun = 1.98847e30, c ="
        " 299792458.0, G = 6.6743e-11; return 2 * G * msun * (2 + x) / (c * c) + y; }"
    ),
    (
        "double f(double x, double y) { return 6.62607015e-34 * (1e35 * x) + x * 1e35 *"
        " 1e-34 + 1e-300 * (y * 1e301); }"
    ),
    (
        "double f(double x, double y) { double best = 1.79e308, v[2] = {x, y};"
        " for (int k = 0; k < 2; k++) if (v[k] < best) best = v[k]; return best; }"
    ),
    (
        "static int ok(double x, const double *a) { const double *e = a + 2; double y ="
        " 4; (void)y; for (const double *p = a; p < e; p++) if (*p > 9) return 0;"
        " return x < 9; }double f(double x, double y) { double a[2] = {x, y};"
        " assert(ok(x, a)); return x * y; }"
    ),
    (
        "double f(double x, double y) { return drem(x * 5, 2.0) + labs(x * 9) +"
        " ldexp(x, y * 3); }"
    ),
    (
        "double f(double x, double y) { int k = (int)(x * 6); return rint(k * .5) + 10"
        " * lrint(k * .5) + remainder(k, 2) + y; }"
    ),
    (
        "double f(double x, double y) { double r = sqrt(x); if (isnan(r)) return y;"
        " return r; }"
    ),
    (
        "double f(double x, double y) { double r = acos(2 * x); return isfinite(r) ? r"
        " : isunordered(r, y) ? 7 : 8; }"
    ),
    "double f(double x, double y) { bool b = x > 0; int c = ++b; return c + y; }",
    (
        "double f(double x, double y) { double a[4] = {1, x, y, 4}; const double *p = a"
        " + 3; p -= 1; return *p; }"
    ),
    (
        "typedef struct { double a; const double *p; } O;double f(double x, double y) {"
        " O o = {.a = x}; O q = o; return q.a + y + (q.p == 0); }"
    ),
    (
        "static double s(const double *p, int i) { return p[i]; }double f(double x,"
        " double y) { double v = x + 2; return s(&v, (int)(y * 0.5)); }"
    ),
    (
        "double f(double x, double y) { const double *v = (double[]){1, x, y}; return"
        " v[1] + 2 * v[2]; }"
    ),
]
REFUSED = [
    (
        (
            "typedef struct { double x, y, z; } V; static double s(const double *p, int"
            " i) { return p[i]; }double f(double x, double y) { V v = {1, 2, 3}; return"
            " s(&v.x, (int)(y * 2 + 1)) + x; }"
        ),
        "pointer_arithmetic",
    ),
]


@pytest.fixture(scope="module")
def programs():
    return read_and_built([HEADER + text for text in PROGRAMS])


@pytest.mark.parametrize("k", range(len(PROGRAMS)))
def test_the_dag_computes_what_the_sandbox_does(programs, k):
    expect_agreement(*programs[k], X)


def test_what_is_shared_in_a_dag_is_looked_at_once():
    # 2^60 ways from the end to the beginning
    steps = "for (int i = 0; i < 60; i++) k = k + k * k;"
    text = (
        f"#include <math.h>\ndouble f(double x) {{ int k = (int)(x * 4); {steps} return"
        " rint(k * .5); }"
    )
    assert not isinstance(parse_program(text).dag, Unsupported)


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_has_no_meaning_is_refused(text, reason):
    assert parse_program(HEADER + text, function="f").dag.reason == reason
