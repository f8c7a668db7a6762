"""What the grammar lacks is respelled in the same length, and nothing else is."""

import pytest

from nsc.syntax import plain_tree
from nsc.syntax.respelled import (
    with_products_as_values,
    with_types_of_expressions,
    without_unnamed_fields,
)
from nsc.syntax.tree import syntax_tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("typeof(x) y;", "enum{$=x} y;"),
        ("__typeof__ (x) y;", "enum{$     =x} y;"),
        ("typeof(real) y;", "       real  y;"),
        ("typeof(double *) p, q;", "typeof(double *) p, q;"),
        ("y = (typeof(double *))p;", "y = (       double * )p;"),
        ("typeof(f(x)) y;", "enum{$=f(x)} y;"),
        ('s = "typeof(x)";', 's = "typeof(x)";'),
        ("typeof(x", "typeof(x"),
        ("my_typeof(x);", "my_typeof(x);"),
    ],
)
def test_types_of_expressions(text, expected):
    found = with_types_of_expressions(text, ["real"])
    assert found == expected and len(found) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("({ a * b; })", "({ a *+b; })"),
        ("({ a *b; })", "({ a*+b; })"),
        ("({ a*b; })", "({a*+b; })"),
        ("({a*b;})", "({a*b;})"),  # no room
        ("({ real * b; })", "({ real * b; })"),
        ("({ double * b; })", "({ double * b; })"),
        ("({ return * b; })", "({ return * b; })"),
        ("{ real * b; a * b; }", "{ real * b; a * b; }"),
    ],
)
def test_products_as_values(text, expected):
    assert with_products_as_values(text, ["real"]) == expected


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("struct s { int : 0; int a; };", "struct s {          int a; };"),
        ("struct s { int a : 1, : 2; };", "struct s { int a : 1     ; };"),
        ("switch (k) { default: 3; }", "switch (k) { default: 3; }"),
        ("k = a ? b : 3;", "k = a ? b : 3;"),
        ('s = "{ int : 0;";', 's = "{ int : 0;";'),
    ],
)
def test_fields_without_a_name(text, kept):
    assert without_unnamed_fields(text) == kept


def test_linux_macros_are_read_whole():
    text = (
        "double f(double x, double y) { return ({ __typeof__(x) a_ = (x);"
        " __typeof__((y)) b_ = (y); (void)(&a_ == &b_); a_ * b_; }); }"
    )
    assert plain_tree(text).has_error
    assert not syntax_tree(text).has_error
