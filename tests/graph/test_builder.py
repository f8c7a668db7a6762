"""A builder shares equal nodes, folds what is known, and applies the table it is given."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quick import quick

from nsc.graph import (
    EVALUATE,
    OP_INDEX,
    OPS,
    STANDARD,
    Builder,
    DagBuilder,
    evaluate,
)
from nsc.refusal import Refusal

FINITE = st.floats(-100, 100)
ARITY = {"SEL": 3} | dict.fromkeys(
    "ADD SUB MUL DIV POW ATAN2 MIN MAX FMOD LT EQ AND OR".split(), 2
)


def test_equal_nodes_are_one():
    b = Builder(2)
    x, y = b.input(0), b.input(1)
    assert b.input(0) == x != y
    assert b.literal(2) == b.literal(2.0)
    assert b.make("SIN", x) == b.make("SIN", x) != b.make("SIN", y)
    assert b.make("SUB", x, y) == b.make("SUB", x, y) != b.make("SUB", y, x)


@pytest.mark.parametrize("op", ["ADD", "MUL", "MIN", "MAX", "AND", "OR", "EQ"])
def test_sides_that_may_change_places_are_shared(op):
    b = Builder(2)
    x, y = b.input(0), b.input(1)
    assert b.make(op, x, y) == b.make(op, y, x)


@pytest.mark.parametrize("op", ["SUB", "DIV", "POW", "ATAN2", "FMOD", "LT"])
def test_other_sides_are_not(op):
    b = Builder(2)
    x, y = b.input(0), b.input(1)
    assert b.make(op, x, y) != b.make(op, y, x)


def test_what_a_node_is_can_be_asked():
    b = Builder(1)
    x = b.input(0)
    half = b.literal(0.5)
    node = b.make("MIN", x, half)
    assert (b.op(node), b.children(node), b.value(node)) == (
        "MIN",
        (x, half),
        None,
    )
    assert (b.op(half), b.children(half), b.value(half)) == ("LIT", (), 0.5)
    assert (b.op(x), b.children(x), b.value(x)) == ("IN", (), None)


@pytest.mark.parametrize("op", sorted(EVALUATE))
@quick
@given(known=st.tuples(FINITE, FINITE, FINITE))
def test_known_numbers_are_folded_as_they_are_evaluated(op, known):
    known = known[: ARITY.get(op, 1)]
    b = Builder(0)
    node = b.make(op, *map(b.literal, known))
    with np.errstate(all="ignore"):
        expected = float(EVALUATE[op](*map(np.float64, known)))
    if math.isnan(expected):
        assert b.op(node) == "NAN"
    else:
        assert b.value(node) == (
            expected
            if math.isfinite(expected)
            else math.copysign(1e30, expected)
        )


def test_infinities_become_large_numbers_and_large_numbers_wait():
    b = Builder(1)
    assert b.value(b.literal(math.inf)) == 1e30
    assert b.value(b.literal(-math.inf)) == -1e30
    large = b.make("ADD", b.input(0), b.literal(1e35))
    assert b.value(b.children(large)[1]) == 1e35
    assert b.finish([large]).values.max() == 1e30


def test_what_is_not_a_number_is_never_chosen():
    b = Builder(1)
    x = b.input(0)
    nan = b.literal(math.nan)
    assert b.literal(math.nan) == nan
    assert b.make("ADD", x, nan) == nan
    assert b.make("SEL", x, nan, x) == x
    assert b.make("SEL", x, x, nan) == x
    assert b.make("SEL", nan, x, x) == nan
    for op in ("LT", "EQ", "AND", "OR"):
        assert b.value(b.make(op, x, nan)) == 0
    assert b.value(b.make("NOT", nan)) == 0


def test_an_output_that_is_not_a_number_is_refused_where_it_was_met():
    b = Builder(1)
    b.at = 17
    nan = b.literal(math.nan)
    b.at = 30
    assert len(b.finish([b.input(0)])) == 1  # nobody needs it
    with pytest.raises(Refusal, match="is not a number") as refused:
        b.finish([b.make("MUL", b.input(0), nan)])
    assert (refused.value.reason, refused.value.offset) == ("nan_constant", 17)


def test_integers_are_divided_and_not_multiplied_by_a_rounded_reciprocal():
    b = Builder(1)
    x = b.input(0)
    assert b.op(b.make("DIV", x, b.literal(49.0))) == "MUL"
    exact = b.quotient(x, b.literal(49.0))
    assert b.op(exact) == "DIV" and b.quotient(x, b.literal(49.0)) == exact
    assert evaluate(b.finish([exact]), np.array([[49.0]]))[0, 0] == 1.0
    # a power of two has an exact one
    assert b.quotient(x, b.literal(8.0)) == b.make("MUL", x, b.literal(0.125))
    assert b.value(b.quotient(b.literal(98.0), b.literal(49.0))) == 2


def test_truths():
    b = Builder(1)
    x = b.input(0)
    less = b.make("LT", x, b.literal(0.5))
    assert b.truth(less) == less
    assert (
        b.value(b.truth(b.literal(0.0))),
        b.value(b.truth(b.literal(7.0))),
    ) == (
        0,
        1,
    )
    values = evaluate(b.finish([b.truth(x)]), np.array([[0.0], [-0.5]]))
    np.testing.assert_array_equal(values[:, 0], [0.0, 1.0])


def test_what_no_output_needs_is_dropped_and_children_come_first():
    b = Builder(3)
    b.make("EXP", b.input(2))
    kept = b.make("SUB", b.input(1), b.make("SIN", b.input(0)))
    dag = b.finish([kept, b.input(1)])
    assert sorted(OPS[op] for op in dag.ops) == ["IN", "IN", "SIN", "SUB"]
    assert all(
        child < k for k, children in enumerate(dag.args) for child in children
    )
    assert dag.n_inputs == 3
    assert (
        dag.ops.dtype,
        dag.args.dtype,
        dag.values.dtype,
        dag.roots.dtype,
    ) == (
        np.int16,
        np.int32,
        np.float64,
        np.int32,
    )


def test_a_dag_that_grows_too_large_is_refused_where_it_does():
    b = Builder(1, max_nodes=4)
    with pytest.raises(Refusal, match="more than 4 operations") as refused:
        for k in range(100):
            b.at = k
            b.make("ADD", b.input(0), b.literal(float(k + 1)))
    assert refused.value.reason == "too_many_nodes"
    assert (
        10 < refused.value.offset < 20
    )  # eight times as many were made, two at a time


def test_ranges_settle_comparisons_where_they_are_looked_at():
    for prune in (False, True):
        b = Builder(1, prune=prune)
        never = b.make("LT", b.literal(2.0), b.input(0))
        assert b.value(never) == (0 if prune else None)
        assert b.make("LT", b.literal(2.0), b.input(0)) == never
        whole = b.make(
            "FLOOR", b.make("MUL", b.literal(0.25), b.make("ABS", b.input(0)))
        )
        assert b.value(whole) == (0 if prune else None)
        assert b.may_settle


def test_without_a_comparison_ranges_can_settle_nothing():
    b = Builder(1)
    b.make("SIN", b.make("EXP", b.input(0)))
    assert not b.may_settle
    b.make("FLOOR", b.input(0))
    assert b.may_settle


def test_a_builder_applies_the_rules_that_it_is_given():
    plain = DagBuilder(1, replace(STANDARD, simplify={}))
    x = plain.input(0)
    assert plain.op(plain.make("ADD", x, plain.literal(0.0))) == "ADD"

    seen = []

    def rule(b, args, known):
        seen.append((args, list(known)))
        return b.literal(42.0) if known[1] == 7 else None

    own = DagBuilder(1, replace(STANDARD, simplify={"ADD": rule}))
    x, seven = own.input(0), own.literal(7.0)
    assert own.value(own.make("ADD", x, seven)) == 42
    assert own.op(own.make("ADD", x, x)) == "ADD"
    assert seen == [((x, seven), [None, 7.0]), ((x, x), [None, None])]


def test_operations_that_pass_are_lowered_at_the_end():
    def lower(b, roots):
        return [b.make("SQ", *b.children(root)) for root in roots]

    rules = replace(STANDARD, passing=frozenset(("TWICE",)), lower=lower)
    b = DagBuilder(1, rules)
    assert not b.has_passing
    b.at = 5
    root = b.make("TWICE", b.input(0))
    assert b.has_passing and b.passing_at == {root: 5}
    assert b.finish([root]).ops.tolist() == [OP_INDEX["IN"], OP_INDEX["SQ"]]
