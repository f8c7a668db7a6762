"""In torch and JAX a surrogate has the same values and derivatives."""

import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest

from nsc.conditions import parse_condition
from nsc.errors import InputError, MissingExtraError
from nsc.surrogate import (
    Member,
    OneOf,
    OutsideDomainWarning,
    Surrogate,
    Topology,
    Whole,
    random_parameters,
)

N = 2000


def surrogate_of(
    activation="sigmoid", outputs=1, members=1, covering=True, held=()
):
    """Return a surrogate of three inputs with random, large parameters."""
    rng = np.random.default_rng([outputs, members, len(activation)])
    inputs = 9 if covering else 3
    topology = Topology((inputs, 8, 8, outputs), activation)
    made = tuple(
        Member(topology, 3 * random_parameters(topology, seed=rng))
        for _ in range(members)
    )
    names = tuple(f"y{k}" for k in range(outputs * members))
    lo = np.array([-2.0, 1e6, 0.0])
    hi = np.array([3.0, 1e6 + 2, 1e-3])
    return Surrogate(made, lo, hi, ("a", "b", "c"), names, held=held)


def inputs_of(surrogate, n=N):
    unit = np.random.default_rng(1).uniform(size=(n, 3))
    unit[:2] = [[0, 0, 0], [1, 1, 1]]
    x = surrogate.lo + (surrogate.hi - surrogate.lo) * unit
    return np.clip(x, surrogate.lo, surrogate.hi)


CASES = [
    surrogate_of(),
    surrogate_of("tanh", outputs=2),
    surrogate_of("relu", members=3, covering=False),
    surrogate_of(outputs=2, held=(Whole(-2, 2), OneOf((-0.5, 0.0, 0.7)))),
]


def gradients(surrogate, x):
    """Return derivatives of the networks in numpy, `n o i`, by the chain rule."""
    found = []
    half = (surrogate.hi - surrogate.lo) / 2
    for layers, activation in surrogate.layers():
        h = surrogate.normalise(x)
        slope = np.broadcast_to(np.diag(1 / half), (len(x), 3, 3))
        for k, (weight, bias) in enumerate(layers):
            z = h @ weight.T + bias
            slope = np.einsum("oh,nhi->noi", weight, slope)
            if k == len(layers) - 1:
                break
            h, d = {
                "sigmoid": lambda z: (s := 1 / (1 + np.exp(-z)), s * (1 - s)),
                "tanh": lambda z: (np.tanh(z), 1 - np.tanh(z) ** 2),
                "relu": lambda z: (np.maximum(z, 0), (z > 0) * 1.0),
            }[activation](z)
            slope = d[:, :, None] * slope
        found.append(slope)
    return np.concatenate(found, axis=1)


def expect_near(found, expected, error):
    scale = np.abs(expected).max(axis=0) + 1e-300
    assert (np.abs(found - expected) / scale).max() <= error


@pytest.mark.needs("torch")
@pytest.mark.parametrize("surrogate", CASES)
def test_torch_equals_numpy(surrogate):
    import torch

    module = surrogate.to_torch()
    x = inputs_of(surrogate)
    given = torch.tensor(x, requires_grad=True)
    y = module(given)
    expect_near(y.detach().numpy(), surrogate(x), 1e-12)
    expected = gradients(surrogate, x)
    for k in range(y.shape[1]):
        [found] = torch.autograd.grad(y[:, k].sum(), given, retain_graph=True)
        expect_near(found.numpy(), expected[:, k], 1e-9)
    assert module(given[0]).shape == y[0].shape
    assert module(given.reshape(2, -1, 3)).shape == (2, N // 2, y.shape[1])
    single = surrogate.to_torch("float", outside="clip")
    if not surrogate.held:
        # 1e6 + 2 has a float, but few between
        rough = np.float32(x)
        near = surrogate(np.float64(rough), outside="clip")
        found = single(torch.tensor(rough)).detach().numpy()
        assert found.dtype == np.float32
        expect_near(found, near, 2e-5)


@pytest.mark.needs("torch")
def test_torch_follows_policies_and_moves():
    import torch

    surrogate = CASES[1]
    x = inputs_of(surrogate, 4)
    x[1, 0] = 9.0
    given = torch.tensor(x)
    for policy in ("clip", "nan"):
        found = surrogate.to_torch(outside=policy)(given).detach().numpy()
        np.testing.assert_allclose(found, surrogate(x, outside=policy), 1e-12)
    module = surrogate.to_torch()
    with pytest.warns(OutsideDomainWarning, match="outside the domain"):
        module(given)
    module(given)
    with pytest.raises(InputError, match="outside the domain"):
        surrogate.to_torch(outside="raise")(given)
    with pytest.raises(InputError, match="one of warn, raise, clip, nan in t"):
        surrogate.to_torch(outside="original")
    with pytest.raises(InputError, match="dtype must be one of double, float"):
        surrogate.to_torch("half")
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(again(given), module(given))
    jacobian = torch.func.vmap(torch.func.jacrev(module))(given)
    expect_near(jacobian.detach().numpy(), gradients(surrogate, x), 1e-9)
    assert len(list(module.parameters())) == 6
    assert module.to(torch.float32)(given).dtype == torch.float32


@pytest.mark.needs("torch")
def test_torch_minds_conditions():
    import torch

    condition = parse_condition("a < 1 && c > 0", ("a", "b", "c"), {})
    surrogate = replace(CASES[0], conditions=(condition,), outside="nan")
    x = inputs_of(surrogate)
    found = surrogate.to_torch()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(found, surrogate(x), 1e-11)
    assert 0 < np.isnan(found).sum() < N


@pytest.fixture
def doubles():
    import jax

    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@pytest.mark.needs("jax")
@pytest.mark.parametrize("surrogate", CASES)
def test_jax_equals_numpy(surrogate, doubles):
    jax = doubles
    x = inputs_of(surrogate)
    apply, parameters = surrogate.to_jax()
    for function in (apply, jax.jit(apply)):
        expect_near(np.array(function(parameters, x)), surrogate(x), 1e-12)
    assert apply(parameters, x[0]).shape == (len(surrogate.output_names),)
    of_one = jax.jacrev(apply, argnums=1)
    found = jax.jit(jax.vmap(of_one, (None, 0)))(parameters, x)
    expected = gradients(surrogate, x)
    for k in range(expected.shape[1]):
        expect_near(np.array(found)[:, k], expected[:, k], 1e-9)
    grown = jax.grad(lambda p: apply(p, x).sum())(parameters)
    shapes = [leaf.shape for leaf in jax.tree.leaves(grown)]
    assert shapes == [leaf.shape for leaf in jax.tree.leaves(parameters)]


@pytest.mark.needs("jax")
def test_jax_in_floats_keeps_a_narrow_range_far_from_zero():
    import jax

    surrogate = CASES[0]
    x = np.float32(inputs_of(surrogate))
    near = surrogate(np.float64(x), outside="clip")
    apply, parameters = surrogate.to_jax("float", outside="clip")
    for function in (apply, jax.jit(apply)):
        found = np.array(function(parameters, x))
        assert found.dtype == np.float32
        expect_near(found, near, 2e-5)


@pytest.mark.needs("jax")
def test_jax_follows_policies(doubles):
    surrogate = CASES[1]
    condition = parse_condition("hypot(a, c) < 2.5", ("a", "b", "c"), {})
    surrogate = replace(surrogate, conditions=(condition,))
    x = inputs_of(surrogate)
    x[1, 0] = -9.0
    x[2] = np.nan
    apply, parameters = surrogate.to_jax(outside="nan")
    found = np.array(apply(parameters, x))
    np.testing.assert_allclose(found, surrogate(x, outside="nan"), 1e-11)
    clipped, _ = CASES[1].to_jax(outside="clip")
    found = np.array(clipped(parameters, x))
    np.testing.assert_allclose(found, CASES[1](x, outside="clip"), 1e-11)
    for policy in ("raise", "original"):
        with pytest.raises(InputError, match="warn, clip, nan in JAX"):
            surrogate.to_jax(outside=policy)


@pytest.mark.needs("jax")
def test_jax_without_doubles_says_how_to_have_them():
    with pytest.raises(InputError, match="jax_enable_x64"):
        CASES[0].to_jax()


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_a_library_that_is_missing_is_named(name, monkeypatch):
    for module in ("torch_module", "jax_function"):
        monkeypatch.delitem(
            sys.modules, f"nsc.surrogate.{module}", raising=False
        )
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"nsc\[{name}\]"):
        getattr(CASES[0], f"to_{name}")("float")


def with_whole(surrogate):
    marks = (True, *[False] * (len(surrogate.lo) - 1))
    return replace(surrogate, whole=marks)


FRACTIONS = [0.7, -0.2, 1.9, -1.9, 1.0, np.nan]


@pytest.mark.needs("torch")
def test_torch_cuts_fractions_of_integers_off():
    import torch

    surrogate = with_whole(CASES[0])
    x = np.tile(inputs_of(surrogate)[:1], (6, 1))
    x[:, 0] = FRACTIONS
    cut = np.trunc(x[:, :1])
    given = torch.tensor(x, requires_grad=True)
    module = surrogate.to_torch(outside="nan")
    found = module(given)
    expected = surrogate(np.hstack([cut, x[:, 1:]])[:5], outside="nan")
    assert found[5].isnan().all()
    with torch.no_grad():
        same = module(torch.tensor(np.hstack([cut, x[:, 1:]])))
    np.testing.assert_array_equal(found.detach().numpy(), same.numpy())
    np.testing.assert_allclose(same.numpy()[:5], expected, 1e-11)
    [slope] = torch.autograd.grad(found[0].sum(), given)
    assert slope[0, 0] != 0


@pytest.mark.needs("jax")
def test_jax_cuts_fractions_of_integers_off(doubles):
    jax = doubles
    surrogate = with_whole(CASES[0])
    x = np.tile(inputs_of(surrogate)[:1], (6, 1))
    x[:, 0] = FRACTIONS
    cut = np.hstack([np.trunc(x[:, :1]), x[:, 1:]])
    apply, parameters = surrogate.to_jax(outside="nan")
    found = np.array(apply(parameters, x))
    np.testing.assert_array_equal(found, np.array(apply(parameters, cut)))
    assert np.isnan(found[5]).all()
    slope = jax.grad(lambda x: apply(parameters, x)[0].sum())(x)
    assert slope[0, 0] != 0
