"""Figures: axes have room, marks are where they should be, text is escaped."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.report.svg import Axis, Figure, axis_for, heat_map

NUMBERS = st.floats(-1e6, 1e6)


def test_an_axis_is_as_long_as_asked_for():
    axis = axis_for([1.0, 1.001], least=0.5)
    assert (axis.lo + axis.hi) / 2 == pytest.approx(
        1.0005
    ) and axis.hi - axis.lo == pytest.approx(0.5)
    assert axis_for([1.0, 3.0], least=0.5).hi > 3


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([1.0], False),
        ([0.0, 0.0], False),
        ([], False),
        ([1e-9, 1.0], True),
        ([0.0], True),
    ],
)
def test_axes_always_have_room(values, log):
    axis = axis_for(values, log=log)
    assert axis.lo < axis.hi
    assert all(-0.02 <= axis.fraction(v) <= 1.02 for v in values)
    assert len(axis.ticks()) < 12


@given(NUMBERS, NUMBERS, NUMBERS)
def test_fractions_grow_along_an_axis(lo, length, value):
    axis = Axis(lo, lo + abs(length))
    assert -0.02 <= axis.fraction(value) <= 1.02
    assert axis.fraction(value) <= axis.fraction(value + 1.0)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_ticks_are_round_few_and_on_the_axis(values):
    axis = axis_for(values)
    ticks = axis.ticks()
    span = axis.hi - axis.lo
    assert 1 <= len(ticks) <= 7
    assert all(axis.lo - span <= value <= axis.hi + span for value, _ in ticks)
    assert [value for value, _ in ticks] == sorted(value for value, _ in ticks)


def test_ticks_by_hand():
    assert Axis(0.0, 1.0).ticks() == [
        (0.0, "0"),
        (0.2, "0.2"),
        (0.4, "0.4"),
        (pytest.approx(0.6), "0.6"),
        (0.8, "0.8"),
        (1.0, "1"),
    ]
    assert Axis(2.0, 2.0).ticks() == [(2.0, "2")]
    powers = Axis(1e-3, 10.0, log=True).ticks()
    assert [label for _, label in powers] == [
        "1e-3",
        "1e-2",
        "1e-1",
        "1e0",
        "1e1",
    ]


def test_a_logarithmic_axis_is_halfway_at_the_geometric_mean():
    assert Axis(1e-4, 1.0, log=True).fraction(1e-2) == pytest.approx(0.5)
    assert Axis(1.0, 1.0).fraction(7.0) == 0.5


def figure() -> Figure:
    return Figure("a < b", Axis(0.0, 1.0, "x"), Axis(0.0, 2.0, "y"))


def test_a_figure_to_the_letter():
    drawn = figure()
    drawn.line([0.0, 0.5, 1.0], [0.0, math.nan, 2.0], "a", "program")
    assert drawn.svg().startswith(
        "<figure><figcaption>a &lt; b</figcaption>"
        '<svg viewBox="0 0 420 260" role="img" aria-label="a &lt; b">'
        '<line class="grid" x1="72.0" x2="72.0" y1="14" y2="222"/>'
        '<text x="72.0" y="236" text-anchor="middle">0</text>'
    )
    assert drawn.svg().endswith(
        '<polyline class="line a" points="72.0,222.0 408.0,14.0"/>'
        '<text class="label" x="240.0" y="254" text-anchor="middle">x</text>'
        '<text class="label" transform="translate(10 118.0) rotate(-90)"'
        ' text-anchor="middle">y</text></svg>'
        '<div class="legend"><span><i class="a"></i>program</span></div></figure>'
    )


def test_dots_and_bars_stand_where_their_values_are():
    drawn = figure()
    drawn.points([0.0], [2.0], "a")
    drawn.bars([0.0, 0.5, 1.0], [1.0, 2.0], "b")
    dot, first, second = drawn.marks
    assert dot == '<circle class="dot a" cx="72.0" cy="14.0" r="2.2"/>'
    assert first == (
        '<rect class="bar b" x="72.0" y="118.0" width="167.0" height="104.0"/>'
    )
    assert 'x="240.0" y="14.0"' in second and 'height="208.0"' in second
    assert "legend" not in drawn.svg()


def test_a_heat_map_goes_from_blue_over_grey_to_red():
    drawn = heat_map(
        "<t>", [[0.0, 2.0], [1.0, math.nan]], 0.0, 2.0, ("a&b", "c")
    )
    cells = re.findall(
        r'x="([\d.]+)" y="([\d.]+)" width="120.4".*?fill="(#\w+)"', drawn
    )
    assert cells == [
        ("24.0", "120.0", "#2152a0"),
        ("144.0", "120.0", "#a52a2a"),
        ("24.0", "0.0", "#e8e8e2"),
    ]
    assert "&lt;t&gt;" in drawn and "a&amp;b" in drawn


def test_a_heat_map_of_one_value_is_grey():
    assert "#e8e8e2" in heat_map("t", [[3.0]], 3.0, 3.0, ("a", "b"))
