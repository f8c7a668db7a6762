"""From source trees to records: sources, filters, drops by reason, twins, splits, resume, workers."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsc.cli import main
from nsc.errors import InputError
from nsc.exestack import build_dataset, leaks
from nsc.exestack.gather import _split_of, semantic_keys
from nsc.exestack.source import read_source_texts
from nsc.exestack.text import SourceText
from nsc.record import Record, read_records, shared_inputs

MATHS = """#include <math.h>
#include "constants.h"
static double sq(double v) { return v * v; }
double bump(double x, double y) { return exp(-sq(x) - sq(y)) * HALF; }
/* the same with other words */
double hill(double a, double b) { double r = a * a + b * b; return HALF * exp(-r); }
float halve(float v) { return v / 2; }
double logged(double x) { printf("%g", x); return x; }
double far(double x) { return 100 * x; }
double root(double x) { return sqrt(x); }
int count(int n) { return n; }
void polar(double r, double t, double *x, double *y) { *x = r * cos(t); *y = r * sin(t); }
double forever(double x) { while (x < 2) x = x * 0.5; return x; }
double crash(double x) { volatile int z = 0; return x + 7 / z; }
"""


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    for package in ("alpha", "newlib-3.3"):
        (root / package / "src").mkdir(parents=True)
    (root / "alpha" / "src" / "maths.c").write_text(MATHS)
    (root / "alpha" / "constants.h").write_text(
        '#define HALF 0.5\n#include "/etc/hostname"\n#include "../newlib-3.3/src/k.h"\n'
    )
    (root / "newlib-3.3" / "src" / "k.h").write_text("static inline double twin(double p) { return p / 2.0; }\n")
    (root / "alpha" / "blob.c").write_bytes(b"int x;\0")
    (root / "alpha" / "long.c").write_text("int x[] = {" + "1," * 20_000 + "};\n")
    (root / "alpha" / "link.c").symlink_to(tmp_path / "outside.c")
    (root / "alpha" / "loop").symlink_to(root)
    (tmp_path / "outside.c").write_text("double outside(double x) { return x; }")
    return root


def digests(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.glob("t*/*.parquet"))
    }


def built(sources, out, **options):
    manifest = build_dataset(sources, out, **options)
    records = {split: list(read_records(out / split)) for split in ("train", "validation", "test")}
    return manifest, records


def test_a_tree_becomes_records(tree, tmp_path):
    manifest, records = built([f"tree:{tree}"], tmp_path / "out")
    everything = [r for rs in records.values() for r in rs]
    names = {r.name.rsplit(":", 1)[1] for r in everything}
    assert names == {"sq", "bump", "hill", "halve", "twin"}
    assert manifest["records"] == 5 == sum(manifest["splits"].values())
    drops = manifest["drops"]
    assert drops["front_end:uses_io"] == drops["too_large_output"] == drops["not_finite"] == drops["not_float"] == 1
    assert drops["not_scalar"] == drops["out_of_fuel"] == drops["division_by_zero"] == 1
    assert drops["source:binary"] == drops["source:endless_line"] == drops["source:not_a_file"] == 1
    bump = next(r for r in everything if r.name.endswith(":bump"))
    x = shared_inputs()
    np.testing.assert_allclose(bump.outputs[:, 0], np.exp(-(x[:, 0] ** 2) - x[:, 1] ** 2) / 2, rtol=1e-6)
    assert bump.origin == "alpha" and "#define HALF 0.5" in bump.text and bump.dag is not None
    assert bump.name == "alpha/src/maths.c:4:bump"
    cluster = {r.name.rsplit(":", 1)[1]: r.cluster for r in everything}
    assert cluster["bump"] == cluster["hill"] and cluster["halve"] == cluster["twin"] != cluster["sq"]
    held = {r.name.rsplit(":", 1)[1] for r in records["test"]}
    assert {"twin", "halve"} <= held  # newlib is never trained on, nor is what computes the same
    assert list(leaks(tmp_path / "out")) == []


def test_the_wide_profile_keeps_desugared_programs(tree, tmp_path):
    _, records = built([f"tree:{tree}"], tmp_path / "out", profile="wide")
    found = {r.name.rsplit(":", 1)[1]: r for rs in records.values() for r in rs}
    assert {"polar", "far"} <= set(found) and found["polar"].n_outputs == 2
    assert np.abs(found["far"].outputs).max() > 90


def test_archives_are_read_without_unpacking(tmp_path):
    root = tmp_path / "tree"
    (root / "pkg").mkdir(parents=True)
    (tmp_path / "f.c").write_text("double f(double x) { return x + 1; }")
    with tarfile.open(root / "pkg" / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "f.c", "../../evil/f.c")
    with zipfile.ZipFile(root / "pkg" / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("g.c", "double g(double x) { return x * 3; }")
        archive.writestr("bomb.c", " " * 30_000_000)
    (root / "pkg" / "c.tar").write_bytes(b"no archive at all")
    found = list(read_source_texts(f"tree:{root}"))
    assert [f.path for f in found if isinstance(f, SourceText)] == ["a.tar.gz:../../evil/f.c", "b.zip:g.c"]
    assert sorted(f.reason for f in found if not isinstance(f, SourceText)) == ["broken_archive", "too_large"]
    assert not (tmp_path / "evil").exists()


def test_both_layouts_of_the_stack(tmp_path):
    text = "double f(double x) { return x + 1; }"
    flat = {"hexsha": ["a", "b"], "content": [text, "print()"], "lang": ["C", "Python"], "ext": ["c", "py"],
            "max_stars_repo_name": ["me/it", "me/it"], "max_stars_repo_path": ["src/f.c", "x.py"],
            "max_stars_repo_licenses": [["MIT"], ["MIT"]]}  # fmt: skip
    pq.write_table(pa.table(flat), tmp_path / "flat.parquet")
    nested = {"repo_name": ["me/it"], "files": [[{"path": "f.c", "content": text, "language": "C", "detected_licenses": ["MIT"]},
                                                {"path": "g.c", "content": None, "language": "C", "detected_licenses": []}]]}  # fmt: skip
    pq.write_table(pa.table(nested), tmp_path / "nested.parquet")
    one = list(read_source_texts(f"stack:{tmp_path}/flat.parquet"))
    two = list(read_source_texts(f"stack:{tmp_path}/nested.parquet"))
    assert [(f.origin, f.path, f.licence, f.text) for f in one] == [("me/it", "src/f.c", "MIT", text)]
    assert (two[0].origin, two[0].licence, two[0].text) == ("me/it", "MIT", text) and two[1].reason == "no_content"
    manifest, records = built([f"stack:{tmp_path}/flat.parquet", f"stack:{tmp_path}/nested.parquet"], tmp_path / "out")
    assert manifest["records"] == 1 and manifest["drops"]["copy"] == 1
    pq.write_table(pa.table({"x": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="has neither The Stack's column"):
        list(read_source_texts(f"stack:{tmp_path}/other.parquet"))


@pytest.fixture
def many(tmp_path):
    root = tmp_path / "many"
    for k in range(200):
        folder = root / f"pkg{k % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{k}.c").write_text(
            f"double f{k}(double x, double y) {{ return x * {k / 100} + y * y; }}\ndouble bad{k}(void *p);\n"
        )
    return root


def test_workers_and_kills_do_not_change_the_bits(many, tmp_path):
    build_dataset([f"tree:{many}"], tmp_path / "one", workers=1)
    build_dataset([f"tree:{many}"], tmp_path / "two", workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two") != {}
    command = [
        sys.executable,
        "-m",
        "nsc",
        "data",
        "build",
        f"tree:{many}",
        "-o",
        str(tmp_path / "killed"),
        "--workers",
        "1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while not list((tmp_path / "killed" / "slices").glob("*.json")) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    manifest = build_dataset([f"tree:{many}"], tmp_path / "killed", workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "killed")
    assert manifest["records"] == 200
    assert build_dataset([f"tree:{many}"], tmp_path / "killed")["programs_per_s"] == 0  # nothing was left to run
    (many / "pkg3" / "f3.c").write_text("double changed(double x) { return x * x * x; }")
    build_dataset([f"tree:{many}"], tmp_path / "killed")
    names = {
        r.name.rsplit(":", 1)[1]
        for split in ("train", "validation", "test")
        for r in read_records(tmp_path / "killed" / split)
    }
    assert "changed" in names and "f3" not in names and len(names) == 200
    with pytest.raises(InputError, match="holds another build"):
        build_dataset([f"tree:{many}"], tmp_path / "killed", profile="wide")


def test_splits_stay_when_data_is_added(many, tmp_path):
    def splits(out):
        return {r.name: split for split in ("train", "validation", "test") for r in read_records(out / split)}

    build_dataset([f"tree:{many}"], tmp_path / "before")
    (many / "pkg0" / "more.c").write_text(
        "".join(f"double g{k}(double x) {{ return x * {k / 50}; }}\n" for k in range(100))
    )
    build_dataset([f"tree:{many}"], tmp_path / "after")
    before, after = splits(tmp_path / "before"), splits(tmp_path / "after")
    assert len(after) > len(before) and all(after[name] == split for name, split in before.items())
    shares = [list(after.values()).count(s) / len(after) for s in ("train", "validation", "test")]
    assert 0.65 < shares[0] < 0.92 and min(shares[1:]) > 0.02


def test_twins_share_a_name():
    x = shared_inputs()
    y = (np.sin(3 * x[:, :1]) * x[:, 1:2]).astype(np.float32)

    def keys(outputs, n=2):
        return set(semantic_keys(Record("f", "", "", n, 1, (), 0, outputs, None)))

    assert all(keys(y) & keys(y * np.float32(1 + e)) for e in (0, 1e-7, -1e-6))
    assert not keys(y) & keys(y * 1.1) and not keys(y) & keys(y, n=3) and not keys(y) & keys(np.cos(y))
    assert _split_of("0abc", {"newlib-3.3", "x"}) == "test"


def test_command_line(tree, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["data", "build", f"tree:{tree}", "-o", out, "--workers", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 5
    assert main(["data", "check", out]) == 0
    assert "no program has a twin" in capsys.readouterr().out
    for source, message in (
        ("tree:/none", "there is none"),
        ("http://x", "is no source"),
        ("stack:x.parquet", "there is none"),
    ):
        assert main(["data", "build", source, "-o", str(tmp_path / "new")]) == 2
        assert message in capsys.readouterr().err
