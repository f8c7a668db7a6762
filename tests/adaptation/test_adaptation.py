"""What measurements make of a program: derivatives, forms, choice, one network."""

import numpy as np
import pytest

from nsc.adaptation import FORMS, Network, Problem, learn, surrogate_adaptation
from nsc.adaptation.choice import adapt
from nsc.adaptation.forms import Measured, finetuned, warped
from nsc.adaptation.network import fit
from nsc.surrogate import Topology, random_parameters


def network(inputs: int = 2, activation: str = "sigmoid") -> Network:
    topology = Topology((inputs, 4, 3, 1), activation)
    w = 2.0 * random_parameters(topology, seed=1)
    return Network(topology, w)


def inputs(n: int, count: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n, count))


def measured(n: int = 24, noise: float = 0.0, seed: int = 0) -> tuple:
    """Measure a program whose inputs and output are a little off."""
    program = network()
    u = inputs(n, seed=seed)
    scale = np.array([1.2, 0.8])
    true = program.of_inputs(scale, np.array([0.1, -0.2])).of_outputs(1.5, 0.2)
    errors = noise * np.random.default_rng(7).normal(size=n)
    return program, u, true, true(u) + errors


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_derivatives_are_those_of_the_values(activation):
    own = network(activation=activation)
    u = inputs(5)
    _, by_parameters, by_inputs = own.derivatives(u)
    step = 1e-6

    def moved(d: np.ndarray) -> np.ndarray:
        return Network(own.topology, own.w + d)(u)

    found = [
        (moved(d) - moved(-d)) / (2 * step) for d in step * np.eye(len(own.w))
    ]
    np.testing.assert_allclose(by_parameters, np.transpose(found), atol=1e-7)
    along = [(own(u + d) - own(u - d)) / (2 * step) for d in step * np.eye(2)]
    np.testing.assert_allclose(by_inputs, np.transpose(along), atol=1e-7)


def test_a_fit_without_examples_worth_a_word_stays_where_it_was():
    program, u, _, y = measured()
    m = Measured(u, y, np.arange(len(y)))
    strong = finetuned(m, program, 1e9)
    np.testing.assert_allclose(strong.w, program.w, atol=1e-6)
    np.testing.assert_allclose(
        warped(m, program, 1e9)(u), program(u), atol=1e-6
    )


def test_more_parameters_than_examples_give_the_same_step():
    """The step is solved over whichever are fewer."""
    generator = np.random.default_rng(0)
    jacobian = generator.normal(size=(4, 6))
    y = generator.normal(size=4)
    penalty = np.full(6, 0.1)
    found = fit(
        lambda p: (jacobian @ p, jacobian),
        np.zeros(6),
        y,
        penalty,
        np.zeros(6),
    )
    exact = np.linalg.solve(
        jacobian.T @ jacobian / 4 + np.diag(penalty), jacobian.T @ y / 4
    )
    np.testing.assert_allclose(found, exact, atol=1e-3)


def test_inputs_that_are_off_are_found():
    program, u, true, y = measured()
    m = Measured(u, y, np.arange(len(y)) % 5)
    elsewhere = inputs(200, seed=9)
    found = warped(m, program, 1e-8)
    np.testing.assert_allclose(found(elsewhere), true(elsewhere), atol=0.02)


@pytest.mark.parametrize("name", FORMS)
def test_each_form_says_what_others_predict_of_a_measurement(name):
    """`missed` has one error a measurement, and is no smaller than the residuals."""
    program, u, _, y = measured(noise=0.05)
    y = (y - y.mean()) / y.std()
    m = Measured(u, y, np.arange(len(y)) % 6, zero=-10.0)
    found = FORMS[name].fit(m, program, 0)
    assert found is not None
    assert found.missed.shape == y.shape
    fitted = float(((y - found.value(u)) ** 2).mean())
    assert found.error >= 0.9 * fitted
    if found.network is not None:
        np.testing.assert_allclose(found.network(u), found.value(u), atol=1e-9)


def test_a_true_program_stays_as_it_is():
    program = network()
    u = inputs(20)
    spread = float(program(u).std())
    y = program(u) + 0.1 * spread * np.random.default_rng(3).normal(size=20)
    found = learn(Problem(u, y, program, program(u)), np.arange(20), 0)
    assert found.blend.form == "program"
    kept, apart = found.distilled(0)
    assert apart == 0.0
    np.testing.assert_allclose(kept(u), program(u), atol=1e-9)


def test_a_misleading_program_is_done_without():
    program = network()
    u = inputs(40)
    y = np.sin(4 * u[:, 0]) + u[:, 1] ** 2
    blend = adapt(u, (y - y.mean()) / y.std(), program, seed=0)
    elsewhere = inputs(200, seed=5)
    true = (
        np.sin(4 * elsewhere[:, 0]) + elsewhere[:, 1] ** 2 - y.mean()
    ) / y.std()
    assert np.sqrt(((blend(elsewhere) - true) ** 2).mean()) < 0.2


@pytest.mark.slow
def test_adapted_is_better_than_the_program_and_than_scratch():
    program, u, true, y = measured(20, noise=0.02)
    found = surrogate_adaptation(Problem(u, y, program, program(u)), splits=2)
    held = found.held_out
    assert held.rmse("adapted") < 0.5 * held.rmse("program")
    assert held.rmse("adapted") < held.rmse("scratch")
    lo, hi = held.interval("adapted", 0)
    assert lo <= held.rmse("adapted") <= hi
    elsewhere = inputs(200, seed=4)
    apart = found.network(elsewhere) - true(elsewhere)
    assert np.sqrt((apart**2).mean()) < 0.5 * np.std(y)
    assert found.curve is not None
    assert found.curve.sizes == (5, 10, 15)
    assert found.curve.rmse["adapted"].shape == (3, 2)


def test_the_same_seed_gives_the_same_bits():
    program, u, _, y = measured(16, noise=0.05)
    problem = Problem(u, y, program, program(u))
    first, second = (
        learn(problem, np.arange(16), 3).distilled(3)[0] for _ in "ab"
    )
    np.testing.assert_array_equal(first.w, second.w)


def test_nothing_is_learned_from_what_judges():
    """Held-out measurements that change do not change what is said of them."""
    program, u, _, y = measured(20, noise=0.05)
    rows = np.arange(15)
    changed = y.copy()
    changed[15:] += 100.0
    said = [
        learn(Problem(u, each, program, program(u)), rows, 0).adapted(u[15:])
        for each in (y, changed)
    ]
    np.testing.assert_array_equal(*said)
