"""Ranges by name -> a box with one (lo, hi) per input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.errors import DomainError
from nsc.program import (
    draw_inputs,
    parse_program,
    parse_ranges,
    with_whole_inputs,
)

MIXED = (
    "double f(double x, float v[2], int n, _Bool b, unsigned char c)"
    " { return x + v[0] + n + b + c; }"
)


def box(ranges: dict, text: str = MIXED) -> list[tuple[float, float]]:
    domain = parse_program(text, ranges=ranges).domain
    return list(zip(domain.lo, domain.hi, strict=True))


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("x=0:10", {"x": (0.0, 10.0)}),
        (" x = 0 : 10 , y=-1:1e3,", {"x": (0.0, 10.0), "y": (-1.0, 1000.0)}),
        ("p.x=-inf:2,w[1]=0:1", {"p.x": (-math.inf, 2.0), "w[1]": (0.0, 1.0)}),
        ("n=8,x=0:1", {"n": (8.0, 8.0), "x": (0.0, 1.0)}),
        ("", {}),
    ],
)
def test_ranges_are_read(text, ranges):
    assert parse_ranges(text) == ranges


@pytest.mark.parametrize(
    "text", ["x", "x=1:", "x=a:b", "=0:1", "x=0:1:2", "x 0:1"]
)
def test_what_is_no_range_is_said(text):
    with pytest.raises(
        DomainError, match="expects NAME=LO:HI, separated by commas"
    ):
        parse_ranges(text)


def test_a_name_has_one_range():
    with pytest.raises(DomainError, match="must give 'x' one range"):
        parse_ranges("x=0:1,x=0:2")


def test_defaults_are_by_type():
    assert box({"n": (0, 3)}) == [
        (-1, 1),
        (-1, 1),
        (-1, 1),
        (0, 3),
        (0, 1),
        (0, 255),
    ]


def test_an_inputs_own_range_comes_before_its_parameters():
    found = box({"n": (0, 3), "v": (0, 1), "v[1]": (5, 6), "x": (-2, 2)})
    assert found[:3] == [(-2, 2), (0, 1), (5, 6)]


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        (
            {},
            r"'n' \(int\) is an integer without one; for example: domain="
            r"{'n': \(0, 10\)}",
        ),
        (
            {"m": (0, 1)},
            r"'m' is not an input of f; inputs are x, v\[0\], v\[1\], n, b, c",
        ),
        (
            {"c": (-10, 300), "n": (0, 1)},
            r"'c' must hold .* from 0 to 255\); found -10",
        ),
        (
            {"b": (0, 2), "n": (0, 1)},
            r"type, _Bool \(a whole number from 0 to 1\)",
        ),
        (
            {"v": (0, 1e39), "n": (0, 1)},
            r"'v\[0\]' must hold values of its type, float",
        ),
        ({"n": (-3e9, 0)}, "whole number from -2147483648 to 2147483647"),
        ({"x": (2, 1)}, "range of 'x' must be finite with LO < HI; found 2:1"),
        ({"x": (0, math.inf)}, "must be finite with LO < HI; found 0:inf"),
        ({"x": (math.nan, 1)}, "must be finite"),
        (
            {"n": (0.2, 0.8)},
            "integer 'n' holds no whole number; found 0.2:0.8",
        ),
        ({"n": (0,)}, r"must be two numbers, \(lo, hi\)"),
        ({"n": ("0", "1")}, "must be two numbers"),
        ({"n": 3}, "must be two numbers"),
        ([("n", 0, 3)], "domain must map names to .* found list"),
    ],
)
def test_wrong_domains_are_named(ranges, message):
    with pytest.raises(DomainError, match=message):
        parse_program(MIXED, ranges=ranges)


def test_all_missing_ranges_are_named_at_once():
    text = "int f(int n, short k[3], long m, double x) { return n + k[0] + m + x; }"
    with pytest.raises(DomainError) as refused:
        parse_program(text, ranges={"x": (0, 2), "k[1]": (0, 5)})
    said = str(refused.value)
    assert (
        "'n' (int), 'k[0]' (short), 'k[2]' (short), 'm' (long) are integers"
        in said
    )
    assert (
        "domain={'x': (0, 2), 'k[1]': (0, 5), 'n': (0, 10), 'k[0]': (0, 10),"
        " 'k[2]': (0, 10), 'm': (0, 10)}" in said
    )
    with pytest.raises(
        DomainError, match=r"'n' \(int\), 'k' \(short\), 'm' \(long\)"
    ):
        parse_program(text)


def test_any_two_numbers_are_a_range():
    assert box({"n": [0, np.float32(3)]})[3] == (0, 3)


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_drawn_inputs_lie_in_the_box_and_integers_are_whole(lo, width, seed):
    ranges = {"n": (lo - 0.5, lo + width + 0.25), "x": (lo, lo + width)}
    program = parse_program(MIXED, ranges=ranges)
    x = draw_inputs(program, 64, generator=np.random.default_rng(seed))
    assert x.shape == (64, 6)
    assert (x >= program.domain.lo).all() and (x <= program.domain.hi).all()
    assert (x[:, 3:] == np.round(x[:, 3:])).all()
    assert (with_whole_inputs(program, x) == x).all()
    assert (x[:, 1:3] == x[:, 1:3].astype(np.float32)).all()


def test_every_whole_number_is_drawn_equally_often():
    program = parse_program(
        "int f(int n) { return n; }", ranges={"n": (-1, 2)}
    )
    drawn = draw_inputs(program, 40_000, generator=np.random.default_rng(0))
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [-1, 0, 1, 2]
    assert np.abs(counts / 10_000 - 1).max() < 0.05


def test_inputs_are_rounded_to_the_nearest_whole_number():
    program = parse_program(MIXED, ranges={"n": (0, 9)})
    x = np.array([[0.4, 0.4, 0.4, 2.5, 0.4, 7.6]])
    assert with_whole_inputs(program, x).tolist() == [[0.4, 0.4, 0.4, 3, 0, 8]]


MASK = """
typedef struct { int on[2]; double level[2][2]; } Mask;
double f(const Mask *m) {
  return m->on[0] ? m->level[0][0] + m->level[0][1] : m->on[1] * m->level[1][0];
}
"""


def test_a_range_for_an_array_in_a_struct_holds_for_its_elements():
    ranges = {"m.on": (0, 1), "m.on[1]": (0, 5), "m.level[0]": (2, 3)}
    program = parse_program(MASK, ranges=ranges)
    names = [leaf.name for leaf in program.signature.inputs]
    found = dict(zip(names, program.domain.hi, strict=True))
    assert found == {
        "m.on[0]": 1,
        "m.on[1]": 5,
        "m.level[0][0]": 3,
        "m.level[0][1]": 3,
        "m.level[1][0]": 1,
    }
    fixed = parse_program(MASK, fix={"m.on": 0, "m.level[0]": 2})
    assert [leaf.name for leaf in fixed.signature.inputs] == ["m.level[1][0]"]
    with pytest.raises(DomainError, match="'m.o' is not an input"):
        parse_program(MASK, ranges={"m.on": (0, 1), "m.o": (0, 1)})
