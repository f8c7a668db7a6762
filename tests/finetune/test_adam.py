"""Adam: steps by hand, when it measures, when it stops."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.finetune import AdamSettings, FinetuneData, finetune
from nsc.finetune.backends import BACKENDS
from nsc.surrogate import COVERING, Topology, random_parameters

TINY = Topology((1, 1, 1), "relu")
START = np.array([1.0, 0.0, 1.0, 0.0])
ONE = np.ones((1, 1))


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_steps_by_hand(backend):
    """The first step is the rate in every direction: m / sqrt(v) is the slope's sign."""
    data = FinetuneData(ONE, 3 * ONE, ONE, 3 * ONE)
    settings = AdamSettings(steps=2, learning_rate=0.01, backend=backend)
    found = finetune(START, TINY, data, settings)
    first = np.full(4, -4.0)  # 2 r J, with r = 1 - 3
    w = START + 0.01
    u, b, v, c = w
    residual = v * (u + b) + c - 3
    second = 2 * residual * np.array([v, v, u + b, 1.0])
    m = 0.9 * 0.1 * first + 0.1 * second
    spread = 0.999 * 0.001 * first**2 + 0.001 * second**2
    w = w - 0.01 * (m / (1 - 0.9**2)) / np.sqrt(spread / (1 - 0.999**2))
    np.testing.assert_allclose(found.w_final[0], w, rtol=1e-6)
    np.testing.assert_allclose(
        found.train_loss[0, :2], [4.0, residual**2], rtol=1e-5
    )


@pytest.mark.parametrize(
    "n", [30, 300]
)  # surrogates in lanes, samples in lanes
@pytest.mark.parametrize("backend", BACKENDS)
def test_validation_is_measured_every_so_often_and_at_the_end(backend, n):
    x = np.random.default_rng(0).uniform(-1, 1, (n, 9))
    data = FinetuneData(x, x[:, :1], x, x[:, :1])
    w = random_parameters(COVERING, seed=0)
    settings = AdamSettings(steps=10, evaluate_every=4, backend=backend)
    found = finetune(w, COVERING, data, settings)
    measured = np.flatnonzero(np.isfinite(found.validation_loss[0]))
    assert measured.tolist() == [0, 4, 8, 10]
    assert np.isfinite(found.train_loss).all()
    assert found.stopped == ("step_limit",)


@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_target_that_holds_at_the_start_is_reached_there(backend, n):
    x = np.random.default_rng(0).uniform(-1, 1, (n, 9))
    data = FinetuneData(x, x[:, :1], x, x[:, :1])
    w = random_parameters(COVERING, seed=0)
    settings = AdamSettings(steps=10, target_loss=1e9, backend=backend)
    found = finetune(w, COVERING, data, settings)
    assert found.stopped == ("target",)
    assert found.steps_run.tolist() == [0]
    np.testing.assert_allclose(found.w[0], w, rtol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_target_is_never_reached(backend):
    data = FinetuneData(
        ONE, ONE, ONE, ONE
    )  # the start is exact: every loss is 0
    found = finetune(START, TINY, data, AdamSettings(steps=3, backend=backend))
    assert found.stopped == ("step_limit",)
    exact = AdamSettings(steps=3, target_loss=0.0, backend=backend)
    assert finetune(START, TINY, data, exact).stopped == ("target",)


def test_settings_are_checked():
    with pytest.raises(
        InputError, match="evaluate_every must be at least 1; found 0"
    ):
        AdamSettings(evaluate_every=0)
    with pytest.raises(InputError, match="steps must be 0 or more"):
        AdamSettings(steps=-1)


def test_the_papers_settings():
    paper = AdamSettings.paper()
    assert (paper.steps, paper.learning_rate, paper.evaluate_every) == (
        5000,
        0.01,
        3,
    )
