"""Saved surrogates give the same bits back, and damage is noticed."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from nsc.conditions import parse_condition
from nsc.errors import InputError, StoreError
from nsc.surrogate import (
    COVERING,
    Member,
    OneOf,
    Surrogate,
    Topology,
    Whole,
    load,
    random_parameters,
)
from nsc.surrogate.store import write


@pytest.fixture
def surrogate():
    members = tuple(
        Member(COVERING, random_parameters(COVERING, seed=k)) for k in range(2)
    )
    return Surrogate(
        members,
        np.array([0.0, -5.0]),
        np.array([10.0, 5.0]),
        ("a", "b"),
        ("u", "v"),
        {"k": "v"},
    )


def test_round_trip(surrogate, tmp_path):
    surrogate.save(tmp_path / "s.safetensors")
    loaded = load(tmp_path / "s.safetensors")
    x = np.random.default_rng(0).uniform((0, -5), (10, 5), (20, 2))
    assert np.array_equal(loaded(x), surrogate(x))
    assert loaded.input_names == ("a", "b") and loaded.metadata == {"k": "v"}
    assert [p.name for p in tmp_path.iterdir()] == ["s.safetensors"]


def test_what_inputs_are_is_kept(surrogate, tmp_path):
    condition = parse_condition(
        "a < b + c && !(sqrt(a) == 2)", ("a", "b"), {"c": 3.0}
    )
    rich = replace(
        surrogate, whole=(True, False), conditions=(condition,), outside="nan"
    )
    rich.save(tmp_path / "s.safetensors")
    loaded = load(tmp_path / "s.safetensors")
    assert loaded.whole == (True, False) and loaded.outside == "nan"
    assert loaded.conditions == (condition,)
    x = [[1, 0], [4, 5], [4, 0], [5, 3]]
    assert loaded.in_domain(x).tolist() == [True, False, False, True]


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


def resealed(surrogate, path, **changes):
    """Save a surrogate, change its header or tensors, and give it the digest of that:
    anyone can.
    """
    surrogate.save(path)
    with safe_open(path, "numpy") as file:
        header = dict(file.metadata())
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    del header["sha256"], header["nsc_surrogate"]
    for name, value in changes.items():
        part = tensors if name in tensors else header
        part |= {name: value}
        if value is None:
            del part[name]
    write(path, tensors, header)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"w0": None}, "w0"),
        ({"topologies": None}, "topologies"),
        ({"topologies": "[["}, "does not describe"),
        (
            {"topologies": '[["9-9-9-9", "sigmoid"], ["9-4-4-1", "sigmoid"]]'},
            "member 0 is 9-9-9-9",
        ),
        ({"lo": np.zeros(3)}, "'lo' must have 2 numbers"),
        ({"outputs": '["u"]'}, "2 inputs and 1 outputs"),
        ({"whole": "[true]"}, "'whole' must have 2 items"),
        ({"whole": "[1, 0]"}, "'whole' must have 2 items"),
        ({"outside": "ignore"}, "outside must be one of"),
        ({"conditions": "[3]"}, "does not describe"),
        ({"conditions": '[["a", ["input", 2]]]'}, "speaks of input 2"),
        ({"conditions": '[["a", ["%", 1, 2]]]'}, "operator '%'"),
        ({"conditions": '[["a", ["<", 1]]]'}, "'<' has 1 parts"),
        ({"conditions": '[["a", ["system()", 1]]]'}, "'system'"),
        ({"w1": np.zeros(65, np.float32)}, "float64; found float32"),
    ],
)
def test_a_file_of_somebody_elses_is_read_with_care(
    surrogate, tmp_path, changes, message
):
    resealed(surrogate, tmp_path / "s.safetensors", **changes)
    with pytest.raises(StoreError, match=message):
        load(tmp_path / "s.safetensors")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable"),
        (b"\xff" * 64, "not a readable"),
        (b"C" * 7, "not a readable"),
    ],
)
def test_files_that_are_no_safetensors(tmp_path, content, message):
    path = tmp_path / "s.safetensors"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=message):
        load(path)


def test_safetensors_of_something_else_are_refused_by_version(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"w0": np.zeros(3)}, path)
    with pytest.raises(
        StoreError, match="not a surrogate of version 1; found None"
    ):
        load(path)
    save_file({"w0": np.zeros(3)}, path, {"nsc_surrogate": "2"})
    with pytest.raises(StoreError, match="version 1; found 2"):
        load(path)


def test_a_missing_digest_is_noticed(surrogate, tmp_path):
    path = tmp_path / "s.safetensors"
    surrogate.save(path)
    with safe_open(path, "numpy") as file:
        header = dict(file.metadata())
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    del header["sha256"]
    save_file(tensors, path, header)
    with pytest.raises(StoreError, match="damaged"):
        load(path)


def test_a_folder_that_is_not_there(surrogate, tmp_path):
    with pytest.raises(InputError, match="cannot write .*No such file"):
        surrogate.save(tmp_path / "none" / "s.safetensors")


def test_a_report_is_a_text_of_the_metadata(surrogate):
    assert surrogate.report is None
    told = replace(surrogate, metadata={"report": '{"rmse": 0.5}'})
    assert told.report == {"rmse": 0.5}


def test_what_outputs_can_hold_is_kept(tmp_path):
    few = OneOf((-2.0, 0.0, 5.0))
    members = (
        Member(Topology((1, 3)), np.array([1.0, 9.0, 9.0, 0.0, 0.0, 0.0])),
    )
    held = (None, few, Whole(-3.0, 4.0))
    names = ("a", "b", "c")
    made = Surrogate(
        members, -np.ones(1), np.ones(1), ("x",), names, held=held
    )
    made.save(tmp_path / "s.safetensors")
    read = load(tmp_path / "s.safetensors")
    assert read.held == held
    x = np.array([[0.5], [-0.5], [0.1]])
    expected = [[0.5, 5.0, 4.0], [-0.5, -2.0, -3.0], [0.1, 0.0, 1.0]]
    np.testing.assert_array_equal(read(x), expected)
    np.testing.assert_array_equal(read.networks(x), made.networks(x))
