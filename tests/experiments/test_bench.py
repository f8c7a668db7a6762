"""Experiments go on where they were cut, give the same bits to any workers, and refuse
what does not belong together.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from bench_cases import PROGRAMS, ask_of, run, write_data

from nsc.errors import InputError, StoreError
from nsc.experiments import (
    protocol_of,
    read_results,
    rows,
    suites_of,
)
from nsc.experiments.statistics import geometric
from nsc.experiments.store import read_run


def lines(folder):
    """Return the lines of every run, heads first, the others in any order."""
    found = {}
    for path in sorted(folder.rglob("*.jsonl")):
        head, *rest = path.read_text().splitlines()
        found[str(path.relative_to(folder))] = (head, sorted(rest))
    return found


def test_every_cell_is_measured(data, small, tmp_path):
    run(ask_of(data, small), tmp_path / "r")
    folder = tmp_path / "r"
    _, measured = read_run(
        folder / "data-efficiency/exestack/adam/compnet.jsonl"
    )
    assert len({m.key for m in measured}) == len(measured) == 4 * 3 * 3
    _, measured = read_run(folder / "training-time/exestack/adam/target.jsonl")
    assert {m.trial for m in measured} == {2, 3}
    _, measured = read_run(folder / "training-time/exestack/adam/random.jsonl")
    assert {m.trial for m in measured} == {0, 1}
    assert all(m.value <= small.steps for m in measured)


def test_the_bits_do_not_hang_on_workers_or_others(data, small, tmp_path):
    what = "data-efficiency"
    run(ask_of(data, small, "compnet,distill", what), tmp_path / "one")
    run(ask_of(data, small, "compnet", what, workers=2), tmp_path / "two")
    one = lines(tmp_path / "one")
    two = lines(tmp_path / "two")
    assert two and all(one[name] == two[name] for name in two)


def test_what_is_done_is_kept(data, small, tmp_path):
    folder = tmp_path / "r"
    ask = ask_of(data, small, what="data-efficiency")
    run(ask, folder)
    whole = lines(folder)
    path = folder / "data-efficiency/exestack/adam/compnet.jsonl"
    text = path.read_text()
    kept = text.splitlines(keepends=True)[:8]
    path.write_text("".join(kept) + '{"program": "wa')  # a kill cut the line
    run(ask, folder)
    assert lines(folder)[str(path.relative_to(folder))][0] == kept[0].strip()
    _, measured = read_run(path)
    unique = {m.key: m for m in measured}
    before = {tuple(json.loads(k).items()) for k in whole_lines(whole)}
    after = {tuple(vars(m).items()) for m in unique.values()}
    assert after == before
    stamps = [p.stat().st_mtime_ns for p in sorted(folder.rglob("*.jsonl"))]
    run(ask, folder)  # nothing is left to do
    assert stamps == [
        p.stat().st_mtime_ns for p in sorted(folder.rglob("*.jsonl"))
    ]


def whole_lines(found):
    return found["data-efficiency/exestack/adam/compnet.jsonl"][1]


@pytest.mark.slow
def test_a_killed_run_goes_on(data, tmp_path):
    words = ["bench", "data-efficiency", "--suite", "exestack", "--workers=1"]
    words += ["--data", str(data), "--initial", "base", "--trials", "2"]
    command = [sys.executable, "-m", "nsc", *words, "-o", str(tmp_path / "r")]
    path = tmp_path / "r/data-efficiency/exestack/adam/random.jsonl"
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert path.exists()
    protocol = protocol_of("adam", 2, 0, quick=False)
    ask = ask_of(data, protocol, "base", "data-efficiency")
    run(ask, tmp_path / "r")
    run(ask, tmp_path / "whole")
    assert lines(tmp_path / "r") == lines(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "named"),
    [({"seed": 4}, "protocol"), ({"steps": 61}, "protocol")],
)
def test_other_settings_are_not_mixed(data, small, tmp_path, change, named):
    run(ask_of(data, small, what="data-efficiency"), tmp_path / "r")
    other = ask_of(data, replace(small, **change), what="data-efficiency")
    with pytest.raises(StoreError, match=f"results of another.* {named}"):
        run(other, tmp_path / "r")


def test_other_data_are_not_mixed(data, small, tmp_path):
    run(ask_of(data, small, what="data-efficiency"), tmp_path / "r")
    other = write_data(tmp_path / "other", ("wave", "ratio"), ("decay",))
    with pytest.raises(StoreError, match="choose another folder"):
        run(ask_of(other, small, what="data-efficiency"), tmp_path / "r")


def test_other_checkpoints_are_not_mixed(data, small, tmp_path):
    folder = tmp_path / "r"
    run(ask_of(data, small, what="data-efficiency"), folder)
    path = folder / "data-efficiency/exestack/adam/compnet.jsonl"
    head, rest = path.read_text().split("\n", 1)
    changed = json.loads(head) | {"start": "another one"}
    path.write_text(json.dumps(changed) + "\n" + rest)
    with pytest.raises(StoreError, match="another start"):
        run(ask_of(data, small, what="data-efficiency"), folder)


def test_a_planted_leak_is_refused(small, tmp_path):
    names = ("wave", "slope")
    data = write_data(tmp_path / "leaky", names, ("decay", "wave"))
    with pytest.raises(StoreError, match=r"1 programs of test are in .*wave"):
        run(ask_of(data, small), tmp_path / "r")


def test_a_leak_under_another_name_is_refused(small, tmp_path, monkeypatch):
    text = "double swing(double a) { double b = 3 * a; return sin(b); }"
    monkeypatch.setitem(PROGRAMS, "swing", text)
    data = write_data(tmp_path / "leaky", ("wave", "slope"), ("swing",))
    with pytest.raises(StoreError, match="1 programs of test"):
        run(ask_of(data, small), tmp_path / "r")


def test_missing_data_say_what_builds_them(small, tmp_path):
    with pytest.raises(InputError, match="nsc data build"):
        run(ask_of(tmp_path / "none", small), tmp_path / "r")
    parrot = replace(ask_of(tmp_path, small), suites=suites_of("parrot"))
    with pytest.raises(InputError, match="nsc data parrot -o"):
        run(parrot, tmp_path / "r2")


def test_random_drawn_again_is_no_better(data, small, tmp_path):
    many = replace(small, trials=12, time_trials=8, steps=150)
    run(ask_of(data, many, "random-again"), tmp_path / "r")
    found = list(rows(read_results(tmp_path / "r")))
    assert {row["experiment"] for row in found} == {
        "data-efficiency",
        "training-time",
    }
    assert len(found) == (1 + 3 + 4) + (1 + 1 + 4)
    off = [row for row in found if not row["low"] <= 1 <= row["high"]]
    assert off == []


def test_runs_of_different_settings_are_not_compared(data, small, tmp_path):
    folder = tmp_path / "r"
    run(ask_of(data, small, what="data-efficiency"), folder)
    other = ask_of(data, replace(small, seed=9), what="data-efficiency")
    run(other, tmp_path / "other")
    place = "data-efficiency/exestack/adam/compnet.jsonl"
    (folder / place).write_text((tmp_path / "other" / place).read_text())
    with pytest.raises(StoreError, match="another protocol"):
        read_results(folder)


def test_levenberg_marquardt_measures_in_the_programs_units(
    data, small, tmp_path
):
    lm = replace(small, optimizer="lm", steps=40)
    run(ask_of(data, lm, "distill", what="data-efficiency"), tmp_path / "r")
    run(ask_of(data, small, "distill", what="data-efficiency"), tmp_path / "a")
    place = "data-efficiency/exestack/{}/distill.jsonl"
    _, of_lm = read_run(tmp_path / "r" / place.format("lm"))
    _, of_adam = read_run(tmp_path / "a" / place.format("adam"))
    starts = {m.key: m.start for m in of_adam}
    assert all(
        m.start == pytest.approx(starts[m.key], rel=1e-6) for m in of_lm
    )


def test_starts_race_as_in_a_compilation(data, small, tmp_path):
    lm = replace(small, optimizer="lm", steps=40)
    ask = ask_of(data, lm, "auto,random-of-8,compnet", what="all")
    run(ask, tmp_path / "r")
    runs = lines(tmp_path / "r")
    assert "training-time/exestack/lm/auto.jsonl" not in runs
    (result, _) = read_results(tmp_path / "r")
    one = result.gains("random-of-8")
    assert (one[:, 0] == 1).all()
    assert geometric(one[:, 1:]) > 1.2  # eight starts are better than one
    assert geometric(result.gains("auto")) > geometric(one)


@pytest.mark.slow  # starts a cluster
@pytest.mark.needs("ray")
def test_the_bits_do_not_hang_on_the_executor(data, small, tmp_path):
    what = "data-efficiency"
    run(ask_of(data, small, "base", what), tmp_path / "one")
    ray = ask_of(data, small, "base", what, executor="ray", workers=2)
    run(ray, tmp_path / "two")
    assert lines(tmp_path / "one") == lines(tmp_path / "two")
