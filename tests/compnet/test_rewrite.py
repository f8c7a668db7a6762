"""Each operation of a DAG as sums, products and functions of one argument, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.compnet.anchors import evaluate
from nsc.compnet.functions import FUNCTIONS, apply, bounds_of
from nsc.compnet.pack import make_batch, pack
from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import (
    INPUT,
    KINDS,
    LINEAR,
    ONE,
    PRODUCT,
    Form,
    TermBuilder,
)
from nsc.graph import Builder
from nsc.graph import evaluate as evaluate_dag


def built(expression):
    """Build the DAG of ("OP", ...), an input's number "x0", or a number."""
    builder = Builder(9, 300)

    def node(e):
        if isinstance(e, str):
            return builder.input(int(e[1:]))
        if isinstance(e, (int, float)):
            return builder.literal(float(e))
        return builder.make(e[0], *map(node, e[1:]))

    return builder.finish([node(expression)])


def listed(terms):
    """Write terms node by node: what each is, of which earlier ones."""
    lines = []
    for j, kind in enumerate(terms.kinds.tolist()):
        a, b = terms.args[j].tolist()
        if kind == INPUT:
            lines.append(f"x{terms.inputs[int(terms.bias[j])]}")
        elif kind == LINEAR:
            edges = slice(terms.edges[j], terms.edges[j + 1])
            weights, children = terms.weights[edges], terms.children[edges]
            parts = [
                f"{w:g} n{k}" for w, k in zip(weights, children, strict=True)
            ]
            lines.append(" + ".join([*parts, f"{terms.bias[j]:g}"]))
        elif kind == PRODUCT:
            lines.append(f"n{a} * n{b}")
        else:
            lines.append(f"{FUNCTIONS[terms.functions[j]]} n{a}")
    return lines


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        (
            ("SUB", ("MUL", 2, ("SQ", "x0")), "x1"),
            ["x0", "n0 * n0", "x1", "2 n1 + -1 n2 + 0"],
        ),
        (("ADD", ("MUL", 3, "x1"), 2), ["x1", "3 n0 + 2"]),
        (
            ("DIV", "x0", ("ADD", "x1", 2)),
            ["x0", "x1", "1 n1 + 2", "RECIP n2", "n0 * n3"],
        ),
        (
            ("MAX", "x0", "x1"),
            [
                "x0",
                "x1",
                "1 n0 + -1 n1 + 0",
                "ABS n2",
                "0.5 n0 + 0.5 n1 + 0.5 n3 + 0",
            ],
        ),
        (
            ("MIN", "x0", "x1"),
            [
                "x0",
                "x1",
                "1 n0 + -1 n1 + 0",
                "ABS n2",
                "0.5 n0 + 0.5 n1 + -0.5 n3 + 0",
            ],
        ),
        (("LT", "x0", "x1"), ["x0", "x1", "-1 n0 + 1 n1 + 0", "STEP n2"]),
        (("EQ", "x0", "x1"), ["x0", "x1", "1 n0 + -1 n1 + 0", "ZERO n2"]),
        (
            ("POW", ("ADD", "x0", 2), "x1"),
            ["x0", "x1", "1 n0 + 2", "LOG n2", "n1 * n3", "EXP n4"],
        ),
        (("SIN", ("NEG", "x0")), ["x0", "SIN n0", "-1 n1 + 0"]),
        (("COS", ("NEG", "x0")), ["x0", "COS n0"]),
    ],
)
def test_operations_are_rewritten_as_by_hand(expression, want):
    terms = terms_of(built(expression))
    assert listed(terms) == want


def test_a_constant_is_a_number():
    assert terms_of(built(("SUB", "x0", "x0"))) == 0.0
    assert terms_of(built(3.5)) == 3.5


def test_a_choice_keeps_what_may_be_undefined_in_a_product_of_its_own():
    """x0 > 0 ? log(x0) : x1 is x1 + c (log(x0) - x1): where c is 0, log(x0) is gone."""
    choice = ("SEL", ("LT", 0, "x0"), ("LOG", "x0"), "x1")
    terms = terms_of(built(choice))
    batch = make_batch(pack([terms]), np.array([0]))
    x = np.zeros((3, 9))
    x[:, 0] = -0.5, 0.5, -1.0
    x[:, 1] = 0.25
    slots = np.zeros((3, 9))
    slots[:, : len(terms.inputs)] = x[:, terms.inputs]
    found = evaluate(batch, slots)[batch.roots[0]]
    np.testing.assert_allclose(found, [0.25, np.log(0.5), 0.25])


def test_forms_add_and_cancel():
    a = Form({0: 2.0, 1: 1.0}, 3.0)
    b = Form({0: 2.0, 2: -1.0}, 1.0)
    assert a - b == Form({1: 1.0, 2: 1.0}, 2.0)
    assert a + b == Form({0: 4.0, 1: 1.0, 2: -1.0}, 4.0)
    assert a * 0.0 == Form({}) and a * 2.0 == Form({0: 4.0, 1: 2.0}, 6.0)
    assert a - a == Form({}) and Form({}) == ONE - ONE
    assert Form({3: -2.0}).is_scaled_node and not ONE.is_scaled_node


def test_products_meet_whatever_their_order_and_weights():
    builder = TermBuilder(20)
    x, y = builder.input(0), builder.input(1)
    one = builder.product(x * 2.0, y * 3.0)
    assert one == builder.product(y, x) * 6.0
    assert (
        builder.product(Form({}, 4.0), x)
        == x * 4.0
        == builder.product(x, ONE * 4.0)
    )
    assert len(builder.nodes) == 3


def test_what_may_be_undefined_is_passed_on():
    builder = TermBuilder(20)
    x = builder.input(0)
    root = builder.unary("SQRT", x)
    assert not builder.is_partial(x) and builder.is_partial(root)
    assert builder.is_partial(builder.product(x, builder.unary("SIN", root)))
    assert not builder.is_partial(builder.unary("SIN", x))


def test_levels_and_bounds_are_of_the_inputs_box():
    terms = terms_of(built(("ADD", ("MUL", 3, ("SQ", "x0")), 1)))
    assert [KINDS[k] for k in terms.kinds] == ["INPUT", "PRODUCT", "LINEAR"]
    assert terms.levels.tolist() == [0, 1, 2]
    assert terms.bounds.tolist() == [[-1, 1], [0, 1], [1, 4]]


expressions = st.recursive(
    st.sampled_from(["x0", "x1", "x2"])
    | st.floats(-3, 3, width=16).map(lambda v: round(v, 2)),
    lambda inner: st.one_of(
        st.tuples(
            st.sampled_from(["ADD", "SUB", "MUL", "MIN", "MAX"]), inner, inner
        ),
        st.tuples(
            st.sampled_from(["SIN", "COS", "TANH", "ABS", "SQ", "ATAN"]), inner
        ),
        st.tuples(
            st.just("SEL"),
            st.tuples(st.just("LT"), inner, inner),
            inner,
            inner,
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(expressions)
def test_terms_compute_what_random_dags_compute(expression):
    dag = built(expression)
    x = np.random.default_rng(0).uniform(-1, 1, (16, 9))
    want = evaluate_dag(dag, x[:, : dag.n_inputs])[:, 0]
    terms = terms_of(dag)
    if isinstance(terms, float):
        np.testing.assert_allclose(
            np.full(16, terms), want, rtol=1e-12, atol=1e-12
        )
        return
    slots = np.zeros((16, 9))
    slots[:, : len(terms.inputs)] = x[:, terms.inputs]
    batch = make_batch(pack([terms]), np.array([0]))
    found = evaluate(batch, slots)[batch.roots[0]]
    steps = "SEL" in repr(
        expression
    )  # nearly equal values may compare otherwise
    close = np.isclose(found, want, rtol=1e-7, atol=1e-8)
    assert close.all() or (steps and close.mean() > 0.8)


small = st.floats(
    -5, 5, width=16
)  # in steps that LOG's bound, cut off at 1e-30, sees


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FUNCTIONS), small, small, st.integers(0, 50))
def test_bounds_hold_wherever(name, first, second, at):
    lo, hi = sorted((first, second))
    least, most = bounds_of(name, lo, hi)
    argument = min(hi, lo + at / 50 * (hi - lo))
    with np.errstate(all="ignore"):
        value = apply(FUNCTIONS.index(name), np.array([argument]))[0]
    if np.isfinite(value) and abs(value) < 1e12:
        margin = 1e-9 * (1 + abs(value))
        assert least - margin <= value <= most + margin
