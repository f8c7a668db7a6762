"""Definitions of C before 1989 compute what compilers make of them."""

import numpy as np
import pytest

from nsc.errors import SourceError
from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import build, run

# (text, ranges of integers, inputs, what gcc makes of them)
KNOWN = [
    (
        "double f(w, h) double w, h; { return w * h; }",
        {},
        [(1.5, -2.0), (0.1, 0.3)],
        [-3.0, 0.029999999999999999],
    ),
    (  # a float is passed as a double
        "float f(x) float x; { return x; }",
        {},
        [(0.1,), (-0.7,)],
        [0.10000000149011612, -0.69999998807907104],
    ),
    (
        "int f(c, s) char c; unsigned short s; { return c * 2 + s; }",
        {"c": (-100, 100), "s": (0, 60000)},
        [(-20, 5), (100, 50000)],
        [-35, 50200],
    ),
    (
        "typedef float real;\ndouble area();\n"
        "double f(p, n)\n  register real *p;\n  int n;\n{\n"
        "  double s = 0; int k;\n"
        "  for (k = 0; k < 3; k++) s += area(p[k], (double)n);\n  return s;\n}\n"
        "double area(w, h) double w, h; { return w * h + 1; }",
        {"n": (-9, 9)},
        [(0.5, 0.25, -1.0, 4), (1.0, 2.0, 3.0, -2)],
        [2.0, -9.0],
    ),
    (
        "struct v { double x, y; };\n"
        "static double dot(a, b) struct v a, *b; { return a.x * b->x + a.y * b->y; }\n"
        "double f(a, m) struct v a; double m[2]; {\n"
        "  struct v b; b.x = m[0]; b.y = m[1]; return dot(a, &b); }",
        {},
        [(1.0, 2.0, 3.0, 4.0)],
        [11.0],
    ),
    (  # what a prototype says is what is passed
        "float f(float);\nfloat f(x) float x; { x += 1; return x; }",
        {},
        [(0.1,)],
        [1.1000000238418579],
    ),
    (  # GNU C's _Bool, and a name that is taken
        "int f(b, passed_b) _Bool b; double passed_b; { return b ? 1 : passed_b; }",
        {"b": (-3, 3)},
        [(2, 7.5), (0, 7.5)],
        [1, 7],
    ),
]


@pytest.mark.parametrize(("text", "ranges", "inputs", "known"), KNOWN)
def test_what_gcc_computes(text, ranges, inputs, known):
    program = parse_program(text, function="f", ranges=ranges)
    x = np.array(inputs, float)
    (built,) = build([program.unit])
    np.testing.assert_array_equal(run(built, x).outputs[:, 0], known)
    assert not isinstance(program.dag, Unsupported), program.dag
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    found = evaluate(program.dag, 2 * (x - lo) / (hi - lo) - 1)[:, 0]
    np.testing.assert_allclose(found, known, rtol=1e-6)


def test_narrow_parameters_wrap_around():
    text = "int f(c, s) char c; unsigned short s; { return c * 2 + s; }"
    ranges = {"c": (-500, 500), "s": (-9, 70000)}
    program = parse_program(text, function="f", ranges=ranges)
    (built,) = build([program.unit])
    found = run(built, np.array([[200, 5], [-129, -1], [127, 65537.0]]))
    assert found.outputs[:, 0].tolist() == [-107, 65789, 255]  # gcc's


@pytest.mark.parametrize(
    ("text", "prototype"),
    [
        ("float f(x) float x; { return x; }", "float f(double x)"),
        (
            "float f(x, n) float x; short n; { return x * n; }",
            "float f(double x, int n)",
        ),
        (
            "float f(float x);\nfloat f(x) float x; { return x; }",
            "float f(float x)",
        ),
    ],
)
def test_the_prototype_says_what_is_passed(text, prototype):
    program = parse_program(
        text, function="f", ranges={"n": (0, 9)} if "n;" in text else {}
    )
    assert program.signature.prototype == prototype


def test_the_text_stays_as_it_was_written():
    text = "float f(x, c)\n  float x; /* wide */\n  char c;\n{ return x * c; }"
    program = parse_program(text, function="f", ranges={"c": (0, 9)})
    assert text in program.text
    again = parse_program(program.text, function="f", ranges={"c": (0, 9)})
    assert again.pieces == program.pieces


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        (
            "double f(w, h)\n  double w;\n  double h;\n{\n  return w * k; }",
            "unknown_name",
            5,
            14,
        ),
        (
            "float f(x)\n  float x;\n{\n  return x * k; }",
            "unknown_name",
            4,
            14,
        ),
        (
            "double f(x, t)\n double x;\n thing t;\n{ return x; }",
            "unknown_type",
            3,
            2,
        ),
        ("\ndouble f(x, n) double x; { return x; }", "implicit_int", 2, 1),
        ("\nf(x) double x; { return x; }", "implicit_int", 2, 1),
        ("static f(x) double x; { return x; }", "implicit_int", 1, 1),
        (
            "double g(a) double a; { return a; }\n"
            "double f(double x) { return x * g(2); }",
            "unconverted_argument",
            2,
            35,
        ),
        (
            "double f(double x) { double g(); return x * g(1.0, -2.0); }\n"
            "double g(a, n) double a; int n; { return a * n; }",
            "unconverted_argument",
            1,
            52,
        ),
        (
            "double f(x, g) double x; double (*g)(); { return g(x); }",
            "function_pointer",
            1,
            26,
        ),
    ],
)
def test_refusals_point_at_what_was_written(text, reason, line, column):
    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f")
    first = caught.value.problems[0]
    assert (first.reason, first.line, first.column) == (reason, line, column)


def test_a_prototype_converts_arguments():
    text = (
        "double g(double, int);\ndouble g(a, n) double a; int n; { return a * n; }\n"
        "double f(double x) { return x * g(2, 3.5); }"
    )
    program = parse_program(text, function="f")
    (built,) = build([program.unit])
    assert run(built, np.array([[0.5]])).outputs.tolist() == [[3.0]]


@pytest.mark.parametrize(
    "text",
    [
        "double f(double x) { if (x) return x; { double y = x; return y; } }",
        'double f(double x) { const char *s = "f(a) int a; {"; { return x + !s; } }',
        "double f(double x) { int k = 0; while (k < 3) k++; { return x * k; } }",
    ],
)
def test_blocks_are_not_taken_for_definitions(text):
    program = parse_program(text, function="f")
    assert program.signature.prototype == "double f(double x)"
