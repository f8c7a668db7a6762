"""A DAG rewritten into linear combinations, products and functions of one argument
computes the same.
"""

import numpy as np
import pytest

from nsc.compnet.anchors import ANCHORS, evaluate, targets_of
from nsc.compnet.functions import FUNCTION_INDEX, FUNCTIONS, apply, bounds_of
from nsc.compnet.pack import join, make_batch, pack, select
from nsc.compnet.rewrite import terms_of, terms_of_all
from nsc.compnet.terms import LINEAR, PRODUCT, UNARY, Terms, TooManyTerms
from nsc.graph import evaluate as evaluate_dag
from nsc.program import parse_program

MATH = "#include <math.h>\n"
PROGRAMS = [
    "double f(double x, double y) { return 2 * x - 3 * (y - 1) + x / 4; }",
    "double f(double x, double y) { return x * y / (2 + x * x); }",
    "double f(double x, double y) { return x < y ? x * x : sqrt(2 + y); }",
    "double f(double x, double y) { return fmin(x, y) + fmax(x, 0.3) * fabs(y); }",
    (
        "double f(double x, double y) { return atan2(y, x + 2) + fmod(5 * x, 1.5) +"
        " pow(2 + x, 1.7); }"
    ),
    (
        "double f(double x, double y) { return (x > 0 && y > 0) || x < -0.5 ? 1 : !(y >"
        " 0.2) ? 2 : 3; }"
    ),
    "double f(double x, double y) { return x == 0 ? 1 : sin(x) / x; }",
    (
        "double f(double x, double y) { return x > 0 ? log(x) : y > 0 ? sqrt(y) :"
        " exp(x) + cbrt(y); }"
    ),
    (
        "double f(double x, double y) { return cos(-3 * y) + erf(x) + floor(4 * x) +"
        " round(3 * y) + tanh(x - y); }"
    ),
    (
        "double f(double x, double y) { for (int k = 0; k < 9; k++) x = x * 0.9 + 0.1 *"
        " y / (1 + x * x); return x; }"
    ),
]


def dag_of(text):
    return parse_program(MATH + text).dag


@pytest.mark.parametrize("text", PROGRAMS)
def test_terms_compute_what_the_dag_computes(text):
    dag = dag_of(text)
    terms = terms_of(dag)
    x = np.zeros((512, 9))
    x[:, : dag.n_inputs] = ANCHORS[:, : dag.n_inputs]
    slots = np.zeros((512, 9))
    slots[:, : len(terms.inputs)] = x[:, terms.inputs]
    batch = make_batch(pack([terms]), np.array([0]))
    values = evaluate(batch, slots)
    np.testing.assert_allclose(
        values[batch.roots[0]],
        evaluate_dag(dag, x[:, : dag.n_inputs])[:, 0],
        atol=1e-9,
    )
    finite = np.isfinite(values)
    margin = 1e-9 * (1 + np.abs(values))
    assert (values >= batch.lo[:, None] - margin)[finite].all() and (
        values <= batch.hi[:, None] + margin
    )[finite].all()


def test_linear_parts_become_one_node_and_spellings_meet():
    terms = terms_of(
        dag_of(
            "double f(double x, double y) { double a = x - y; return 3 * (a + y) + 2 -"
            " 1.5 * y; }"
        )
    )
    assert list(terms.kinds) == [0, 0, LINEAR] and terms.bias[2] == 2
    assert sorted(terms.weights) == [-1.5, 3.0]
    one, other = (
        terms_of(dag_of(t))
        for t in (
            "double f(double x, double y) { return sin(2 * x) * (y * 3); }",
            "double f(double x, double y) { return -(3 * y) * sin(-2 * x); }",
        )
    )
    np.testing.assert_array_equal(one.kinds, other.kinds)
    np.testing.assert_array_equal(one.weights, other.weights)
    assert (one.kinds == PRODUCT).sum() == (one.kinds == UNARY).sum() == 1


def test_slots_are_inputs_in_order_of_use_and_shared_by_outputs():
    dag = dag_of(
        "void f(double a, double b, double c, double *p, double *q) { *p = c * c; *q ="
        " b + c; }"
    )
    assert terms_of(dag, 0).inputs == (2,) and terms_of(dag, 1).inputs == (
        1,
        2,
    )
    assert [t.inputs for t in terms_of_all(dag, [0, 1])] == [(2, 1), (2, 1)]
    dag = dag_of("void f(double a, double *p, double *q) { *p = 4; *q = a; }")
    first, second = terms_of_all(dag, [0, 1])
    assert first == 4.0 and isinstance(second, Terms)


def test_what_is_too_large_or_infinite_is_refused():
    dag = dag_of(PROGRAMS[-1])
    with pytest.raises(TooManyTerms):
        terms_of(dag, limit=10)
    with pytest.raises(TooManyTerms):
        terms_of(
            dag_of(
                "double f(double x) { for (int k = 0; k < 12; k++) x *= 1e30; return"
                " x; }"
            )
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bounds_hold(name):
    generator = np.random.default_rng(0)
    for _ in range(400):
        a, b = np.sort(generator.normal(0, 3, 2))
        lo, hi = bounds_of(name, a, b)
        assert lo <= hi
        with np.errstate(all="ignore"):
            y = apply(FUNCTION_INDEX[name], np.linspace(a, b, 101))
        y = y[np.isfinite(y)]
        assert (y >= lo - 1e-9).all() and (y <= hi + 1e-9).all()


def test_anchors_are_even_and_uncorrelated():
    for n in (128, 512):
        x = ANCHORS[:n]
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-15)
        gram = 3 * x.T @ x / n
        assert np.abs(gram - np.eye(9)).max() < 0.03


def test_packs_can_be_joined_and_selected():
    terms = [terms_of(dag_of(t)) for t in PROGRAMS]
    whole = pack(terms)
    joined = join([pack(terms[:4]), pack(terms[4:])])
    some, nodes = select(whole, np.array([7, 2]))
    again = pack([terms[7], terms[2]])
    for name in (
        "kinds",
        "args",
        "edges",
        "weights",
        "offsets",
        "roots",
        "bounds",
    ):
        np.testing.assert_array_equal(
            getattr(whole, name), getattr(joined, name)
        )
        np.testing.assert_array_equal(
            getattr(some, name), getattr(again, name)
        )
    np.testing.assert_array_equal(whole.kinds[nodes], again.kinds)


def test_targets_are_standardised_where_defined():
    targets = targets_of(pack([terms_of(dag_of(t)) for t in PROGRAMS[:3]]))
    shapes = targets.shapes.astype(np.float64)
    learnable = targets.spreads > 0
    assert learnable.any() and np.isfinite(targets.outputs).all()
    np.testing.assert_allclose(
        np.nanmean(shapes[learnable], axis=1), 0, atol=2e-3
    )
    np.testing.assert_allclose(
        np.nanstd(shapes[learnable], axis=1), 1, atol=2e-3
    )


def test_nodes_come_after_their_children():
    batch = make_batch(
        pack([terms_of(dag_of(t)) for t in PROGRAMS]),
        np.arange(len(PROGRAMS))[::-1],
    )
    for level in batch.levels:
        assert (batch.kinds[level.start : level.linear] == LINEAR).all()
        assert (batch.kinds[level.linear : level.product] == PRODUCT).all()
        assert (batch.kinds[level.product : level.stop] == UNARY).all()
        assert level.source.max(initial=-1) < level.start
        assert (
            batch.args[level.linear : level.stop].max(initial=-1) < level.start
        )
    assert (batch.program[batch.roots] == np.arange(len(PROGRAMS))).all()
