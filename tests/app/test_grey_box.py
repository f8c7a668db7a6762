"""One function that a program calls becomes a surrogate; the rest stays exact."""

import json

import numpy as np
import pytest

import nsc
from nsc.app.cli import main
from nsc.errors import InputError, SourceError
from nsc.program import callee_of, parse_program

ORBIT = """#include <math.h>
#define STEPS 4
struct state { double v, h; };
static const double RHO = 0.02;
static double drag(const struct state *s, int gear, double mode);
double spent(double v, int gear) {
  struct state s = {v, 10};
  double e = 0;
  for (int k = 0; k < STEPS; k++) { s.h -= 0.1 * s.v; if (v > -0.9) e += drag(&s, gear, 3); }
  return e;
}
static double unused(double x) { return x; }
static double drag(const struct state *s, int gear, double mode) {
  return RHO * mode * s->v * s->v * exp(-0.1 * s->h) * gear;
}
"""
READING = {"function": "spent", "domain": {"v": (-1, 2), "gear": (1, 5)}}
FEW = {"budget": 200, "verification": 500, "timing": False, "restarts": 1}


def test_the_whole_is_written_and_verified(tmp_path):
    surrogate = nsc.compile(
        ORBIT, learn="drag", folder=tmp_path, **READING, **FEW
    )
    assert surrogate.input_names == ("s.v", "s.h", "gear")
    report = json.loads((tmp_path / "report.json").read_text())
    within = report["within"]
    assert within["function"] == "spent"
    assert within["test"]["nmse"] < 1e-4
    assert 3 < within["calls"] < 4  # not all runs call
    assert report["notes"][0].startswith("spent with this surrogate")
    text = (tmp_path / "whole.c").read_text()
    assert "double unused(" not in text
    assert "double drag(" in (tmp_path / "surrogate.c").read_text()
    _expect_what_the_report_says(text, within)


def _expect_what_the_report_says(text, within):
    """Run the file that was written, on other inputs."""
    from nsc.sandbox import ProgramOracle

    ranges = READING["domain"]
    given = {"function": "spent", "ranges": ranges}
    generator = np.random.default_rng(7)
    v = generator.uniform(-1, 2, 300)
    x = np.stack([v, generator.integers(1, 6, 300)], axis=1)
    found = [
        ProgramOracle(parse_program(each, **given).unit)(x)
        for each in (ORBIT, text)
    ]
    error = np.mean((found[0] - found[1]) ** 2) / np.var(found[0])
    assert error < 4 * within["test"]["nmse"] + 1e-12


def test_the_whole_can_be_read_again_and_another_callee_learned(tmp_path):
    text = """#include <math.h>
    static double a(double x) { return exp(x); }
    static double b(double x) { return a(x) + sin(x); }
    double both(double x) { return b(x) * a(0.5 * x); }
    """
    few = FEW | {"budget": 60}
    nsc.compile(text, function="both", learn="a", folder=tmp_path, **few)
    again = (tmp_path / "whole.c").read_text()
    nsc.compile(again, function="both", learn="b", folder=tmp_path, **few)
    assert "a_net_bias_1" in (tmp_path / "whole.c").read_text()


def test_calls_of_itself_are_not_noted():
    text = """static double power(double x, int n) {
      return n <= 0 ? 1 : x * power(x, n - 1); }
    double f(double x) { return power(x, 3); }
    """
    callee = callee_of(parse_program(text, function="f"), "power")
    noting = callee.noting(most=4, every=1)
    assert "x * nsc_noted(x, n - 1)" in noting
    assert "return power(x, 3)" in noting


@pytest.mark.parametrize(
    ("learn", "said"),
    [
        ("lost", "there are: drag"),
        ("unused", "found 'unused'"),
        ("spent", "found 'spent'"),
        ("exp", "found 'exp'"),
    ],
)
def test_what_is_not_called_is_refused(learn, said):
    with pytest.raises(InputError, match=said):
        nsc.compile(ORBIT, learn=learn, **READING, **FEW)


def test_a_callee_that_is_no_function_of_numbers_is_refused():
    text = """static double *at(double *p, int k) { return p + k; }
    double f(double x) { double a[2] = {x, 2 * x}; return *at(a, 1); }
    """
    with pytest.raises(SourceError):
        nsc.compile(text, function="f", learn="at", **FEW)


def test_a_callee_that_no_run_calls_is_refused():
    text = """static double g(double x) { return x; }
    double f(double x) { return x > 5 ? g(x) : x; }
    """
    with pytest.raises(InputError, match="none of 64 runs called 'g'"):
        nsc.compile(text, function="f", learn="g", **FEW)


def test_a_callee_that_always_gets_the_same_is_refused():
    text = """static double g(double x) { return x; }
    double f(double x) { return x + g(2); }
    """
    with pytest.raises(InputError, match="whose inputs vary"):
        nsc.compile(text, function="f", learn="g", **FEW)


def test_a_new_definition_stands_on_lines_of_its_own():
    text = "static int n; static double g(double x) { return x; } double f(double x)"
    program = parse_program(f"{text} {{ return g(x) + n; }}", function="f")
    lines = callee_of(program, "g").replaced("#if 1\n#endif").splitlines()
    assert "#if 1" in lines
    assert "#endif" in lines


def test_a_callee_that_gets_infinity_is_refused():
    text = """static double g(double x) { return x > 2 ? 2 : x; }
    double f(int n, double w) { return w + g(w / n); }
    """
    domain = {"n": (-2, 2)}
    with pytest.raises(InputError, match="calls of 'g' had NaN or infinity"):
        nsc.compile(text, function="f", learn="g", domain=domain, **FEW)


@pytest.mark.parametrize("flag", ["--guard", "--text-only"])
def test_flags_that_do_not_go_with_it(flag, tmp_path, capsys):
    file = tmp_path / "a.c"
    file.write_text(ORBIT)
    words = ["compile", str(file), "--function", "spent", "--learn", "drag"]
    words += ["--domain", "v=-1:2,gear=1:5", "-o", str(tmp_path / "o"), flag]
    assert main(words) == 2
    assert flag in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_python_function_has_no_callees():
    with pytest.raises(InputError, match="learn needs a C function"):
        nsc.compile(lambda a: a, learn="g", **FEW)
