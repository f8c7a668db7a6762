"""Fields of anonymous structs and unions are fields of what is around them."""

import numpy as np
import pytest
from agreement import expect_agreement, read_and_built

from nsc.errors import SourceError
from nsc.program import parse_program

NESTED = (
    "struct s { struct { double x; struct { double y; char c; }; }; double w; }; "
    "typedef struct s S; "
)
PLAIN = NESTED.replace("char", "double")
NUMBER = "struct u { union { double x; unsigned w[2]; }; double s; }; "
AGREEING = [
    PLAIN + "double f(S v) { return v.x * v.y + v.w; }",
    NESTED + "double f(const S *v) { return v->x * v->y + v->w; }",
    PLAIN + "S f(S v) { v.x *= v.y; return v; }",
    NESTED + "void f(const S *v, S *o) { o->y = v->w; o->x = v->x; }",
    NESTED + "double f(double a) { S v = {{a, {2, 1}}, 3}; S w = v;"
    " return w.x + 10 * w.y + w.w; }",
    NESTED + "double f(double a) { S v = {a, 2, 1, 3};"
    " return v.x + 10 * v.y + 100 * v.w; }",
    NESTED + "double f(double a) { S v = {.y = a, 1, 3};"
    " return v.x + 10 * v.y + 100 * v.w; }",
    NESTED + "double f(double a) { S v[2] = {[1].y = a}, *p = v + 1;"
    " return p->y + sizeof(S); }",
    NUMBER + "double f(double a) { struct u v = {.s = 3, .x = a};"
    " return v.w[0] + v.w[1] / 65536 + v.x + v.s; }",
    "struct S { union { double d; unsigned long long i; }; int k; };"
    " double f(double x) { struct S s = {.d = x, .k = 2}; return s.d * s.k; }",
    "union n { double x; unsigned w[2]; }; struct t { union n v; double s; };"
    " double f(double a) { struct t v = {.s = 3, .v.x = a}; return v.v.x + v.s; }",
    "struct t { double k; union { struct { double a; }; double c; }; };"
    " double f(double x) { struct t v; v.k = 2; v.a = x; return v.c * v.k; }",
    "struct t { struct { double x, y; } named; struct q { double z; }; double w; };"
    " double f(struct t v) { return v.named.x * v.named.y - v.w; }",
]


def test_agree_with_the_sandbox():
    rng = np.random.default_rng(4)
    for program, built in read_and_built(AGREEING):
        expect_agreement(
            program, built, rng.uniform(-1, 1, (50, program.n_inputs))
        )


@pytest.mark.parametrize(
    ("function", "inputs", "outputs"),
    [
        ("double f(S v) { return v.x * v.y + v.w; }", "x y c w", "return"),
        ("double f(S *v) { return v->x * v->y + v->w; }", "x y w", "return"),
        ("void f(S *v) { v->y = v->x; }", "x", "y"),
    ],
)
def test_every_field_is_an_input_or_output(function, inputs, outputs):
    signature = parse_program(NESTED + function, function="f").signature
    assert [leaf.name for leaf in signature.inputs] == [
        f"v.{name}" for name in inputs.split()
    ]
    outs = [leaf.name.removeprefix("v.") for leaf in signature.outputs]
    assert outs == outputs.split()


def test_an_anonymous_union_is_no_input():
    with pytest.raises(SourceError) as caught:
        parse_program(
            NUMBER + "double f(struct u v) { return v.x; }", function="f"
        )
    assert [problem.reason for problem in caught.value.problems] == [
        "uses_union"
    ]
