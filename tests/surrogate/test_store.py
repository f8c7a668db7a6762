"""Saved surrogates give the same bits back, and damage is noticed."""

import numpy as np
import pytest

from nsc.errors import InputError, StoreError
from nsc.surrogate import COVERING, Member, Surrogate, load, random_parameters


@pytest.fixture
def surrogate():
    members = tuple(Member(COVERING, random_parameters(COVERING, seed=k)) for k in range(2))
    return Surrogate(members, np.array([0.0, -5.0]), np.array([10.0, 5.0]), ("a", "b"), ("u", "v"), {"k": "v"})


def test_round_trip(surrogate, tmp_path):
    surrogate.save(tmp_path / "s.safetensors")
    loaded = load(tmp_path / "s.safetensors")
    x = np.random.default_rng(0).uniform(-5, 10, (20, 2))
    assert np.array_equal(loaded(x), surrogate(x))
    assert loaded.input_names == ("a", "b") and loaded.metadata == {"k": "v"}
    assert [p.name for p in tmp_path.iterdir()] == ["s.safetensors"]


def test_units_and_shapes(surrogate):
    x = np.array([[5.0, 0.0], [11.0, 0.0]])
    assert surrogate.normalise(x).tolist() == [[0, 0], [1.2, 0]]
    assert surrogate.in_domain(x).tolist() == [True, False]
    assert surrogate(x[0]).shape == (2,)
    with pytest.raises(InputError, match="expected inputs a, b"):
        surrogate(np.zeros((3, 3)))


def test_every_flipped_byte_is_noticed(surrogate, tmp_path):
    path = tmp_path / "s.safetensors"
    surrogate.save(path)
    good = path.read_bytes()
    for at in np.random.default_rng(0).integers(8, len(good), 60):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(StoreError):
            load(path)
    path.write_bytes(good[:100])
    with pytest.raises(StoreError, match="not a readable"):
        load(path)
    with pytest.raises(StoreError, match="there is no surrogate"):
        load(tmp_path / "none")
