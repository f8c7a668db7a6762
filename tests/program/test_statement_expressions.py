"""What statement expressions and types of expressions read and write."""

import numpy as np
import pytest

from nsc.errors import SourceError
from nsc.graph import Unsupported, evaluate
from nsc.program import draw_inputs, parse_program
from nsc.sandbox import build, run, signature_disagreements

S = "struct s { double a; int k; double v[3]; };\n"
MAX = (
    "#define max(x, y) ({ typeof(x) _x = (x); typeof(y) _y = (y);"
    " _x > _y ? _x : _y; })\n"
)
# (text, inputs, outputs)
KNOWN = [
    (  # typeof evaluates nothing
        "double f(double *p, double x) { typeof(*p) t = x; p[0] = p[1] + t; return t; }",
        "p[1] x",
        "return p[0]",
    ),
    (
        "double f(double *p, double x) { typeof(({ p[1] = 3; x; })) t = x;"
        " return t + sizeof(({ p[2]; })) + *p; }",
        "p x",
        "return",
    ),
    (
        "double f(double *p, double *q) { return ({ double *r = p; *r * *q; }); }",
        "p q",
        "return",
    ),
    (
        "double f(double *p, double *q, double x) { double *r = ({ double *t = p;"
        " t + 1; }); *r = x; typeof(q) w = q; w[1] = x + 1; return 0; }",
        "x",
        "return p[1] q[1]",
    ),
    (
        MAX + S + "void f(struct s *s, double x) { typeof(s) t = s; t->a = x;"
        " __auto_type u = s; u->v[1] = max(s->v[0], s->v[2]); }",
        "s.v[0] s.v[2] x",
        "s.a s.v[1]",
    ),
    (
        "void f(double *p, double x) { ({ p[0] = x; });"
        " ({ if (x > 0) { *({ p + 1; }) = 2; } }); }",
        "p[1] x",
        "p[0] p[1]",
    ),
    (
        "void f(double *p, const double *q, double x) { for (typeof(1) i = 0; i < 3;"
        " i++) p[i] = ({ __auto_type k = i; q[k] * x; }); }",
        "q[0] q[1] q[2] x",
        "p[0] p[1] p[2]",
    ),
    (
        "void f(double *p, double x) { *(typeof(&x))p = x; ((typeof(p))p)[1] = 2; }",
        "x",
        "p[0] p[1]",
    ),
    (
        "void f(double *a, double *b) { do { typeof(*a) t = *a; *a = *b; *b = t; }"
        " while (0); }",
        "a b",
        "a b",
    ),
    (
        "void f(double *p, double *q, double x) { *(p ?: q) = x;"
        " *(({ p++; p; }) ?: q) = 2; }",
        "x",
        "p[0] p[1]",
    ),
    (
        "static double scale = 2;\n"
        "double f(double x, typeof(double *) y) { return ({ double u = x; u * scale; })"
        " + ({ x *scale; }) + *y; }",
        "x y",
        "return",
    ),
]


@pytest.mark.parametrize(("text", "inputs", "outputs"), KNOWN)
def test_what_is_read_and_written(text, inputs, outputs):
    program = parse_program(text, function="f")
    signature = program.signature
    assert [leaf.name for leaf in signature.inputs] == inputs.split()
    assert [leaf.name for leaf in signature.outputs] == outputs.split()
    x = draw_inputs(program, 100, generator=np.random.default_rng(0))
    assert signature_disagreements([program], [x], seed=0) == [[]]
    (built,) = build([program.unit])
    assert not isinstance(program.dag, Unsupported), program.dag
    np.testing.assert_allclose(
        evaluate(program.dag, x), run(built, x).outputs, atol=1e-9
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("typeof(1.0 + 1) f(double x) { return x; }", 1),
        ("double f(double x, __typeof__(x) y) { return x + y; }", 20),
    ],
)
def test_a_signature_needs_types_by_name(text, column):
    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f")
    first = caught.value.problems[0]
    assert (first.reason, first.column) == ("unknown_type", column)
    assert "write the type" in first.message


def test_what_gcc_computes():
    text = MAX + (
        "double f(double x, double y) { int k = 7; __auto_type h = k / 2;"
        " typeof(k) j = y * 10; return max(max(x, y), (typeof(x))j / 4) + h; }"
    )
    program = parse_program(text, function="f")
    x = np.array([[0.5, 0.25], [0.1, 0.97], [-0.5, -0.75]])
    known = [3.5, 5.25, 2.5]
    (built,) = build([program.unit])
    assert run(built, x).outputs[:, 0].tolist() == known
    np.testing.assert_allclose(evaluate(program.dag, x)[:, 0], known)
