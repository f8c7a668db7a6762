"""Inputs that have one value: constants of the program, and no inputs."""

import numpy as np
import pytest

from nsc.errors import DomainError
from nsc.graph import Dag, evaluate
from nsc.program import parse_fixed, parse_program
from nsc.sandbox import ProgramOracle

MEAN_SQUARE = """
double mean_square(const double *v, int n) {
  double s = 0;
  for (int i = 0; i < n; i++) s += v[i] * v[i];
  return s / n;
}
"""
MIXED = (
    "double f(double x, float w[2], int n, _Bool b, unsigned char c)"
    " { return x + w[0] + 2 * w[1] + n + b + c; }"
)


def test_values_are_read():
    assert parse_fixed(" n = 8 , w[0]=0.5,") == {"n": 8.0, "w[0]": 0.5}


@pytest.mark.parametrize("text", ["n", "n=", "n=x", "n=1:2", "=1"])
def test_what_is_no_value_is_said(text):
    with pytest.raises(DomainError, match="^fix expects NAME=VALUE"):
        parse_fixed(text)


def test_a_name_has_one_value():
    with pytest.raises(DomainError, match="fix must give 'n' one value"):
        parse_fixed("n=1,n=2")


@pytest.mark.parametrize(
    "given", [{"fix": {"n": 8}}, {"ranges": {"n": (8, 8)}}]
)
def test_a_length_that_is_fixed_is_no_input(given):
    program = parse_program(MEAN_SQUARE, arrays={"v": 8}, **given)
    assert [leaf.name for leaf in program.signature.inputs] == [
        f"v[{k}]" for k in range(8)
    ]
    assert [(leaf.name, value) for leaf, value in program.signature.fixed] == [
        ("n", 8)
    ]
    x = np.random.default_rng(0).uniform(-1, 1, (16, 8))
    truth = (x**2).mean(axis=1)
    assert ProgramOracle(program.unit)(x)[:, 0] == pytest.approx(truth)
    assert isinstance(program.dag, Dag)
    assert program.dag.n_inputs == 8
    assert evaluate(program.dag, x)[:, 0] == pytest.approx(truth)


def test_elements_and_whole_parameters_are_fixed_as_domains_are_given():
    ranges = {"n": (0, 9), "w[1]": (0, 1)}
    program = parse_program(
        MIXED, ranges=ranges, fix={"w": 0.1, "b": 1, "c": 200}
    )
    assert [leaf.name for leaf in program.signature.inputs] == [
        "x",
        "w[1]",
        "n",
    ]
    fixed = {leaf.name: value for leaf, value in program.signature.fixed}
    assert fixed == {"w[0]": float(np.float32(0.1)), "b": 1, "c": 200}
    x = np.array([[0.5, 0.25, 3.0]])
    expected = 0.5 + np.float32(0.1) + 0.5 + 3 + 1 + 200
    assert ProgramOracle(program.unit)(x)[0, 0] == pytest.approx(expected)
    assert program.domain.lo == (-1, 0, 0)


def test_what_is_read_and_written_stays_an_output():
    text = "void f(double *v, double x) { *v = *v * x; }"
    program = parse_program(text, fix={"v": 3})
    assert [leaf.name for leaf in program.signature.outputs] == ["v"]
    assert ProgramOracle(program.unit)(np.array([[0.5]])).tolist() == [[1.5]]


def test_nothing_changes_where_nothing_is_fixed():
    program = parse_program(MIXED, ranges={"n": (0, 3)})
    assert program.signature.fixed == ()
    assert "nsc_x[5]" in program.unit.text


@pytest.mark.parametrize(
    ("fix", "message"),
    [
        ({"q": 1}, "'q' is not an input of f"),
        (
            {"c": 256},
            r"'c' must be .* unsigned char \(a whole number from 0 to 255\)",
        ),
        ({"c": -1}, "found -1"),
        ({"c": 1.5}, "found 1.5"),
        ({"b": 2}, "found 2"),
        ({"w": 1e39}, r"'w\[0\]' must be one of its type, float; found"),
        ({"x": float("inf")}, "must give 'x' a number; found inf"),
        ({"x": "1"}, "must give 'x' a number; found '1'"),
        ({"n": 3}, "fix must not name 'n', which domain gives a range"),
        (["x"], "fix must map names to numbers"),
    ],
)
def test_wrong_values_are_named(fix, message):
    with pytest.raises(DomainError, match=message):
        parse_program(MIXED, ranges={"n": (0, 3)}, fix=fix)


def test_infinite_ranges_are_no_values():
    with pytest.raises(DomainError, match="'x' must be one of its type"):
        parse_program(MIXED, ranges={"x": (np.inf, np.inf), "n": (0, 3)})


def test_an_input_is_left():
    with pytest.raises(DomainError, match="fix must leave f an input"):
        parse_program("double f(double x) { return x; }", fix={"x": 1})
