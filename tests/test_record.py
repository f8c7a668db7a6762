"""Records and their shards."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsc.errors import StoreError
from nsc.graph import OP_INDEX
from nsc.program import parse_program
from nsc.record import (
    MAX_INPUTS,
    SAMPLES,
    SCHEMA,
    Record,
    names_of,
    read_dags,
    read_fingerprints,
    read_origins,
    read_records,
    shared_inputs,
    write_records,
)

TEXT = "double f(double a, double b) { return a * b + 0.5; }\n"


def record(name="f", *, dag=True, n_outputs=1) -> Record:
    made = parse_program(TEXT, path=name).dag if dag else None
    outputs = (
        np.arange(6 * n_outputs, dtype=np.float32).reshape(6, n_outputs) / 7
    )
    return Record(
        name,
        TEXT,
        "hand",
        2,
        n_outputs,
        ((-1.0, 1.0), (0.1, 1e-300)),
        3,
        outputs,
        made,
    )


def assert_same(a: Record, b: Record) -> None:
    for name in (
        "name",
        "text",
        "origin",
        "n_inputs",
        "n_outputs",
        "box",
        "input_seed",
    ):
        assert getattr(a, name) == getattr(b, name)
        assert type(getattr(a, name)) is type(getattr(b, name))
    assert a.outputs.dtype == b.outputs.dtype == np.float32
    np.testing.assert_array_equal(a.outputs, b.outputs)
    assert (a.dag is None) == (b.dag is None)
    for name in ("ops", "args", "values", "roots") if a.dag else ():
        left, right = getattr(a.dag, name), getattr(b.dag, name)
        assert left.dtype == right.dtype and left.shape == right.shape
        np.testing.assert_array_equal(left, right)
    assert a.dag is None or a.dag.n_inputs == b.dag.n_inputs


def test_shards_return_what_was_written(tmp_path):
    written = [
        record("a"),
        record("b", dag=False),
        record("c", n_outputs=3),
        record("d é"),
    ]
    write_records(tmp_path / "new" / "s.parquet", written)
    for a, b in zip(
        written, read_records(tmp_path / "new" / "s.parquet"), strict=True
    ):
        assert_same(a, b)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["s.parquet"]


def test_a_dag_that_cuts_a_loop_off_says_so_after_reading(tmp_path):
    made = replace(record(), flags=("bounded_dag",))
    write_records(tmp_path / "s.parquet", [made, record()])
    assert [r.dag.bounded for r in read_records(tmp_path / "s.parquet")] == [
        True,
        False,
    ]


def test_outputs_that_are_not_finite_are_kept(tmp_path):
    odd = record()
    odd.outputs[:3, 0] = np.nan, np.inf, -np.inf
    write_records(tmp_path / "s.parquet", [odd])
    assert_same(odd, next(read_records(tmp_path / "s.parquet")))


def test_a_folder_is_read_in_name_order(tmp_path):
    for name in ("s-00002", "s-00000", "s-00001"):
        write_records(
            tmp_path / f"{name}.parquet", [record(name), record(name + "+")]
        )
    names = [r.name for r in read_records(tmp_path)]
    assert names == [
        "s-00000",
        "s-00000+",
        "s-00001",
        "s-00001+",
        "s-00002",
        "s-00002+",
    ]
    assert (
        list(read_records(tmp_path / "s-00000.parquet"))[1].name == "s-00000+"
    )


def test_an_empty_shard_is_a_shard(tmp_path):
    write_records(tmp_path / "s.parquet", [])
    assert list(read_records(tmp_path)) == []


def test_a_shard_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "s.parquet"
    write_records(path, [record("old")])
    broken = record("new")
    object.__setattr__(broken, "n_inputs", "two")
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError)):
        write_records(path, [broken])
    assert [r.name for r in read_records(path)] == ["old"]


@pytest.mark.parametrize("content", [b"", b"PAR1 no parquet PAR1", b"text\n"])
def test_a_file_that_is_no_shard_is_refused(tmp_path, content):
    (tmp_path / "s.parquet").write_bytes(content)
    with pytest.raises(
        StoreError, match="s.parquet is not a readable parquet file"
    ):
        list(read_records(tmp_path))


def test_half_a_shard_is_refused(tmp_path):
    path = tmp_path / "s.parquet"
    write_records(path, [record(str(k)) for k in range(50)])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StoreError, match="not a readable parquet file"):
        list(read_records(path))


def test_a_missing_shard_is_refused(tmp_path):
    with pytest.raises(StoreError, match="none.parquet"):
        list(read_records(tmp_path / "none.parquet"))


@pytest.mark.parametrize(
    ("metadata", "found"), [(None, r"\?"), ({b"nsc_record": b"99"}, "99")]
)
def test_another_version_is_refused(tmp_path, metadata, found):
    empty = pa.Table.from_pylist([], schema=SCHEMA.with_metadata(metadata))
    pq.write_table(empty, tmp_path / "s.parquet")
    with pytest.raises(
        StoreError, match=f"record version {found}; this nsc reads"
    ):
        list(read_records(tmp_path))


def test_shared_inputs_are_the_same_for_every_reader():
    x = shared_inputs()
    assert (
        x.shape == (SAMPLES, MAX_INPUTS)
        and -1 <= x.min() < -0.999
        and 0.999 < x.max() <= 1
    )
    np.testing.assert_array_equal(x, shared_inputs())
    np.testing.assert_array_equal(shared_inputs(n=100), x[:100])
    # data sets written elsewhere count on these bits
    assert x[0, 0] == 0.2739233746429086
    assert not np.array_equal(x, shared_inputs(1))


@pytest.mark.parametrize(
    "change",
    [{"args": 7}, {"args": -2}, {"ops": 99}, {"roots": 50}, {"values": 8.0}],
)
def test_a_dag_that_is_none_is_refused(change, tmp_path):
    whole = record()
    ((name, value),) = change.items()
    array = getattr(whole.dag, name).copy()
    array.reshape(-1)[
        int(np.argmax(whole.dag.ops == OP_INDEX["IN"]))
        if name == "values"
        else -1
    ] = value
    write_records(
        tmp_path / "s.parquet",
        [replace(whole, dag=replace(whole.dag, **{name: array}))],
    )
    with pytest.raises(StoreError, match="no operations on earlier nodes"):
        list(read_records(tmp_path / "s.parquet"))


def test_everything_a_record_says_comes_back(tmp_path):
    full = replace(
        record("full", n_outputs=2),
        licence="MIT",
        normalised="f(a,b)",
        cluster="c7",
        scale=(4.0, 0.5),
        flags=("rescaled", "near_constant"),
    )
    write_records(tmp_path / "s.parquet", [full, record()])
    found, plain = read_records(tmp_path)
    assert_same(full, found)
    for name in ("licence", "normalised", "cluster", "scale", "flags"):
        assert getattr(found, name) == getattr(full, name)
    assert (plain.licence, plain.scale, plain.flags) == ("", (), ())
    np.testing.assert_array_equal(
        found.raw_outputs, found.outputs.astype(np.float64) * [4.0, 0.5]
    )
    np.testing.assert_array_equal(plain.raw_outputs, plain.outputs)
    assert plain.raw_outputs.dtype == np.float64


def test_parts_of_a_shard_are_read_by_themselves(tmp_path):
    other = replace(record("b"), origin="elsewhere")
    without = replace(record("c", dag=False), origin="third")
    write_records(tmp_path / "1.parquet", [record("a"), other])
    write_records(tmp_path / "2.parquet", [without])
    assert read_origins(tmp_path) == {"hand", "elsewhere", "third"}
    assert [origin for origin, _ in read_dags(tmp_path)] == [
        "hand",
        "elsewhere",
    ]
    (fingerprint,) = read_fingerprints(tmp_path)
    assert fingerprint == record().dag.fingerprint
    assert read_fingerprints(tmp_path / "2.parquet") == set()


@pytest.mark.parametrize("read", [read_origins, read_fingerprints, read_dags])
def test_parts_of_what_is_no_shard_are_refused(tmp_path, read):
    path = tmp_path / "s.parquet"
    empty = pa.Table.from_pylist(
        [], schema=SCHEMA.with_metadata({b"nsc_record": b"1"})
    )
    pq.write_table(empty, path)
    with pytest.raises(
        StoreError, match="record version 1; this nsc reads version 3"
    ):
        list(read(path))


def test_a_dag_of_another_record_is_refused_with_all_of_its_shard(tmp_path):
    whole = record()
    cut = replace(whole.dag, args=whole.dag.args[:-1])
    write_records(tmp_path / "s.parquet", [whole, replace(whole, dag=cut)])
    for read in (read_records, read_dags, read_fingerprints):
        with pytest.raises(StoreError, match="no operations on earlier nodes"):
            list(read(tmp_path / "s.parquet"))


def outputs_like(f, n: int = SAMPLES) -> np.ndarray:
    return f(shared_inputs(n=n)[:, 0])[:, None]


def test_outputs_that_differ_by_rounding_share_a_name():
    generator = np.random.default_rng(4)
    exact = outputs_like(np.sin)
    for _ in range(50):
        near = exact * (1 + generator.uniform(-1e-7, 1e-7, exact.shape))
        assert set(names_of(exact)) & set(names_of(near))


@pytest.mark.parametrize(
    "other",
    [
        outputs_like(np.cos),
        outputs_like(np.sin) * 1.1,
        -outputs_like(np.sin),
        np.c_[outputs_like(np.sin), outputs_like(np.sin)],
    ],
)
def test_outputs_that_differ_share_no_name(other):
    assert not set(names_of(outputs_like(np.sin))) & set(names_of(other))


def test_programs_of_different_arity_share_no_name():
    y = outputs_like(np.sin)
    assert not set(names_of(y, 1)) & set(names_of(y, 2))
    assert names_of(y, 1) == names_of(y.copy(), 1)


def test_the_shared_inputs_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        shared_inputs()[0, 0] = 0.0
