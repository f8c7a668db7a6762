"""Exactness of every change of parameters, and the batched forward pass."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.surrogate import (
    COVERING,
    Topology,
    clone_outputs,
    forward,
    random_parameters,
    resize_inputs,
    scale_outputs,
    widen,
)

X = np.random.default_rng(0).uniform(-1, 1, (50, 3))
SHAPES = [
    Topology((3, 4, 4, 2)),
    Topology((3, 5, 1), "tanh"),
    Topology((3, 8, 2), "relu"),
    Topology((3, 2)),
]


def test_covering_has_65_parameters_and_a_worked_example():
    assert COVERING.n_parameters == 65
    assert str(Topology.parse("2-16-16-2")) == "2-16-16-2"
    # 2-1-1: weights (1, -1), bias 0.5; weight 2, bias 1
    w = np.array([1.0, -1.0, 0.5, 2.0, 1.0])
    found = forward(w, Topology((2, 1, 1)), np.array([[0.5, 1.0]]))
    assert found[0, 0] == 2.0 / (1 + np.exp(-0.0)) + 1


@pytest.mark.parametrize("topology", SHAPES, ids=str)
def test_layers_and_join_are_inverse(topology):
    w = random_parameters(topology, seed=1)
    assert np.array_equal(topology.join(topology.layers(w)), w)


@pytest.mark.parametrize("topology", SHAPES, ids=str)
def test_many_surrogates_at_once_give_the_same_bits(topology):
    w = np.stack([random_parameters(topology, seed=k) for k in range(3)])
    together = forward(w, topology, X)
    for k in range(3):
        assert np.array_equal(together[k], forward(w[k], topology, X))


@pytest.mark.parametrize("topology", SHAPES, ids=str)
def test_scaling_is_exact(topology):
    w = random_parameters(topology, seed=2)
    o = topology.n_outputs
    gain, shift = np.linspace(2, 3, o), np.linspace(-1, 5, o)
    np.testing.assert_allclose(
        forward(scale_outputs(w, topology, gain, shift), topology, X),
        forward(w, topology, X) * gain + shift,
    )


def test_missing_inputs_are_zero_and_can_be_dropped():
    w = random_parameters(COVERING, seed=3)
    padded = np.concatenate([X, np.zeros((50, 6))], axis=1)
    np.testing.assert_array_equal(
        forward(w, COVERING, X), forward(w, COVERING, padded)
    )
    small, topology = resize_inputs(w, COVERING, 3)
    np.testing.assert_allclose(
        forward(small, topology, X), forward(w, COVERING, X)
    )
    large, topology = resize_inputs(small, topology, 12)
    np.testing.assert_allclose(
        forward(large, topology, X), forward(w, COVERING, X)
    )


def test_clones_and_wider_layers_keep_the_function():
    w = random_parameters(COVERING, seed=4)
    cloned, topology = clone_outputs(w, COVERING, 3)
    np.testing.assert_allclose(
        forward(cloned, topology, X),
        np.repeat(forward(w, COVERING, X), 3, axis=1),
    )
    wide, topology = widen(cloned, topology, (8, 6), seed=0)
    assert str(topology) == "9-8-6-3"
    np.testing.assert_allclose(
        forward(wide, topology, X), forward(cloned, Topology((9, 4, 4, 3)), X)
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Topology((9,)), "two or more"),
        (lambda: Topology((9, 0, 1)), "positive"),
        (lambda: Topology((9, 1), "swish"), "known are sigmoid, tanh, relu"),
        (lambda: Topology.parse("9x4"), "written like 9-4-4-1"),
        (lambda: Topology((9, 9999, 9999, 1)), "at most"),
        (
            lambda: forward(np.zeros(65), COVERING, np.zeros((1, 10))),
            "10 inputs do not fit",
        ),
        (
            lambda: forward(np.zeros(64), COVERING, X),
            "65 parameters; found 64",
        ),
        (
            lambda: widen(np.zeros(65), COVERING, (4, 2), seed=0),
            "cannot be widened",
        ),
    ],
)
def test_misuse_is_explained(make, message):
    with pytest.raises(InputError, match=message):
        make()
