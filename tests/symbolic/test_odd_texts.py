"""Texts that were read as something else than a compiler reads."""

import numpy as np
import pytest
from agreement import expect_agreement, read_and_built

from nsc.errors import SourceError
from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import build, run
from nsc.text import integer_literal

FOUR = "double f(double a, double b, double c, double d) "
MEMCPY = (
    "#include <string.h>\ndouble f(double x) { double v[4] = {x, x, x, x}; "
)
AGREEING = [
    FOUR + "{ return (double)(a*(b*c))*d; }",
    FOUR + "{ return (double)(a*(b*c))-d; }",
    "typedef double real; " + FOUR + "{ return 2 * (real)(a*(b*c)) + d; }",
    "typedef int word; double f(double x) { int a = 3 * x;"
    " word w = (word)-(a + 1) / 7 + (word)-(a - 1); return w * 1e-9; }",
    "typedef int u; double f(double x) { return (u)(int)(9 * x) + (u)(x); }",
    "typedef int u; double f(double x, const double *p)"
    " { return (u)*p * 2 + (double)(u)+(7 * x) - x * (u)~(u)(9 * x); }",
    "enum { true = 5 }; double f(double x) { return x * true; }",
    "typedef enum { false, true } bool;"
    " double f(double x) { bool b = (bool)(3 * x * x); return b * x; }",
    "typedef int bool; double f(double x) { bool b = 2; return b * x; }",
    "struct f { double v; }; double f(double x) { struct f q = {x}; return q.v; }",
    "struct g { double v; }; static double g(double x) { return x; }"
    " double f(double x) { struct g q = {g(x)}; return q.v; }",
    "#define X x\nstruct s { double x; };"
    " double f(double y) { struct s s = {y}; return s.X; }",
    "#define X x\nstruct s { double x; };"
    " double f(double y) { struct s s = {y}, *p = &s; return 1. * p->X + s . X; }",
    "double f(double x) { doub\\\nle y = x; ret\\\nu\\\nrn y; }",
]
SINGLE = "union U { float f; int i; }; float f(float x) { union U u; u.f = x; "
FLIPPED = [
    SINGLE + "u.i ^= (-2147483647 - 1); return u.f; }",
    "#include <limits.h>\n" + SINGLE + "u.i = u.i ^ INT_MIN; return u.f; }",
    "#include <limits.h>\n" + SINGLE + "u.i |= INT_MIN; return u.f; }",
]


def test_agree_with_the_sandbox():
    rng = np.random.default_rng(3)
    for program, built in read_and_built(AGREEING):
        expect_agreement(
            program, built, rng.uniform(-1, 1, (50, program.n_inputs))
        )


def test_the_sign_bit_as_a_constant():
    x = np.float32(np.linspace(-1, 1, 8))[:, None].astype(float)
    for program, built in read_and_built(FLIPPED):
        expect_agreement(program, built, x)


def test_words_folded_over_many_lines_are_whole():
    text = "double f(double x) { doub\\\nle y = x; ret\\\nu\\\nrn y; }"
    (built,) = build([parse_program(text).unit])
    np.testing.assert_array_equal(run(built, np.ones((1, 1))).outputs, 1)


def test_the_upper_half_of_a_double_is_another_float():
    text = (
        "union D { double d; int w[2]; }; union U { float f; int i; };"
        "double f(double x) { union D d; d.d = x; union U u; u.i = d.w[1];"
        " return u.f; }"
    )
    program = parse_program(text, ranges={"x": (0.5, 2)})
    (built,) = build([program.unit])
    x = np.linspace(-1, 1, 9)[:, None]
    found = run(built, 1.25 + 0.75 * x).outputs
    dag = program.dag
    is_right = not isinstance(dag, Unsupported) and np.allclose(
        evaluate(dag, x), found
    )
    assert isinstance(dag, Unsupported) or is_right


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            MEMCPY + "memset(v - 1, 0, 16); return v[0]; }",
            "index_out_of_bounds",
        ),
        (
            MEMCPY + "memcpy(v, v - 1, 16); return v[0]; }",
            "index_out_of_bounds",
        ),
        (
            MEMCPY + "float w[8]; memcpy(w, v, 32); return w[0]; }",
            "unknown_call",
        ),
        (
            "double f(double x) { return __builtin_expect(x > 0); }",
            "argument_count",
        ),
    ],
)
def test_calls_without_symbolic_meaning_are_refused(text, reason):
    dag = parse_program(text).dag
    assert isinstance(dag, Unsupported)
    assert dag.reason == reason


def test_an_if_without_endif_is_an_error():
    with pytest.raises(SourceError) as caught:
        parse_program(
            "double f(double x) { return x; }\n#if 1\n#ifdef A\n#endif\n"
        )
    (problem,) = caught.value.problems
    assert (problem.reason, problem.line) == ("bad_directive", 2)


def test_underscores_are_no_part_of_integers():
    assert integer_literal("1_000") is None
    assert integer_literal("0x_1") is None
