"""Ranges hold what nodes take."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quick import quick

from nsc.graph import OPS, Builder, as_integer, evaluate, field_of
from nsc.refusal import Refusal

X = np.random.default_rng(2).uniform(-1, 1, (300, 3))
UNARY = [
    op
    for op in OPS
    if op
    in "NEG SQRT SIN COS TAN EXP LOG ABS ATAN TANH FLOOR ROUND TRUNC CBRT ERF SQ NOT".split()
]
BINARY = [
    op
    for op in OPS
    if op in "ADD SUB MUL DIV POW ATAN2 MIN MAX FMOD LT EQ AND OR".split()
]


@pytest.mark.parametrize("seed", range(40))
def test_values_stay_in_their_ranges(seed):
    r, b = random.Random(seed), Builder(3, prune=True)
    nodes = [b.input(k) for k in range(3)] + [
        b.literal(v) for v in (-2.0, 0.5, 3.0)
    ]
    while len(nodes) < 60:
        op, n = r.choice(
            [(r.choice(UNARY), 1), (r.choice(BINARY), 2), ("SEL", 3)]
        )
        try:
            nodes.append(b.make(op, *r.choices(nodes[-25:] + nodes[:3], k=n)))
        except Refusal:
            continue
        if b.op(nodes[-1]) == "NAN":
            nodes.pop()
    for node in nodes:
        low, high = b.range(node)
        values = evaluate(b.finish([node]), X)[:, 0]
        told = (b.op(node), b.children(node))
        assert low < -1e300 or not np.isnan(values).any(), told
        values = values[np.isfinite(values)]
        slack = 1e-9 * max(1.0, *np.abs(values), 0.0)
        assert (values >= low - slack).all() and (
            values <= high + slack
        ).all(), told


ENDS = st.integers(-160, 160).map(lambda k: k / 8)
INTERVALS = st.tuples(ENDS, ENDS).map(sorted)


def within(b: Builder, k: int, limits) -> int:
    """Write input k, drawn from [-1, 1], as a number within limits."""
    low, high = limits
    half = b.literal((high - low) / 2)
    return b.make(
        "ADD", b.make("MUL", b.input(k), half), b.literal((low + high) / 2)
    )


@pytest.mark.parametrize(
    "op", sorted({*UNARY, *BINARY, "ASIN", "SINH", "COSH"})
)
@quick
@given(limits=st.tuples(INTERVALS, INTERVALS))
def test_an_operation_stays_in_its_range_whatever_its_arguments(op, limits):
    b = Builder(2, prune=True)
    arity = 2 if op in BINARY else 1
    node = b.make(op, *(within(b, k, limits[k]) for k in range(arity)))
    low, high = b.range(node)
    if b.op(node) == "NAN":
        return
    # the corners and the middle are where rules go wrong
    ends = np.array(
        [[x, y] for x in (-1, -0.5, 0, 1) for y in (-1, -0.5, 0, 1)], float
    )
    values = evaluate(b.finish([node]), np.vstack([ends, X[:30, :2]]))[:, 0]
    if np.isnan(values).any():
        assert (low, high) == (-math.inf, math.inf)
    known = values[np.isfinite(values)]
    slack = 1e-9 * max(1.0, *np.abs(known), 0.0)
    assert (known >= low - slack).all() and (known <= high + slack).all()


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda b, x, y: b.input(0), (-1, 1)),
        (lambda b, x, y: b.literal(3.0), (3, 3)),
        (lambda b, x, y: b.make("ADD", x, y), (1, 9)),
        (lambda b, x, y: b.make("SUB", x, y), (-7, 1)),
        (lambda b, x, y: b.make("MUL", x, y), (-6, 18)),
        (lambda b, x, y: b.make("DIV", x, y), (-0.5, 1.5)),
        (
            lambda b, x, y: b.make("DIV", y, x),
            (-math.inf, math.inf),
        ),  # through zero
        (lambda b, x, y: b.make("ABS", x), (0, 3)),
        (lambda b, x, y: b.make("SQ", x), (0, 9)),
        (lambda b, x, y: b.make("SQRT", y), (math.sqrt(2), math.sqrt(6))),
        (
            lambda b, x, y: b.make("SQRT", x),
            (-math.inf, math.inf),
        ),  # not of -1
        (lambda b, x, y: b.make("LOG", x), (-math.inf, math.inf)),
        (lambda b, x, y: b.make("SIN", x), (-1, 1)),
        (lambda b, x, y: b.make("MIN", x, y), (-1, 3)),
        (lambda b, x, y: b.make("MAX", x, y), (2, 6)),
        (lambda b, x, y: b.make("FMOD", x, y), (-3, 3)),
        (lambda b, x, y: b.make("FMOD", y, x), (-math.inf, math.inf)),
        (lambda b, x, y: b.make("LT", x, y), (0, 1)),
        (lambda b, x, y: b.make("EXP", x), (math.exp(-1), math.exp(3))),
        (lambda b, x, y: b.make("TAN", x), (-math.inf, math.inf)),
    ],
)
def test_ranges_by_hand(write, expected):
    """Of x in [-1, 3] and y in [2, 6]."""
    b = Builder(2, prune=True)
    node = write(b, within(b, 0, (-1, 3)), within(b, 1, (2, 6)))
    assert b.range(node) == pytest.approx(expected)


def test_a_choice_knows_what_its_condition_says():
    b = Builder(2, prune=True)
    x, y, zero = b.input(0), b.input(1), b.literal(0.0)
    below = b.make("LT", x, zero)
    assert b.range(b.make("SEL", below, b.make("NEG", x), x)) == (0, 1)  # |x|
    assert b.range(b.make("SEL", below, zero, x)) == (0, 1)
    assert b.range(b.make("SEL", below, x, zero)) == (-1, 0)
    large = b.make("ADD", y, b.literal(0.5))  # in [-0.5, 1.5]
    less = b.make("LT", x, large)
    assert b.range(b.make("SEL", less, x, large)) == (-1, 1)  # the smaller one


def test_nothing_is_known_unless_ranges_are_asked_for():
    b = Builder(1)
    assert b.range(b.literal(1.0)) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    "limits", [(0.5, 3.0), (-3.0, -0.25), (-1.0, 2.0), (0.0, 1.0)]
)
@pytest.mark.parametrize("name", ["HIGH", "BITS", "WORD", "LOW"])
@pytest.mark.parametrize("signed", [False, True])
def test_fields_stay_in_their_ranges(name, limits, signed):
    b = Builder(1, prune=True)
    width = 64 if name == "BITS" else 32
    node = field_of(b, name, within(b, 0, limits))
    if name != "LOW":
        node = as_integer(b, node, signed, width)
    low, high = b.range(node)
    numbers = np.linspace(*limits, 50)
    if name == "WORD":
        fields = numbers.astype(np.float32).view(np.uint32)
    else:
        bits = numbers.view(np.uint64)
        halves = {"HIGH": bits >> 32, "LOW": bits & 0xFFFFFFFF, "BITS": bits}
        fields = halves[name]
    if signed and name != "LOW":
        fields = fields.astype(f"u{width // 8}").view(f"i{width // 8}")
    assert (fields >= low).all() and (fields <= high).all()
    assert (
        low == fields.min() or min(limits) < 0 or name == "LOW"
    )  # as tight as may be


@pytest.mark.parametrize(
    ("limits", "low"), [((0.25, 3.0), -2), ((-0.5, 3.0), -math.inf)]
)
def test_an_exponent_is_that_of_the_smallest_and_the_largest_size(limits, low):
    b = Builder(1, prune=True)
    node = b.make("EXPONENT", within(b, 0, limits))
    assert b.range(node) == (low, 1)


def test_a_union_of_bits_is_at_least_the_larger_side():
    b = Builder(1, prune=True)
    x = b.make("ROUND", within(b, 0, (3.0, 9.0)))
    assert b.range(b.make("BITOR", x, b.make("SQ", x))) == (9, 90)
    assert b.range(b.make("BITOR", x, b.make("NEG", x))) == (
        -math.inf,
        math.inf,
    )
