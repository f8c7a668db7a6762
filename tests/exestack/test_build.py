"""From source trees to records: sources, filters, drops by reason, twins, splits,
resume, workers.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsc.app import main
from nsc.errors import InputError
from nsc.exestack import build_dataset, leaks, parrot_programs
from nsc.exestack.dataset.split import own_split
from nsc.exestack.dataset.twins import Clusters, semantic_keys
from nsc.exestack.sources.source import read_source_texts
from nsc.graph import Dag, evaluate
from nsc.program import parse_program
from nsc.record import Record, read_records, shared_inputs

MATHS = """#include <math.h>
#include "constants.h"
static double sq(double v) { return v * v; }
double bump(double x, double y) { return exp(-sq(x) - sq(y)) * HALF; }
/* the same with other words */
double hill(double a, double b) { double r = a * a + b * b; return HALF * exp(-r); }
float halve(float v) { return v / 2; }
double logged(double x) { scanf("%lf", &x); return x; }
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
    (root / "newlib-3.3" / "src" / "k.h").write_text(
        "static inline double twin(double p) { return p / 2.0; }\n"
    )
    (root / "alpha" / "blob.c").write_bytes(b"int x;\0")
    (root / "alpha" / "long.c").write_text(
        "int x[] = {" + "1," * 20_000 + "};\n"
    )
    (root / "alpha" / "link.c").symlink_to(tmp_path / "outside.c")
    (root / "alpha" / "loop").symlink_to(root)
    (tmp_path / "outside.c").write_text(
        "double outside(double x) { return x; }"
    )
    return root


def built(sources, out, **options):
    manifest = build_dataset(sources, out, **options)
    records = {
        split: list(read_records(out / split))
        for split in ("train", "validation", "test")
    }
    return manifest, records


def test_a_tree_becomes_records(tree, tmp_path):
    manifest, records = built([f"tree:{tree}"], tmp_path / "out")
    everything = [r for rs in records.values() for r in rs]
    names = {r.name.rsplit(":", 1)[1] for r in everything}
    assert names == {"sq", "bump", "hill", "halve", "twin"}
    assert manifest["records"] == 5 == sum(manifest["splits"].values())
    drops = manifest["drops"]
    assert (
        drops["front_end:uses_io"]
        == drops["too_large_output"]
        == drops["not_finite"]
        == 1
    )
    assert (
        drops["not_scalar"] == 2
        and drops["out_of_fuel"] == drops["division_by_zero"] == 1
    )
    assert (
        drops["source:binary"]
        == drops["source:endless_line"]
        == drops["source:not_a_file"]
        == 1
    )
    bump = next(r for r in everything if r.name.endswith(":bump"))
    x = shared_inputs()
    np.testing.assert_allclose(
        bump.outputs[:, 0],
        np.exp(-(x[:, 0] ** 2) - x[:, 1] ** 2) / 2,
        rtol=1e-6,
    )
    assert (
        bump.origin == "alpha"
        and "#define HALF 0.5" in bump.text
        and bump.dag is not None
    )
    assert bump.name == "alpha/src/maths.c:4:bump"
    cluster = {r.name.rsplit(":", 1)[1]: r.cluster for r in everything}
    assert (
        cluster["bump"] == cluster["hill"]
        and cluster["halve"] == cluster["twin"] != cluster["sq"]
    )
    held = {r.name.rsplit(":", 1)[1] for r in records["test"]}
    # newlib is never trained on, nor is what computes the same
    assert {"twin", "halve"} <= held
    assert list(leaks(tmp_path / "out")) == []


def test_the_wide_profile_keeps_desugared_programs(tree, tmp_path):
    _, records = built([f"tree:{tree}"], tmp_path / "out", profile="wide")
    found = {
        r.name.rsplit(":", 1)[1]: r for rs in records.values() for r in rs
    }
    assert {"polar", "far"} <= set(found) and found["polar"].n_outputs == 2
    far = found["far"]
    assert far.scale == (16.0,) and far.flags == ("rescaled",)
    assert (
        np.abs(far.outputs).max() < 10 and np.abs(far.raw_outputs).max() > 90
    )
    assert found["polar"].scale == () and found["polar"].flags == ()


def test_the_preprints_profile_varies_the_first_input(tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "f.c").write_text(
        "double f(double x, double y, double z) { return x * 2 + y + z; }\ndouble"
        " c(double x, double y) { return y; }"
    )
    _, records = built(
        [f"tree:{tmp_path}/t"], tmp_path / "out", profile="hybertnet"
    )
    found = {
        r.name.rsplit(":", 1)[1]: r for rs in records.values() for r in rs
    }
    f, x = found["f"], shared_inputs()[:, :1]
    assert (f.n_inputs, f.box, f.flags) == (
        1,
        ((-1.0, 1.0),),
        ("rest_is_one",),
    )
    np.testing.assert_allclose(f.outputs, 2 * x + 2, rtol=1e-6)
    np.testing.assert_allclose(evaluate(f.dag, x), 2 * x + 2, rtol=1e-6)
    assert found["c"].flags == ("constant", "rest_is_one")


def test_a_dag_that_computes_something_else_is_left_out(tmp_path):
    wraps = (
        "double wraps(double x) { unsigned u = 10 + (int)(9 * x); return u - 12u > 3u ?"
        " x : 2 * x; }"
    )
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a.c").write_text(
        wraps + "\ndouble plain(double x) { return x * x - 0.25; }\n"
    )
    _, records = built([f"tree:{tmp_path}/t"], tmp_path / "out")
    found = {
        r.name.rsplit(":", 1)[1]: r for rs in records.values() for r in rs
    }
    assert found["plain"].dag is not None and found["plain"].flags == ()
    assert found["wraps"].dag is None and found["wraps"].flags == (
        "dag_differs",
    )
    assert isinstance(parse_program(wraps).dag, Dag)


def test_a_records_text_reads_as_the_program_that_was_run(tmp_path):
    (tmp_path / "tree" / "a").mkdir(parents=True)
    (tmp_path / "tree" / "a" / "half.c").write_text(
        # the closure needs but the call's first half
        "#define NUMBERED(name) typedef int name; enum name##_values\n"
        "NUMBERED(code)\n{ ONE, TWO };\nstruct pair { double x; code unused; };\n"
        "double f(double x) { struct pair p = {x, 0}; return p.x * 0.5; }\n"
    )
    _, records = built([f"tree:{tmp_path / 'tree'}"], tmp_path / "out")
    (record,) = sum(records.values(), [])
    dag = parse_program(record.text, function="f").dag
    assert np.allclose(
        evaluate(dag, shared_inputs()[:, :1]), record.raw_outputs
    )


def test_functions_of_other_files_are_linked(tmp_path):
    package = tmp_path / "t" / "pkg"
    package.mkdir(parents=True)
    (package / "own.h").write_text(
        "double half(double x);\ndouble third(double x);\ndouble twice(double x);\n"
    )
    (package / "a.c").write_text(
        '#include "own.h"\ndouble f(double x) { return half(x) + 1; }\ndouble g(double'
        " x) { return twice(x); }\nvoid moved(const double *, double *);\nvoid h(const"
        " double *v, double *w) { moved(v, w); *w = *w * 7; }\n"
    )
    (package / "m.c").write_text(
        "void moved(const double *v, double *w) { *w = *v * 5 + 2; }\n"
    )
    (package / "b.c").write_text(
        '#include "own.h"\nstatic double k = 0.5;\ndouble half(double x) { return'
        " third(x) * 3 * k; }\n"
    )
    (package / "c.c").write_text(
        '#include "own.h"\ndouble third(double x) { return x / 3; }\n'
    )
    (package / "d.c").write_text("double twice(double x) { return 2 * x; }\n")
    (package / "e.c").write_text("double twice(double x) { return x + x; }\n")
    _, records = built(
        [f"tree:{tmp_path}/t"], tmp_path / "out", profile="wide"
    )
    found = {
        r.name.rsplit(":", 1)[1]: r for rs in records.values() for r in rs
    }
    assert set(found) == {
        "f",
        "half",
        "third",
        "twice",
        "h",
        "moved",
    }  # twice is defined two times: g could mean either
    np.testing.assert_allclose(
        found["f"].outputs, shared_inputs()[:, :1] / 2 + 1, rtol=1e-6
    )


def test_the_benchmark_is_held_out_under_any_name(tmp_path):
    package = tmp_path / "t" / "somebody"
    package.mkdir(parents=True)
    for code in parrot_programs():
        if code.suite == "cpn" and code.benchmark in (
            "sobel",
            "fft",
            "kmeans",
        ):
            renamed = re.sub(rf"\b{code.function}\b", "theirs", code.text)
            (package / f"{code.name}.c").write_text(
                renamed + "\n/* copied */\n"
            )
    _, records = built([f"tree:{tmp_path}/t"], tmp_path / "out")
    assert {Path(r.name.split(":")[0]).stem for r in records["test"]} == {
        "sobel",
        "fft_0",
        "fft_1",
        "kmeans",
    }


def test_dropped_functions_are_kept_on_request(tree, tmp_path):
    manifest, _ = built([f"tree:{tree}"], tmp_path / "out", keep_dropped=True)
    rows = pq.read_table(tmp_path / "out" / "dropped").to_pylist()
    assert Counter(r["reason"] for r in rows) == manifest["drops"]
    far = next(r for r in rows if r["function"] == "far")
    assert (
        far["reason"] == "too_large_output"
        and "100 * x" in far["text"]
        and far["path"] == "alpha/src/maths.c"
    )


@pytest.mark.slow
def test_generated_programs_train_and_meet_no_held_out_twin(
    tree, digests, tmp_path
):
    built([f"tree:{tree}"], tmp_path / "out")
    sources = [f"tree:{tree}", "synthetic:40", f"mutate:{tmp_path}/out,3"]
    manifest, records = built(sources, tmp_path / "out", seed=0)
    generated = {r.origin for r in records["train"]} & {"synthetic", "mutated"}
    assert (
        generated == {"synthetic", "mutated"}
        and list(leaks(tmp_path / "out")) == []
    )
    assert not {"synthetic", "mutated"} & {
        r.origin for s in ("validation", "test") for r in records[s]
    }
    mutant = next(r for r in records["train"] if r.origin == "mutated")
    assert re.fullmatch(r"alpha/src/maths.c:\d+:\w+/\d:\d+:\w+", mutant.name)
    before = digests(tmp_path / "out")
    again = build_dataset(sources, tmp_path / "other")
    assert again["splits"]["test"] == manifest["splits"][
        "test"
    ] and before == digests(tmp_path / "out")


@pytest.mark.slow
def test_the_hostile_corpus_is_dropped_by_name(tree, tmp_path):
    hostile = Path(__file__).parents[1] / "sandbox" / "hostile"
    shutil.copytree(hostile, tree / "hostile")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [
        sys.executable,
        "-m",
        "nsc",
        "data",
        "build",
        f"tree:{tree}",
        "-o",
        str(tmp_path / "out"),
        "--keep-dropped",
    ]
    command += ["--profile", "wide", "--json"]
    done = subprocess.run(
        command,
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads(done.stdout)
    named = {
        "out_of_fuel",
        "out_of_bounds",
        "build_failed",
        "aborted",
        "front_end:uses_asm",
        "front_end:uses_io",
    }
    assert manifest["drops"].keys() >= named
    kept = {
        r.name.rsplit(":", 1)[1]
        for split in ("train", "validation", "test")
        for r in read_records(tmp_path / "out" / split)
    }
    assert {"bump", "hill", "far"} <= kept
    assert list(temporary.glob("nsc-*")) == []
    hostname = (
        Path("/etc/hostname").read_text().strip()
        if Path("/etc/hostname").exists()
        else "root:x:"
    )
    for path in (tmp_path / "out").rglob("*"):
        assert (
            path.is_dir()
            or hostname.encode() not in path.read_bytes()
            or len(hostname) < 6
        )


def test_both_layouts_of_the_stack(tmp_path):
    text = "double f(double x) { return x + 1; }"
    flat = {
        "hexsha": ["a", "b"],
        "content": [text, "print()"],
        "lang": ["C", "Python"],
        "ext": ["c", "py"],
        "max_stars_repo_name": ["me/it", "me/it"],
        "max_stars_repo_path": ["src/f.c", "x.py"],
        "max_stars_repo_licenses": [["MIT"], ["MIT"]],
    }
    pq.write_table(pa.table(flat), tmp_path / "flat.parquet")
    nested = {
        "repo_name": ["me/it"],
        "files": [
            [
                {
                    "path": "f.c",
                    "content": text,
                    "language": "C",
                    "detected_licenses": ["MIT"],
                },
                {
                    "path": "g.c",
                    "content": None,
                    "language": "C",
                    "detected_licenses": [],
                },
            ]
        ],
    }
    pq.write_table(pa.table(nested), tmp_path / "nested.parquet")
    one = list(read_source_texts(f"stack:{tmp_path}/flat.parquet"))
    two = list(read_source_texts(f"stack:{tmp_path}/nested.parquet"))
    assert [(f.origin, f.path, f.licence, f.text) for f in one] == [
        ("me/it", "src/f.c", "MIT", text)
    ]
    assert (two[0].origin, two[0].licence, two[0].text) == (
        "me/it",
        "MIT",
        text,
    ) and two[1].reason == "no_content"
    manifest, records = built(
        [f"stack:{tmp_path}/flat.parquet", f"stack:{tmp_path}/nested.parquet"],
        tmp_path / "out",
    )
    assert manifest["records"] == 1 and manifest["drops"]["copy"] == 1
    pq.write_table(pa.table({"x": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="has neither The Stack's column"):
        list(read_source_texts(f"stack:{tmp_path}/other.parquet"))


@pytest.mark.slow
def test_workers_do_not_change_the_bits_and_only_changes_are_built_again(
    many, digests, tmp_path
):
    manifest = build_dataset([f"tree:{many}"], tmp_path / "one", workers=1)
    build_dataset([f"tree:{many}"], tmp_path / "two", workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two") != {}
    assert manifest["records"] == 200
    # nothing was left to run
    assert (
        build_dataset([f"tree:{many}"], tmp_path / "two")["programs_per_s"]
        == 0
    )
    (many / "pkg3" / "f3.c").write_text(
        "double changed(double x) { return x * x * x; }"
    )
    build_dataset([f"tree:{many}"], tmp_path / "two")
    names = {
        r.name.rsplit(":", 1)[1]
        for split in ("train", "validation", "test")
        for r in read_records(tmp_path / "two" / split)
    }
    assert "changed" in names and "f3" not in names and len(names) == 200
    with pytest.raises(
        InputError, match="holds a build with profile exestackcpn"
    ):
        build_dataset([f"tree:{many}"], tmp_path / "two", profile="wide")


@pytest.mark.slow
def test_splits_stay_when_data_is_added(many, tmp_path):
    def splits(out):
        return {
            r.name: split
            for split in ("train", "validation", "test")
            for r in read_records(out / split)
        }

    build_dataset([f"tree:{many}"], tmp_path / "before")
    (many / "pkg0" / "more.c").write_text(
        "".join(
            f"double g{k}(double x) {{ return x * {k / 50}; }}\n"
            for k in range(100)
        )
    )
    build_dataset([f"tree:{many}"], tmp_path / "after")
    before, after = splits(tmp_path / "before"), splits(tmp_path / "after")
    assert len(after) > len(before) and all(
        after[name] == split for name, split in before.items()
    )
    shares = [
        list(after.values()).count(s) / len(after)
        for s in ("train", "validation", "test")
    ]
    assert 0.65 < shares[0] < 0.92 and min(shares[1:]) > 0.02


def test_twins_share_a_name():
    x = shared_inputs()
    y = (np.sin(3 * x[:, :1]) * x[:, 1:2]).astype(np.float32)

    def keys(outputs, n=2):
        return set(
            semantic_keys(Record("f", "", "", n, 1, (), 0, outputs, None))
        )

    assert all(keys(y) & keys(y * np.float32(1 + e)) for e in (0, 1e-7, -1e-6))
    assert keys(y) == keys(y, n=3)  # of arguments that nothing uses
    assert not keys(y) & keys(y * 1.1) and not keys(y) & keys(np.cos(y))
    newlib = Record("f", "", "newlib-3.3", 2, 1, (), 0, y, None)
    assert own_split(newlib) == "test"


def test_nearly_equal_texts_are_twins():
    def record(k, constant):
        body = " ".join(f"v = v * {c} + p0 ;" for c in [*range(40), constant])
        y = np.full((2048, 1), k, np.float32)
        return Record(
            f"f{k}",
            "",
            "x",
            1,
            1,
            (),
            0,
            y,
            None,
            normalised=f"double f0 ( double p0 ) {{ {body} }}",
        )

    clusters = Clusters()
    names = [clusters.add(record(1, 77)), clusters.add(record(2, 78))]
    assert names[0] != names[1] and clusters.root(names[0]) == clusters.root(
        names[1]
    )
    short = replace(
        record(3, 1), normalised="double f0 ( double p0 ) { return p0 * 2 ; }"
    )
    assert clusters.find(semantic_keys(short), short.normalised) == []


@pytest.mark.parametrize("broken", ["text", "columns"])
def test_a_parquet_file_that_is_none_of_the_stacks_leaves_nothing(
    tmp_path, capsys, broken
):
    path = tmp_path / "x.parquet"
    (
        path.write_text("no parquet")
        if broken == "text"
        else pq.write_table(pa.table({"x": [1]}), path)
    )
    assert (
        main(["data", "build", f"stack:{path}", "-o", str(tmp_path / "out")])
        == 2
    )
    message = capsys.readouterr().err
    assert (
        "not a readable parquet file"
        if broken == "text"
        else "neither The Stack's column"
    ) in message
    assert not (tmp_path / "out").exists()


def test_command_line(tree, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert (
        main(["data", "build", f"tree:{tree}", "-o", out, "--workers", "1"])
        == 0
    )
    assert "5 programs" in capsys.readouterr().out
    assert (
        main(
            [
                "data",
                "info",
                out,
                "--json",
                "--card",
                str(tmp_path / "card.md"),
            ]
        )
        == 0
    )
    info = json.loads(capsys.readouterr().out)
    assert (
        info["records"] == 5 == sum(info["splits"].values())
        and info["programs_per_s"] > 0
    )
    assert info["inputs"] == {"1": 3, "2": 2} and info["origins"] == {
        "alpha": 4,
        "newlib-3.3": 1,
    }
    card = (tmp_path / "card.md").read_text()
    assert "| out_of_fuel | 1 |" in card and "return" not in card
    assert main(["data", "info", out]) == 0
    assert "alpha 4" in capsys.readouterr().out
    assert main(["data", "check", out]) == 0
    assert "no program has a twin" in capsys.readouterr().out
    for source, message in (
        ("tree:/none", "there is none"),
        ("http://x", "is no source"),
        ("stack:x.parquet", "there is none"),
    ):
        assert (
            main(["data", "build", source, "-o", str(tmp_path / "new")]) == 2
        )
        assert message in capsys.readouterr().err
