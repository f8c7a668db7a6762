"""The synthetic source: real C, true labels, the same bits however it is run."""

import collections
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.exestack import Rejected, candidate, write_synthetic
from nsc.exestack.synthetic.dice import Dice
from nsc.graph import Dag
from nsc.program import parse_program
from nsc.record import read_records, shared_inputs
from nsc.sandbox import Outcome, build, run
from nsc.syntax import Domain


def digests(folder):
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.glob("*.parquet"))
    }


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    write_synthetic(folder, programs=128, seed=11, shard_size=64)
    return list(read_records(folder))


def test_workers_do_not_change_the_bits(tmp_path):
    for workers in (1, 2):
        write_synthetic(
            tmp_path / str(workers),
            programs=50,
            seed=3,
            workers=workers,
            shard_size=20,
        )
    assert digests(tmp_path / "1") == digests(tmp_path / "2")
    assert [
        len(list(read_records(p)))
        for p in sorted((tmp_path / "1").glob("*.parquet"))
    ] == [20, 20, 10]
    write_synthetic(tmp_path / "other", programs=50, seed=4, shard_size=20)
    with pytest.raises(
        InputError,
        match="holds a build with programs 50, seed 4, .*another folder",
    ):
        write_synthetic(tmp_path / "other", programs=50, seed=5, shard_size=20)
    assert not set(digests(tmp_path / "1").values()) & set(
        digests(tmp_path / "other").values()
    )


@pytest.mark.slow
def test_a_lost_shard_is_made_again(tmp_path):
    write_synthetic(tmp_path, programs=30, seed=3, shard_size=10)
    before = digests(tmp_path)
    (tmp_path / "shard-00001.parquet").unlink()
    steps = []
    write_synthetic(
        tmp_path,
        programs=30,
        seed=3,
        shard_size=10,
        progress=lambda *at: steps.append(at),
    )
    assert steps == [(2, 3), (3, 3)]
    assert digests(tmp_path) == before


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path):
    command = [
        sys.executable,
        "-m",
        "nsc",
        "data",
        "synthetic",
        "-o",
        str(tmp_path / "killed"),
        "--programs",
        "1100",
        "--seed",
        "9",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while (
        not list((tmp_path / "killed").glob("shard-*.parquet"))
        and process.poll() is None
    ):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "manifest.json").exists()
    subprocess.run(command, check=True, capture_output=True)
    write_synthetic(tmp_path / "whole", programs=1100, seed=9, workers=2)
    assert digests(tmp_path / "killed") == digests(tmp_path / "whole")
    assert (
        json.loads((tmp_path / "killed" / "manifest.json").read_text())[
            "records"
        ]
        == 1100
    )


def test_the_syntax_handed_over_is_that_of_the_text(records):
    for r in records:
        program = parse_program("#include <math.h>\n" + r.text)
        read = replace(program, domain=Domain(*zip(*r.box, strict=True))).dag
        assert (
            isinstance(read, Dag) and read.fingerprint == r.dag.fingerprint
        ), r.text


def test_labels_are_what_the_sandbox_computes(records):
    """The DAG's values are the compiled program's, but for rounding in float programs."""
    x = shared_inputs(n=512)
    programs = []
    for r in records:
        text = "#include <math.h>\n" + r.text
        names = [leaf.name for leaf in parse_program(text).signature.inputs]
        programs.append(
            parse_program(text, ranges=dict(zip(names, r.box, strict=True)))
        )
    wrong = []
    for record, built in zip(
        records, build([p.unit for p in programs]), strict=True
    ):
        lo, hi = np.array(record.box).T
        done = run(built, lo + (hi - lo) * (x[:, : record.n_inputs] + 1) / 2)
        assert done.outcome is Outcome.ok, (record.text, done)
        error = np.abs(done.outputs[:, 0] - record.outputs[:512, 0])
        # a comparison of floats may fall on the other side of its threshold, on few
        # samples
        if (
            np.mean(error > 1e-4 * (1 + np.abs(record.outputs[:512, 0])))
            > 0.01
        ):
            wrong.append((record.text, float(error.max())))
    assert wrong == []


def test_records_keep_the_papers_filters(records):
    for r in records:
        assert np.isfinite(r.outputs).all() and np.abs(r.outputs).max() < 10
        assert 1 <= r.n_inputs <= 9 and len(r.dag) <= 160
        assert r.origin == "synthetic"
    assert len({r.dag.fingerprint for r in records[:64]}) == 64
    assert len({r.name for r in records}) == len(records)


def test_programs_are_varied(records):
    text = "\n".join(r.text for r in records)
    for construct in (
        "for (",
        "if (",
        "static ",
        "? ",
        "#define ",
        "float ",
        "double ",
        "const ",
    ):
        assert construct in text, construct
    arities = collections.Counter(r.n_inputs for r in records)
    assert len(arities) == 9 and max(arities.values()) < len(records) / 2
    assert (
        sum(r.box != ((-1.0, 1.0),) * r.n_inputs for r in records)
        > len(records) / 5
    )


def test_every_candidate_is_a_record_or_has_a_reason():
    r, x = Dice("candidates"), shared_inputs()
    made = [candidate(r, x, str(k)) for k in range(200)]
    reasons = collections.Counter(
        m.reason for m in made if isinstance(m, Rejected)
    )
    assert len(made) - reasons.total() > 80, reasons
    assert not [k for k in reasons if k.startswith("front_end:")], reasons


@pytest.mark.parametrize(
    "sizes",
    [
        {"programs": 0},
        {"programs": 3, "shard_size": 0},
        {"programs": 3, "workers": 0},
    ],
)
def test_sizes_are_checked(tmp_path, sizes):
    with pytest.raises(InputError, match="at least 1"):
        write_synthetic(tmp_path / "new", seed=0, **sizes)
    assert not (tmp_path / "new").exists()
