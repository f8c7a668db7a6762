"""What few runs of a program say of its twin."""

import numpy as np
import pytest

from nsc.twins.correction import correction_of, disagreement


def inputs(n, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2))


def program(u):
    return 300 + 50 * np.sin(2 * u[:, 0]) * (1 + u[:, 1])


def corrected(twin, n):
    """Return a correction, and its squared error over the variance on fresh inputs."""
    u, fresh = inputs(n), inputs(500, seed=1)
    found = correction_of(u, twin(u), program(u))
    y = program(fresh)
    error = ((found(fresh, twin(fresh)) - y) ** 2).mean() / y.var()
    return found, error


def test_a_twin_that_is_the_program_is_taken_as_it_is():
    found, error = corrected(program, 16)
    assert found.name == "the twin as it is"
    assert found.nmse == error == 0


def test_a_scale_and_a_shift_are_found():
    found, error = corrected(lambda u: 0.1 * program(u) - 7, 16)
    assert found.name.startswith("linear in the twin")
    assert error < 1e-6


def test_what_a_twin_misses_smoothly_is_added():
    found, error = corrected(lambda u: program(u) + 9 * u[:, 0] ** 2, 40)
    assert "smooth correction" in found.name
    assert error < 1e-3
    assert error / 30 < found.nmse < 30 * error


def test_nothing_is_learned_from_chance():
    noise = np.random.default_rng(3).normal(size=1000)
    found, _ = corrected(lambda u: program(u) + 0.5 * noise[: len(u)], 30)
    assert "smooth" not in found.name


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_few_runs_are_enough_for_an_error(n):
    found, error = corrected(lambda u: program(u) + 0.01, n)
    assert np.isfinite(error)
    assert np.isfinite(found.nmse) == (n > 1)  # one run tells nothing


def test_outputs_that_do_not_vary():
    u = inputs(8)
    same = np.full(8, 3.0)
    assert correction_of(u, same, same).nmse == 0
    assert correction_of(u, same + 1, same).nmse == np.inf
    assert disagreement(same[:, None], same[:, None]) == 0


def test_disagreement_is_of_the_worst_output():
    u = inputs(20)
    y = np.stack([program(u), u[:, 0]], axis=1)
    both = np.stack([2 * program(u), -u[:, 1]], axis=1)
    assert disagreement(y, y) == 0
    assert disagreement(both, y) > 0.5
    assert disagreement(both[:, :1], y[:, :1]) < 1e-6
    assert disagreement(np.full_like(y, np.nan), y) == np.inf
    assert disagreement(np.full_like(y, 1e300), y) == np.inf
