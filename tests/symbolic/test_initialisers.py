"""Initialisers with designators, and with braces left out: the DAG agrees with the
sandbox.
"""

import numpy as np
import pytest
from agreement import expect_agreement, read_and_built

from nsc.program import parse_program

X = np.random.default_rng(5).uniform(-1, 1, (64, 2))
TYPES = """typedef struct { double a[2]; double b[2]; } S;
typedef struct { double x, y; } P;
typedef struct { P p; double m[2][2]; int k; } T;
typedef union { double d; double e; } U;
"""
SUM_S = "return s.a[0] + 2 * s.a[1] + 3 * s.b[0] + 5 * s.b[1];"
SUM_M = (
    "double t = 0; for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) t = 3 * t +"
    " m[i][j]; return t;"
)
SUM_T = (
    "return t.p.x + 2 * t.p.y + 3 * t.m[0][0] + 5 * t.m[0][1] + 7 * t.m[1][0] + 11 *"
    " t.m[1][1] + 13 * t.k;"
)
BODIES = [
    f"S s = {{.b = {{x, y}}, .a = {{3}}, {{4}}}}; {SUM_S}",
    f"S s = {{x, y, 3, 4}}; {SUM_S}",
    f"S s = {{x, y, 3}}; {SUM_S}",
    f"S s = {{{{x}}, y}}; {SUM_S}",
    f"S s = {{.a[1] = x, y, 4}}; {SUM_S}",
    f"S s = {{.b = {{[1] = x}}, .a[0] = y}}; {SUM_S}",
    f"S s = {{.a = {{x, y}}, .a = {{[1] = 2}}}}; {SUM_S}",
    f"S s = {{}}; s.a[0] = x; {SUM_S}",
    f"double m[2][3] = {{[1] = {{1, 2, 3}}, [0] = {{x}}, {{y}}}}; {SUM_M}",
    f"double m[2][3] = {{x, 2, 3, y}}; {SUM_M}",
    f"double m[2][3] = {{{{x}}, y, 5}}; {SUM_M}",
    f"double m[2][3] = {{[0][1] = x, y, 7}}; {SUM_M}",
    f"double m[][3] = {{x, 2, 3, y, 5, 6}}; {SUM_M}",
    f"double m[][3] = {{x, 2, 3, {{y}}}}; {SUM_M}",
    "double v[] = {[3] = x, y}; return v[0] + v[3] + 2 * v[4] + sizeof v;",
    "double v[] = {[3] = x, [1] = y, 2}; return v[1] + 2 * v[2] + 3 * v[3] + sizeof v;",
    f"P q = {{x, y}}; T t = {{q, 1, 2, y, 4, 5}}; {SUM_T}",
    f"P q = {{x, y}}; T t = {{x, y, {{{{1, x}}, {{y}}}}, 2}}; t.p = q; {SUM_T}",
    f"T t = {{.m[1] = {{x, y}}, 3, .p.y = x}}; {SUM_T}",
    f"T t = {{.p = {{.y = y}}, x, 2, .m[1][1] = 5, 7}}; {SUM_T}",
    (
        "P q = {x, y}; P v[] = {q, {y, x}, q}; return v[0].x + 2 * v[1].y + 3 * v[2].y"
        " + sizeof v;"
    ),
    (
        "P v[] = {1 * x, 2, -3, y}; return v[0].x + 2 * v[0].y + 3 * v[1].x + 5 *"
        " v[1].y + sizeof v;"
    ),
    "P v[3] = {[1].y = x, 2, y}; return v[0].x + v[1].y + 2 * v[2].x + 3 * v[2].y;",
    "U v[2] = {{x}, y}; return v[0].e + 2 * v[1].d;",
    (
        "static const struct { double v[2]; int k; } t[3] = {[1] = {{1, 2}, 3}, [0] ="
        " {{4, 5}, 6}, {{7}, 8}, {{9}, 1}}; double s = 0; for (int i = 0; i < 3; i++) s"
        " = 2 * s + t[i].v[0] + 3 * t[i].v[1] * x + t[i].k * y; return s;"
    ),
    "double a = {x}; double b = {}; return a + b + y;",
    "return ((P){.y = x, .x = y}).x + ((double[2]){x, y})[1];",
]


@pytest.fixture(scope="module")
def programs():
    return read_and_built(
        [
            f"{TYPES}double f(double x, double y) {{ {body} }}"
            for body in BODIES
        ]
    )


@pytest.mark.parametrize("k", range(len(BODIES)))
def test_the_dag_computes_what_the_sandbox_does(programs, k):
    expect_agreement(*programs[k], X)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "double v[3] = {[0 ... 2] = x}; return v[1] + y;",
            "unsupported_syntax",
        ),
        ("double v[2] = {x, y, 3}; return v[1];", "too_many_initialisers"),
    ],
)
def test_what_has_no_meaning_is_refused(body, reason):
    assert (
        parse_program(f"double f(double x, double y) {{ {body} }}").dag.reason
        == reason
    )
