"""A function that gives its caller's memory back is refused where it does."""

import pytest

from nsc.errors import SourceError
from nsc.program import list_functions, parse_program

LIB = "#include <stdlib.h>\ntypedef struct { int n; double v; } S;\n"
FREED = [
    "double f(S *s) { double v = s->v; free(s); return v; }",
    "double f(S *s) { if (s->v > 0) { S *t = s; free(t); } return 1; }",
    "static void done(S *s) { if (s) free(s); }\ndouble f(S *s) { double v = s->v; done(s); return v; }",
    "double f(double *p) { p = realloc(p, 16); return p[0] + p[1]; }",
    "void f(const double *x, double *y) { y[0] = x[0]; free((void *)x); }",
]  # fmt: skip
KEPT = [
    "double f(S *s) { double *v = malloc(8); *v = s->v; double r = *v * 2; free(v); return r; }",
    "static void done(double *v) { free(v); }\ndouble f(S *s) { double *v = malloc(8); *v = s->v; double r = *v; done(v); return r; }",
]  # fmt: skip


@pytest.mark.parametrize("text", FREED)
def test_giving_an_argument_back_is_refused_at_the_call(text):
    with pytest.raises(SourceError) as raised:
        parse_program(LIB + text, function="f", ranges={"s.n": (0, 3)})
    (problem,) = raised.value.problems
    assert problem.reason == "frees_argument"
    line = (LIB + text).split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith(
        ("free(", "realloc(", "done(")
    )
    assert "belongs to the caller" in problem.message
    assert "leave the call out" in problem.message


@pytest.mark.parametrize("text", FREED)
def test_the_overview_says_what_compiling_says(text):
    with pytest.raises(SourceError) as raised:
        parse_program(LIB + text, function="f", ranges={"s.n": (0, 3)})
    (shown,) = [f for f in list_functions(LIB + text) if f.name == "f"]
    assert shown.problems == tuple(raised.value.problems)


@pytest.mark.parametrize("text", KEPT)
def test_what_a_function_allocates_it_may_give_back(text):
    ranges = {"s.n": (0, 3)} if "s.n" in text else None
    program = parse_program(LIB + text, function="f", ranges=ranges)
    assert program.n_outputs == 1
