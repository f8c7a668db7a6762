"""The size of a network is chosen by error against time."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.compilation import (
    CompilationConfig,
    Start,
    finetune_sized,
    modelled_ns,
)
from nsc.errors import InputError
from nsc.finetune import LmSettings, Predictions
from nsc.surrogate import Topology, random_parameters

CONFIG = CompilationConfig(restarts=2, finetune=LmSettings(steps=200))
SMALL = Topology((2, 2, 1))
MIDDLE = Topology((2, 8, 8, 1))
LARGE = Topology((2, 16, 16, 1))


def hard(u):
    return np.sin(4 * u[:, :1]) * u[:, 1:2]


def easy(u):
    return u[:, :1] + u[:, 1:2]


def inputs(n, seed):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2))


def start(taught=None, larger=None):
    drawn = random_parameters(MIDDLE, seed=3)
    return Start(
        MIDDLE,
        (("drawn", drawn),),
        is_informed=False,
        taught=taught,
        sizes=(SMALL,),
        larger=larger,
    )


def run(begun, target, n=300, config=CONFIG):
    u = inputs(n, 0)
    return finetune_sized(
        begun, u, target(u), number=0, config=config, progress=lambda *_: None
    )


def test_a_hard_function_gets_the_larger_network():
    found = run(start(), hard)
    assert found.member.topology == MIDDLE
    assert [rung.topology for rung in found.ladder] == ["2-8-8-1", "2-2-1"]


def test_speed_takes_the_smaller_network_where_little_is_lost():
    lazy = replace(CONFIG, prefer="speed", finetune=LmSettings(steps=3))
    fast = run(start(), easy, config=lazy)
    assert fast.member.topology == SMALL


def test_a_call_takes_no_longer_than_it_may():
    limit = modelled_ns(SMALL, 2)
    found = run(start(), hard, config=replace(CONFIG, max_ns=limit))
    assert found.member.topology == SMALL
    found = run(start(), hard, config=replace(CONFIG, max_ns=1e-3))
    assert found.member.topology == SMALL


def test_what_no_size_holds_is_taught_to_a_larger_one():
    x = inputs(600, 1)
    taught = Predictions(x, hard(x), source="few runs", nmse=1e-12, doubt=0.0)
    begun = replace(start(taught, LARGE), topology=Topology((2, 3, 1)))
    drawn = random_parameters(begun.topology, seed=1)
    begun = replace(begun, candidates=(("drawn", drawn),))
    found = run(begun, hard, n=12)
    assert found.is_taught
    assert found.member.topology == LARGE
    assert len(found.ladder) == 3


def test_time_grows_with_the_network():
    found = [modelled_ns(t, 2) for t in (SMALL, MIDDLE, LARGE)]
    assert found == sorted(found)
    assert modelled_ns(Topology((9, 8, 1)), 2) < modelled_ns(
        Topology((9, 8, 1)), 9
    )


@pytest.mark.parametrize("wrong", [{"prefer": "beauty"}, {"max_ns": 0.0}])
def test_senseless_wishes_are_refused(wrong):
    [name] = wrong
    with pytest.raises(InputError, match=f"^{name} must "):
        CompilationConfig(**wrong)


def test_every_size_has_what_starts_instead_of_a_doubtful_text():
    x = inputs(600, 1)
    doubtful = Predictions(x, easy(x), is_doubtful=True)
    silent = ("silent", np.zeros(MIDDLE.n_parameters))
    begun = replace(start(), predicted=doubtful, instead=silent)
    found = run(begun, hard)
    assert found.member.topology == MIDDLE
    assert [rung.topology for rung in found.ladder] == ["2-8-8-1", "2-2-1"]
