"""Packs of programs: laid end to end, chosen from, sorted by level; nothing is lost."""

from dataclasses import fields

import numpy as np
import pytest

from nsc.compnet.anchors import ANCHORS, evaluate
from nsc.compnet.pack import Packed, join, make_batch, pack, runs, select
from nsc.compnet.rewrite import terms_of
from nsc.program import parse_program

TEXTS = [
    "double f(double x) { return x * x - 2 * x; }",
    "double f(double x, double y) { return sin(3 * x) * exp(y); }",
    "double f(double a, double b, double c) { return a < b ? c : a * b * c; }",
    "double f(double x, double y) { return sqrt(2 + x) / (3 + y) + cos(x) + sin(y); }",
]


@pytest.fixture(scope="module")
def terms():
    return [
        terms_of(parse_program("#include <math.h>\n" + text).dag)
        for text in TEXTS
    ]


def assert_same(a: Packed, b: Packed):
    for field in fields(Packed):
        mine, theirs = getattr(a, field.name), getattr(b, field.name)
        np.testing.assert_array_equal(mine, theirs, err_msg=field.name)


def test_offsets_bound_programs_and_edges_bound_nodes(terms):
    packed = pack(terms)
    assert len(packed) == 4
    assert np.diff(packed.offsets).tolist() == [len(t) for t in terms]
    assert packed.edges[-1] == len(packed.children) == len(packed.weights)
    assert packed.n_inputs.tolist() == [1, 2, 3, 2]
    assert packed.depths.tolist() == [t.levels.max() for t in terms]


def test_joining_is_packing_all(terms):
    assert_same(
        join([pack(terms[:1]), pack(terms[1:3]), pack(terms[3:])]), pack(terms)
    )


@pytest.mark.parametrize("chosen", [[0, 1, 2, 3], [3, 0], [2], [1, 1]])
def test_selecting_is_packing_some(terms, chosen):
    packed = pack(terms)
    some, nodes = select(packed, np.array(chosen))
    assert_same(some, pack([terms[k] for k in chosen]))
    np.testing.assert_array_equal(packed.kinds[nodes], some.kinds)


def test_selecting_twice_is_selecting_once(terms):
    packed = pack(terms)
    once, _ = select(packed, np.array([3, 1, 0]))
    twice, _ = select(once, np.array([2, 0]))
    assert_same(twice, select(packed, np.array([0, 3]))[0])


def test_a_batch_computes_what_each_program_computes_alone(terms):
    packed = pack(terms)
    batch = make_batch(packed, np.array([2, 0, 3]))
    together = evaluate(batch, ANCHORS)[batch.roots]
    for row, k in zip(together, [2, 0, 3], strict=True):
        alone = make_batch(packed, np.array([k]))
        np.testing.assert_array_equal(
            row, evaluate(alone, ANCHORS)[alone.roots[0]]
        )


def test_a_batch_knows_where_its_nodes_stood(terms):
    packed = pack(terms)
    batch = make_batch(packed, np.array([1, 3]))
    np.testing.assert_array_equal(packed.kinds[batch.order], batch.kinds)
    np.testing.assert_array_equal(packed.bias[batch.order], batch.bias)
    assert batch.n_leaves == 4 and (batch.kinds[:4] == 0).all()
    functions = [f for level in batch.levels for _, _, f in level.runs]
    assert functions[: len(batch.levels[0].runs)] == sorted(
        functions[: len(batch.levels[0].runs)]
    )


@pytest.mark.parametrize(
    ("values", "bounds", "want"),
    [
        ([7, 7, 2, 2, 2, 7], (0, 6), ((0, 2, 7), (2, 5, 2), (5, 6, 7))),
        ([7, 7, 2, 2, 2, 7], (1, 4), ((1, 2, 7), (2, 4, 2))),
        ([7], (0, 1), ((0, 1, 7),)),
        ([7, 7], (1, 1), ()),
    ],
)
def test_runs_are_of_equal_values(values, bounds, want):
    assert runs(np.array(values), *bounds) == want
