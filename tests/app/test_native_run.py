"""C programs that run as this machine's own."""

import json

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.native_run import NativeExecutable, native_of
from nsc.errors import OracleError
from nsc.runs import OUT_OF_TIME, memory

SMOOTH = """
#include <math.h>
double f(double a, double b) {
  double s = 0;
  for (int k = 1; k < 2000; k++) s += sin(k * a) / ((double)k * k) + b / k;
  return s;
}
"""
# more than the sandbox gives
LARGE = """
#include <stdlib.h>
double f(double a) {
  size_t n = (size_t)96 << 20;
  char *p = malloc(n);
  for (size_t i = 0; i < n; i += 1 << 16) p[i] = (char)(i >> 16);
  double s = 0;
  for (size_t i = 0; i < n; i += 1 << 16) s += p[i] * a;
  free(p);
  return s;
}
"""
WIDTHS = "double f(double a) { return a * sizeof(void *); }"


def test_it_gives_the_same_as_the_sandbox():
    native = nsc.compile(SMOOTH, budget=64, verification=64, native=True)
    boxed = nsc.compile(SMOOTH, budget=64, verification=64)
    ours = native.report["test"]["nmse"]
    assert 0.5 < ours / boxed.report["test"]["nmse"] < 2
    assert any(
        "on 64 inputs what it gives" in n for n in native.report["notes"]
    )


def test_what_the_sandbox_cannot_run():
    found = nsc.compile(
        LARGE, budget=16, verification=16, native=True, timing=False
    )
    assert found.report["test"]["nmse"] < 1e-3
    assert any("no check ran it" in n for n in found.report["notes"])


def test_what_differs_is_refused():
    with pytest.raises(
        OracleError, match="something else than in the sandbox"
    ):
        nsc.compile(WIDTHS, budget=16, native=True)


@pytest.mark.slow
def test_runs_are_kept(tmp_path, capsys, monkeypatch):
    # whatever a run takes here
    monkeypatch.setattr(memory, "WRITTEN_FROM_S", 0.0)
    monkeypatch.setattr(memory, "KEPT_FROM_S", 0.0)
    source = tmp_path / "f.c"
    source.write_text(SMOOTH.replace("2000", "200000"))
    words = ["compile", str(source), "--native", "--budget", "32"]
    words += ["--verification", "64"]
    words += ["-o", str(tmp_path / "out"), "--json", "--no-twins"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)
    assert main([*words, "--workers", "2"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["test"] == first["test"]
    assert main(["runs", str(tmp_path / "out"), "--csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 32 + 64


def executable(text, limit=10.0) -> NativeExecutable:
    return native_of(nsc.parse_program(text), limit)


def test_a_crash_costs_a_sample():
    text = "double f(double a) { volatile int *p = 0; if (a > 0) *p = 1; return a; }"
    found = executable(text)(np.array([[-1.0], [1.0], [-0.5]]))
    assert found.failed[1].detail == (
        "built for this machine it ended with signal 11"
    )
    assert found.outputs[[0, 2], 0].tolist() == [-1.0, -0.5]


def test_one_that_hangs_is_the_last():
    text = "double f(double a) { while (a > 0) { a = a * 1.0; } return a; }"
    found = executable(text, 0.5)(np.array([[-1.0], [1.0], [-0.5]]))
    assert found.failed[1].reason == OUT_OF_TIME and found.n_run == 2


def test_with_text_only_there_is_nothing_to_run(tmp_path, capsys):
    source = tmp_path / "f.c"
    source.write_text(SMOOTH)
    assert main(["compile", str(source), "--native", "--text-only"]) == 2
    assert "--native must be left out" in capsys.readouterr().err
