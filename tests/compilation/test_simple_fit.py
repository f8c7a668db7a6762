"""Where a simple fit is better than what many examples taught, it teaches."""

from dataclasses import replace

import numpy as np

from nsc.compilation import CompilationConfig, Start, finetune_sized
from nsc.finetune import LmSettings, Predictions
from nsc.surrogate import Topology, forward, random_parameters

CONFIG = CompilationConfig(restarts=1, finetune=LmSettings(steps=4))
SMALL = Topology((2, 4, 1))
LARGE = Topology((2, 8, 8, 1))
EXAMPLES = np.random.default_rng(0).uniform(-1, 1, (600, 2))
ELSEWHERE = np.random.default_rng(1).uniform(-1, 1, (900, 2))


def plane(u):
    return u[:, :1] - 2 * u[:, 1:2]


def start(nmse=None, *, sizes=(SMALL,)):
    simple = None
    if nmse is not None:
        simple = Predictions(
            ELSEWHERE,
            plane(ELSEWHERE),
            source="a linear fit",
            nmse=nmse,
            doubt=-1.0,
        )
    w = random_parameters(LARGE, seed=3)
    begun = Start(LARGE, (("drawn", w),), is_informed=False, simple=simple)
    return replace(begun, sizes=sizes)


def run(begun):
    return finetune_sized(
        begun,
        EXAMPLES,
        plane(EXAMPLES),
        number=0,
        config=CONFIG,
        progress=lambda *_: None,
    )


def error(found):
    predicted = forward(found.member.w, found.member.topology, ELSEWHERE)
    truth = plane(ELSEWHERE)
    return float(((predicted - truth) ** 2).mean() / truth.var())


def test_a_better_fit_is_followed_by_other_attempts():
    alone = run(start())
    helped = run(start(1e-12))
    assert alone.error is not None and alone.error > 1e-6
    assert error(helped) < error(alone)


def test_a_topology_of_the_user_stays():
    helped = run(start(1e-12, sizes=()))
    assert helped.member.topology == LARGE
    assert error(helped) <= error(run(start(sizes=())))


def test_a_worse_fit_changes_nothing():
    alone = run(start())
    beside = run(start(0.5))
    assert beside.winner == alone.winner
    assert (beside.member.w == alone.member.w).all()


def test_a_size_stands_in_the_ladder_once():
    ladder = run(start(1e-12)).ladder
    assert len({rung.topology for rung in ladder}) == len(ladder)
