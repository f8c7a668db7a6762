"""Which numbers are resolutions, and what changes with them."""

import pytest
from dear_programs import dear, small

from nsc.twins.literals import literals_of
from nsc.twins.reductions import reduced, reductions_of, said_of


def said(program, factor):
    """List what reductions of a program say at a factor."""
    literals = literals_of(program)
    values = [
        each.values(literals.all, factor) for each in reductions_of(literals)
    ]
    return [said_of(literals.all, each) for each in values if each]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("heat", "CELLS 64 -> 16"),
        ("heat", "STEPS 600 -> 150"),
        ("option", "LEVELS 200 -> 50"),
        ("vanderpol", "STEP 0.002 -> 0.008, N 2000 -> 500"),
        ("projectile", "DT 0.0001 -> 0.0004"),
        ("quadrature", "4000 -> 1000"),
        ("plate", "100 -> 24"),
        ("plate", "26 -> 8, 25 -> 7, 24 -> 6, 12 -> 3"),
        ("friction", "2000 -> 500"),
        ("kepler", "POINTS 64 -> 16"),
        ("kepler", "TOLERANCE 1e-13 -> 1e-10"),
    ],
)
def test_what_can_be_reduced(name, expected):
    assert expected in said(dear(name), 4)


@pytest.mark.parametrize(
    ("value", "factor", "expected"),
    [(4000, 32, 124), (64, 4, 16), (65, 4, 15), (10, 8, None), (7, 2, 3)],
)
def test_even_numbers_stay_even(value, factor, expected):
    assert reduced(value, factor) == expected


def test_bounds_are_followed_through_variables_arguments_and_recursion():
    through = small(
        "static double sum(double x, int count) { double s = 0; int n = count;"
        " for (int i = 0; i < n; i++) s += x / (i + 1); return s; }\n"
        "double f(double x) { return sum(x, 800); }"
    )
    assert "800 -> 200" in said(through, 4)
    recursive = small(
        "static double half(double x, int depth) { if (depth <= 0) return x;"
        " return 0.5 * (half(x, depth - 1) + half(-x, depth - 1)); }\n"
        "double f(double x) { return half(x, 16); }"
    )
    assert "16 -> 4" in said(recursive, 4)


def test_what_reaches_no_loop_is_left_alone():
    assert said(small("double f(double x) { return 640 * x + 64; }"), 4) == []


def test_a_tolerance_of_a_break_is_one():
    program = small(
        "double f(double x) { for (;;) { double d = 0.5 * x; x -= d;"
        " if (d < 1e-12) break; } return x; }"
    )
    assert "1e-12 -> 1e-09" in said(program, 4)
