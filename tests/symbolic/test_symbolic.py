"""Programs against numpy: the DAG computes what the C computes."""

import numpy as np
import pytest

from nsc.graph import OPS, Unsupported, evaluate
from nsc.program import parse_program

X = np.random.default_rng(0).uniform(-1, 1, (200, 9))
x, y, z = X[:, 0], X[:, 1], X[:, 2]

CASES = [
    (
        "double f(double x, double y) { return x*y + sin(x)/2 - -y; }",
        x * y + np.sin(x) / 2 + y,
    ),
    (
        "float f(float x) { if (x < 0) return -x; return 2*x; }",
        np.where(x < 0, -x, 2 * x),
    ),
    (
        (
            "double f(double x) { double t = 0; if (x > 0.5) { t = 1; } else if (x > 0)"
            " t = 2; return t; }"
        ),
        np.where(x > 0.5, 1.0, np.where(x > 0, 2.0, 0.0)),
    ),
    (
        (
            "double f(double x) { double s = 0; for (int i = 0; i < 4; i++) s += i * x;"
            " return s; }"
        ),
        6 * x,
    ),
    (
        "double f(double x) { double s = 1; int i = 3; while (i--) s *= x; return s; }",
        x**3,
    ),
    (
        (
            "double f(double x) { int n = 0; do { x = x*0.5; n++; } while (n < 3);"
            " return x; }"
        ),
        x / 8,
    ),
    (
        (
            "double f(double x) { for (int i = 0; i < 5; i++) { if (x > 0) break; x +="
            " 0.5; } return x; }"
        ),
        np.select([x > 0, x > -0.5, x > -1], [x, x + 0.5, x + 1]),
    ),
    (
        (
            "double f(double x) { double s = 0; for (int i = 0; i < 4; i++) { if (i =="
            " 2) continue; s += i; } return s*x; }"
        ),
        4 * x,
    ),
    (
        (
            "double f(double x, double y) { double s = 0; for (int i = 0; i < 3; i++) {"
            " if (y < 0) continue; s += x; } return s; }"
        ),
        np.where(y < 0, 0, 3 * x),
    ),
    (
        (
            "static const double T[4] = {1, 2, 4, 8}; double f(double x) { int i ="
            " (int)(2 + 1.9*x); return T[i]; }"
        ),
        np.array([1.0, 2, 4, 8])[np.trunc(2 + 1.9 * x).astype(int)],
    ),
    (
        (
            "static double g(double a, double b) { if (a > b) return a; return b; }"
            "double f(double x, double y) { return g(x, y) + g(y, 0.0); }"
        ),
        np.maximum(x, y) + np.maximum(y, 0),
    ),
    (
        "void f(double x, double *s, double *c) { *s = sin(x); *c = cos(x); }",
        np.stack([np.sin(x), np.cos(x)], 1),
    ),
    (
        (
            "double f(const double v[3]) { double s = 0; for (int i = 0; i < 3; i++) s"
            " += v[i]*v[i]; return sqrt(s); }"
        ),
        np.sqrt(x * x + y * y + z * z),
    ),
    (
        "double f(const double *v) { const double *p = v; return *p++ - *p; }",
        None,
    ),
    (
        (
            "typedef struct { double x, y; } P; P f(P a, double t) { P r = a; r.x ="
            " a.x*t; return r; }"
        ),
        np.stack([x * z, y], 1),
    ),
    (
        (
            "typedef struct { double x, y; } P; static P add(P a, P b) { P r = { a.x +"
            " b.x, a.y + b.y }; return r; }double f(P a) { P q = add(a, a); return q.x"
            " * q.y; }"
        ),
        4 * x * y,
    ),
    (
        (
            "struct m { double a[2][2]; }; double f(double x, double y) { struct m q ="
            " {{{1, 2}, {3, 4}}};return q.a[1][0]*x + q.a[0][1]*y; }"
        ),
        3 * x + 2 * y,
    ),
    (
        (
            "double f(double x) { switch (x > 0) { case 1: return 2*x; default: x = -x;"
            " } return x; }"
        ),
        np.where(x > 0, 2 * x, -x),
    ),
    (
        (
            "double f(double x) { int k = (int)(x*3); double r = 0; switch (k) { case"
            " 0: r = 1; break; case 1: r += 5;case 2: r += x; break; default: r = -1; }"
            " return r; }"
        ),
        np.select(
            [np.trunc(x * 3) == 0, np.trunc(x * 3) == 1, np.trunc(x * 3) == 2],
            [1, 5 + x, x],
            -1,
        ),
    ),
    ("double f(double x) { return 7/2 + x*(7%4) + (1<<3); }", 3 + 3 * x + 8),
    (
        (
            "#include <math.h>\n#define SQ(a) ((a)*(a))\ndouble f(double x) { return"
            " SQ(x) - (x)*(x) + M_PI*hypot(x, 1); }"
        ),
        np.pi * np.hypot(x, 1),
    ),
    (
        "double f(double x) { return x > 0 && x < 0.5 ? pow(x, 2) : fmin(x, 0.25); }",
        np.where((x > 0) & (x < 0.5), x**2, np.minimum(x, 0.25)),
    ),
    (
        (
            "double f(double x) { double a[3] = {x, 2*x}; a[2] = a[0] + a[1]; return"
            " a[2]; }"
        ),
        3 * x,
    ),
    (
        (
            "static double pw(double x, int n) { return n == 0 ? 1 : x*pw(x, n-1); }"
            " double f(double x) { return pw(x, 5); }"
        ),
        x**5,
    ),
    (
        (
            "static void swap(double *a, double *b) { double t = *a; *a = *b; *b = t; }"
            "double f(double x, double y) { if (x > y) swap(&x, &y); return y - x; }"
        ),
        np.abs(x - y),
    ),
    (
        (
            "enum { N = 3 }; double f(double x) { double s = 0; int i; for (i = N; i >"
            " 0; --i) s = s*x + i; return s; }"
        ),
        3 * x**2 + 2 * x + 1,
    ),
    ("double f(double x) { double t; return (t = x*2, t + 1); }", 2 * x + 1),
    (
        "typedef float real; real f(real x) { return (real)(x) * (real)2; }",
        2 * x,
    ),
    ("double f(double x) { unsigned char u = 255; u += 1; return u + x; }", x),
    (
        "double f(double x) { double r = x; r *= r; r -= 1; r /= 2; return r++ + r; }",
        x**2 - 1 + 1,
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_values(text, expected):
    program = parse_program(
        text,
        function="f",
        arrays={"v": 2} if "const double *v" in text else None,
    )
    if expected is None:
        expected = x - y
    assert not isinstance(program.dag, Unsupported), program.dag
    found = evaluate(program.dag, X[:, : program.n_inputs])
    np.testing.assert_allclose(
        found, expected.reshape(found.shape), rtol=1e-12, atol=1e-12
    )


def test_domain_is_part_of_the_dag():
    program = parse_program(
        "double f(double x, int n) { return x + n; }",
        ranges={"x": (0, 10), "n": (0, 4)},
    )
    u = X[:, :2]
    expected = 5 + 5 * u[:, 0] + np.trunc(2 + 2 * u[:, 1] + 0.5)
    np.testing.assert_allclose(evaluate(program.dag, u)[:, 0], expected)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (
            (
                "double f(double x) {\n while (x < 100) for (int i = 0; i < 99; i++) x"
                " += sin(i*x);\n return x; }"
            ),
            "too_many_nodes",
            2,
        ),
        ("double f(double x) {\n return jn(3, x); }", "unknown_call", 2),
        (
            "double f(double x) {\n return ((int)(8*x)) ^ (int)(99*x); }",
            "bit_operation",
            2,
        ),
        (
            (
                "double f(double x) { double s = 0;\n for (int i = 0; i < 9999; i++) s"
                " += x;\n return s; }"
            ),
            "long_loop",
            2,
        ),
        (
            (
                "static double g(double x) { return x < 0 ? 0 : g(x - 0.01); }\ndouble"
                " f(double x) { return g(x); }"
            ),
            "unbounded_recursion",
            1,
        ),
    ],
)
def test_refusals(text, reason, line):
    found = parse_program(text, function="f").dag
    assert isinstance(found, Unsupported)
    assert (found.reason, found.line) == (reason, line)


def test_equal_programs_share_one_dag():
    a = parse_program(
        "double f(double x, double y) { double t = y + x; return t * t; }"
    ).dag
    b = parse_program(
        "double g(double u, double v) { return (u + v) * (v + u); }"
    ).dag
    assert (
        [OPS[k] for k in a.ops]
        == [OPS[k] for k in b.ops]
        == ["IN", "IN", "ADD", "SQ"]
    )
    assert (a.args == b.args).all()


def test_early_returns_leave_no_useless_selects():
    text = (
        "double f(double x) { double t = x*2; if (x < -0.5) { t = 7; return 1; } if (x"
        " > 0.5) return 2; return t; }"
    )
    dag = parse_program(text).dag
    assert [OPS[k] for k in dag.ops].count("SEL") == 2
