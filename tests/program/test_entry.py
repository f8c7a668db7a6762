"""The scalar entry around a function: what it says, and that it computes the same."""

import numpy as np
import pytest

from nsc.program import (
    as_returned,
    parse_program,
    scalar_entry,
    signature_types,
)
from nsc.sandbox import Built, build, run

TWO = "void f(float x, float *re) { *re = x; }"
TWO_ENTRY = """\
static void nsc_function(float nsc_0, float *nsc_1) { f(nsc_0, nsc_1); }
void entry(const double *nsc_x, double *nsc_y) {
  float x = 0;
  float nsc_cell_re = 0;
  float *re = &nsc_cell_re;
  x = (float)nsc_x[0];
  nsc_function(x, re);
  nsc_y[0] = (double)(*re);
}
"""


def test_a_worked_example():
    signature = parse_program(TWO).signature
    assert scalar_entry(signature, "f", "entry") == TWO_ENTRY


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "int f(int n) { return n; }",
            [
                "n = (int)__builtin_floor(nsc_x[0] + 0.5);",
                "int nsc_result = nsc_function(n);",
            ],
        ),
        (
            "double f(const double *v) { return v[1]; }",
            ["double nsc_cell_v[2] = {0};", "double *v = nsc_cell_v;"],
        ),
        (
            "double f(double m[2][2]) { return m[1][0]; }",
            ["double m[2][2] = {0};", "m[1][0] = (double)nsc_x[2];"],
        ),
        (
            "typedef struct { double a, b; } T; void f(T *t) { t->b = t->a; }",
            [
                "T nsc_cell_t = {0};",
                "T *t = &nsc_cell_t;",
                "t->a = (double)nsc_x[0];",
            ],
        ),
    ],
)
def test_parameters_are_cells_of_their_own(text, lines):
    signature = parse_program(
        text, ranges={"n": (0, 1)} if "int n" in text else {}
    ).signature
    written = [
        line.strip() for line in scalar_entry(signature, "f", "e").splitlines()
    ]
    assert [line for line in lines if line not in written] == []


def test_a_parameter_may_have_the_functions_own_name():
    unit = parse_program("double f(double f) { return 2 * f; }").unit
    assert isinstance(build([unit])[0], Built)


def test_units_have_no_directive_and_name_what_they_define():
    text = "#include <math.h>\n#define K 2\nstatic double g(double x) { return K * x; }"
    unit = parse_program(
        text + "\ndouble f(double x) { return g(x); }", function="f"
    ).unit
    assert "#" not in unit.text and unit.headers == ("math.h",)
    assert unit.globals_ == ("g", "f", "nsc_function", "nsc_entry")
    assert (unit.n_inputs, unit.n_outputs) == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "double f(double x, const double v[2]) { return x + v[0] * v[1]; }",
            [7.0],
        ),
        (
            "void f(double *a, double b, double *c) { *c = *a - b; *a = *c * b; }",
            [-2.0, -1.0],
        ),
        (
            "typedef struct { double x, y, z; } v3;"
            "v3 f(v3 a) { v3 r = {a.z, a.x, a.y}; return r; }",
            [3.0, 1.0, 2.0],
        ),
        ("void f(double *v) { v[2] = v[0] + v[1]; v[0] = v[2]; }", [3.0, 3.0]),
    ],
)
def test_the_entry_computes_what_the_function_does(text, expected):
    program = parse_program(text)
    (built,) = build([program.unit])
    assert isinstance(built, Built)
    y = run(built, np.array([[1.0, 2.0, 3.0][: program.n_inputs]])).outputs
    assert y.tolist() == [expected]


def test_outputs_are_what_variables_can_hold():
    text = "void f(double x, int *n, _Bool *b, unsigned char *c) { *n = x; *b = x; c[0] = x; }"
    program = parse_program(text, arrays={"c": 1})
    y = as_returned(
        program,
        np.array([[2.5, 0.6, 300.0], [-2.5, 0.4, -7.0], [1e10, 9, 0.4]]),
    )
    assert y.tolist() == [[3, 1, 255], [-3, 0, 0], [2.0**31 - 1, 1, 0]]


def test_a_prototype_needs_the_types_of_its_signature():
    text = (
        "#include <stdint.h>\ntypedef double real; struct in { real q; };\n"
        "typedef struct { struct in a; int32_t n; } vec; struct unused { int k; };\n"
        "real f(vec v) { struct unused u = {1}; return v.a.q * u.k; }"
    )
    headers, declared = signature_types(
        parse_program(text, ranges={"v.n": (0, 1)})
    )
    assert headers == ("stdint.h",)
    assert declared.splitlines() == [
        "typedef double real;",
        "struct in { real q; };",
        "typedef struct { struct in a; int32_t n; } vec;",
    ]


def test_a_header_is_not_needed_for_a_name_that_the_text_has_itself():
    text = "typedef struct { double v; } gamma; double f(gamma g, double exp)"
    program = parse_program(f"{text} {{ return g.v * exp; }}")
    assert signature_types(program)[0] == ()
