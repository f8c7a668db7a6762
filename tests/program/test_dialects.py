"""What people write that is not C as nsc reads it is refused for what it is."""

import numpy as np
import pytest

from nsc.errors import SourceError
from nsc.program import parse_program
from nsc.sandbox import build, run

MAX = (
    "#define MAX(a, b) ({ __typeof__(a) x_ = (a); __typeof__(b) y_ = (b);"
    " x_ > y_ ? x_ : y_; })\n"
)


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        (
            "double f(w, h) double w; { return w * h; }",
            "implicit_int",
            "the type of each parameter",
        ),
        (
            "template <class T> T f(T x) { return x; }",
            "no_function",
            "a template",
        ),
        ("double f(const double &x) { return x; }", "is_cpp", "a reference"),
        ("double f(double x) { return std::sin(x); }", "is_cpp", "'::'"),
        (
            "class A { public: double x; };\n"
            "double f(double x) { A a; a.x = x; return a.x; }",
            "is_cpp",
            "a class",
        ),
        (
            "double f(double x) { return static_cast<int>(x); }",
            "is_cpp",
            "a C++ cast",
        ),
        (
            "#include <errno.h>\ndouble f(double x)"
            " { errno = 0; double y = log(x); return errno ? 0 : y; }",
            "uses_errno",
            "what 'errno' holds is read here",
        ),
        (
            "#include <errno.h>\nint f(double x) { return x > 0 ? 0 : -EDOM; }",
            "uses_errno",
            "the number that 'EDOM' stands for differs",
        ),
        (
            "#include <errno.h>\ndouble f(double x)"
            " { int before = errno; errno = before; return x; }",
            "uses_errno",
            "what 'errno' holds is read here",
        ),
    ],
)
def test_the_reason_is_true(text, reason, said):
    with pytest.raises(SourceError) as caught:
        parse_program(text, function=None if reason == "no_function" else "f")
    first = caught.value.problems[0]
    assert first.reason == reason
    assert said in first.message


@pytest.mark.parametrize(
    "text",
    [
        'double f(double x) { const char *s = "std::x"; return x + !s; }',
        "double f(double class) { double template = class; return template * 2; }",
    ],
)
def test_c_is_not_taken_for_cpp(text):
    assert parse_program(text, function="f").n_inputs == 1


def test_types_of_expressions_compile():
    texts = [
        MAX + "double f(double a, double b) { return MAX(a, b); }",
        "double f(double a, double b) { __auto_type c = a; if (b > c) c = b;"
        " typeof(c) d = c; return d; }",
    ]
    programs = [parse_program(text, function="f") for text in texts]
    x = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    for built in build([program.unit for program in programs]):
        found = run(built, x).outputs
        np.testing.assert_array_equal(found[:, 0], x.max(axis=1))
    for program in programs:
        assert program.dag is not None
