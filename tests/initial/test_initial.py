"""Initialisers: any topology, several outputs, and what each costs."""

import numpy as np
import pytest

import nsc
from nsc.compnet import anchor_inputs, fit_values, load_compnet
from nsc.errors import InputError
from nsc.graph import evaluate
from nsc.initial import (
    compnet_initial,
    distill_initial,
    fit_covering,
    random_initial,
)
from nsc.program import parse_program
from nsc.surrogate import COVERING, Topology, forward, random_parameters

ONE = "double f(double x, double y) { return x * x - 0.5 * y; }"
# inputs in another order
TWO = "void f(double x, double y, double *s, double *c) { *s = 2 * y; *c = x * x - y; }"
# an operation no DAG has
UNREADABLE = "#include <math.h>\ndouble f(double x) { return jn(3, x + 3); }"


def nmse(program, topology, w):
    x = np.random.default_rng(3).uniform(-1, 1, (2000, program.n_inputs))
    y = evaluate(program.dag, x)
    return float(
        ((forward(w, topology, x) - y) ** 2).mean() / y.var(axis=0).mean()
    )


@pytest.mark.parametrize(
    ("text", "topology", "activation"),
    [
        (ONE, "9-4-4-1", "sigmoid"),
        (ONE, "9-8-8-1", "sigmoid"),
        (ONE, "6-8-4-1", "tanh"),
        (ONE, "2-16-1", "relu"),
        (TWO, "2-16-16-2", "sigmoid"),
        (TWO, "9-4-4-2", "tanh"),
    ],
)
def test_text_is_compiled_into_any_topology(text, topology, activation):
    program, shape = parse_program(text), Topology.parse(topology, activation)
    compiled = compnet_initial(program, shape, 0, compnet=load_compnet())
    random = random_initial(program, shape, 0)
    assert (
        compiled.runs == 0
        and compiled.notes == ()
        and len(compiled.expected_nmse) == program.n_outputs
    )
    assert nmse(program, shape, compiled.w) < 0.1 * nmse(
        program, shape, random.w
    )
    again = compnet_initial(program, shape, 0, compnet=load_compnet())
    np.testing.assert_array_equal(compiled.w, again.w)


def test_what_cannot_be_read_gets_the_base_vector_or_chance_and_says_so():
    program, compnet = parse_program(UNREADABLE), load_compnet()
    held = compnet_initial(program, COVERING, 0, compnet=compnet)
    np.testing.assert_array_equal(
        held.w, fit_covering(compnet.base, COVERING, seed=0)
    )
    assert (
        "the text could not be used for the start" in held.notes[-1]
        and held.expected_nmse is None
    )
    other = compnet_initial(
        program, Topology.parse("1-3-1", "tanh"), 0, compnet=compnet
    )
    assert "random: 1-3-1 tanh cannot hold" in other.notes[-1]


def test_distilling_says_that_it_runs():
    program = parse_program(ONE)

    def oracle(x):
        raise AssertionError(
            "this program has a DAG; it is evaluated, not run"
        )

    distilled = distill_initial(program, COVERING, 0, oracle=oracle)
    assert (
        distilled.runs == 0
        and "computed at compile time" in distilled.notes[-1]
    )
    assert nmse(program, COVERING, distilled.w) < 1e-3


def test_distilling_a_program_without_a_dag_runs_it_on_inputs_of_its_types():
    program = parse_program(
        "#include <math.h>\ndouble f(double x, int n) { return n * jn(2, x + 3); }",
        ranges={"n": (0, 4)},
    )
    asked = []

    def oracle(x):
        asked.append(x)
        return x[:, 1] * (x[:, 0] + 3)

    distilled = distill_initial(program, COVERING, 0, oracle=oracle)
    assert distilled.runs == len(np.concatenate(asked)) == 512
    assert (
        set(np.unique(asked[0][:, 1])) == {0, 1, 2, 3, 4}
        and np.abs(asked[0][:, 0]).max() > 0.9
    )


def test_similar_programs_are_near():
    program = parse_program(ONE)
    others = [
        parse_program(t)
        for t in (
            "#include <math.h>\ndouble f(double x) { return sin(9 * x); }",
            (
                "double g(double a, double b) { double half = b / 2; return a * a -"
                " half; }"
            ),
            "double f(double x, double y) { return y < 0 ? 1 : 0; }",
        )
    ]
    ranked = nsc.nearest(program, others)
    assert ranked[0][0] == 1 and ranked[0][1] == pytest.approx(1.0)
    assert abs(np.linalg.norm(nsc.embed(program)) - 1) < 1e-9
    with pytest.raises(InputError, match="constant or too large"):
        nsc.embed(parse_program("double f(double x) { return 3; }"))


def test_the_fit_from_a_compnet_comes_first_unless_another_has_half_its_loss():
    generator = np.random.default_rng(0)
    x = anchor_inputs(9, tuple(range(9)))
    y = np.sin(x @ generator.normal(size=(9, 1)))
    starts = np.stack([random_parameters(COVERING, seed=k) for k in range(6)])

    def losses(fits):
        return [np.mean((forward(w, COVERING, x) - y) ** 2) for w in fits]

    for shift in range(6):
        rolled = np.roll(starts, shift, axis=0)[
            :4
        ]  # all of them are fitted to the end
        [own] = losses(fit_values(rolled[:1], COVERING, x, y))
        plain = losses(fit_values(rolled, COVERING, x, y))
        informed = losses(fit_values(rolled, COVERING, x, y, informed=True))
        assert sorted(plain) == pytest.approx(
            sorted(informed)
        ) and plain == sorted(plain)
        first = own if min(plain) > 0.5 * own else min(plain)
        assert informed[0] == pytest.approx(first, rel=1e-6)
