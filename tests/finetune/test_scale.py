"""Standardised outputs, and parameters that compute the same in either unit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.finetune import Scale, spread_of, with_constants
from nsc.surrogate import Topology, forward, random_parameters

TOPOLOGY = Topology((2, 3, 2), "tanh")


def test_outputs_get_mean_0_and_spread_1():
    y = np.array([[1.0, 5.0], [3.0, 5.0]])
    scale = Scale.of(y)
    assert scale.mean.tolist() == [2.0, 5.0]
    assert scale.spread.tolist() == [1.0, 1.0]  # a constant is not scaled
    assert scale.standardise(y).tolist() == [[-1.0, 0.0], [1.0, 0.0]]


def test_rounding_is_no_spread():
    y = np.stack([np.full(512, 0.1), np.linspace(0, 1, 512)], axis=1)
    assert spread_of(y)[0] == 0.0
    assert spread_of(y)[1] == pytest.approx(y[:, 1].std())


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 100),
    st.floats(-1e6, 1e6),
    st.floats(1e-6, 1e6),
)
def test_parameters_follow_the_unit(seed, mean, spread):
    scale = Scale(np.array([mean, 1.0]), np.array([spread, 2.0]))
    w = random_parameters(TOPOLOGY, seed=seed)
    x = np.random.default_rng(seed).uniform(-1, 1, (7, 2))
    outputs = forward(w, TOPOLOGY, x)
    size = np.abs(scale.mean) + np.abs(outputs) + scale.spread
    inside = forward(scale.into(w, TOPOLOGY), TOPOLOGY, x)
    error = np.abs(inside - scale.standardise(outputs))
    assert (error <= 1e-9 * size / scale.spread).all()
    back = scale.out_of(scale.into(w, TOPOLOGY), TOPOLOGY)
    assert (np.abs(forward(back, TOPOLOGY, x) - outputs) <= 1e-9 * size).all()


def test_a_constant_output_is_exactly_that_constant():
    w = random_parameters(TOPOLOGY, seed=3)
    x = np.random.default_rng(3).uniform(-1, 1, (7, 2))
    y = np.stack([x[:, 0], np.full(7, 0.1)], axis=1)
    found = forward(with_constants(w, TOPOLOGY, y), TOPOLOGY, x)
    assert (found[:, 1] == 0.1).all()
    assert (found[:, 0] == forward(w, TOPOLOGY, x)[:, 0]).all()
