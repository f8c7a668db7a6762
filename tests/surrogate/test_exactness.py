"""Changes of parameters keep or exactly transform the function, whatever the topology."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.surrogate import (
    Topology,
    clone_outputs,
    forward,
    pad_inputs,
    random_parameters,
    resize_inputs,
    scale_outputs,
    widen,
)

widths = st.lists(st.integers(1, 6), min_size=0, max_size=3)
activations = st.sampled_from(["sigmoid", "tanh", "relu"])
checked = settings(max_examples=60, deadline=None)


@st.composite
def networks(draw, outputs=None):
    """Draw widths, an activation, and a seed of what goes with them."""
    n_inputs = draw(st.integers(1, 5))
    n_outputs = draw(st.integers(1, 3)) if outputs is None else outputs
    layers = (n_inputs, *draw(widths), n_outputs)
    return layers, draw(activations), draw(st.integers(0, 1000))


def made(network):
    """Return the topology, parameters and inputs of a drawn network.

    Strategies may not do it: type checks draw random numbers.
    """
    layers, activation, seed = network
    topology = Topology(layers, activation)
    x = np.random.default_rng(seed).uniform(-1, 1, (5, topology.n_inputs))
    return topology, random_parameters(topology, seed=seed), x


@checked
@given(
    networks(),
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.integers(),
)
def test_wider_layers_compute_the_same(network, added, seed):
    topology, w, x = made(network)
    hidden = tuple(
        h + more for h, more in zip(topology.hidden, added, strict=False)
    )
    wide, shape = widen(w, topology, hidden, seed=abs(seed))
    assert shape.hidden == hidden and shape.activation == topology.activation
    np.testing.assert_allclose(
        forward(wide, shape, x),
        forward(w, topology, x),
        rtol=1e-12,
        atol=1e-12,
    )


@checked
@given(networks())
def test_a_widening_by_nothing_is_no_change(network):
    topology, w, _ = made(network)
    same, shape = widen(w, topology, topology.hidden, seed=0)
    assert shape == topology
    np.testing.assert_array_equal(same, w)


@checked
@given(networks(outputs=1), st.integers(1, 4))
def test_clones_are_copies_of_the_output(network, count):
    topology, w, x = made(network)
    cloned, shape = clone_outputs(w, topology, count)
    assert shape.n_outputs == count
    found = forward(cloned, shape, x)
    np.testing.assert_allclose(
        found, np.repeat(forward(w, topology, x), count, axis=1)
    )


@checked
@given(networks(), st.integers(0, 4))
def test_more_inputs_change_nothing_and_can_be_dropped_again(network, added):
    topology, w, x = made(network)
    more, shape = resize_inputs(w, topology, topology.n_inputs + added)
    elsewhere = np.concatenate([x, np.full((len(x), added), 7.0)], axis=1)
    found = forward(more, shape, elsewhere)
    np.testing.assert_allclose(
        found, forward(w, topology, x), rtol=1e-12, atol=1e-12
    )
    back, original = resize_inputs(more, shape, topology.n_inputs)
    assert original == topology
    np.testing.assert_array_equal(back, w)


@checked
@given(networks(), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_scaled_outputs_are_the_outputs_scaled(network, gain, shift):
    topology, w, x = made(network)
    o = topology.n_outputs
    scaled = scale_outputs(w, topology, np.full(o, gain), np.full(o, shift))
    expected = forward(w, topology, x) * gain + shift
    atol = 1e-9 * (abs(gain) + abs(shift) + 1)
    np.testing.assert_allclose(
        forward(scaled, topology, x), expected, atol=atol
    )


@checked
@given(networks())
def test_a_batch_is_its_members(network):
    topology, w, x = made(network)
    other = random_parameters(topology, seed=1001)
    both = forward(np.stack([w, other]), topology, x)
    np.testing.assert_array_equal(both[0], forward(w, topology, x))
    np.testing.assert_array_equal(both[1], forward(other, topology, x))


@checked
@given(networks())
def test_changes_leave_their_argument_alone(network):
    topology, w, _ = made(network)
    before = w.copy()
    o = topology.n_outputs
    scale_outputs(w, topology, np.full(o, 2.0), np.full(o, 1.0))
    widen(w, topology, topology.hidden, seed=0)
    resize_inputs(w, topology, topology.n_inputs + 1)
    np.testing.assert_array_equal(w, before)


@checked
@given(networks(), st.integers(0, 3))
def test_padding_adds_zeros_and_nothing_else(network, missing):
    topology, _, x = made(network)
    larger = Topology((topology.n_inputs + missing, 1))
    padded = pad_inputs(x, larger)
    np.testing.assert_array_equal(padded[:, : x.shape[1]], x)
    assert (
        not padded[:, x.shape[1] :].any()
        and padded.shape[1] == larger.n_inputs
    )


@checked
@given(networks())
def test_single_precision_is_near_double(network):
    topology, w, x = made(network)
    single = forward(w, topology, x, kind=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, forward(w, topology, x), atol=1e-4)
