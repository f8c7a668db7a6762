"""Twins, clusters and splits: nothing that is held out has a twin in training."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.errors import InputError
from nsc.exestack import leaks
from nsc.exestack.dataset.hold_out import (
    BENCHMARK,
    HELD_OUT,
    held_out_names,
    held_out_texts,
)
from nsc.exestack.dataset.info import dataset_info
from nsc.exestack.dataset.read_ahead import read_ahead
from nsc.exestack.dataset.split import SPLITS, Splits, own_split, stricter
from nsc.exestack.dataset.twins import (
    MIN_SHINGLES,
    SHINGLE,
    Clusters,
    place,
    semantic_keys,
    shingles,
    text_key,
)
from nsc.record import Record, shared_inputs, write_records

X = shared_inputs()
LONG = " ".join(f"v = v * {k} + p0 ;" for k in range(40))


def record(name="f", y=None, *, origin="pkg", n=2, text="", flags=()):
    if y is None:
        y = np.sin(3 * X[:, :1]) * X[:, 1:2]
    outputs = np.asarray(y, np.float32).reshape(2048, -1)
    box = ((-1.0, 1.0),) * n
    return Record(
        name,
        name,
        origin,
        n,
        1,
        box,
        0,
        outputs,
        None,
        normalised=text,
        flags=flags,
    )


def wave(k):
    return np.sin((1 + k / 7) * X[:, :1] + k) * X[:, 1:2]


def drawn(split, start=0, **options):
    """Make a record of its own that its outputs alone put into a split."""
    for k in range(start, start + 500):
        made = record(f"f{k}", wave(k), **options)
        if own_split(made) == split:
            return made
    raise AssertionError("no record of this split")


# one record


def test_the_stricter_split():
    assert stricter("train", "test") == stricter("test", "train") == "test"
    assert stricter("train", "validation") == "validation"
    assert stricter("validation", "test") == "test"


@pytest.mark.parametrize("package", HELD_OUT)
def test_a_held_out_package_is_test(package):
    assert own_split(record(origin=f"{package}-1.0")) == "test"


def test_a_draw_is_uniform_and_knows_only_outputs_and_arity():
    places = [place(record(y=wave(k))) for k in range(400)]
    assert 0 <= min(places) < max(places) < 1
    assert abs(np.mean(places) - 0.5) < 0.06
    same = record("other", origin="elsewhere", text="another text")
    assert place(record()) == place(same) != place(record(n=3))


def test_shares_of_the_splits():
    found = [own_split(record(y=wave(k))) for k in range(600)]
    shares = [found.count(split) / 600 for split in SPLITS]
    assert abs(shares[0] - 0.8) < 0.06 and abs(shares[2] - 0.1) < 0.05


def test_what_is_held_out_has_names_in_the_list():
    names = held_out_names()
    assert len(names) > 100
    texts = dict(held_out_texts())
    assert all(name.startswith(BENCHMARK) for name in texts)
    assert "parrot:sobel" in " ".join(texts) and all(texts.values())


# twins


def test_texts_are_cut_into_runs_of_five():
    tokens = [f"t{k}" for k in range(MIN_SHINGLES + SHINGLE - 1)]
    found = shingles(" ".join(tokens))
    assert len(found) == MIN_SHINGLES and b"t0 t1 t2 t3 t4" in found
    assert shingles(" ".join(tokens[:-1])) == set()
    assert shingles("") == set()


def test_a_text_is_named_by_its_content():
    one = record("a", text="double f0 ( )")
    assert text_key(one) == text_key(
        record("b", wave(1), text="double f0 ( )")
    )
    assert text_key(one) != text_key(record("a", text="double f1 ( )"))


@given(st.floats(min_value=-3e-7, max_value=3e-7))
@settings(max_examples=30, deadline=None)
def test_twins_survive_rounding(relative):
    y = np.float32(wave(3))
    changed = y * np.float32(1 + relative)
    assert set(semantic_keys(record(y=y))) & set(
        semantic_keys(record(y=changed))
    )


def test_clusters_are_transitive():
    clusters = Clusters()
    for a, b in (("a", "b"), ("c", "d"), ("b", "c")):
        clusters.join(a, b)
    roots = {clusters.root(name) for name in "abcd"}
    assert roots == {"a"} and clusters.root("e") == "e"


@given(st.lists(st.tuples(*[st.integers(0, 12)] * 2), max_size=20))
@settings(max_examples=40, deadline=None)
def test_the_order_of_joins_does_not_change_clusters(pairs):
    def partition(joins):
        clusters = Clusters()
        for a, b in joins:
            clusters.join(f"{a:02d}", f"{b:02d}")
        return {name: clusters.root(f"{name:02d}") for name in range(13)}

    assert partition(pairs) == partition(pairs[::-1])


def test_near_texts_are_found_and_far_ones_are_not():
    clusters = Clusters()
    clusters.add_text("one", LONG)
    assert clusters.near_names(LONG + " return v ;") == ["one"]
    other = " ".join(f"w = {k} - w / q ;" for k in range(40))
    assert clusters.near_names(other) == []
    assert clusters.near_names("too short") == []


def test_find_names_every_cluster_that_a_record_is_a_twin_of():
    clusters = Clusters()
    by_output = clusters.add(record(y=wave(1)))
    by_text = clusters.add(record(y=wave(2), text=LONG))
    twin = record(y=wave(1), text=LONG)
    found = clusters.find(semantic_keys(twin), twin.normalised)
    assert found == sorted({clusters.root(by_output), clusters.root(by_text)})


# clusters and splits


def splits_of(tmp_path, *records):
    path = tmp_path / "work.parquet"
    write_records(path, list(records))
    return Splits([path])


def test_a_cluster_is_in_its_strictest_programs_split(tmp_path):
    training = drawn("train", text=LONG)
    held = drawn("test", 100, text=LONG + " return v ;")
    splits = splits_of(tmp_path, training, held)
    assert splits.of(training) == splits.of(held)
    assert splits.of(training)[0] == "test"
    assert splits.count == 1


def test_programs_without_twins_keep_their_own_split(tmp_path):
    records = [drawn(split) for split in SPLITS]
    splits = splits_of(tmp_path, *records)
    assert [splits.of(r)[0] for r in records] == list(SPLITS)
    assert splits.count == 3


@pytest.mark.parametrize("origin", ["synthetic", "mutated"])
def test_a_generated_twin_of_what_is_held_out_is_dropped(tmp_path, origin):
    held = drawn("test", text=LONG)
    training = drawn("train")
    splits = splits_of(tmp_path, held, training)
    by_output = record("g", held.outputs, origin=origin)
    by_text = record("h", wave(999), origin=origin, text=LONG)
    assert splits.of(by_output) == splits.of(by_text) == (None, "")
    split, cluster = splits.of(record("i", training.outputs, origin=origin))
    assert (split, cluster) == ("train", splits.of(training)[1])
    assert splits.of(record("j", wave(998), origin=origin))[0] == "train"


def test_generated_programs_make_no_cluster(tmp_path):
    assert splits_of(tmp_path, record(origin="synthetic")).count == 0


def test_a_near_copy_of_the_benchmark_is_test(tmp_path):
    texts = [text for _, text in held_out_texts() if shingles(text)]
    copied = drawn("train", text=texts[0])
    assert splits_of(tmp_path, copied).of(copied)[0] == "test"


def test_records_are_read_in_order(tmp_path):
    paths = []
    for k in range(5):
        paths.append(tmp_path / f"{k}.parquet")
        write_records(paths[-1], [record(f"{k}-{j}") for j in range(k)])
    names = [r.name for r in read_ahead(paths)]
    assert names == [f"{k}-{j}" for k in range(5) for j in range(k)]
    assert list(read_ahead([])) == []


# leaks


def data_set(folder, **splits):
    for split in SPLITS:
        (folder / split).mkdir(parents=True)
        write_records(
            folder / split / "shard-00000.parquet", splits.get(split, [])
        )
    return folder


def test_every_kind_of_leak_is_found(tmp_path):
    held = record("held", wave(1), text=LONG)
    copy = record("copy", wave(2), text=LONG)
    near = record("near", wave(3), text=LONG + " return v ;")
    twin = record("twin", wave(1), text="double f0 ( )")
    apart = record("apart", wave(4), text="double f1 ( )")
    folder = data_set(tmp_path, test=[held], train=[copy, near, twin, apart])
    assert list(leaks(folder)) == [
        ("copy", "train", "test"),
        ("near", "train", "test"),
        ("twin", "train", "test"),
    ]


def test_twins_in_one_split_are_no_leak(tmp_path):
    folder = data_set(tmp_path, test=[record("a"), record("b")], train=[])
    assert list(leaks(folder)) == []


def test_records_without_a_text_are_told_apart_by_their_names(tmp_path):
    same = [record("a", wave(1))], [record("a", wave(2))]
    folder = data_set(tmp_path, validation=same[0], train=same[1])
    assert list(leaks(folder)) == [("a", "train", "validation")]


def test_leaks_of_a_folder_that_is_no_data_set(tmp_path):
    with pytest.raises(
        InputError, match="expected the folders train, validation, test"
    ):
        list(leaks(tmp_path))


# counts


def test_info_counts_what_is_there(tmp_path):
    folder = data_set(
        tmp_path,
        train=[
            record("a", origin="p", text="a b c"),
            record("b", origin="q", n=1, flags=("constant", "rescaled")),
        ],
        test=[record("c", origin="p", text="a b c d e")],
    )
    (folder / "manifest.json").write_text(
        '{"records": 3, "splits": {"train": 2}}'
    )
    found = dataset_info(folder)
    assert found["records"] == 3 and found["splits"] == {"train": 2}
    assert found["origins"] == {"p": 2, "q": 1}
    assert found["inputs"] == {"1": 1, "2": 2} and found["outputs"] == {"1": 3}
    assert found["flags"] == {"none": 2, "constant": 1, "rescaled": 1}
    assert found["licences"] == {"unknown": 3} and found["without_dag"] == 3
    assert found["tokens"]["0"] == 3 and found["tokens"]["1"] == 5
    assert found["tokens"]["0.5"] == 4 and found["dag_nodes"] == {}


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, "is no data set: it has no readable manifest.json"),
        ("{", "is no data set: it has no readable manifest.json"),
        ('{"records": 3}', "has no splits; nsc data info describes"),
    ],
)
def test_info_of_a_folder_that_is_no_data_set(tmp_path, manifest, message):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match=message):
        dataset_info(tmp_path)


def test_names_of_what_is_computed_do_not_change():
    """Held-out names lie in a file: another naming would let all of them train."""
    y = (np.arange(2048, dtype=np.float32) % 97 / 97 - 0.5).reshape(-1, 1)
    digest = hashlib.sha256(
        " ".join(semantic_keys(record(y=y))).encode()
    ).hexdigest()
    assert digest[:16] == "8646ed9f0bdb4a5e"
