"""Integer outputs: only what a program can return occurs, and wrong ones are counted."""

import json
import re

import numpy as np
import pytest

import nsc
from nsc.app import CompileOptions, compile_file
from nsc.app.held import held_of
from nsc.app.timing import _over, _slower
from nsc.deploy import EXPORTERS, ExportJob
from nsc.program import as_returned, draw_inputs, parse_program
from nsc.report import CallTime
from nsc.surrogate import OneOf, Whole

ABOVE = "int above(double x, double y) { return x * x + y * y < 0.5; }"
STEP = """#include <math.h>
int step(double x) {
  double s = sin(9 * x);
  if (s > 0.4) return 7;
  return s < -0.5 ? -3 : 1;
}"""
NONE = np.empty((0, 1))


@pytest.mark.parametrize(
    ("text", "values"), [(ABOVE, (0, 1)), (STEP, (-3, 1, 7))]
)
def test_only_the_values_of_a_program_occur(text, values, tmp_path):
    path = tmp_path / "p.c"
    path.write_text(text)
    options = CompileOptions(budget=60, verification=500)
    report = compile_file(path, tmp_path, options, timing=False)
    surrogate = nsc.load(tmp_path / "surrogate.safetensors")
    program = parse_program(text)
    x = draw_inputs(program, 3000, generator=np.random.default_rng(9))
    y = surrogate(x)
    assert set(np.unique(y)) <= set(values)
    job = ExportJob(surrogate, program, x)
    for name, exporter in EXPORTERS.items():
        path = tmp_path / exporter.file_name
        if path.exists():
            found = exporter.evaluate(job, path.read_bytes(), x)
            assert (found != y).mean() < 1e-3, name
    assert surrogate.held == (OneOf(tuple(map(float, values))),)
    assert 0 < report.test.wrong < 0.5
    written = (tmp_path / "surrogate.c").read_text()
    assert re.search(r"Wrong answers.*: [\d.]+ % of 500 fresh inputs", written)
    assert "of answers wrong" in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["test"]["wrong"]


def test_what_the_text_says_needs_no_run():
    assert held_of(parse_program(ABOVE), np.empty((0, 1))) == (
        OneOf((0.0, 1.0)),
    )
    assert held_of(parse_program("_Bool f(double x) { return x; }"), NONE) == (
        OneOf((0.0, 1.0)),
    )
    assert (
        held_of(parse_program("double f(double x) { return x > 0; }"), NONE)
        == ()
    )


def test_what_runs_show_needs_enough_of_them():
    program = parse_program("int f(double x) { return 90 * x; }")
    whole = (Whole(-(2.0**31), 2.0**31 - 1),)
    assert held_of(program, NONE) == whole
    some = np.array([[4.0], [9.0]])
    assert held_of(program, np.tile(some, (7, 1))) == whole
    assert held_of(program, np.tile(some, (8, 1))) == (OneOf((4.0, 9.0)),)
    assert held_of(program, np.arange(500.0)[:, None]) == whole


def test_integers_of_a_wide_range_are_whole_in_python_too(tmp_path):
    surrogate = nsc.compile("int f(double x) { return 900 * x; }", budget=40)
    x = np.linspace(-1, 1, 101)[:, None]
    y = surrogate(x)
    program = parse_program("int f(double x) { return 900 * x; }")
    assert (y == np.trunc(y)).all() and (as_returned(program, y) == y).all()
    assert surrogate.report["test"]["wrong"] > 0


def test_a_surrogate_that_is_slower_is_remarked():
    assert _slower(CallTime(20.0, 10.0)) == ()
    [said] = _slower(CallTime(2.0, 10.0))
    assert (
        "slower than the program" in said and "10.0 ns instead of 2.0" in said
    )
    assert said.endswith("do not replace it")
    [said] = _slower(CallTime(5.0, 10.0, 3.0))
    assert said.endswith("takes 3.0 ns: replace it in batches alone")
    [said] = _slower(CallTime(2.0, 10.0, 3.0))
    assert said.endswith("takes 3.0 ns: do not replace it")


def test_a_call_that_takes_longer_than_it_may_is_remarked():
    assert _over(CallTime(20.0, 10.0), None) == ()
    assert _over(CallTime(20.0, 10.0), 10.0) == ()
    [said] = _over(CallTime(20.0, 10.0), 8.0)
    assert said.startswith("a call takes 10.0 ns") and "8 ns" in said
