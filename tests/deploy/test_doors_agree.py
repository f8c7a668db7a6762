"""All doors to a surrogate compute what its network does: benchmarks/deploy/agreement.py."""

import runpy
import sys
from pathlib import Path

import numpy as np

BENCHMARK = (
    Path(__file__).parents[2] / "benchmarks" / "deploy" / "agreement.py"
)


def test_doors_agree_on_random_programs(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    found = runpy.run_path(str(BENCHMARK))["measure"](1, 3, 300)
    assert found.pop("refused") < 3
    names = {"C, scalar", "C, rows", "C, arrays", "Python"}
    assert names <= set(found)
    for name, row in found.items():
        assert row["programs"] == 3, name
        assert row["worst"] <= 1, (name, row)


def test_a_door_that_is_wrong_is_seen(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    benchmark = runpy.run_path(str(BENCHMARK))
    job = benchmark["job_of"](1, 0)
    x = benchmark["inputs_of"](job, 50, 0)
    judge = benchmark["Judge"](job, x)
    y = job.surrogate.evaluate(x)
    assert judge.share(y, "double") <= 1
    y[7, 0] += 1e-3 * (1 + np.abs(y[7, 0]))
    assert judge.share(y, "double") > 1
