"""Signatures of functions whose pointers are followed: derived, aliased, conditional."""

import pytest

from nsc.errors import SourceError
from nsc.program import list_programs, parse_program

CROSS = """
static void cross(const float a[3], const float b[3], float o[3]) {
  o[0] = a[1] * b[2] - a[2] * b[1];
  o[1] = a[2] * b[0] - a[0] * b[2];
  o[2] = a[0] * b[1] - a[1] * b[0];
}
"""
M22 = """
struct m22 { double a, b, c, d; };
static void multiply(struct m22 *out, const struct m22 *x, const struct m22 *y) {
  struct m22 r;
  r.a = x->a * y->a + x->b * y->c; r.b = x->a * y->b + x->b * y->d;
  r.c = x->c * y->a + x->d * y->c; r.d = x->c * y->b + x->d * y->d;
  *out = r;
}
"""
HELPERS = """
#include <math.h>
#include <string.h>
typedef struct { double x, y; double t[2]; } P;
static double dot(const double *u, const double *v) { return u[0]*v[0] + u[1]*v[1]; }
static double *at(double *p, int i) { return p + 1; }
static void put(double *p, int, double v) { *p = v; }
static void maybe(double *p, double v) { if (v > 0) *p = v; }
"""


def signature(text: str, **stated):
    return parse_program(text, function="f", **stated).signature


def view(text: str, **stated) -> str:
    """Return a signature's inputs and outputs: "a b -> c"."""
    found = signature(text, **stated)
    inputs = " ".join(leaf.name for leaf in found.inputs)
    return f"{inputs} -> {' '.join(leaf.name for leaf in found.outputs)}"


def refusal(text: str, **stated) -> str:
    with pytest.raises(SourceError) as caught:
        signature(text, **stated)
    return caught.value.problems[0].reason


O3 = "x -> o[0] o[1] o[2]"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("double t[3] = {x, x, x}; memcpy(o, t, sizeof t);", O3),
        ("memset(o, 0, 3 * sizeof *o); o[1] = x;", O3),
        ("double *p = o; *p++ = x; *p++ = x; *p = x;", O3),
        ("double *p = o; for (int i = 0; i < 3; i++) *p++ = x;", O3),
        ("for (double *p = o; p < o + 3; p++) *p = x;", O3),
        ("double *p = &o[1]; p[-1] = x; p[0] = x; p[1] = x;", O3),
        ("double *p = o + 2; p -= 2; p[0] = p[1] = *(p + 2) = x;", O3),
        ("int k = 0; while (k < 3) o[k++] = x;", O3),
        ("unsigned n = 3; while (n--) o[n] = x;", O3),
        ("enum { K = 3 }; for (int i = 0; i < K; i++) o[i] = x;", O3),
        ("if (x > 0) modf(x, o); else memset(o, 0, sizeof *o);", "x -> o"),
        ("put(o, 1, x); put(&o[1], 1, x); put(o + 2, 1, x);", O3),
        ("*at(o, 1) = x;", "x -> o[1]"),
        (
            "double *p = x > 0 ? &o[0] : &o[1]; *p = x;",
            "x o[0] o[1] -> o[0] o[1]",
        ),
        ("double t[3]; double *p = x > 0 ? t : o; *p = x;", "x o -> o"),
        ("double t[3]; double *p = t; if (x > 0) p = o; *p = x;", "x o -> o"),
        ("int t[3] = {0}; t[(int)o[0]]++; o[1] = x + t[0];", "x o[0] -> o[1]"),
        ("double t[3] = {0}; o[1] = x + *(t + (int)o[0]);", "x o[0] -> o[1]"),
        ("{ double o; o = x; } o[0] = x;", "x -> o"),
        ("o[1] = dot(&o[1], &o[2]) + x;", "x o[1] o[2] o[3] -> o[1]"),
    ],
)
def test_pointers_are_followed(body, expected):
    assert (
        view(f"{HELPERS} void f(double x, double *o) {{ {body} }}") == expected
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (x > 0) *o = x;", "x o -> o"),
        ("if (x > 0) *o = 1; else *o = 2;", "x -> o"),
        ("if (x < 0) return; *o = x;", "x o -> o"),
        ("if (x < 0) { *o = 0; return; } *o = x;", "x -> o"),
        ("if (x < 0) goto end; *o = x; end: ;", "x o -> o"),
        (
            "switch ((int)x) { case 0: *o = 1; break; default: *o = 2; }",
            "x -> o",
        ),
        (
            "switch ((int)x) { case 0: *o = 1; break; case 1: *o = 2; }",
            "x o -> o",
        ),
        ("switch ((int)x) { case 0: break; default: *o = 2; }", "x o -> o"),
        (
            "for (int i = 0; i < 3; i++) { if (x > i) break; *o = x; }",
            "x o -> o",
        ),
        (
            "for (int i = 0; i < 3; i++) { if (x > i) continue; *o = x; }",
            "x o -> o",
        ),
        ("while (x > 1) { x /= 2; *o = x; }", "x o -> o"),
        ("do { x /= 2; *o = x; } while (x > 1);", "x -> o"),
        ("for (int i = 0; i < x; i++) *o = i;", "x o -> o"),
        ("for (int i = 0; i < 0; i++) *o = i; *o = x;", "x -> o"),
        ("x > 0 && (*o = x);", "x o -> o"),
        ("x > 0 ? (*o = x) : (*o = 1);", "x -> o"),
        ("maybe(o, x);", "x o -> o"),
        ("*o = 0; maybe(o, x);", "x -> o"),
        ("again: *o = x; if (x > 1) { x /= 2; goto again; }", "x -> o"),
        ("again: if (x > 1) { x /= 2; *o = x; goto again; }", "x o -> o"),
    ],
)
def test_what_some_ways_do_not_write_is_an_input(body, expected):
    assert (
        view(f"{HELPERS} void f(double x, double *o) {{ {body} }}") == expected
    )


def test_rows_are_written_by_callees():
    text = CROSS + (
        "void f(const float u[3], const float v[3], float r[3][3]) {"
        " for (int i = 0; i < 3; i++) r[0][i] = u[i];"
        " cross(u, v, r[2]); cross(r[2], u, r[1]); }"
    )
    found = signature(text)
    assert [leaf.param for leaf in found.inputs] == ["u"] * 3 + ["v"] * 3
    assert len(found.outputs) == 9


def test_a_row_pointer_walks_from_row_to_row():
    text = (
        "void f(float x, float r[2][2]) {"
        " float *p = &r[0][0]; for (int i = 0; i < 4; i++) p[i] = x; }"
    )
    assert view(text) == "x -> r[0][0] r[0][1] r[1][0] r[1][1]"
    assert view(text.replace("&r[0][0]", "(float *)r")) == view(text)


def test_an_object_that_is_passed_twice_is_read_before_it_is_written():
    text = M22 + (
        "void f(struct m22 *m, double s) {"
        " struct m22 t = {s, 0, 0, 1}; multiply(m, &t, m); }"
    )
    assert view(text) == "m.a m.b m.c m.d s -> m.a m.b m.c m.d"


def test_structs_and_their_fields_are_written_through_pointers():
    p = "p.x p.y p.t[0] p.t[1]"
    text = HELPERS + "void f(double x, P *p) {"
    assert view(text + " P q = {x}; *p = q; }") == f"x -> {p}"
    assert (
        view(text + " P q = {x}; P *r = p; memcpy(r, &q, sizeof q); }")
        == f"x -> {p}"
    )
    assert view(text + " double *t = p->t; t[1] = x; }") == "x -> p.t[1]"
    assert view(text + " p->x = x; P q = *p; p->y = q.t[0]; }") == (
        "x p.y p.t[0] p.t[1] -> p.x p.y"
    )


def test_functions_that_call_themselves_are_read_until_nothing_changes():
    text = (
        "static void a(double *o, double x) { if (x > 1) a(o, x - 1); else *o = x; }"
        "void f(double x, double *y) { a(y, x); }"
    )
    assert view(text) == "x -> y"
    assert view(text.replace("else *o", "else if (x > 0) *o")) == "x y -> y"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("struct { double *p; } s; s.p = o; s.p[0] = x;", "pointer_escapes"),
        ("double *t[2] = {o, o}; *t[0] = x;", "pointer_escapes"),
        ("double **t = &o; **t = x;", "pointer_escapes"),
        ("int *t = (int *)o; *t = x;", "pointer_escapes"),
        ("double *p = o; while (x > 0) { *p++ = x; x -= 1; }", "dynamic_size"),
        ("memcpy(o, &x, (int)x);", "dynamic_size"),
    ],
)
def test_pointers_that_are_not_followed_are_refused(body, reason):
    assert (
        refusal(f"{HELPERS} void f(double x, double *o) {{ {body} }}")
        == reason
    )


def test_arrays_of_known_length_are_not_guessed_either():
    text = "void f(double x, double o[2]) { double *t[1] = {o}; t[0][1] = x; }"
    assert refusal(text) == "pointer_escapes"
    assert view(text, out=["o"]) == "x -> o[0] o[1]"
    text = "double f(const double a[2]) { const double *t[1] = {a}; return t[0][1]; }"
    assert view(text) == "a[0] a[1] -> return"
    assert (
        refusal("void f(double x, double o[2]) { o[2] = x; }")
        == "outside_array"
    )


def test_a_callee_that_nests_too_deeply_is_named():
    deep = "(" * 240 + "a[a[0]]" + ")" * 240
    text = (
        f"static int g(int *a) {{ return {deep}; }} double f(double x, int *a)"
    )
    text += " { return x + g(a); }"
    assert [listed.name for listed in list_programs(text)] == ["g", "f"]
    many = "+".join(["a[0]"] * 1000)
    (_, f) = list_programs(text.replace(deep, many))
    assert f.problems[0].reason == "nested_too_deeply"
