"""A member learns from a teacher's values where these are better than its examples."""

import numpy as np

from nsc.compilation import CompilationConfig, Start, finetune_taught
from nsc.finetune import AdamSettings, LmSettings, Predictions
from nsc.surrogate import COVERING, forward, random_parameters

CONFIG = CompilationConfig(restarts=2, finetune=LmSettings(steps=100))


def target(u):
    return 50.0 * np.sin(2 * u[:, :1]) * u[:, 1:2] + 300.0


def inputs(n, seed):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2))


def run(n, wrong=0.0, nmse=1e-9, config=CONFIG):
    """Finetune on `n` examples and 512 values that are wrong by so much."""
    u = inputs(n, 0)
    x = inputs(512, 1)
    values = target(x) + wrong * np.cos(3 * x[:, 1:])
    taught = Predictions(x, values, source="twin", price=0.1, nmse=nmse)
    start = Start(
        COVERING,
        (("drawn", random_parameters(COVERING, seed=3)),),
        is_informed=False,
        taught=taught,
    )
    return finetune_taught(
        start, u, target(u), number=0, config=config, progress=lambda *_: None
    )


def nmse_of(found):
    u = inputs(500, 2)
    y = target(u)
    miss = forward(found.member.w, found.member.topology, u) - y
    return float((miss**2).mean() / y.var())


def test_a_teacher_makes_up_for_examples():
    found = run(16)
    assert found.winner.startswith("twin, ")
    assert found.n_validation == 0
    assert nmse_of(found) < 1e-2


def test_a_bad_teacher_is_not_heard():
    found = run(400, wrong=50.0, nmse=0.5)
    assert "twin" not in found.winner
    assert nmse_of(found) < 1e-2


def test_an_error_that_is_not_known_is_not_trusted():
    assert "twin" not in run(16, nmse=None).winner
    assert "twin" not in run(16, nmse=np.nan).winner
    assert "twin" not in run(16, nmse=np.inf).winner


def test_without_a_teacher_nothing_changes():
    u = inputs(64, 0)
    start = Start(COVERING, (("drawn", random_parameters(COVERING, seed=3)),))
    found = finetune_taught(
        start,
        u,
        target(u),
        number=0,
        config=CONFIG,
        progress=lambda *_: None,
    )
    assert found.winner == "drawn" or found.winner.startswith("random")


def test_an_optimizer_without_weights_can_be_taught():
    adam = CompilationConfig(restarts=1, finetune=AdamSettings(steps=300))
    assert run(16, config=adam).winner.startswith("twin, ")
