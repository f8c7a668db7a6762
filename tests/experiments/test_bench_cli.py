"""The verbs bench and report, as a user meets them."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from nsc.app import main

ROW = {
    "experiment",
    "suite",
    "optimizer",
    "program",
    "size",
    "initial",
    "improvement",
    "low",
    "high",
    "capped",
    "fallbacks",
    "fallbacks_known",
}


@pytest.fixture
def words(data, tmp_path):
    """A run of seconds: two programs, one trial."""
    found = ["bench", "data-efficiency", "--suite", "exestack", "--trials=1"]
    found += ["--programs=2", "--workers=1", "--initial", "base"]
    return [*found, "--data", str(data), "-o", str(tmp_path / "r")]


def test_json_alone_is_on_stdout(words, capsys):
    assert main([*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(set(row) == ROW for row in rows)
    assert {row["initial"] for row in rows} == {"base"}
    whole = [r for r in rows if r["program"] == "all" and r["size"] == "all"]
    assert len(whole) == 1 and whole[0]["improvement"] > 0
    assert len(rows) == 1 + 5 + 2


def test_a_report_follows(words, capsys, tmp_path):
    assert main(words) == 0
    assert "nsc report" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "r")]) == 0
    assert (tmp_path / "r/report/report.html").is_file()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (["--suite", "exe"], "--suite expects exestack, parrot, both"),
        (["--initial", "bert"], "--bert FILE"),
        (["--initial", "auto"], "--optimizer lm only"),
        (["--initial", "x"], "--initial expects random"),
        (["--optimizer", "sgd"], "--optimizer expects adam or lm"),
        (["--data", "nowhere"], "nsc data build"),
        (["--trials", "0"], "--trials must be at least 1"),
        (["--programs", "0"], "--programs must be at least 1"),
        (["--workers", "0"], "--workers must be at least 1"),
        (["--executor", "x"], "--executor expects process or ray"),
        (["--split", "train"], "--split expects test or validation"),
        (["--seed", "-1"], "--seed must be 0 or more"),
        (["--compnet", "none.safetensors", "--initial", "compnet"], "none."),
    ],
)
def test_wrong_words_are_refused(words, wrong, named, capsys):
    assert main([*words, *wrong]) == 2
    told = capsys.readouterr().err
    assert named in told and "Traceback" not in told


def test_an_experiment_that_there_is_not(capsys, tmp_path):
    assert main(["bench", "speed", "-o", str(tmp_path / "r")]) == 2
    told = capsys.readouterr().err
    assert "(data-efficiency, training-time, colour-quantization, " in told
    assert ", all, ablations)" in told
    assert not (tmp_path / "r").exists()


def test_results_that_cannot_be_written(words, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main([*words, "-o", str(tmp_path / "file" / "r")]) == 2
    assert "cannot write to" in capsys.readouterr().err


def test_no_results_to_report(capsys, tmp_path):
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no results" in capsys.readouterr().err


def has_rows(path):
    return path.exists() and path.stat().st_size > 0


def test_ctrl_c_keeps_what_is_done(data, tmp_path):
    words = ["bench", "data-efficiency", "--suite", "exestack"]
    words += ["--data", str(data), "--initial", "base", "--workers", "2"]
    command = [sys.executable, "-m", "nsc", *words, "-o", str(tmp_path / "r")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    path = tmp_path / "r/data-efficiency/exestack/adam/random.jsonl"
    until = time.monotonic() + 90
    while not has_rows(path) and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.endswith("nsc: interrupted; nothing was left half-written\n")
    assert path.read_text().endswith("\n")
