"""Files of others: damage gives a clear error or the same values, and nothing else."""

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from nsc.compnet import load_compnet
from nsc.compnet.checkpoint import save_compnet
from nsc.errors import InputError, StoreError
from nsc.program import parse_program
from nsc.record import SCHEMA, Record, read_dags, read_records, write_records
from nsc.report.schema import from_json
from nsc.surrogate import COVERING, Member, Surrogate, load, random_parameters
from nsc.surrogate.store import write

BOMB = "[" * 200_000
QUICK = settings(max_examples=150, deadline=None, derandomize=True)
# where, and what is written there: bytes, nothing, or the end of the file
DAMAGE = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["flip", "zero", "cut", "drop", "ff"])
    ),
    min_size=1,
    max_size=4,
)


def damaged(good: bytes, damage) -> bytes:
    data = bytearray(good)
    for where, how in damage:
        at = int(where * max(len(data) - 1, 0))
        if how == "cut":
            del data[at:]
        elif how == "drop":
            del data[at : at + 3]
        elif data:
            end = min(at + 4, len(data))
            new = {"zero": b"\0", "ff": b"\xff"}.get(how)
            data[at:end] = (
                new * (end - at)
                if new
                else bytes(b ^ 16 for b in data[at:end])
            )
    return bytes(data)


def surrogate():
    member = Member(COVERING, random_parameters(COVERING, seed=1))
    return Surrogate(
        (member,),
        np.array([-1.0]),
        np.array([2.0]),
        ("x",),
        ("y",),
        {"report": '{"rmse": 0.5}'},
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    surrogate().save(folder / "surrogate")
    write_records(folder / "shard.parquet", records())
    small = {
        "width": 2,
        "products": 1,
        "gated": 1,
        "bilinear": 1,
        "modulation": 1,
        "head": 4,
    }
    return folder, small


def records():
    text = "double f(double a, double b) { return a * b + 0.5; }\n"
    dag = parse_program(text, path="f").dag
    outputs = np.linspace(0, 1, 64, dtype=np.float32)[:, None]
    box = ((-1.0, 1.0), (0.0, 2.0))
    one = Record("f", text, "hand", 2, 1, box, 3, outputs, dag)
    return [one, Record("g", text, "hand", 2, 1, box, 3, outputs, None)]


@QUICK
@given(damage=DAMAGE)
def test_a_damaged_surrogate(files, tmp_path_factory, damage):
    folder, _ = files
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    path.write_bytes(damaged((folder / "surrogate").read_bytes(), damage))
    try:
        found = load(path)
    except StoreError:
        return
    assert np.array_equal(found.members[0].w, surrogate().members[0].w)
    assert found.report == {"rmse": 0.5}


@QUICK
@given(damage=DAMAGE)
def test_a_damaged_shard(files, tmp_path_factory, damage):
    folder, _ = files
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    path.write_bytes(damaged((folder / "shard.parquet").read_bytes(), damage))
    try:
        found = list(read_records(path))
    except StoreError:
        return
    for one, good in zip(found, records(), strict=True):
        assert (one.name, one.text, one.box) == (
            good.name,
            good.text,
            good.box,
        )
        assert np.array_equal(one.outputs, good.outputs)


@pytest.fixture(scope="module")
def checkpoint(files, tmp_path_factory):
    """A good checkpoint with tiny widths."""
    from nsc.compnet.config import ModelConfig, tensor_shapes
    from nsc.compnet.functions import FUNCTIONS

    _, small = files
    shapes = tensor_shapes(ModelConfig(**small), len(FUNCTIONS))
    arrays = {name: np.ones(shape) for name, shape in shapes.items()}
    path = tmp_path_factory.mktemp("checkpoint") / "good.safetensors"
    save_compnet(path, arrays, {"config": {"model": small}})
    return path


@QUICK
@given(damage=DAMAGE)
def test_a_damaged_checkpoint(checkpoint, damage):
    path = checkpoint.with_name("damaged.safetensors")
    path.write_bytes(damaged(checkpoint.read_bytes(), damage))
    try:
        load_compnet(path)
    except StoreError:
        pass


def test_a_good_checkpoint_loads(checkpoint):
    assert load_compnet(checkpoint).arrays["inputs"].shape[1] == 2


@QUICK
@given(
    name=st.sampled_from(
        ["functions", "metadata", "nsc_compnet", "encoder", "bert"]
    ),
    text=st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            [
                BOMB,
                "bert",
                "null",
                "[]",
                '{"config": 3}',
                '{"config": {"model": {"width": -1}}}',
                '{"config": {"model": {"width": "a"}}}',
                '{"config": {"model": {"width": 1e400}}}',
                '{"config": {"model": {"width": [2]}}}',
                '{"config": {"model": {"nothing": 1}}}',
            ]
        ),
    ),
)
def test_a_checkpoints_header_of_somebody_elses(checkpoint, name, text):
    with safe_open(checkpoint, "numpy") as file:
        header = dict(file.metadata())
        arrays = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    path = checkpoint.with_name("header.safetensors")
    save_file(arrays, path, header | {name: text})
    try:
        load_compnet(path)
    except StoreError:
        pass


@pytest.mark.parametrize(
    "changes",
    [
        {"w0": np.full(65, np.nan)},
        {"w0": np.full(65, np.inf)},
        {"lo": np.array([np.nan])},
        {"lo": np.array([3.0])},
        {"lo": np.array([2.0])},
        {"hi": np.array([np.inf])},
        {"lo": np.array([-1], np.int64)},
        {"inputs": BOMB},
        {"inputs": '"x"'},
        {"inputs": "[3]"},
        {"outputs": "{}"},
        {"topologies": BOMB},
        {"topologies": "3"},
        {"topologies": "[[3, 4]]"},
        {"topologies": '[["1-1", "sigmoid", 3]]'},
        {"topologies": f'[["9-{"9" * 5000}-1", "sigmoid"]]'},
        {"topologies": '[["9-4-4-1", ["sigmoid"]]]'},
        {"metadata": BOMB},
        {"metadata": "3"},
        {"metadata": '{"report": 3}'},
    ],
)
def test_a_surrogate_that_makes_no_sense(changes, tmp_path):
    """Anyone can seal a file with the right digest."""
    good = tmp_path / "good"
    surrogate().save(good)
    with safe_open(good, "numpy") as file:
        header = dict(file.metadata())
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    del header["sha256"], header["nsc_surrogate"]
    for name, value in changes.items():
        (tensors if name in tensors else header)[name] = value
    write(tmp_path / "bad", tensors, header)
    with pytest.raises(StoreError, match="does not describe a surrogate"):
        load(tmp_path / "bad")


@pytest.mark.parametrize("report", [BOMB, "{", "3", "[]x"])
def test_a_report_inside_that_is_none(report):
    from dataclasses import replace

    told = replace(surrogate(), metadata={"report": report})
    with pytest.raises(StoreError, match="report is damaged"):
        _ = told.report


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["schema", "domain", "test", "text_only", "notes"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@QUICK
@given(found=JSON)
def test_a_report_of_somebody_elses(found):
    with pytest.raises(ValueError, match="report"):
        from_json(found)


def good_table(tmp_path):
    write_records(tmp_path / "shard.parquet", records())
    return pq.read_table(tmp_path / "shard.parquet")


def rewritten(table, name, column, path):
    k = table.schema.get_field_index(name)
    changed = (
        table.set_column(k, pa.field(name, column.type), column)
        if column is not None
        else table.remove_column(k)
    )
    pq.write_table(changed.replace_schema_metadata(SCHEMA.metadata), path)
    return path


@pytest.mark.parametrize("name", SCHEMA.names)
def test_a_shard_with_a_column_that_is_wrong(name, tmp_path):
    table = good_table(tmp_path)
    kind = SCHEMA.field(name).type
    other = pa.string() if kind != pa.string() else pa.int64()
    wrong = [
        None,
        pa.array([None, None], other),
        pa.array(["1", "2"]) if kind != pa.string() else pa.array([1, 2]),
        pa.array([b"\xff", b"\xfe"]),
    ]
    for column in wrong:
        path = rewritten(table, name, column, tmp_path / "bad.parquet")
        with pytest.raises(StoreError, match=f"expected one column '{name}'"):
            list(read_records(path))
    missing = pa.array([None, None], kind)
    path = rewritten(table, name, missing, tmp_path / "bad.parquet")
    with pytest.raises(StoreError, match="missing|part of a DAG"):
        list(read_records(path))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("n_inputs", [-1, 2]),
        ("n_inputs", [32767, 2]),
        ("n_outputs", [0, 1]),
        ("n_outputs", [-3, 1]),
        ("n_outputs", [5, 1]),
        ("box", [[0.0], [0.0, 1.0, 0.0, 1.0]]),
        ("box", [[np.nan, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]]),
        ("box", [[None, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]]),
        ("scale", [[0.0], []]),
        ("scale", [[1.0, 1.0], []]),
        ("scale", [[np.nan], []]),
        ("flags", [[None], []]),
        ("args", [[1], None]),
        ("ops", [[1, 2], None]),
        ("roots", [[], None]),
        ("values", [None, None]),
    ],
)
def test_a_shard_with_values_that_do_not_fit(name, values, tmp_path):
    column = pa.array(values, SCHEMA.field(name).type)
    path = rewritten(
        good_table(tmp_path), name, column, tmp_path / "bad.parquet"
    )
    with pytest.raises(StoreError):
        list(read_records(path))


def test_what_is_no_shard(tmp_path):
    os.mkfifo(tmp_path / "pipe.parquet")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "folder.parquet").mkdir()
    for name in ("pipe.parquet", "folder", "none.parquet"):
        with pytest.raises(StoreError, match="there is no shard"):
            list(read_dags(tmp_path / name))


def test_what_is_no_file_to_load(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "x" * 5000, "none"):
        for read in (load, load_compnet):
            with pytest.raises(InputError, match="there is no|not a readable"):
                read(path)


def test_json_reads_back(tmp_path):
    surrogate().save(tmp_path / "s")
    assert json.dumps(load(tmp_path / "s").report) == '{"rmse": 0.5}'
