"""The programs of examples/dear/ compute what their comments say, and compile."""

import json
import math
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nsc.app import main
from nsc.deploy import run_selftest
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle

ROOT = Path(__file__).parents[1]
DEAR = sorted((ROOT / "examples" / "dear").glob("*.c"))
BENCHMARK = ROOT / "benchmarks" / "dear" / "run.py"
flags_of = runpy.run_path(str(ROOT / "examples" / "demo.py"))["flags_of"]


def warmed_rod(left: float, diffusivity: float, seconds: float) -> float:
    """Return the temperature of a rod of 0.1 m that has 300 K at its other end."""
    gone = sum(
        math.sin(k * math.pi / 4)
        * math.exp(-diffusivity * (k * math.pi / 0.1) ** 2 * seconds)
        / k
        for k in range(1, 200)
    )
    return 300 + (left - 300) * (0.75 - 2 / math.pi * gone)


def on_axis(z: float, radius: float, length: float) -> float:
    """Return the field of a coil of 1,000 turns to a metre and 1 A on its axis, mT."""
    ends = [z + length / 2, z - length / 2]
    near, far = (e / math.hypot(e, radius) for e in ends)
    return 4e-7 * math.pi * 1000 / 2 * (near - far) * 1000


def slow_discharge(current: float, resistance: float) -> float:
    """Return the Wh of a full cell of 3 Ah, its capacitors charged, until 3 V."""
    charge = np.linspace(0, 1, 100_001)
    at_rest = (
        3.45 + 0.55 * charge + 0.2 * charge**3 - 0.75 * np.exp(-18 * charge)
    )
    voltage = at_rest - current * resistance
    return 3 * float(voltage[voltage > 3].sum()) / 100_000


# (program, inputs, result from a closed form or a table, relative tolerance)
KNOWN = [
    ("heat", (380, 300, 4e-6, 40), warmed_rod(380, 4e-6, 40), 1e-4),
    # Hull, Options, Futures, and Other Derivatives: a tree of 500 levels gives 4.283
    ("american_put", (50, 50, 0.1, 0.4, 5 / 12), 4.283, 1e-3),
    # too heavy for the air to matter
    ("projectile", (50, 40, 1e9, 0), 2500 * math.sin(1.3962634) / 9.81, 1e-4),
    ("van_der_pol", (0, 0, 1, 1.5), 1.5 * math.cos(6), 1e-9),
    ("kepler", (0.5, 0, 360), 1 / math.sqrt(0.75), 1e-9),
    # a grey body: the cutoff does not matter
    ("absorber", (20000, 2, 0.8, 0.8), (25000 / 5.670374419e-8) ** 0.25, 1e-6),
    ("battery", (1, 25, 1, 0), slow_discharge(1, 0.06), 2e-3),
    # a clear day in June, level, at 45 degrees: some 8.3 kWh/m^2
    ("sun", (172, 45, 0, 180), 8.3, 5e-2),
    ("solenoid", (0, 0.03, 0.07, 0.1), on_axis(0.03, 0.07, 0.1), 1e-3),
    # throttled from 500 degrees and 50 bar to 10 bar, of the steam tables: 482 degrees
    ("steam", (773.15, 50, 10, 0), 755, 1e-2),
]


def test_every_program_has_a_known_value():
    assert sorted(name for name, *_ in KNOWN) == [p.stem for p in DEAR]
    assert len(DEAR) == 10


@pytest.mark.parametrize(
    "name, inputs, expected, tolerance", KNOWN, ids=lambda v: str(v)[:12]
)
def test_a_program_computes_what_its_comment_says(
    name, inputs, expected, tolerance
):
    path = ROOT / "examples" / "dear" / f"{name}.c"
    flags = flags_of(path)
    function = flags[flags.index("--function") + 1]
    program = parse_program(path.read_text(), function=function)
    found = ProgramOracle(program.unit)(np.array([inputs], dtype=float))
    assert found.item() == pytest.approx(expected, rel=tolerance, abs=1e-9)


@pytest.mark.parametrize("path", DEAR, ids=lambda p: p.stem)
@pytest.mark.slow
def test_dear_programs_are_worth_it(path, tmp_path, capsys):
    arguments = ["compile", str(path), *flags_of(path), "-o", str(tmp_path)]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["test"]["nmse"] <= 1e-4
    assert run_selftest((tmp_path / "surrogate.c").read_text())
    # a busy machine takes its time at random, and one timing is all there is
    ns = report["ns_per_call"]
    assert ns["original"] > 20 * ns["surrogate"]


def test_a_dear_program_compiles_on_few_runs(tmp_path, capsys):
    path = ROOT / "examples" / "dear" / "solenoid.c"
    few = "--budget 128 --verification 256 --no-timing --json".split()
    out = ["-o", str(tmp_path)]
    assert main(["compile", str(path), *flags_of(path), *few, *out]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["nmse"] < 0.02


@pytest.fixture
def benchmark(monkeypatch, tmp_path):
    """Run the benchmark in an empty folder, where it writes out/."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(BENCHMARK), *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    return run


def test_the_benchmark_refuses_a_program_that_is_not_there(benchmark):
    done = benchmark("--only", "heat", "cold")
    assert done.returncode == 2
    assert "no program cold; there are absorber, american_put" in done.stderr


@pytest.mark.slow
def test_the_benchmark_tells_what_it_measured(benchmark):
    options = "--only solenoid --budget 256 --timings 1 --json".split()
    done = benchmark(*options)
    found = json.loads(done.stdout)
    (row,) = found["programs"]
    assert (row["program"], row["runs"]) == ("solenoid", 256)
    assert row["original_ns"] > row["surrogate_ns"] > 0
    assert found["passed"] == (row["nmse"] <= 1e-4)
    assert done.returncode == (0 if found["passed"] else 1)
