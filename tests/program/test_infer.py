"""Signatures by example: directions, lengths, leaves, and named refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.errors import SourceError
from nsc.program import Program, parse_program
from nsc.syntax import DOUBLE, Array, Pointer, Signature


def signature(text: str, **stated) -> Signature:
    """Return f's signature; its integers are given ranges."""
    return loaded(text, **stated).signature


def loaded(text: str, **stated) -> Program:
    return parse_program(text, function="f", **stated)


def ins(text: str, **stated) -> list[str]:
    return [leaf.name for leaf in signature(text, **stated).inputs]


def outs(text: str, **stated) -> list[str]:
    return [leaf.name for leaf in signature(text, **stated).outputs]


def refusal(text: str, **stated) -> str:
    with pytest.raises(SourceError) as caught:
        loaded(text, **stated)
    (problem,) = caught.value.problems
    return problem.reason


@pytest.mark.parametrize(
    ("body", "direction"),
    [
        ("*y = x;", "out"),
        ("*y = x; *y += 1;", "out"),
        ("*y = *y + x;", "inout"),
        ("*y += x;", "inout"),
        ("(*y)++;", "inout"),
        ("*(y) = x;", "out"),
        ("y[0] = x;", "out"),
        ("double t = *y; *y = t + x;", "inout"),
        ("if (*y > 0) *y = x;", "inout"),
        ("if (x > 0) *y = 1; else *y = 2;", "out"),
        ("*y = x; x = *y;", "out"),
        ("for (int i = 0; i < 3; i++) *y = x;", "out"),
        ("for (*y = 0; *y < x; *y += 1) x = x / 2;", "out"),
        ("switch ((int)*y) { case 1: *y = x; }", "inout"),
        ("do { *y = x; } while (*y > 3);", "out"),
        ("while (*y > 3) { *y = x; }", "inout"),
        ("{ *y = (x, *y); }", "inout"),
        ("*y = x > 0 ? *y : 1;", "inout"),
        ("*y = sizeof(*y) + x;", "out"),
        ("double t[2] = {*y, x}; *y = t[1];", "inout"),
        ("modf(x, y);", "out"),
        ("*y = x; goto end; end: x = *y;", "out"),
    ],
)
def test_directions(body, direction):
    text = f"double sin(double); double f(double x, double *y) {{ {body} return x; }}"
    (_, y) = signature(text).params
    assert y.direction == direction


def test_what_is_only_read_is_in():
    assert (
        signature("double f(double *y) { return *y; }").params[0].direction
        == "in"
    )


@pytest.mark.parametrize(
    ("body", "length"),
    [
        ("return p[0];", None),
        ("return p[4];", 5),
        ("return *(p + 3);", 4),
        ("return *p + p[1];", 2),
        ("return p[2 * 3 - 1];", 6),
        ("double s = 0; for (int i = 0; i < 4; i++) s += p[i]; return s;", 4),
        ("double s = 0; for (int i = 1; i <= 4; i++) s += p[i]; return s;", 5),
        ("double s = 0; for (int i = 0; i != 4; i++) s += p[i]; return s;", 4),
        ("double s = 0; for (int i = 4; i > 0; i--) s += p[i]; return s;", 5),
        (
            "double s = 0; for (int i = 4; i >= 0; i -= 2) s += p[i]; return s;",
            5,
        ),
        (
            "int i; double s = 0; for (i = 0; i < 3; ++i) s += p[2 * i + 1]; return s;",
            6,
        ),
        (
            "double s = 0; for (int i = 0; i < 3; ++i) s += p[5 - i]; return s;",
            6,
        ),
        ("enum { A, B }; return p[N];", 3),
    ],
)
def test_lengths_behind_pointers(body, length):
    found = signature(f"enum {{ N = 2 }}; double f(double *p) {{ {body} }}")
    (param,) = found.params
    assert param.type == Pointer(
        DOUBLE if length is None else Array(DOUBLE, length)
    )
    assert len(found.inputs) == (length or 1)


@given(
    st.integers(0, 20),
    st.integers(1, 20),
    st.integers(1, 5),
    st.integers(0, 5),
)
def test_a_counted_loop_reaches_its_last_index(first, trips, factor, offset):
    loop = f"for (int i = {first}; i < {first + trips}; i++)"
    text = (
        "double f(double *p) { double s = 0;"
        f" {loop} s += p[{factor} * i + {offset}]; return s; }}"
    )
    assert len(ins(text)) == factor * (first + trips - 1) + offset + 1


def test_open_arrays_get_their_length_and_stated_lengths_overrule():
    text = "double f(double a[]) { return a[2]; }"
    assert signature(text).params[0].type == Array(DOUBLE, 3)
    assert ins(text, arrays={"a": 5})[-1] == "a[4]"
    assert ins("double f(double a[4]) { return a[0]; }") == [
        f"a[{k}]" for k in range(4)
    ]


def test_elements_that_nobody_touches_are_inputs_only_beside_others_that_are_read():
    assert ins("double f(double *p) { return p[0] + p[2]; }") == [
        "p[0]",
        "p[1]",
        "p[2]",
    ]
    text = "double f(double x, double *p) { p[0] = x; p[2] = x; return x; }"
    assert ins(text) == ["x"] and outs(text) == ["return", "p[0]", "p[2]"]
    text = "double f(double *p) { p[2] = p[0]; return 0; }"
    assert ins(text) == ["p[0]"] and outs(text) == ["return", "p[2]"]


def test_fields_behind_a_pointer_count_only_when_touched():
    text = (
        "typedef struct { double x, y; double t[2]; } P;\n"
        "void f(P *p) { p->t[1] = p->x; }"
    )
    assert ins(text) == ["p.x"] and outs(text) == ["p.t[1]"]
    assert [leaf.lvalue for leaf in signature(text).outputs] == ["p->t[1]"]


def test_a_struct_by_value_is_all_input():
    text = "struct v { double x, y; }; double f(struct v v) { return v.x; }"
    assert ins(text) == ["v.x", "v.y"]


def test_the_result_is_the_first_output():
    text = (
        "typedef struct { float re, im; } c;\n"
        "c f(float x, float *n) { c z = {x, x}; *n = x; return z; }"
    )
    found = signature(text)
    assert outs(text) == ["return.re", "return.im", "n"]
    assert [o.lvalue for o in found.outputs][:2] == [
        "nsc_result.re",
        "nsc_result.im",
    ]
    assert found.prototype == "c f(float x, float *n)"


def test_const_arrays_are_never_outputs():
    text = (
        "double f(const double a[2]) {"
        " double *b = (double *)a; b[0] = 1; return a[1] + b[0]; }"
    )
    assert outs(text) == ["return"]


def test_calls_do_to_pointers_what_their_callees_do():
    text = (
        "static void inner(double *o, const double *i) { o[1] = i[2]; }\n"
        "static void outer(double *o, const double *i) { inner(o, i); }\n"
        "void f(const double *a, double *b) { outer(b, a); }"
    )
    assert ins(text) == ["a[0]", "a[1]", "a[2]"] and outs(text) == ["b[1]"]


def test_fields_are_handed_on():
    text = (
        "typedef struct { double x, y; } P;\n"
        "static void set(double *o) { *o = 1; }\n"
        "double f(P *p) { set(&p->y); return p->x; }"
    )
    assert ins(text) == ["p.x"] and outs(text) == ["return", "p.y"]


def test_functions_that_call_each_other_are_read_without_end():
    text = (
        "static void b(double *o, double x);\n"
        "static void a(double *o, double x) { if (x > 1) b(o, x - 1); else *o = x; }\n"
        "static void b(double *o, double x) { if (x > 1) a(o, x - 1); else *o = x; }\n"
        "void f(double x, double *y) { a(y, x); }"
    )
    assert outs(text) == ["y"]


def test_a_stated_length_lets_a_pointer_go_anywhere():
    text = "double f(double *a) { double *b[1] = {a}; b[0][0] = 1; return b[0][1]; }"
    assert refusal(text) == "pointer_escapes"
    assert ins(text, arrays={"a": 2}) == ["a[0]", "a[1]"]
    assert outs(text, arrays={"a": 2}) == ["return", "a[0]", "a[1]"]
    text = "double f(const double *a) { const double *b[1] = {a}; return b[0][1]; }"
    assert outs(text, arrays={"a": 2}) == ["return"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("double f(double *p) { return p[-1]; }", "negative_index"),
        (
            "double f(double *p) { while (*p > 0) p++; return *p; }",
            "dynamic_size",
        ),
        (
            "double f(double *p, double n) { return p[(int)n]; }",
            "dynamic_size",
        ),
        ("double f(double *p) { return p == 0; }", "no_input"),
        ("double f(double *p) { return p.x; }", "type_mismatch"),
        ("double f(void *p) { return 0; }", "void_pointer"),
        ("double f(unsigned char *p) { return *p; }", "uses_strings"),
        ("double f(double a[300]) { return a[2]; }", "too_many_scalars"),
        (
            "double f(double a[200], double b[100]) { return a[2] + *b; }",
            "too_many_scalars",
        ),
        ("double f(double *p[2]) { return *p[0]; }", "nested_pointer"),
        ("double f(double) { return 1; }", "unnamed_parameter"),
        ("double f(double x, double *nsc_y) { return x; }", "reserved_name"),
    ],
)
def test_refusals(text, reason):
    assert refusal(text) == reason


def test_a_refusal_says_what_to_state():
    text = "double f(double *p, double n) {\n  return p[(int)n];\n}"
    with pytest.raises(
        SourceError, match=r":2:10: .* arrays={'p': N} \[dynamic_size\]"
    ):
        loaded(text)


def test_names_that_are_stated_are_parameters():
    text = "double f(double *p, double n) { return p[(int)n]; }"
    with pytest.raises(
        SourceError, match="'q' is not a parameter; they are p, n"
    ):
        loaded(text, arrays={"q": 3})


COPIES = """
#include <string.h>
typedef float Matrix[2][2];
typedef struct { float m[2]; } Pair;
void whole(Matrix to, Matrix from) { memcpy(to, from, sizeof(Matrix)); }
void cast(Matrix to, Matrix from) {
  memcpy((void *)to, (const void *)from, (size_t)(4 * sizeof(float)));
}
void pair(Pair *to, Pair *from) { memcpy(to, from, sizeof(Pair)); }
void cleared(Matrix to, Matrix from) {
  memset(to, 0, sizeof (Matrix));
  to[1][1] = from[0][0];
}
void half(Matrix to, Matrix from) { memcpy(to, from, sizeof(Matrix) / 2); }
void shadowed(Matrix to, Matrix from) {
  float Matrix[2];
  memcpy(to, from, sizeof(Matrix));
}
"""


@pytest.mark.parametrize(
    "function", ["whole", "cast", "pair", "cleared", "half", "shadowed"]
)
def test_what_is_overwritten_by_its_types_size_is_no_input(function):
    signature = parse_program(COPIES, function=function).signature
    assert {leaf.param for leaf in signature.inputs} == {"from"}
    written = {"half": 2, "shadowed": 2, "pair": 2}.get(function, 4)
    assert len(signature.outputs) == written
