"""A start for one input, whose units step at evenly spread places."""

import numpy as np
import pytest

from nsc.compilation.even_steps import LABEL, even_steps
from nsc.finetune import LmSettings, finetune_best_of, split_examples
from nsc.surrogate import Topology, random_parameters


def waves(u):
    return np.sin(10 * np.pi * u) * (1.5 + u)


def error_from(w, topology):
    u = np.random.default_rng(0).uniform(-1, 1, (800, 1))
    data = split_examples(u, waves(u), seed=0)
    found, _ = finetune_best_of(w[None], topology, data, LmSettings(steps=200))
    return float(found.best_validation[0])


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_a_curve_of_many_waves_is_learned(activation):
    topology = Topology.parse("9-16-1", activation)
    [(label, w)] = even_steps(topology, 1, seed=3)
    drawn = [random_parameters(topology, seed=k) for k in range(3)]
    assert label == LABEL
    least_drawn = min(error_from(each, topology) for each in drawn)
    assert 10 * error_from(w, topology) < least_drawn


def test_several_inputs_and_other_activations_have_none():
    assert even_steps(Topology.parse("9-16-1"), 2, seed=0) == []
    assert even_steps(Topology.parse("9-16-1", "relu"), 1, seed=0) == []
