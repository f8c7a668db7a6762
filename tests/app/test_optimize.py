"""`nsc optimize` and `nsc.optimize`: every kind of oracle, constants, measurements."""

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
from nsc.errors import InputError
from nsc.runs import kept_runs

FALL = """
#define G 9.81 /* m/s^2 */
enum { FAST = 3, SLOW };
static const double K = 2.0;
double height(double t, double v) {
  return v * t - 0.5 * G * t * t + K * FAST + SLOW;
}
"""
BOWL = """double bowl(double a, double b) {
  return (a - 0.3) * (a - 0.3) + (b + 0.2) * (b + 0.2);
}
"""
SIM = """
import json, sys
a, b = map(float, sys.argv[1:])
print(json.dumps({"y": (a - 0.3) ** 2 + (b + 0.2) ** 2, "g": a}))
"""
DOMAIN = {"a": (-1, 1), "b": (-1, 1)}


def bowl(a, b):
    return (a - 0.3) ** 2 + (b + 0.2) ** 2


@pytest.fixture
def sim(tmp_path):
    path = tmp_path / "sim.py"
    path.write_text(SIM)
    return f"{sys.executable} {path} {{a}} {{b}}"


@pytest.fixture
def measured(tmp_path):
    generator = np.random.default_rng(0)
    t = generator.uniform(0, 4, 30)
    v = generator.uniform(5, 10, 30)
    height = v * t - 0.5 * 9.6 * t * t + 1.5 * 3 + 4
    height += 0.01 * generator.normal(size=30)
    rows = [f"{a!r},{b!r},{c!r}" for a, b, c in zip(t, v, height, strict=True)]
    path = tmp_path / "measured.csv"
    path.write_text("\n".join(["t,v,height", *rows]).replace("np.float64", ""))
    text = path.read_text().replace("(", "").replace(")", "")
    path.write_text(text)
    return path


def programs(sim):
    command = nsc.command(sim, inputs=DOMAIN, outputs=["y", "g"])
    return {
        "C": (BOWL, {"domain": DOMAIN}),
        "Python": (bowl, {"domain": DOMAIN}),
        "command": (command, {"minimize": "y", "runs": 20}),
    }


@pytest.mark.with_teacher
@pytest.mark.parametrize("kind", ["C", "Python", "command"])
def test_every_kind_of_oracle_is_optimised(kind, sim, tmp_path):
    source, more = programs(sim)[kind]
    found = nsc.optimize(source, **{"runs": 24, **more}, folder=tmp_path)
    assert found.best == pytest.approx({"a": 0.3, "b": -0.2}, abs=1e-3)
    assert found.value == pytest.approx(0, abs=1e-6)
    assert found.confirmed
    surrogate = nsc.load(tmp_path / "surrogate.safetensors")
    x = np.array([[0.1, 0.1], [0.3, -0.2]])
    wanted = [[bowl(*row)] for row in x]
    assert surrogate(x)[:, :1] == pytest.approx(np.array(wanted), abs=0.2)


def test_the_command_line_prints_json(tmp_path, capsys):
    path = tmp_path / "f.c"
    path.write_text(FALL)
    words = ["optimize", str(path), "--domain", "t=0:4,v=5:10"]
    words += ["--maximize", "return", "--subject-to", "v + t <= 9"]
    out = str(tmp_path / "out")
    assert main([*words, "--runs", "30", "-o", out, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    t, v = printed["best"]["inputs"]["t"], printed["best"]["inputs"]["v"]
    assert v + t <= 9
    assert t == pytest.approx(9 / (2 + 9.81), abs=1e-3)
    assert printed["best"]["value"] == pytest.approx(
        v * t - 0.5 * 9.81 * t * t + 10
    )
    assert printed["confirmed"] is True
    assert printed["runs"] == 30
    kept = json.loads((tmp_path / "out" / "report.json").read_text())
    assert kept["best"] == printed["best"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Best value so far" in page


def test_constants_of_every_kind_are_fitted(measured):
    tune = {"G": (9, 10), "K": (1, 3)}
    found = nsc.optimize(FALL, tune=tune, fit=measured, runs=30)
    assert found.best == pytest.approx({"G": 9.6, "K": 1.5}, abs=0.02)
    fit = found.report.fit
    assert fit.learned == 22
    assert fit.held == 8
    assert fit.default == {"G": 9.81, "K": 2.0}
    assert fit.error["held_out"]["fitted"] < 0.03
    assert fit.error["held_out"]["default"] > 0.5
    assert found.confirmed


def test_an_enumerator_is_tuned_over_whole_numbers():
    found = nsc.optimize(
        FALL, tune={"FAST": (1, 9), "t": (0, 0.5)}, fix={"v": 5}, runs=20
    )
    # SLOW, which comes behind it, keeps its value
    assert found.best["FAST"] == 1
    assert found.value == pytest.approx(2 * 1 + 4)


def test_a_python_function_is_fitted(measured):
    def height(t, v, g=9.81, k=2.0):
        return v * t - 0.5 * g * t * t + k * 3 + 4

    tune = {"g": (9, 10), "k": (1, 3)}
    found = nsc.optimize(height, tune=tune, fit=measured, runs=25)
    assert found.best == pytest.approx({"g": 9.6, "k": 1.5}, abs=0.02)
    assert found.report.fit.default == {"g": 9.81, "k": 2.0}


def test_two_objectives_give_a_front(sim):
    def two(a, b):
        return {"y": a * a + b * b, "z": (a - 1) ** 2 + b * b}

    found = nsc.optimize(two, domain=DOMAIN, minimize=["y", "z"], runs=40)
    front = found.report.front
    assert len(front) > 5
    assert all(each.confirmed for each in front)
    values = np.array([each.values for each in front])
    for row in values:
        others = (values <= row).all(axis=1) & (values < row).any(axis=1)
        assert not others.any()


def test_what_is_not_confirmed_is_said():
    calls = []

    def noisy(a, b):
        calls.append(a)
        return a + b + 1e-3 * len(calls)

    found = nsc.optimize(noisy, domain=DOMAIN, runs=20, vectorized=False)
    assert not found.confirmed
    assert not found.report.best.confirmed


@pytest.mark.slow
def test_workers_change_no_bit(sim, tmp_path):
    options = {"minimize": "y", "runs": 20, "batch": 2}
    source = programs(sim)["command"][0]
    one = nsc.optimize(source, workers=1, **options)
    two = nsc.optimize(source, workers=2, **options)
    assert one.report.values == two.report.values
    assert one.best == two.best


CASES = {
    "--minimize must name an output": ["--minimize", "nothing"],
    "--subject-to must be a condition": ["--subject-to", "t <"],
    "'w' is not one of these": ["--subject-to", "w < 1"],
    "ask for equal numbers": ["--subject-to", "t == v"],
    "--runs must be a whole number from 20": ["--runs", "5"],
    "there is no 'GRAVITY'": ["--tune", "GRAVITY=1:2"],
    "it held on none of": ["--subject-to", "return > 1000"],
    "'v' has no value": ["--tune", "t=0:4"],
    "needs something to tune": ["--fit", "measured.csv"],
    "--batch must be": ["--batch", "0"],
    "conditions on inputs alone hold at none": ["--subject-to", "t > 5"],
}


@pytest.mark.parametrize("said", CASES)
def test_mistakes_are_told(said, tmp_path, capsys):
    path = tmp_path / "f.c"
    path.write_text(FALL)
    words = ["optimize", str(path), "--domain", "t=0:4,v=5:10"]
    words += ["--maximize", "return"] * ("--minimize" not in CASES[said])
    if "--fit" in CASES[said]:
        words = words[:4]
    out = ["-o", str(tmp_path / "out")]
    if "--runs" not in CASES[said]:
        out += ["--runs", "20"]
    assert main([*words, *CASES[said], *out]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out" / "report.json").exists()


def test_an_input_without_a_range_is_refused():
    with pytest.raises(InputError, match="'v' has none"):
        nsc.optimize(FALL, domain={"t": (0, 1)}, runs=20)
    with pytest.raises(InputError, match="'b' has none"):
        nsc.optimize(bowl, domain={"a": (0, 1)}, runs=20)


def test_numbers_nowhere_are_refused():
    with pytest.raises(InputError, match="NaN or infinity, or failed, on all"):
        nsc.optimize(lambda a: a * np.nan, domain={"a": (0, 1)}, runs=20)


def test_a_missing_column_is_named(measured):
    text = measured.read_text().replace("t,v,height", "t,w,height")
    measured.write_text(text)
    with pytest.raises(InputError, match="has none named 'v'"):
        nsc.optimize(
            FALL, tune={"G": (9, 10)}, domain={"v": (0, 1)}, fit=measured
        )


def test_a_cell_that_is_no_number_is_placed(measured):
    lines = measured.read_text().splitlines()
    lines[4] = "1.0,nan,2.0"
    measured.write_text("\n".join(lines))
    with pytest.raises(InputError, match="measured.csv:5"):
        nsc.optimize(FALL, tune={"G": (9, 10)}, fit=measured)


DEAR = """double dear(double a, double b) {
  double s = a;
  for (int i = 0; i < 3000000; i++) s += 1e-7 * (b - s * s * s);
  return s * s + (b - 0.5) * (b - 0.5);
}
"""


@pytest.mark.slow
def test_a_killed_search_goes_on_with_the_same_bits(tmp_path):
    path = tmp_path / "dear.c"
    path.write_text(DEAR)
    words = [sys.executable, "-m", "nsc", "optimize", str(path), "--domain"]
    words += ["a=-1:1,b=-1:1", "--runs", "40", "--json"]
    whole = subprocess.run(
        [*words, "-o", str(tmp_path / "whole")],
        capture_output=True,
        check=True,
    )
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*words, "-o", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        time.sleep(0.05)
        files = list((out / "runs").glob("*.runs")) if out.exists() else []
        if files and len(kept_runs(out)[0].x) > 15:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(kept_runs(out)[0].x)
    again = subprocess.run(
        [*words, "-o", str(out)], capture_output=True, check=True
    )
    first = json.loads(whole.stdout)
    second = json.loads(again.stdout)
    assert kept > 15
    assert first["best"] == second["best"]
    assert first["values"] == second["values"]
