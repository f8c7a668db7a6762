"""Programs that are dear to run: kept runs, kills, Ctrl-C, and what follows a price."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.checks import notes_on_open_behaviour
from nsc.app.cost import CHEAP_FUEL, Cost
from nsc.runs import kept_runs
from nsc.sandbox import ProgramOracle

# some 10^7 instructions a call
DEAR = """double f(double a, double b) {
  double s = a;
  for (int i = 0; i < STEPS; i++) s += 1e-6 * (b - s * s * s);
  return s;
}
"""
STEPS = "2500000"
OPTIONS = ["-D", f"STEPS={STEPS}", "--budget", "24", "--no-timing"]
PATIENCE_S = 200


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "f.c"
    path.write_text(DEAR)
    return path


def command(source, out, *more):
    words = ["compile", source, "-o", out, *OPTIONS, *more]
    return [sys.executable, "-m", "nsc", *map(str, words)]


def start(source, out, *more):
    return subprocess.Popen(
        command(source, out, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def n_kept(out):
    try:
        return sum(len(kept.x) for kept in kept_runs(out))
    except nsc.errors.InputError:
        return 0


def wait_for_runs(process, out, n):
    """Wait until so many runs are kept, or it is done."""
    late = time.monotonic() + PATIENCE_S
    while n_kept(out) < n and process.poll() is None:
        assert time.monotonic() < late
        time.sleep(0.02)


def parameters(out):
    surrogate = nsc.load(out / "surrogate.safetensors")
    return b"".join(m.w.tobytes() for m in surrogate.members)


def report_of(out):
    return json.loads((out / "report.json").read_text())


@pytest.mark.slow
def test_kills_lose_no_run_and_change_no_bit(source, tmp_path):
    whole = tmp_path / "whole"
    done = start(source, whole, "--workers", "1")
    _, told = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 0, told
    assert "24 + 64 runs (training + verification), of about" in told
    wanted = n_kept(whole)
    out = tmp_path / "out"
    for goal in (1, 9, 30, 60):
        process = start(source, out, "--workers", "2")
        wait_for_runs(process, out, goal)
        process.kill()
        process.communicate()
    process = start(source, out, "--workers", "2")
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, told
    [kept] = kept_runs(out)
    assert len({row.tobytes() for row in kept.x}) == len(kept.x) == wanted
    assert parameters(out) == parameters(whole)
    reports = [report_of(folder) for folder in (out, whole)]
    assert reports[0]["test"] == reports[1]["test"]
    assert any("kept from before" in note for note in reports[0]["notes"])


@pytest.mark.slow
def test_ctrl_c_finishes_with_what_there_is(source, tmp_path):
    out = tmp_path / "out"
    more = ["--budget", "400", "--workers", "2"]
    process = start(source, out, *more)
    wait_for_runs(process, out, 30)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, told
    report = report_of(out)
    runs = report["program_runs"]
    learned = runs["train"] + runs["validation"]
    [note] = [n for n in report["notes"] if n.startswith("the running was")]
    assert f"learned from {learned} runs of 400" in note
    assert report["test"]["n"] == runs["verification"] >= 4
    assert 20 <= learned + runs["verification"] <= n_kept(out)


@pytest.mark.slow
def test_a_second_ctrl_c_ends_it(source, tmp_path):
    out = tmp_path / "out"
    process = start(source, out, "--budget", "400")
    wait_for_runs(process, out, 30)
    while process.poll() is None:  # one after the other
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, told
    assert "interrupted" in told
    assert sorted(os.listdir(out)) == ["runs"] and n_kept(out) >= 30


@pytest.mark.slow
def test_a_larger_budget_reuses_runs_and_runs_shows_them(
    source, tmp_path, capsys
):
    out = tmp_path / "out"
    words = ["compile", str(source), "-o", str(out), *OPTIONS]
    assert main(words) == 0
    first = n_kept(out)
    assert main([*words, "--budget", "40"]) == 0
    assert "88 of them kept from before" in capsys.readouterr().err
    [kept] = kept_runs(out)
    assert len({row.tobytes() for row in kept.x}) == len(kept.x) == first + 16
    assert main(["runs", str(out)]) == 0
    assert f"f: {len(kept.x)} runs of" in capsys.readouterr().out
    assert main(["runs", str(out), "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert found["runs"][3]["x"] == kept.x[3].tolist()
    assert main(["runs", str(out), "--csv"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "a,b,return,seconds,seed,failed"
    assert [float(v) for v in rows[4].split(",")[:3]] == [
        *kept.x[3],
        *kept.y[3],
    ]


def test_runs_of_a_folder_without_any_is_explained(tmp_path, capsys):
    assert main(["runs", str(tmp_path)]) == 2
    assert "keeps no runs: expected the output" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--call-limit", "0", "--call-limit must be above 0 seconds; found 0"),
        ("--call-limit", "nan", "--call-limit must be above 0"),
        ("--workers", "0", "--workers must be at least 1 process; found 0"),
    ],
)
def test_limits_are_checked(source, tmp_path, capsys, option, value, said):
    words = ["compile", str(source), "-o", str(tmp_path / "out")]
    assert main([*words, option, value]) == 2
    assert said in capsys.readouterr().err


def test_a_cheap_program_is_spared_nothing():
    cost = Cost(CHEAP_FUEL, 0.01)
    assert not cost.is_dear and cost.verification(16) == 4096
    assert Cost(400_000, 1e-4).effort(16).share == 1


@pytest.mark.parametrize("fuel", [4e5, 1e6, 2e6, 3e6, 2e7])
def test_checks_cost_no_more_than_the_budget_or_half_a_second(fuel):
    cost = Cost(fuel, 1e-3)
    for budget in (16, 1024, 4096):
        runs = 8192 * cost.effort(budget).share
        assert runs * fuel <= max(budget * fuel, 4e9)


@pytest.mark.parametrize("budget", [0, 16, 64, 1024, 100_000])
def test_what_is_spent_on_a_dear_program_follows_its_budget(budget):
    cost = Cost(1000 * CHEAP_FUEL, 5.0)
    n = cost.verification(budget)
    assert n == min(4096, max(64, budget))
    effort = cost.effort(budget)
    at_least = 2
    for rows in (64, 128, 256, 448):
        assert at_least <= effort.rows(rows) <= max(at_least, rows)
    checks = 4 * effort.rows(128) + 2 * effort.rows(448)
    assert checks <= max(budget, 16)


def test_the_same_bits_as_in_the_cheap_path(tmp_path):
    """The sandbox's clock and fuel change no output."""
    program = nsc.parse_program(DEAR.replace("STEPS", "2000"))
    found = nsc.compile(program, budget=40, verification=64, timing=False)
    again = nsc.compile(
        program, budget=40, verification=64, timing=False, workers=1
    )
    assert np.array_equal(found.members[0].w, again.members[0].w)


UNEVEN = """double f(double x) {
  volatile double v = x;
  double s = x;
  for (int i = 0; i < (x > 0.97 ? 1500000 : 10); i++) s += 1e-7 * (x - s);
  ENDLESS
  return s;
}"""
FEW = {"budget": 64, "verification": 128, "timing": False}


def test_a_call_may_take_much_longer_than_others():
    text = UNEVEN.replace("ENDLESS", "")
    surrogate = nsc.compile(text, **FEW)
    report = surrogate.report
    assert report["program_runs"]["verification"] == 128
    assert not any("longer" in note for note in report["notes"])


@pytest.mark.slow
def test_a_check_that_leaves_off_says_so():
    program = nsc.parse_program(
        UNEVEN.replace("ENDLESS", "while (v > 0.97) s += 1;")
    )
    oracle = ProgramOracle(program.unit)
    [note] = notes_on_open_behaviour(program, oracle, 0)
    assert note.startswith("a check left off after 2,000,000 instructions at")
    assert note.endswith("much longer than elsewhere, or never ends")


@pytest.mark.slow
def test_a_call_that_never_ends_is_refused_by_name():
    text = UNEVEN.replace("ENDLESS", "while (v > 0.97) s += 1;")
    with pytest.raises(nsc.errors.OracleError) as caught:
        nsc.compile(text, call_limit=0.3, **FEW)
    said = str(caught.value)
    assert "the program ran longer than 0.3 s on 1 of the first" in said
    assert said.endswith("longer with call_limit='SECONDS' [out_of_time]")
