"""Programs on the command line, from flags to files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.commands import read_inputs

EXAMPLE = Path(__file__).parents[2] / "examples" / "command" / "orbit.py"
SIM = """
import json, os, sys
a, n = float(sys.argv[1]), int(sys.argv[2])
with open(os.environ["CALLS"], "a") as calls:
    calls.write(f"{a!r} {n}\\n")
if a > float(os.environ.get("FAILS_FROM", "2")):
    sys.exit("diverged")
print(json.dumps({"y": a * n, "z": a + n}))
"""


def report_of(surrogate):
    assert surrogate.report is not None
    return surrogate.report


INPUTS = "a=0:1,n=int:1:1000"


@pytest.fixture
def calls(tmp_path, monkeypatch):
    path = tmp_path / "calls"
    path.write_text("")
    monkeypatch.setenv("CALLS", str(path))
    return path


@pytest.fixture
def words(tmp_path):
    sim = tmp_path / "sim.py"
    sim.write_text(SIM)
    run = f"{sys.executable} {sim} {{a}} {{n}}"
    found = ["compile", "--command", run, "--inputs", INPUTS]
    found += ["--outputs", "y,z", "--budget", "24", "--verification", "16"]
    return [*found, "-o", str(tmp_path / "out")]


def test_a_command_becomes_a_surrogate(words, calls, tmp_path, capsys):
    assert main([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["inputs"] == ["a", "n"]
    assert report["program_runs"]["verification"] == 16
    ran = calls.read_text().splitlines()
    # a tenth of what is learned from runs again, to tell noise
    again = report["check_runs"]["noise"]
    assert again == 2
    assert len(ran) - again == len(set(ran)) <= 24 + 16
    surrogate = nsc.load(tmp_path / "out" / "surrogate.safetensors")
    assert surrogate(np.array([[0.5, 10]])).shape == (1, 2)
    source = (tmp_path / "out" / "surrogate.c").read_text()
    assert "(double a, int n, double *y, double *z)" in source


def test_nothing_is_run_twice(words, calls, capsys):
    assert main([*words, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    n = len(calls.read_text().splitlines())
    assert main([*words, "--json", "--workers", "1"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert len(calls.read_text().splitlines()) == n
    assert again["test"] == first["test"]


def test_some_runs_may_fail(words, calls, monkeypatch, capsys):
    monkeypatch.setenv("FAILS_FROM", "0.96")
    assert main([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    [note] = [n for n in report["notes"] if "runs failed" in n]
    assert "exit 1" in note and "diverged" in note
    assert report["program_runs"]["verification"] == 16


def test_many_may_not(words, calls, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("FAILS_FROM", "0.5")
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "the program failed at (" in told and "exit 1: diverged" in told
    assert not (tmp_path / "out" / "surrogate.c").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--server", "ls"], "leave one of them out"),
        (["--guard"], "--guard must be left out"),
        (["--function", "f"], "--function must be left out with --command"),
        (
            ["--format", "xml"],
            "--format must be one of auto, json, csv, regex",
        ),
        (["--retries", "-1"], "--retries must be from 0 to 100"),
        (["--inputs", "a=0:1"], "'{n}' in '{n}', which is no input"),
        (["--inputs", "a"], "--inputs expects NAME=LO:HI"),
        (["--inputs", ""], "needs --inputs with ranges and --outputs"),
        (["--inputs", "a=0:1,n=int:1.2:1.3"], "holds no whole number"),
        (["--outputs", "y,y"], "'y' twice"),
        (["--outputs", "y,w"], "it printed no 'w'"),
    ],
)
def test_wrong_words_are_refused(words, calls, capsys, more, said):
    assert main([*words, *more]) == 2
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told


def test_flags_of_commands_need_one(tmp_path, capsys):
    assert main(["compile", "x.c", "--retries", "2"]) == 2
    assert "for --command, which is not given" in capsys.readouterr().err


def test_ctrl_c_ends_the_running_and_leaves_nothing_behind(tmp_path):
    sim = tmp_path / "slow.py"
    sim.write_text("import time; time.sleep(30); print(1)")
    run = f"{sys.executable} {sim} {{a}}"
    words = ["compile", "--command", run, "--inputs", "a=0:1"]
    words += ["--outputs", "y", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-m", "nsc", *words],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not _running(str(sim)) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    until = time.monotonic() + 20
    while _running(str(sim)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _running(str(sim))


def _running(script):
    found = subprocess.run(
        ["ps", "-ww", "-eo", "args"],
        capture_output=True,
        text=True,
        check=True,
    )
    return any(
        line.startswith(f"{sys.executable} {script}")
        for line in found.stdout.splitlines()
    )


def test_a_server_becomes_a_surrogate(tmp_path):
    sim = tmp_path / "serve.py"
    sim.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    a = json.loads(line)['inputs']['a']\n"
        "    print(json.dumps({'outputs': {'y': a * a}}), flush=True)\n"
    )
    program = nsc.server(
        [sys.executable, str(sim)], inputs={"a": (0, 2)}, outputs=["y"]
    )
    surrogate = nsc.compile(program, budget=64, verification=64)
    assert report_of(surrogate)["test"]["nmse"] < 1e-3


def test_ranges_are_read():
    found = read_inputs("a=0:1, n=int:1:9,r=log:1:1e3")
    assert found["a"] == (0.0, 1.0) and found["n"] == ("int", 1.0, 9.0)
    program = nsc.command("ls {a} {n} {r}", found, ["y"])
    assert program.domain.hi == (1.0, 9.0, 1e3)
    assert program.drawing.is_log(2) and not program.drawing.is_log(0)


def test_the_example(tmp_path):
    run = f"{sys.executable} {EXAMPLE} --speed {{speed}} --drag {{drag}}"
    program = nsc.command(
        run,
        inputs={"speed": (7650, 7750), "drag": ("log", 1e-8, 1e-6)},
        outputs=["lost_km"],
    )
    surrogate = nsc.compile(
        program, budget=24, verification=16, folder=tmp_path / "out"
    )
    assert report_of(surrogate)["test"]["nmse"] < 0.05
