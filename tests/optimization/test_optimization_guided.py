"""A surrogate that its user brings leads the search; only runs decide."""

import numpy as np
import pytest

import nsc
from nsc.errors import InputError
from nsc.optimization import Measured, Problem, Settings, Space, optimise

OPTIMUM = np.array([3.0, 9.0, 0.0, 7.0, 5.0, 1.0, 8.0, 2.0])


class Bowl:
    """A guide that learns where the lowest run is, and knows slopes from the start."""

    def __init__(self, error=0.0):
        self.error = error
        self.told = 0

    def learn(self, x):
        self.told = len(x)

    def __call__(self, x):
        away = x - OPTIMUM - self.error
        return float((away**2).sum()), 2 * away


def problem_of(guide, first=None):
    n = len(OPTIMUM)
    space = Space(
        np.zeros(n), np.full(n, 10.0), np.ones(n, bool), np.zeros(n, bool)
    )

    def measure(x):
        none = np.empty((len(x), 0))
        y = ((x - OPTIMUM) ** 2).sum(axis=1, keepdims=True)
        return Measured(y, none, np.ones(len(x), bool), none)

    first = np.full((1, n), 5.0) if first is None else first
    return Problem(space, measure, first=first, guide=guide)


def test_a_good_guide_needs_few_runs():
    guide = Bowl()
    found = optimise(problem_of(guide), Settings(24))
    assert (found.history.x[found.best] == OPTIMUM).all()
    assert guide.told >= 5


def test_a_guide_that_is_wrong_is_checked_by_runs():
    found = optimise(problem_of(Bowl(error=1.4)), Settings(60))
    values = found.history.measured.objectives[:, 0]
    assert values[found.best] == values.min()
    assert values[found.best] <= 8


def test_the_first_input_runs_first_and_none_twice():
    first = np.arange(8.0)[None]
    x = optimise(problem_of(Bowl(), first), Settings(30)).history.x
    assert (x[0] == first[0]).all()
    assert len(np.unique(x, axis=0)) == len(x)
    assert (x == np.rint(x)).all() and x.min() >= 0 and x.max() <= 10


def test_the_same_seed_makes_the_same_runs():
    first = optimise(problem_of(Bowl(0.5)), Settings(25, seed=2)).history.x
    again = optimise(problem_of(Bowl(0.5)), Settings(25, seed=2)).history.x
    assert (first == again).all()


def test_a_guide_without_numbers_leaves_random_steps():
    class Blind(Bowl):
        def __call__(self, x):
            return np.nan, np.full(len(x), np.nan)

    found = optimise(problem_of(Blind()), Settings(30))
    values = found.history.measured.objectives[:, 0]
    assert len(values) == 30 and values.min() < values[0]


def test_logarithms_are_refused():
    problem = problem_of(Bowl())
    object.__setattr__(problem.space, "log", np.ones(8, bool))
    with pytest.raises(InputError, match="searched evenly"):
        optimise(problem, Settings(20))


def plane(x, y):
    return (x - 0.25) ** 2 + (y + 0.5) ** 2


@pytest.mark.slow
def test_start_is_run_first_by_the_public_door():
    found = nsc.optimize(
        plane,
        domain={"x": (-1, 1), "y": (-1, 1)},
        start={"x": 0.25},
        runs=20,
    )
    assert found.best["x"] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize(
    ("start", "said"),
    [({"z": 1.0}, "found 'z'"), ({"x": 3.0}, "outside of -1 to 1")],
)
def test_a_start_that_does_not_fit_is_refused(start, said):
    with pytest.raises(InputError, match=said):
        nsc.optimize(
            plane, domain={"x": (-1, 1), "y": (-1, 1)}, start=start, runs=20
        )


def test_a_guide_is_for_one_plain_objective():
    with pytest.raises(InputError, match="guide is for one objective"):
        nsc.optimize(
            plane,
            domain={"x": (-1, 1), "y": (-1, 1)},
            guide=Bowl(),
            subject_to="x <= 0",
            runs=20,
        )
