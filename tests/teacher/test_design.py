"""The next runs are chosen where a process knows least."""

import numpy as np

from nsc.teacher import next_inputs


def inputs(n: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n, width))


def test_where_nothing_ran_is_run_next():
    u = inputs(20, 1)
    u = u[u[:, 0] < 0]
    candidates = inputs(200, 1, seed=1)
    chosen = next_inputs(u, np.sin(4 * u), candidates, 3)
    assert (candidates[chosen] > 0.1).all()
    assert len(set(chosen.tolist())) == 3


def test_an_input_that_decides_nothing_is_not_explored():
    u = inputs(30, 2)
    candidates = inputs(400, 2, seed=1)
    chosen = next_inputs(u, np.sin(6 * u[:, :1]), candidates, 12)
    spread = np.sort(candidates[chosen][:, 0])
    assert np.diff(spread).max() < 0.8
    assert spread[0] < -0.6
    assert spread[-1] > 0.6


def test_outputs_that_do_not_vary_choose_the_first():
    u = inputs(10, 2)
    chosen = next_inputs(u, np.ones((10, 2)), inputs(50, 2, seed=1), 4)
    assert chosen.tolist() == [0, 1, 2, 3]


def test_the_same_runs_choose_the_same():
    u = inputs(40, 3)
    y = np.stack([u.sum(axis=1), np.exp(u[:, 0])], axis=1)
    candidates = inputs(300, 3, seed=1)
    first = next_inputs(u, y, candidates, 9)
    assert first.tolist() == next_inputs(u, y, candidates, 9).tolist()
