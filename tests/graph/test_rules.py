"""Simplifications: each gives the node it says, and computes what it replaces."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from quick import quick

from nsc.graph import STANDARD, Builder, DagBuilder, evaluate, evaluate_nodes
from nsc.refusal import Refusal

BARE = replace(STANDARD, simplify={})


class Writer:
    """Writes operations shortly: `w.ADD(w.x, 2)`."""

    def __init__(self, builder: DagBuilder):
        self.builder = builder
        self.x, self.y, self.z = (builder.input(k) for k in range(3))
        self.t = builder.make("LT", self.x, self.y)  # a truth

    def __getattr__(self, op: str):
        def write(*args: int | float) -> int:
            make = self.builder.literal
            nodes = [make(a) if isinstance(a, float) else a for a in args]
            return self.builder.make(op, *nodes)

        return write


RULES = {
    "x + 0": (lambda w: w.ADD(w.x, 0.0), lambda w: w.x),
    "0 + x": (lambda w: w.ADD(0.0, w.x), lambda w: w.x),
    "x + -y": (lambda w: w.ADD(w.x, w.NEG(w.y)), lambda w: w.SUB(w.x, w.y)),
    "-x + y": (lambda w: w.ADD(w.NEG(w.x), w.y), lambda w: w.SUB(w.y, w.x)),
    "x - 0": (lambda w: w.SUB(w.x, 0.0), lambda w: w.x),
    "0 - x": (lambda w: w.SUB(0.0, w.x), lambda w: w.NEG(w.x)),
    "x - x": (lambda w: w.SUB(w.x, w.x), lambda w: w.builder.literal(0.0)),
    "x - -y": (lambda w: w.SUB(w.x, w.NEG(w.y)), lambda w: w.ADD(w.x, w.y)),
    "x * x": (lambda w: w.MUL(w.x, w.x), lambda w: w.SQ(w.x)),
    "x * 1": (lambda w: w.MUL(w.x, 1.0), lambda w: w.x),
    "-1 * x": (lambda w: w.MUL(-1.0, w.x), lambda w: w.NEG(w.x)),
    "x * 0": (lambda w: w.MUL(w.x, 0.0), lambda w: w.builder.literal(0.0)),
    "x * 1e35 * 1e-34": (
        lambda w: w.MUL(w.MUL(w.x, 1e35), 1e-34),
        lambda w: w.MUL(w.x, 1e35 * 1e-34),
    ),
    "0 / x": (lambda w: w.DIV(0.0, w.x), lambda w: w.builder.literal(0.0)),
    "x / 4": (lambda w: w.DIV(w.x, 4.0), lambda w: w.MUL(w.x, 0.25)),
    "-(-x)": (lambda w: w.NEG(w.NEG(w.x)), lambda w: w.x),
    "-(x - y)": (lambda w: w.NEG(w.SUB(w.x, w.y)), lambda w: w.SUB(w.y, w.x)),
    "(-x)**2": (lambda w: w.SQ(w.NEG(w.x)), lambda w: w.SQ(w.x)),
    "|x|**2": (lambda w: w.SQ(w.ABS(w.x)), lambda w: w.SQ(w.x)),
    "||x||": (lambda w: w.ABS(w.ABS(w.x)), lambda w: w.ABS(w.x)),
    "|-x|": (lambda w: w.ABS(w.NEG(w.x)), lambda w: w.ABS(w.x)),
    "|exp x|": (lambda w: w.ABS(w.EXP(w.x)), lambda w: w.EXP(w.x)),
    "|x < y|": (lambda w: w.ABS(w.t), lambda w: w.t),
    "1 ? x : y": (lambda w: w.SEL(1.0, w.x, w.y), lambda w: w.x),
    "0 ? x : y": (lambda w: w.SEL(0.0, w.x, w.y), lambda w: w.y),
    "z ? x : x": (lambda w: w.SEL(w.z, w.x, w.x), lambda w: w.x),
    "!t ? x : y": (
        lambda w: w.SEL(w.NOT(w.t), w.x, w.y),
        lambda w: w.SEL(w.t, w.y, w.x),
    ),
    "t ? 1 : 0": (lambda w: w.SEL(w.t, 1.0, 0.0), lambda w: w.t),
    "x ? 1 : 0": (
        lambda w: w.SEL(w.x, 1.0, 0.0),
        lambda w: w.NOT(w.EQ(w.x, 0.0)),
    ),
    "!!t": (lambda w: w.NOT(w.NOT(w.t)), lambda w: w.t),
    "!!x": (lambda w: w.NOT(w.NOT(w.x)), lambda w: w.NOT(w.EQ(w.x, 0.0))),
    "t && 1": (lambda w: w.AND(w.t, 1.0), lambda w: w.t),
    "0 && t": (lambda w: w.AND(0.0, w.t), lambda w: w.builder.literal(0.0)),
    "t && t": (lambda w: w.AND(w.t, w.t), lambda w: w.t),
    "t || 2": (lambda w: w.OR(w.t, 2.0), lambda w: w.builder.literal(1.0)),
    "0 || t": (lambda w: w.OR(0.0, w.t), lambda w: w.t),
    "t || t": (lambda w: w.OR(w.t, w.t), lambda w: w.t),
    "x**0": (lambda w: w.POW(w.x, 0.0), lambda w: w.builder.literal(1.0)),
    "x**1": (lambda w: w.POW(w.x, 1.0), lambda w: w.x),
    "x**0.5": (lambda w: w.POW(w.x, 0.5), lambda w: w.SQRT(w.x)),
    "x**5": (lambda w: w.POW(w.x, 5.0), lambda w: w.MUL(w.SQ(w.SQ(w.x)), w.x)),
    "x**8": (lambda w: w.POW(w.x, 8.0), lambda w: w.SQ(w.SQ(w.SQ(w.x)))),
    "x**-2": (lambda w: w.POW(w.x, -2.0), lambda w: w.DIV(1.0, w.SQ(w.x))),
    "3**x": (
        lambda w: w.POW(3.0, w.x),
        lambda w: w.EXP(w.MUL(w.x, math.log(3.0))),
    ),
    "floor of round": (
        lambda w: w.FLOOR(w.ROUND(w.x)),
        lambda w: w.ROUND(w.x),
    ),
    "round of x < y": (lambda w: w.ROUND(w.t), lambda w: w.t),
    "trunc of floor": (
        lambda w: w.TRUNC(w.FLOOR(w.x)),
        lambda w: w.FLOOR(w.x),
    ),
}
X = np.random.default_rng(5).uniform(-1, 1, (200, 3))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_the_node_it_says(name):
    before, after = RULES[name]
    w = Writer(Builder(3))
    assert before(w) == after(w)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_computes_what_it_replaces(name):
    before, _ = RULES[name]
    values = []
    for builder in (DagBuilder(3, BARE), Builder(3)):
        w = Writer(builder)
        values.append(evaluate(builder.finish([before(w)]), X))
    if name == "x * 1e35 * 1e-34":  # which cannot be written without the rule
        values[0] = X[:, :1] * 10
    defined = np.isfinite(values[0])
    assert defined.mean() > 0.4
    np.testing.assert_allclose(
        values[1][defined], values[0][defined], rtol=1e-12
    )


@pytest.mark.parametrize(
    ("write", "kept"),
    [
        (lambda w: w.DIV(w.x, 1e-31), "DIV"),  # its reciprocal is too large
        (lambda w: w.POW(w.x, 9.0), "POW"),
        (lambda w: w.POW(w.x, 2.5), "POW"),
        (lambda w: w.POW(-2.0, w.x), "POW"),
        (lambda w: w.ABS(w.SIN(w.x)), "ABS"),
        (lambda w: w.EQ(w.x, w.x), "EQ"),  # false where x is not a number
        (lambda w: w.MUL(w.MUL(w.x, 2.0), 3.0), "MUL"),
        (lambda w: w.FLOOR(w.MUL(w.x, 2.0)), "FLOOR"),
    ],
)
def test_what_would_not_be_exact_is_left(write, kept):
    w = Writer(Builder(3))
    assert w.builder.op(write(w)) == kept


@pytest.mark.parametrize(
    ("large", "is_single", "rounds"),
    [
        (2.0**52, False, True),
        (1.5 * 2.0**52, False, True),
        (2.0**23, False, False),  # doubles are not rounded by it
        (2.0**23, True, True),
        (1.5 * 2.0**23, True, True),
        (2.0**51, False, False),
    ],
)
def test_adding_and_subtracting_a_large_number_is_meant_to_round(
    large, is_single, rounds
):
    w = Writer(Builder(3, is_single=is_single))
    whole = w.ROUND(w.x)
    assert (w.SUB(w.ADD(w.x, large), large) == whole) == rounds
    assert (w.SUB(w.ADD(large, w.x), large) == whole) == rounds
    assert (w.ADD(w.SUB(w.x, large), large) == whole) == rounds
    assert w.SUB(w.ADD(w.x, large), large * 2) != whole


# Whole inputs and halving: every value is exact in float64, so that comparisons and
# roundings cannot hide behind a tolerance.
WHOLE = np.random.default_rng(6).integers(-3, 4, (100, 3)).astype(np.float64)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            "ADD SUB MUL NEG ABS SQ MIN MAX LT EQ AND OR NOT SEL FLOOR ROUND TRUNC DIV"
            " POW".split()
        ),
        st.tuples(*[st.integers(0, 40)] * 3),
    ),
    min_size=1,
    max_size=14,
)


def written(builder: DagBuilder, steps) -> list[int]:
    """Write random operations on earlier nodes."""
    nodes = [builder.input(k) for k in range(3)]
    nodes += [builder.literal(v) for v in (0.0, 1.0, -1.0, 2.0, 0.5)]

    def truth(node: int) -> int:
        zero = builder.literal(0.0)
        return builder.make("NOT", builder.make("EQ", node, zero))

    for op, picks in steps:
        x, y, z = (nodes[-1 - pick % len(nodes)] for pick in picks)
        if op in ("AND", "OR"):
            made = builder.make(op, truth(x), truth(y))
        elif op == "SEL":
            made = builder.make(op, x, y, z)
        elif op == "DIV":
            made = builder.make(
                op, x, builder.literal((2.0, 0.5, 4.0)[picks[1] % 3])
            )
        elif op == "POW":
            made = builder.make(
                op, x, builder.literal((0.0, 1.0, 2.0, 3.0)[picks[1] % 4])
            )
        elif op in ("NEG", "ABS", "SQ", "NOT", "FLOOR", "ROUND", "TRUNC"):
            made = builder.make(op, x)
        else:
            made = builder.make(op, x, y)
        nodes.append(made)
    return nodes


@settings(quick, max_examples=300)
@given(steps=STEPS)
def test_dags_compute_the_same_with_rules_and_without(steps):
    bare, ruled = DagBuilder(3, BARE), Builder(3)
    try:
        dags = [b.finish(written(b, steps)) for b in (bare, ruled)]
    except Refusal:
        assume(False)
    every = evaluate_nodes(dags[0], WHOLE)
    exact = (np.isfinite(every) & (np.abs(every) < 2.0**20)).all(axis=0)
    expected, found = (evaluate(dag, WHOLE)[exact] for dag in dags)
    np.testing.assert_array_equal(found, expected)
    assert len(dags[1]) <= len(dags[0]) + 2 * len(steps)
