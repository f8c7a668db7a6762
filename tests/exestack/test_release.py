"""What may be published of a data set: whose texts, in which columns and files."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsc.app import main
from nsc.errors import InputError, StoreError
from nsc.exestack import release_dataset
from nsc.exestack.release.copyright_file import read_copyright
from nsc.exestack.release.licences import texts_of
from nsc.exestack.release.rows import place_of
from nsc.graph import EVALUATE, evaluate
from nsc.program import parse_program
from nsc.record import Record, shared_inputs, write_records

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 1999 A. Uthor
License: MIT

Files: src/closed/*
       src/o?d.c
Copyright: 2001 B. Uthor
License: ours-alone
 Nobody may pass this on.

Files: src/closed/but.c
Copyright: 2002 C. Uthor
License: GPL-2+
"""
TEXT = "#include <math.h>\ndouble f(double x, double y) { return sin(3 * x) * y; }"
BOX = ((-1.0, 1.0), (0.0, 4.0))


def record(name, origin, licence=""):
    dag = parse_program(TEXT).dag
    y = evaluate(dag, shared_inputs()[:, :2]).astype(np.float32)
    return Record(
        name, TEXT, origin, 2, 1, BOX, 0, y, dag, licence, "", "c", (2.0,)
    )


RECORDS = {
    "train": [
        record("synthetic-0-0-0", "synthetic"),
        record("pkg/src/a.c:3:f", "pkg", "Zlib"),  # a guess, and wrong
        record("pkg/src/own.c:3:f", "pkg", "BSD-3-Clause"),
        record("pkg/src/closed/b.c:7:f", "pkg", "MIT"),
        record("pkg/src/closed/but.c:7:f", "pkg", "MIT"),
        record("pkg/src/old.c:7:f", "pkg", "MIT"),
        record("pkg/src/closed/b.c:7:f/4:9:f", "mutated", "MIT"),
        record("pkg/src/a.c:3:f/0:1:f", "mutated", "MIT"),
        record("pkg/src/gone.c:3:f", "pkg", "MIT"),
        record("pkg/src/wrong.c:3:f", "pkg", "MIT"),
        record("mine/a.c:3:f", "mine", "MIT"),
        record("newer/a.c:3:f", "newer", "MIT"),
    ],
    "validation": [],
    "test": [record("pkg/src/a.c:9:g", "pkg", "MIT")],
}
WITHHELD = [
    "",
    "",
    "",
    "licence_not_permitted",
    "",
    "licence_not_permitted",
    "licence_not_permitted",
    "",
    "not_in_package",
    "licence_not_permitted",
    "not_from_debian",
    "no_notice",
]


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Put two packages into a cache of the test's own."""
    for name in ("pkg", "newer"):
        folder = tmp_path / "cache" / "debian" / name
        for path in "a own wrong old closed/b closed/but".split():
            file = folder / "src" / f"{path}.c"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(TEXT)
        for path, own in (("own", "BSD-3-Clause"), ("wrong", "MIT AND (X-3)")):
            file = folder / "src" / f"{path}.c"
            file.write_text(f"/* SPDX-License-Identifier: {own} */\n{TEXT}")
        note = {"name": name, "version": "1.2-3", "licence": "MIT"}
        (folder / "package.json").write_text(json.dumps(note))
        (folder / "debian").mkdir()
        (folder / "debian" / "copyright").write_text(COPYRIGHT)
    common = tmp_path / "common"
    common.mkdir()
    for name in ("GPL-2", "Apache-2.0"):
        (common / name).write_text(f"the text of {name}")
    monkeypatch.setenv("NSC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("nsc.exestack.release.rights.COMMON", common)
    monkeypatch.setattr("nsc.exestack.release.write.COMMON", common)
    return common


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "data"
    for split, records in RECORDS.items():
        (folder / split).mkdir(parents=True)
        if records:
            write_records(folder / split / "shard-00000.parquet", records)
    manifest = {
        "records": 13,
        "splits": {split: len(r) for split, r in RECORDS.items()},
        "clusters": 1,
        "drops": {"constant": 3},
        "sources": ["debian:pkg,newer", "tree:mine"],
        "packages": {"pkg": "1.2-3", "newer": "1.3-1"},
        "profile": "wide",
        "seed": 0,
        "versions": {"nsc": "0.1.0"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def released(dataset, out):
    counts = release_dataset(dataset, out, lambda counts: {"README.md": "."})
    rows = {
        split: pq.read_table(path).to_pylist()
        for split in ("train", "test")
        for path in (out / "data").glob(f"{split}-*.parquet")
    }
    return counts, rows


def test_texts_are_given_where_their_files_licence_permits(
    packages, dataset, tmp_path
):
    counts, rows = released(dataset, tmp_path / "out")
    train = rows["train"]
    assert [row["text_withheld"] for row in train] == WITHHELD
    for row in train:
        is_given = not row["text_withheld"]
        assert row["text"] == (TEXT if is_given else None)
        assert (row["dag_ops"] is not None) == is_given
        # what is withheld can be built again and compared
        assert row["text_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    stated = [(row["licence"], row["licence_stated_in"]) for row in train]
    assert stated[:5] == [
        ("Apache-2.0", "generator"),
        ("MIT", "debian/copyright"),
        ("BSD-3-Clause", "file"),
        ("ours-alone", "debian/copyright"),
        ("GPL-2+", "debian/copyright"),
    ]
    mutant = train[7]
    place = [mutant[k] for k in ("package", "package_version", "file", "line")]
    assert place == ["pkg", "1.2-3", "src/a.c", 3]
    assert mutant["origin"] == "mutated" and train[1]["origin"] == "real"
    assert counts["files"] == {"train": 1, "validation": 0, "test": 1}
    assert counts["texts"]["mutated"] == {"": 1, "licence_not_permitted": 1}
    assert set(counts["reasons"]) == set(WITHHELD) - {""}


def test_notices_and_licences_go_along(packages, dataset, tmp_path):
    out = tmp_path / "out"
    released(dataset, out)
    assert (out / "notices" / "pkg.txt").read_text() == COPYRIGHT
    assert [p.name for p in (out / "notices").iterdir()] == ["pkg.txt"]
    assert (out / "licences" / "GPL-2.txt").read_text() == "the text of GPL-2"
    (packages / "GPL-2").unlink()
    counts, rows = released(dataset, out)
    assert rows["train"][4]["text_withheld"] == "no_licence_text"
    assert counts["licence_texts"] == ["Apache-2.0"]


def test_rows_say_all_that_outputs_are_made_of(packages, dataset, tmp_path):
    out = tmp_path / "out"
    _, rows = released(dataset, out)
    (row,) = rows["test"]
    inputs = pq.read_table(out / "inputs" / "shared-00000-of-00001.parquet")
    u = np.array(inputs["u"].to_pylist())
    np.testing.assert_array_equal(u, shared_inputs())
    assert inputs["input_seed"].unique().to_pylist() == [row["input_seed"]]
    assert (row["box_low"], row["box_high"]) == ([-1.0, 0.0], [1.0, 4.0])
    nodes = []
    args = np.reshape(row["dag_args"], (-1, 3))
    for op, value, children in zip(
        row["dag_ops"], row["dag_values"], args, strict=True
    ):
        if op == "IN":
            nodes.append(u[:, int(value)])
        elif op == "LIT":
            nodes.append(np.full(len(u), value))
        else:
            given = [nodes[k] for k in children if k >= 0]
            nodes.append(EVALUATE[op](*given))
    y = np.stack([nodes[k] for k in row["dag_roots"]], axis=1)
    outputs = np.reshape(row["outputs"], (len(u), row["n_outputs"]))
    np.testing.assert_allclose(outputs, y, rtol=1e-6)
    assert row["scale"] == [2.0]


def test_shards_are_numbered_and_leave_no_row_out(
    packages, dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr("nsc.exestack.release.write.SHARD_ROWS", 6)
    monkeypatch.setattr("nsc.exestack.release.write.BATCH_ROWS", 3)
    (dataset / "train" / "shard-00000.parquet").unlink()
    records = [*RECORDS["train"], record("synthetic-0-0-1", "synthetic")]
    for k in (0, 1):
        part = records[7 * k : 7 * k + 7]
        write_records(dataset / "train" / f"shard-{k:05d}.parquet", part)
    release_dataset(dataset, tmp_path / "out", lambda counts: {})
    paths = sorted((tmp_path / "out" / "data").glob("train-*"))
    assert [path.name for path in paths] == [
        f"train-{k:05d}-of-00003.parquet" for k in range(3)
    ]
    tables = [pq.read_table(path) for path in paths]
    names = pa.concat_tables(tables)["name"].to_pylist()
    assert names == [r.name for r in records]


def test_what_is_no_release_is_not_replaced(packages, dataset, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.md").write_text("years of work")
    with pytest.raises(InputError, match="name a new folder"):
        release_dataset(dataset, out, lambda counts: {})
    assert [path.name for path in out.iterdir()] == ["thesis.md"]


def test_outputs_on_other_inputs_are_refused(packages, dataset, tmp_path):
    short = RECORDS["test"][0]
    short = replace(short, outputs=short.outputs[:100])
    write_records(dataset / "test" / "shard-00000.parquet", [short])
    with pytest.raises(StoreError, match="outputs on 100 inputs"):
        release_dataset(dataset, tmp_path / "out", lambda counts: {})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("licence", "texts"),
    [
        ("MIT", ()),
        ("GPL-2+", ("GPL-2",)),
        ("GPL-2.0-or-later", ("GPL-2",)),
        ("LGPL-2.1-only", ("LGPL-2.1",)),
        ("GPL-3+ and Expat", ("GPL-3",)),
        ("(MIT OR Apache-2.0)", ("Apache-2.0",)),
        ("GPL-2+ with Autoconf-exception", ("GPL-2",)),
        ("", None),
        ("GPL-4", None),
        ("GPL-2.1", None),
        ("MIT or CC-BY-NC-4.0", None),
        ("MIT-like", None),
        ("GPL-2 with restrictions", None),
        ("BSD", None),
        ("permissive", None),
    ],
)
def test_licences_permit_by_name(licence, texts):
    assert texts_of(licence) == texts


def test_copyright_files_of_another_kind_state_one_licence_or_none():
    assert read_copyright("By me.\nLicense: GPL\n").licence_of("a.c") == "GPL"
    two = "License: GPL-2\nPortions License: LGPL\n"
    assert read_copyright(two).licence_of("a.c") == ""
    assert read_copyright("").licence_of("a.c") == ""


def test_names_that_tell_no_place():
    assert place_of(record("odd", "mutated")).package == ""
    assert place_of(record("odd", "pkg")).path == ""
    stack = place_of(record("owner/repo/src/a.c:3:f", "owner/repo"))
    assert (stack.package, stack.path) == ("owner/repo", "src/a.c")


def test_the_verb_writes_a_card_that_names_its_files(
    packages, dataset, tmp_path, capsys
):
    out = tmp_path / "out"
    assert main(["data", "release", str(dataset), "-o", str(out)]) == 0
    assert "13 programs" in capsys.readouterr().out
    card = (out / "README.md").read_text()
    front = card.split("---\n")[1]
    globs = [
        line.split(": ")[1]
        for line in front.splitlines()
        if line.strip().startswith("path:")
    ]
    assert globs == [
        "data/train-*.parquet",
        "data/test-*.parquet",
        "inputs/shared-*.parquet",
    ]
    assert all(list(out.glob(pattern)) for pattern in globs)
    assert "n<1K" in front
    columns = pq.read_schema(
        out / "data" / "test-00000-of-00001.parquet"
    ).names
    for column in columns:
        assert column in card
    assert "| real | no_notice | 1 |" in card
    assert "notices/pkg.txt" in (out / "LICENSE.md").read_text()
    recipe = card.split("```python\n")[2].split("```")[0]
    path = out / "data" / "train-00000-of-00001.parquet"
    names = {"programs": pq.read_table(path).to_pylist()}
    exec(recipe.replace("BUILT", str(dataset)), names)
    assert names["whole"] == [TEXT] * 12
    before = path.read_bytes()
    # its own release is replaced
    again = ["data", "release", str(dataset), "-o", str(out), "--json"]
    assert main(again) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 13
    assert path.read_bytes() == before


LOAD = """
import sys
from datasets import load_dataset
out = sys.argv[1]
programs = load_dataset(out)
assert {s: d.num_rows for s, d in programs.items()} == {"train": 12, "test": 1}
code = open(out + "/README.md").read().split("```python")[1].split("```")[0]
names = {}
exec(code.replace("DIR", out), names)
assert names["x"].shape == (2048, 2) and names["y"].shape == (2048, 1)
"""


@pytest.mark.needs("datasets")
def test_the_datasets_library_loads_it_offline(
    packages, dataset, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    assert main(["data", "release", str(dataset), "-o", str(out)]) == 0
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    subprocess.run([sys.executable, "-c", LOAD, str(out)], check=True)
