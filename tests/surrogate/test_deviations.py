"""Standard deviations of a surrogate: what they are, and that they come back."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nsc.errors import InputError, StoreError
from nsc.surrogate import (
    ErrorBars,
    Member,
    Surrogate,
    Topology,
    load,
    outputs_of,
    random_parameters,
    read_stored,
    write_stored,
)

TOPOLOGY = Topology.parse("3-4-2")
X = np.random.default_rng(0).uniform(0, 4, (50, 2))


def member(seed: int) -> Member:
    return Member(TOPOLOGY, random_parameters(TOPOLOGY, seed=seed))


def surrogate() -> Surrogate:
    bars = ErrorBars(
        ((member(1),), (member(2),)),
        np.array([2.0, 0.0]),
        np.array([0.5, 3.0]),
    )
    return Surrogate(
        (member(0),),
        np.zeros(2),
        np.full(2, 4.0),
        ("a", "b"),
        ("y", "z"),
        error_bars=bars,
    )


def test_networks_that_disagree_make_a_surrogate_unsure():
    found = surrogate()
    y, std = found.predict(X, return_std=True)
    np.testing.assert_array_equal(y, found(X))
    assert found.predict(X) is not None
    u = found.normalise(X)
    others = [outputs_of((member(k),), u)[:, 0] for k in (1, 2)]
    squares = np.mean([(other - y[:, 0]) ** 2 for other in others], axis=0)
    np.testing.assert_allclose(std[:, 0], np.sqrt(4 * squares + 0.25))
    np.testing.assert_allclose(std[:, 1], 3.0)
    one, its = found.predict(X[3], return_std=True)
    assert one.shape == its.shape == (2,)
    np.testing.assert_allclose(its, std[3], rtol=1e-12)


def test_error_bars_come_back_with_the_same_bits(tmp_path):
    found = surrogate()
    found.save(tmp_path / "s.safetensors")
    again = load(tmp_path / "s.safetensors")
    for mine, theirs in zip(
        found.predict(X, return_std=True),
        again.predict(X, return_std=True),
        strict=True,
    ):
        assert mine.tobytes() == theirs.tobytes()


def test_a_surrogate_without_error_bars_says_what_to_do(tmp_path):
    bare = replace(surrogate(), error_bars=None)
    bare.save(tmp_path / "s.safetensors")
    with pytest.raises(InputError, match="compile again with error_bars=True"):
        load(tmp_path / "s.safetensors").predict(X, return_std=True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("std_scale", np.array([1.0]), "std_scale"),
        ("std_scale", np.array([-1.0, 1.0]), "negative"),
        ("std_constant", np.array([np.nan, 1.0]), "NaN"),
        ("std_w1_0", np.zeros(3), "std_w1_0"),
        ("count", "3", "std_w2_0"),
        ("count", "0", "a number of networks"),
        ("count", '"x"', "a number of networks"),
    ],
)
def test_damaged_error_bars_are_refused(name, value, said, tmp_path):
    path = tmp_path / "s.safetensors"
    surrogate().save(path)
    tensors, header = read_stored(path)
    if name == "count":
        header = header | {"error_bars": value}
        json.loads(value)
    else:
        tensors = tensors | {name: value}
    kept = {k: v for k, v in header.items() if not k.startswith("sha")}
    write_stored(path, tensors, kept)
    with pytest.raises(StoreError, match=said):
        load(path)
