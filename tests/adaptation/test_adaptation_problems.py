"""The problems of benchmarks/adaptation are what they say."""

import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "adaptation"


@pytest.fixture(scope="module")
def problems():
    sys.path.insert(0, str(FOLDER))
    try:
        import problems
    finally:
        sys.path.remove(str(FOLDER))
    return problems.problems()


def test_there_are_enough_and_some_are_measured(problems):
    assert len(problems) >= 6
    assert any(problem.measured is not None for problem in problems)


def test_what_tests_is_not_learned_from(problems):
    for problem in problems:
        x, y, test, true = problem.split(20, seed=0)
        assert x.shape == (20, len(problem.box))
        assert y.shape == (20,)
        assert len(test) == len(true) >= 50
        assert np.isfinite(y).all()
        assert np.isfinite(true).all()
        if problem.measured is None:
            assert not (x[:, None] == test).all(axis=2).any()


def test_programs_are_wrong_and_not_beside_the_point(problems):
    for problem in problems:
        _, _, test, true = problem.split(20, seed=0)
        said = problem.program(test)
        error = np.sqrt(((said - true) ** 2).mean()) / true.std()
        assert 0.05 < error < 2
        assert np.corrcoef(said, true)[0, 1] > 0.8


def test_the_same_split_is_drawn_again(problems):
    for problem in problems:
        first, again = (problem.split(10, seed=3) for _ in "ab")
        np.testing.assert_array_equal(first[1], again[1])
