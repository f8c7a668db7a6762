"""The search finds optima of standard functions by few runs, whatever stands in its way."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.optimization import Measured, Problem, Settings, Space, optimise

# on none of these is anything tuned that the benchmark reports


def box(lo, hi, whole=None):
    lo = np.array(lo, float)
    none = np.zeros(len(lo), bool)
    whole = none if whole is None else np.array(whole)
    return Space(lo, np.array(hi, float), whole, none)


def problem_of(space, function, **more):
    def measure(x):
        y = np.array([function(row) for row in x], float)
        limits = y[:, 1:]
        holds = np.all(limits <= 0, axis=1)
        return Measured(y[:, :1], limits, holds, np.empty((len(x), 0)))

    return Problem(space, measure, **more)


def camel(x):
    a = (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2
    return (a + x[0] * x[1] + (-4 + 4 * x[1] ** 2) * x[1] ** 2,)


def test_it_finds_an_optimum_to_many_digits():
    problem = problem_of(box((-3, -2), (3, 2)), camel)
    found = optimise(problem, Settings(60))
    best = found.history.measured.objectives[found.best, 0]
    assert best == pytest.approx(-1.031628453489877, abs=1e-6)


def test_the_same_seed_makes_the_same_runs():
    problem = problem_of(box((-3, -2), (3, 2)), camel)
    first = optimise(problem, Settings(30, seed=3)).history.x
    again = optimise(problem, Settings(30, seed=3)).history.x
    other = optimise(problem, Settings(30, seed=4)).history.x
    assert (first == again).all()
    assert (first != other).any()


def test_constraints_that_need_runs_decide_the_optimum():
    def disc(x):
        return (x[0] + 2 * x[1], x[0] ** 2 + x[1] ** 2 - 1)

    problem = problem_of(box((-2, -2), (2, 2.5)), disc)
    found = optimise(problem, Settings(40))
    best = found.history.measured.objectives[found.best, 0]
    assert found.history.feasible[found.best]
    assert best == pytest.approx(-np.sqrt(5), abs=1e-4)


def test_constraints_of_inputs_alone_hold_at_every_run():
    def prior(x):
        return (x[:, 0] + x[:, 1] - 1)[:, None]

    problem = problem_of(
        box((-3, -2), (3, 2)),
        lambda x: ((x[0] - 2) ** 2 + (x[1] - 2) ** 2,),
        prior=prior,
    )
    found = optimise(problem, Settings(40))
    assert (prior(found.history.x) <= 0).all()
    best = found.history.measured.objectives[found.best, 0]
    assert best == pytest.approx(4.5, abs=1e-4)


def test_whole_inputs_are_whole_and_never_run_twice():
    space = box((-20, -20, -1), (20, 20, 1), (True, True, False))
    problem = problem_of(
        space,
        lambda x: ((x[0] - 7) ** 2 + (x[1] + 3 - x[0]) ** 2 + x[2] ** 2,),
    )
    found = optimise(problem, Settings(60))
    x = found.history.x
    assert (x[:, :2] == np.round(x[:, :2])).all()
    assert len(np.unique(x, axis=0)) == len(x)
    assert tuple(x[found.best, :2]) == (7, 4)


def test_a_small_box_of_whole_numbers_runs_out():
    problem = problem_of(
        box((0, 0), (3, 2), (True, True)), lambda x: (x[0] * x[1] - x[0],)
    )
    found = optimise(problem, Settings(40))
    assert len(found.history) == 12
    assert found.why == "every input has run"


def test_runs_that_fail_are_gone_round():
    def function(x):
        return (np.nan if x[0] > 1 else (x[0] - 0.9) ** 2 + x[1] ** 2,)

    found = optimise(problem_of(box((-3, -2), (3, 2)), function), Settings(50))
    best = found.history.measured.objectives[found.best, 0]
    assert best < 1e-6
    assert not found.history.worked.all()


def test_numbers_nowhere_are_refused():
    problem = problem_of(box((0, 0), (1, 1)), lambda x: (np.nan,))
    with pytest.raises(InputError, match="NaN or infinity, or failed, on all"):
        optimise(problem, Settings(20))


def test_two_objectives_have_a_front():
    def measure(x):
        y = np.stack([x[:, 0] ** 2, (x[:, 0] - 1) ** 2], axis=1)
        none = np.empty((len(x), 0))
        return Measured(y, none, np.ones(len(x), bool), none)

    problem = Problem(box((-2, -1), (2, 1)), measure, n_objectives=2)
    found = optimise(problem, Settings(40))
    x = found.history.x[list(found.front), 0]
    assert len(x) >= 8
    assert ((x > -0.05) & (x < 1.05)).all()


@pytest.mark.parametrize("signs", [(-1, 1), (-1, -1)])
def test_a_corner_that_has_run_does_not_end_the_search(signs):
    def measure(x):
        f = (x[:, 0] - 1) ** 2 + x[:, 1] ** 2
        g = x[:, 0] ** 2 + (x[:, 1] - 1) ** 2
        none = np.empty((len(x), 0))
        y = np.stack([f, g], axis=1) * signs
        return Measured(y, none, np.ones(len(x), bool), none)

    problem = Problem(box((-2, -2), (2, 2)), measure, n_objectives=2)
    found = optimise(problem, Settings(30, seed=1))

    assert len(found.history) == 30


def test_a_mean_of_squares_is_followed_by_its_parts():
    t = np.linspace(0, 3, 20)
    y = 2.5 * np.exp(-1.3 * t)

    def measure(x):
        residuals = x[:, :1] * np.exp(-x[:, 1:] * t) - y
        error = np.sqrt((residuals**2).mean(axis=1))[:, None]
        none = np.empty((len(x), 0))
        return Measured(error, none, np.ones(len(x), bool), residuals)

    problem = Problem(box((0, 0), (5, 5)), measure)
    found = optimise(problem, Settings(25))
    assert found.history.x[found.best] == pytest.approx((2.5, 1.3), abs=1e-5)


def test_what_was_ended_keeps_its_runs():
    calls = []

    def function(x):
        calls.append(x)
        if len(calls) > 20:
            raise KeyboardInterrupt
        return camel(x)

    found = optimise(problem_of(box((-3, -2), (3, 2)), function), Settings(50))
    assert len(found.history) == 20
    assert found.why == "it was ended"


def test_batches_are_chosen_together():
    sizes = []
    problem = problem_of(box((-3, -2), (3, 2)), camel)

    def measure(x):
        sizes.append(len(x))
        return problem.measure(x)

    counted = Problem(problem.space, measure)
    found = optimise(counted, Settings(41, batch=5))
    assert set(sizes[1:]) == {5}
    assert found.history.measured.objectives[found.best, 0] < -0.9


def test_logarithmic_inputs_reach_their_small_end():
    none = np.zeros(1, bool)
    space = Space(np.array([1e-6]), np.array([1e3]), none, np.array([True]))
    problem = problem_of(space, lambda x: (np.log(x[0] / 3e-4) ** 2,))
    found = optimise(problem, Settings(25))
    assert found.history.x[found.best, 0] == pytest.approx(3e-4, rel=1e-3)


def test_negative_logarithmic_inputs_stay_inside():
    none = np.zeros(1, bool)
    space = Space(np.array([-1e3]), np.array([-1e-3]), none, np.array([True]))
    x = space.inputs(np.linspace(-1, 1, 9)[:, None])
    assert x[0, 0] == pytest.approx(-1e3)
    assert x[-1, 0] == pytest.approx(-1e-3)
    assert space.unit(x)[:, 0] == pytest.approx(np.linspace(-1, 1, 9))


def test_nothing_new_means_it_ends():
    problem = problem_of(
        box((-1, -1), (1, 1)), lambda x: (x[0] ** 2 + x[1] ** 2,)
    )
    found = optimise(problem, Settings(400, patience=15))
    assert found.why == "no run was better for long"
    assert len(found.history) < 200
