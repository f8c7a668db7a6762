"""Programs against the sandbox: the DAG computes what the compiled C computes."""

import numpy as np
import pytest

from nsc.program import Unsupported, parse_program
from nsc.program.dag import evaluate
from nsc.sandbox import Built, build, run

X = np.random.default_rng(1).uniform(-1, 1, (500, 9))

SYNTAX = [
    "double f(double x) { enum { A, B = 5, C }; double t[C] = {0}; t[B] = x; return t[B] + A + C; }",
    "enum { N = 2 }; static double g(double x) { return N*x; }"
    "double f(double x) { enum { N = 3 }; return g(x) + N*x; }",
    "double f(double x) { enum { P = 1, Q } k = Q; return k*x; }",
    "double f(double x) { typedef struct { int n; double c; } T; static const T t[] = {{1, 2.0}, {3, 4.0}};"
    "double s = 0; for (int i = 0; i < (int)(sizeof t / sizeof(T)); i++) s += t[i].n*x + t[i].c; return s; }",
    "struct s { char a; double b; short c; }; double f(double x) { long v[3]; struct s q; float *p = 0;"
    "return x + sizeof(struct s) + sizeof v + sizeof(v[0]) + sizeof q.c + sizeof p + sizeof(long double); }",
    "#include <stddef.h>\nstatic double g(double x, double *t) { if (t) *t = 2*x; return t == NULL ? x : 3*x; }"
    "double f(double x) { double a; double b = g(x, &a); return a + b + g(x, NULL); }",
    "static int eq(const double *a, const double *b) { return a == b; }"
    "double f(double x) { double u[2] = {x, 1}; return eq(u, u) + 2*eq(u, u + 1) + u[0] + !u; }",
    "#include <string.h>\nvoid f(double a[2][2], const double b[2][2]) { memcpy(a, b, sizeof(double[2][2])); }",
    "#include <string.h>\ndouble f(double x, double y) { double v[4] = {x, y, 2*x, 1}, w[4];"
    "memset(w, 0, sizeof w); memcpy(w + 1, v, 2*sizeof *v); return w[0] + 2*w[1] + 3*w[2] + 4*w[3]; }",
    "#include <assert.h>\ndouble f(double x) { assert(x < 5 && x > -5); return x*x; }",
    "#include <float.h>\ndouble f(double x) { return x*DBL_MANT_DIG + FLT_MANT_DIG - DBL_MIN_EXP; }",
    "double f(double x) { return x*-0x1ffffffd0c5e81.0p-54 + 0x1p-3f + 0x1.8P1L + 0x.8p0; }",
]  # fmt: skip


def _agree(text: str, tolerance: float = 1e-9) -> None:
    program = parse_program(text, function="f")
    assert not isinstance(program.dag, Unsupported), program.dag
    x = X[:, : program.n_inputs]
    (built,) = build([program.unit])
    assert isinstance(built, Built), built
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    inputs = lo + (hi - lo) * (x + 1) / 2
    np.testing.assert_allclose(evaluate(program.dag, x), run(built, inputs).outputs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("text", SYNTAX, ids=range(len(SYNTAX)))
def test_syntax(text):
    _agree(text)
