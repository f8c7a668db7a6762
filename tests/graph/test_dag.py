"""DAGs by hand: what operations mean, which arrays are none, what programs share."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nsc.graph import (
    EVALUATE,
    OP_INDEX,
    OPS,
    TRUTHS,
    Builder,
    Dag,
    are_sound,
    bind_inputs,
    evaluate,
    evaluate_nodes,
)

X = np.array([[-1.0, 0.5], [0.25, 0.25], [1.0, -0.75]])


def small() -> Dag:
    """Build sin(x) * 3 + y."""
    b = Builder(2)
    wave = b.make("MUL", b.make("SIN", b.input(0)), b.literal(3.0))
    return b.finish([b.make("ADD", wave, b.input(1))])


def test_a_dag_computes_what_it_says():
    expected = 3 * np.sin(X[:, 0]) + X[:, 1]
    np.testing.assert_array_equal(evaluate(small(), X)[:, 0], expected)
    np.testing.assert_array_equal(
        evaluate(small(), np.asfortranarray(X))[:, 0], expected
    )


def test_every_node_can_be_looked_at():
    dag = small()
    values = evaluate_nodes(dag, X)
    assert values.shape == (len(dag), 3)
    for row, op, value in zip(values, dag.ops, dag.values, strict=True):
        if OPS[op] == "LIT":
            np.testing.assert_array_equal(row, value)
        if OPS[op] == "IN":
            np.testing.assert_array_equal(row, X[:, int(value)])
    np.testing.assert_array_equal(values[dag.roots[0]], evaluate(dag, X)[:, 0])


def test_outputs_need_no_input_and_may_be_shared():
    b = Builder(1)
    five = b.literal(5.0)
    dag = b.finish([five, b.input(0), five])
    found = evaluate(dag, X[:, :1])
    np.testing.assert_array_equal(found, np.c_[[5.0] * 3, X[:, 0], [5.0] * 3])
    assert len(dag) == 2


@pytest.mark.parametrize(
    ("op", "args", "expected"),
    [
        ("ROUND", (2.5,), 3.0),  # away from zero, as C's round
        ("ROUND", (-2.5,), -3.0),
        ("TRUNC", (-2.7,), -2.0),
        ("FLOOR", (-2.2,), -3.0),
        ("FMOD", (-7.0, 3.0), -1.0),  # the sign of the dividend, as C's fmod
        ("FMOD", (7.0, -3.0), 1.0),
        ("MIN", (math.nan, 2.0), 2.0),  # as C's fmin
        ("MAX", (2.0, math.nan), 2.0),
        ("SEL", (0.5, 3.0, 4.0), 3.0),  # whatever is not zero is true
        ("SEL", (0.0, 3.0, 4.0), 4.0),
        ("AND", (2.0, -3.0), 1.0),
        ("OR", (0.0, 0.0), 0.0),
        ("NOT", (2.0,), 0.0),
        ("EQ", (0.0, -0.0), 1.0),
        ("LT", (1.0, 1.0), 0.0),
        ("ATAN2", (0.0, -1.0), math.pi),
        ("CBRT", (-8.0,), -2.0),
        ("ERF", (0.5,), math.erf(0.5)),
        ("SQ", (-3.0,), 9.0),
        ("DIV", (1.0, 0.0), math.inf),
    ],
)
def test_operations_mean_what_c_means(op, args, expected):
    with np.errstate(all="ignore"):
        found = EVALUATE[op](*(np.array([a]) for a in args))
    np.testing.assert_array_equal(found, [expected])


def test_every_operation_but_leaves_can_be_evaluated():
    assert set(OPS) - set(EVALUATE) == {"IN", "LIT"}
    assert [OPS[OP_INDEX[op]] for op in OPS] == list(OPS)
    assert set(OPS) >= TRUTHS


def changed(name: str, place, value) -> Dag:
    array = getattr(small(), name).copy()
    array[place] = value
    return replace(small(), **{name: array})


def node(op: str) -> int:
    return int(np.flatnonzero(small().ops == OP_INDEX[op])[0])


@pytest.mark.parametrize(
    "wrong",
    [
        changed("ops", 0, len(OPS)),
        changed("ops", 0, -1),
        changed("args", (node("SIN"), 0), node("SIN")),  # a child of its own
        changed("args", (node("SIN"), 0), len(small()) - 1),  # of a later node
        changed("args", (node("SIN"), 1), 0),  # one argument too many
        changed("args", (node("ADD"), 1), -1),  # one too few
        changed("args", (node("IN"), 0), 0),  # a leaf with a child
        changed("roots", 0, len(small())),
        changed("roots", 0, -1),
        changed("values", node("IN"), 2.0),  # there are two inputs
        changed("values", node("IN"), 0.5),
        changed("values", node("IN"), -1.0),
        changed("values", node("IN"), math.nan),
        replace(small(), roots=np.empty(0, np.int32)),
        replace(small(), args=small().args[:-1]),
        replace(small(), values=small().values[:-1]),
        replace(small(), n_inputs=1),
    ],
)
def test_arrays_that_are_no_dag_are_found(wrong):
    assert not are_sound([wrong])
    assert not are_sound([small(), wrong, small()])


def test_dags_are_sound_one_by_one_and_together():
    assert are_sound([])
    assert are_sound([small(), small()])
    # a literal may be anything
    assert are_sound([changed("values", node("LIT"), math.nan)])
    # the second DAG's nodes are counted from its own first
    b = Builder(1)
    assert are_sound([small(), b.finish([b.input(0)])])


def test_a_fingerprint_tells_computations_apart_and_forgets_last_digits():
    assert small().fingerprint == small().fingerprint
    assert changed("values", node("LIT"), 3.0 + 1e-12).fingerprint == (
        small().fingerprint
    )
    for other in (
        changed("values", node("LIT"), 3.1),
        changed("ops", node("SIN"), OP_INDEX["COS"]),
        changed("roots", 0, node("SIN")),
        changed("args", (node("ADD"), slice(2)), (0, 0)),
    ):
        assert other.fingerprint != small().fingerprint


def test_other_inputs_become_a_literal():
    bound = bind_inputs(small(), 1, 0.25)
    assert bound.n_inputs == 1 and are_sound([bound])
    at_value = np.c_[X[:, 0], [0.25] * 3]
    np.testing.assert_array_equal(
        evaluate(bound, X[:, :1]), evaluate(small(), at_value)
    )
    assert (
        small().ops == OP_INDEX["IN"]
    ).sum() == 2  # the old one is as it was


def test_guesses_and_cut_loops_are_not_exact():
    assert small().is_exact
    assert not replace(small(), bounded=True).is_exact
    assert not replace(small(), guesses=(("clampf", "clamp"),)).is_exact
