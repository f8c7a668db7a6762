"""Topologies: counts, layout of the parameters, random ones."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.surrogate import COVERING, Topology, random_parameters


def test_the_covering_architecture():
    assert str(COVERING) == "9-4-4-1"
    assert (COVERING.n_inputs, COVERING.hidden, COVERING.n_outputs) == (
        9,
        (4, 4),
        1,
    )
    assert COVERING.n_parameters == (9 + 1) * 4 + (4 + 1) * 4 + (4 + 1) * 1


def test_where_parameters_live():
    """2-1-2: two weights and a bias, then a weight of each output, then their biases."""
    w = np.arange(7.0)
    (first, first_bias), (second, second_bias) = Topology((2, 1, 2)).layers(w)
    assert first.tolist() == [[0, 1]] and first_bias.tolist() == [2]
    assert second.tolist() == [[3], [4]] and second_bias.tolist() == [5, 6]


def test_layers_are_views():
    w = np.zeros(7)
    Topology((2, 1, 2)).layers(w)[1][0][1, 0] = 9.0
    assert w.tolist() == [0, 0, 0, 0, 9, 0, 0]


def test_layers_of_a_batch_keep_its_axes():
    topology = Topology((3, 4, 2))
    w = np.zeros((5, 6, topology.n_parameters))
    weight, bias = topology.layers(w)[0]
    assert weight.shape == (5, 6, 4, 3) and bias.shape == (5, 6, 4)
    assert topology.join(topology.layers(w)).shape == w.shape


@pytest.mark.parametrize(
    "text", ["", "9", "9-", "-9-4", "9-4-x", "9 - 4", "9-4.0-1"]
)
def test_texts_that_are_no_topology(text):
    with pytest.raises(InputError, match="written like 9-4-4-1|two or more"):
        Topology.parse(text)


@pytest.mark.parametrize("widths", [(), (3,), (3, 0), (3, -1, 1)])
def test_widths_that_are_no_topology(widths):
    with pytest.raises(InputError, match="two or more positive widths"):
        Topology(widths)


def test_random_parameters_stay_within_their_layers_bounds():
    topology = Topology((100, 25, 4))
    w = random_parameters(topology, seed=0)
    assert w.dtype == np.float64 and w.shape == (topology.n_parameters,)
    for (weight, bias), fan_in in zip(
        topology.layers(w), (100, 25), strict=True
    ):
        bound = 1 / np.sqrt(fan_in)
        for part in (weight, bias):
            assert np.abs(part).max() <= bound
        assert np.abs(weight).max() > 0.9 * bound


def test_random_parameters_depend_on_the_seed_alone():
    first, again = (random_parameters(COVERING, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (random_parameters(COVERING, seed=4) != first).all()
    generator = np.random.default_rng(3)
    np.testing.assert_array_equal(
        random_parameters(COVERING, seed=generator), first
    )
