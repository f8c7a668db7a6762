"""A dear program's coarse twin teaches its surrogate, and it is told."""

import json
from pathlib import Path

import pytest

import nsc
from nsc.app import main
from nsc.app.twins import is_worth_it
from nsc.runs import memory

PROGRAMS = Path(__file__).parents[1] / "twins" / "programs"
FRICTION = PROGRAMS / "friction.c"
DOMAIN = {"log_reynolds": (4.0, 8.0), "roughness": (1e-5, 0.05)}
FAST = {"budget": 16, "verification": 256, "timing": False}


def compiled(**options):
    return nsc.compile(FRICTION, domain=DOMAIN, **{**FAST, **options})


@pytest.fixture(scope="module")
def taught():
    return compiled()


def test_a_twin_teaches_and_is_described(taught):
    report = taught.report
    twin = report["twin"]
    assert twin["is_used"] and twin["why_none"] == ""
    assert twin["reduced"].startswith("2000 -> ")
    assert twin["price"] < 0.01 and max(twin["nmse"]) < 1e-6
    assert twin["dear_runs"] == 16 and twin["cheap_runs"] == 1024 + 16
    assert 0 < twin["cost"] < 100
    assert report["finetune"][0]["winner"].startswith("twin (2000 -> ")
    assert report["program_runs"]["train"] == 16
    assert report["program_runs"]["verification"] == 256


def test_without_twins_the_same_runs_teach_less(taught):
    plain = compiled(twins=False)
    assert "twin" not in plain.report
    assert taught.report["test"]["nmse"] < plain.report["test"]["nmse"] / 20


def test_the_same_seed_gives_the_same_bits(taught):
    again = compiled()
    assert all(
        (ours.w == theirs.w).all()
        for ours, theirs in zip(taught.members, again.members, strict=True)
    )


@pytest.mark.parametrize("initial", ["random", "compnet"])
def test_baselines_have_no_twins(initial):
    assert "twin" not in compiled(initial=initial).report


def test_a_cheap_program_has_none():
    text = "double f(double x) { double s = 0; for (int i = 0; i < 90; i++) s += x;"
    cheap = nsc.compile(text + " return s; }", **FAST)
    assert "twin" not in cheap.report


@pytest.mark.slow
def test_two_outputs_each_have_their_correction():
    text = """
    #include <math.h>
    void f(double x, double y, double *a, double *b) {
      double s = 0.0, t = 0.0;
      for (int i = 0; i < 4000; i++) {
        double z = (i + 0.5) / 4000;
        s += exp(-x * z) / 4000;
        t += cos(y * z + x) / 4000;
      }
      *a = s; *b = t;
    }
    """
    for split in (False, True):
        report = nsc.compile(text, out=["a", "b"], split=split, **FAST).report
        assert report["twin"]["is_used"]
        assert len(report["twin"]["nmse"]) == 2
        assert report["test"]["nmse"] < 1e-3


CHAOS = """
double f(double x) {
  x = 0.5 + 0.4 * x;
  for (int i = 0; i < 20000; i++) x = 3.9999 * x * (1.0 - x);
  return x;
}
"""


def test_where_none_agrees_it_is_said():
    report = nsc.compile(CHAOS, **FAST).report
    assert report["twin"]["is_used"] is False
    assert "agrees with it" in report["twin"]["why_none"]


def test_the_command_line_tells_and_leaves_out(tmp_path, capsys):
    words = ["compile", str(FRICTION), "--budget", "16", "--no-timing"]
    words += ["--domain", "log_reynolds=4:8,roughness=1e-5:0.05"]
    words += ["--verification", "256", "-o", str(tmp_path)]
    assert main(words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "twin 2000 -> " in shown and "runs of the program" in shown
    assert "twin" in (tmp_path / "report.html").read_text()
    assert main([*words, "--no-twins"]) == 0
    assert "runs of it" not in capsys.readouterr().out
    assert "twin" not in json.loads((tmp_path / "report.json").read_text())


@pytest.mark.parametrize(
    ("price", "n", "expected"),
    [
        (1e4, 16, False),
        (2e5, 16, True),
        (2e5, 1024, False),
        (2e7, 1024, True),
    ],
)
def test_when_it_is_worth_a_search(price, n, expected):
    assert is_worth_it(price, n) is expected


FALL = """
#define STEPS 400000
double fall(double v, double k, double m) {
  double x = 0, dt = 2.0 / STEPS;
  for (int i = 0; i < STEPS; i++) {
    v += dt * (9.81 - k / m * v * v);
    x += dt * v;
  }
  return x;
}
"""


def test_runs_of_a_twin_are_kept_apart(tmp_path, capsys, monkeypatch):
    # whatever a run takes here
    monkeypatch.setattr(memory, "WRITTEN_FROM_S", 0.0)
    monkeypatch.setattr(memory, "KEPT_FROM_S", 0.0)
    source = tmp_path / "fall.c"
    source.write_text(FALL)
    out = str(tmp_path / "out")
    words = ["compile", str(source), "--domain", "v=0:10,k=0.1:1,m=1:5"]
    words += ["--budget", "16", "--verification", "8"]
    assert main([*words, "--no-timing", "-o", out]) == 0
    capsys.readouterr()
    assert main(["runs", out, "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert kept[0]["differs"] == "" and "->" in kept[1]["differs"]
    assert main(["runs", out, "--csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 16 + 8
