"""Static variables: scratch and constants computed once are no state; state is named."""

import numpy as np
import pytest

import nsc
from nsc.app.options import CompileOptions
from nsc.app.pipeline import compile_program
from nsc.app.state import check_static_variables
from nsc.errors import SourceError
from nsc.graph import Dag, evaluate
from nsc.program import draw_inputs, parse_program
from nsc.sandbox import ProgramOracle

SCRATCH = """double f(double x) {
  static double t[4];
  for (int i = 0; i < 4; i++) t[i] = x * i;
  return t[1] + t[3];
}"""
LAZY = """double f(double x) {
  static int ready; static double eps;
  if (!ready) { eps = 1e-3; ready = 1; }
  return x + eps;
}"""
FILL = """static double t[4]; static int full;
static void fill(void) { for (int i = 0; i < 4; i++) t[i] = 0.5 * i; full = 1; }
"""
TABLE = FILL + "double f(double x) { if (!full) fill(); return x * t[3]; }"
SHARED_TABLE = FILL + (
    "double g(double x) { if (!full) fill(); return t[1]; }\n"
    "double f(double x) { if (!full) fill(); return x * t[2]; }"
)
BY_CELL = """static double t[16]; static char has[16];
double f(double x) { int k = (int)(x * 8 + 8) & 15;
  if (!has[k]) { t[k] = k * 0.5; has[k] = 1; } return t[k]; }"""
CACHE = """double f(double x, double y) { static double a, b, v; static int has;
  if (has && x == a && y == b) return v;
  a = x; b = y; has = 1; return v = x * y; }"""
STRUCT = """static struct { double a, b; } s;
double f(double x) { s.a = x; s.b = 2 * x; return s.a + s.b; }"""
INITIALISED = """double f(double x) { static double t[3] = {1, 2, 3};
  t[0] = x; return t[0] + t[1]; }"""
COUNTER = "double f(double x) { static int n; n++; return 2 * x; }"
PRINTED = """#include <stdio.h>
double f(double x) { static int n; n += 1; printf("%d", n); return 2 * x; }"""
WARNS = """#include <stdio.h>
double f(double x) { static int n; if (x > 0.5 && n < 3) { n++; puts("w"); }
  return 2 * x; }"""
SWAPPED = """double f(double x) { static double a = 1, b = 2; double t = a;
  a = b; b = t; return x * 3; }"""


def drawn(program) -> np.ndarray:
    return draw_inputs(program, 50, generator=np.random.default_rng(1))


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        (SCRATCH, (2.0,), "depends on what the static variable 't' held"),
        (LAZY, (0.501,), "variables 'ready', 'eps' are set once"),
        (TABLE, (0.75,), "file-level variables 't', 'full' are set once"),
        (SHARED_TABLE, (0.5,), "variables 't', 'full' are set once"),
        (BY_CELL, (6.0,), "variables 't', 'has' are set once"),
        (CACHE, (0.25,), "'has' is set once"),
        (STRUCT, (1.5,), "the file-level variable 's' held"),
        (INITIALISED, (2.5,), "the static variable 't' held"),
        (WARNS, (1.0,), "the static variable 'n' held"),
        (SWAPPED, (1.5,), "the static variables 'a', 'b' held"),
    ],
)
def test_what_is_no_state_is_compiled_and_said(text, values, said):
    program = parse_program(text, function="f")
    (*_, note) = notes = check_static_variables(program, seed=0)
    assert said in " ".join(notes) and "found by running" in note
    oracle = ProgramOracle(program.unit)
    half = np.full((1, program.n_inputs), 0.5)
    assert oracle(half)[0] == pytest.approx(values)
    x = drawn(program)
    if isinstance(program.dag, Dag):
        np.testing.assert_allclose(
            evaluate(program.dag, x), oracle(x), 1e-9, 1e-9
        )


@pytest.mark.parametrize("text", [SCRATCH, LAZY, TABLE, STRUCT, COUNTER])
def test_the_dag_begins_with_initial_values(text):
    assert isinstance(parse_program(text, function="f").dag, Dag)


@pytest.mark.parametrize("text", [COUNTER, PRINTED])
def test_what_nothing_reads_is_found_in_the_text(text):
    program = parse_program(text, function="f")
    (note,) = program.notes
    assert note.startswith("the static variable 'n' is only ever updated")
    assert check_static_variables(program, seed=0) == ()


def test_variables_of_one_declaration_are_told_apart():
    text = """double f(double x) { static int n = 0, ready; n++;
      if (!ready) ready = 1; return x * ready; }"""
    program = parse_program(text)
    (note,) = check_static_variables(program, seed=0)
    assert note.startswith("the static variable 'ready' is set once")


def test_an_alias_reads_a_variable():
    text = """static int n; static int *const p = &n;
      double f(double x) { n++; return x + *p; }"""
    with pytest.raises(SourceError, match="and is read"):
        parse_program(text)


ACCUMULATES = (
    "double f(double x) { static double s; s = s / 2 + x; return s; }"
)
STALE = """double f(double x, double y) { static double a, v; static int has;
  if (has && x == a) return v;
  a = x; has = 1; return v = x * y; }"""
TOLERANT = """double f(double x) { static double a = 9, v;
  if (x - a < 1e-6 && a - x < 1e-6) return v;
  a = x; return v = x * x; }"""
FIRST_INPUT = """double f(double x) { static int has; static double b;
  if (!has) { has = 1; b = x; } return x - b; }"""
SOMETIMES = """double f(double x) { static int seen; if (x > 0.99999) seen = 1;
  if (x < -0.5) return seen ? 2 : x; return x; }"""
LATER = """double f(double x) { static int n; n = n + 1;
  return n > 1000000 ? 0 : x; }"""
UNSEEN = """double f(double x) { static double k;
  if (x > 2) k = x; return x + k; }"""
BEHIND = """static double k;
double f(double x) { double *p = &k; *p += 1; return x + k; }"""
LEFT = """static int err; int last_error(void) { return err; }
double f(double x) { err = 0; if (x < 0) err = 1; return 2 * x; }"""


@pytest.mark.parametrize(
    ("text", "name", "line", "said"),
    [
        (ACCUMULATES, "s", 1, "depends on what earlier calls left"),
        (STALE, "a", 3, "depends on what earlier calls left"),
        (TOLERANT, "a", 3, "depends on what earlier calls left"),
        (FIRST_INPUT, "has", 2, "depends on what earlier calls left"),
        (SOMETIMES, "seen", 1, "depends on what earlier calls left"),
        (LATER, "n", 1, "no number of calls shows"),
        (UNSEEN, "k", 2, "whether a call can leave one is not known"),
        (BEHIND, "k", 2, "depends on what earlier calls left"),
        (LEFT, "err", 2, "so that it is an output"),
    ],
)
def test_state_is_refused_by_name_and_place(text, name, line, said):
    program = parse_program(text, function="f")
    with pytest.raises(SourceError, match=said) as raised:
        check_static_variables(program, seed=0)
    (problem,) = raised.value.problems
    is_output = text is LEFT
    assert problem.reason == ("writes_global" if is_output else "keeps_state")
    assert problem.line == line and f"'{name}'" in problem.message
    assert f"inputs={{'{name}': (LO, HI)" in problem.message


HIDDEN = """double g; struct cell { double *at; };
double f(double x) { struct cell c; c.at = &g; *c.at = x; return x + 1; }"""
ON_TABLE = """double a, b; static double *const tables[2] = {&a, &b};
double f(double x) { double *e = tables[x > 0.5]; *e = x; return x * 2; }"""
CONSTANT = """double g; struct cell { double *at; };
double f(double x) { struct cell c = {&g}; *c.at = 1; return x + 1; }"""


@pytest.mark.parametrize("text", [HIDDEN, ON_TABLE, CONSTANT])
def test_what_a_call_leaves_where_no_text_shows_it_is_refused(text):
    program = parse_program(text, function="f")
    with pytest.raises(SourceError, match="so that it is an output") as raised:
        check_static_variables(program, seed=0)
    assert [p.reason for p in raised.value.problems] == ["writes_global"]


@pytest.mark.parametrize("given", ["inputs", "fix"])
def test_an_input_that_is_written_is_an_output(given):
    stated = {given: {"g": (0, 1) if given == "inputs" else 1.0}}
    program = parse_program(HIDDEN, function="f", **stated)
    with pytest.raises(SourceError, match=r"out=\['g'\]") as raised:
        check_static_variables(program, seed=0)
    assert [p.reason for p in raised.value.problems] == ["writes_global"]
    said = parse_program(HIDDEN, function="f", out=["g"], **stated)
    assert check_static_variables(said, seed=0) == ()


def test_an_input_that_a_callee_reads_is_no_output():
    text = """double g[2]; static double get(const double *e) { return e[1]; }
double f(double x) { return x * get(g); }"""
    program = parse_program(text, function="f", inputs={"g": (0, 1)})
    assert check_static_variables(program, seed=0) == ()


def test_a_variable_that_nothing_writes_is_left_alone():
    text = """static double a = 1, b = 2; static double *t[2] = {&a, &b};
double f(double x) { double *e = t[x > 0.5]; return x * *e; }"""
    program = parse_program(text, function="f")
    assert check_static_variables(program, seed=0) == ()


def test_what_is_too_large_to_be_looked_at_is_refused_where_text_does_not_tell():
    large = "static double t[200000]; "
    text = HIDDEN.replace("double g;", f"{large}double g;")
    program = parse_program(text.replace("x + 1", "x + t[3]"), function="f")
    with pytest.raises(SourceError, match="'g' keeps .* not be looked at"):
        check_static_variables(program, seed=0)
    text = f"{large}double f(double x) {{ return x + t[3]; }}"
    program = parse_program(text, function="f")
    assert check_static_variables(program, seed=0) == ()


def test_what_is_not_run_is_refused_where_pointers_are_not_followed():
    with pytest.raises(SourceError, match="only running shows"):
        nsc.compile(HIDDEN, text_only=True)


def test_what_is_said_to_do_works():
    text = "static double s;\n" + ACCUMULATES.replace("static double s; ", "")
    program = parse_program(
        text, function="f", inputs={"s": (-1, 1)}, out=["s"]
    )
    assert check_static_variables(program, seed=0) == ()
    assert program.n_inputs == program.n_outputs == 2


def test_what_is_not_run_keeps_no_state_for_all_that_is_known():
    with pytest.raises(SourceError, match="only running shows") as raised:
        nsc.compile(LAZY, text_only=True)
    (problem,) = raised.value.problems
    assert (problem.reason, problem.line) == ("keeps_state", 3)
    assert nsc.compile(COUNTER, text_only=True)


def test_notes_reach_the_user():
    options = CompileOptions(budget=20, verification=100)
    found = compile_program(parse_program(LAZY), options, timing=False)
    assert any("are set once" in note for note in found.notes)
