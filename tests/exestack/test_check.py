"""What ran well is dropped, by name, where it is no ground truth all the same."""

from dataclasses import replace

import numpy as np

from nsc.exestack.programs.check import (
    CHECKS,
    LIMITS,
    inputs_for,
    memory_reasons,
    neighbour_reasons,
    signature_reasons,
    state_reasons,
)
from nsc.exestack.programs.execute import execute
from nsc.exestack.programs.extract import Candidate, Dropped
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.text import SourceText
from nsc.program import Program, parse_program
from nsc.record import Record
from nsc.sandbox import Built, build, run

WIDE = profile_named("wide")
SCALE = "void scale(double *p, double k) { *p = *p * k; }"
# what lies before its table decides what it returns
BEFORE = """static double q[4] = {5, 6, 7, 8};
double before(double x) {
  double *p = q;
  int k = (int)(x * 60) + 1000;
  return p[-(k & 15)] + x;
}"""
TABLE = """static const double w[4] = {1, 2, 3, 4};
double table(double x) { return w[(int)(x + 2)]; }"""


def outputs_of(programs: list[Program]) -> list[np.ndarray]:
    """Run programs of one input together."""
    found: list[np.ndarray] = []
    for built in build([p.unit for p in programs], checks=CHECKS):
        assert isinstance(built, Built)
        found.append(run(built, inputs_for(1, WIDE), LIMITS).outputs)
    return found


def without_input(program: Program, name: str) -> Program:
    """Return a program whose signature lacks an input."""
    kept = tuple(
        leaf for leaf in program.signature.inputs if leaf.name != name
    )
    domain = replace(
        program.domain, lo=program.domain.lo[1:], hi=program.domain.hi[1:]
    )
    return replace(
        program,
        signature=replace(program.signature, inputs=kept),
        domain=domain,
    )


def test_signatures_are_held_against_runs():
    right = parse_program(SCALE)
    scalar = parse_program("double f(double x) { return x; }")
    wrong = without_input(right, "p")
    reasons = signature_reasons([wrong, scalar, right], WIDE)
    assert reasons == ["signature_differs:hidden_input", None, None]


def test_state_is_dropped_and_what_is_none_is_kept():
    lazy = """double f(double x) { static int ready; static double k;
      if (!ready) { k = 3; ready = 1; } return k * x; }"""
    last = "double f(double x) { static double p; p = p / 2 + x; return p; }"
    rare = """double f(double x) { static int n; n = n + 1;
      return n > 1000000 ? 0 : x; }"""
    programs = [parse_program(text) for text in (lazy, last, rare)]
    kept = [None, "keeps_state", "keeps_state"]
    assert state_reasons(programs, WIDE) == kept
    candidates = [Candidate(SourceText("o", "a.c", ""), p) for p in programs]
    record, *dropped = execute(candidates, WIDE)
    assert isinstance(record, Record) and record.dag is not None
    reasons = [d.reason for d in dropped if isinstance(d, Dropped)]
    assert reasons == ["nondeterministic", "keeps_state"]


def test_a_hidden_output_is_dropped():
    hidden = """double g; struct cell { double *at; };
      double f(double x) { struct cell c; c.at = &g; *c.at = x; return x; }"""
    read = "double g = 2; double f(double x) { return g * x; }"
    programs = [parse_program(text) for text in (hidden, read)]
    assert state_reasons(programs, WIDE) == ["keeps_state", None]


def test_a_wrong_signature_is_dropped_by_name():
    right = parse_program(SCALE)
    programs = [right, without_input(right, "p")]
    candidates = [Candidate(SourceText("o", "a.c", ""), p) for p in programs]
    record, dropped = execute(candidates, WIDE)
    assert isinstance(record, Record)
    assert isinstance(dropped, Dropped)
    assert dropped.reason == "signature_differs:hidden_input"


def test_what_depends_on_its_neighbours_is_found():
    others = [
        parse_program(f"static double a[3] = {{{k}, 2, 3}};"
                      f" double f{k}(double x) {{ return a[(int)(x + 1)]; }}")
        for k in range(3, 6)
    ]  # fmt: skip
    programs = [*others, parse_program(BEFORE), parse_program(TABLE)]
    outputs = outputs_of(programs)
    reasons = neighbour_reasons(programs, outputs, WIDE)
    assert reasons == [None, None, None, "depends_on_neighbours", None]


UNWRITTEN = "double part(double x) { double s; if (x > 0) s = x; return s; }"
NULL = "double null(double x) { double z = 2; double *p = x > 0 ? 0 : &z; return *p; }"
SETTLED = """double settled(double x) {
  double s[9000];
  double sum = 0;
  for (int k = 0; k < 4; k++) s[k] = x + k;
  for (int k = 0; k < 4; k++) sum += s[k];
  return sum;
}"""


def test_what_c_leaves_open_is_dropped_by_name():
    texts = [SETTLED, UNWRITTEN, BEFORE, NULL, TABLE]
    programs = [parse_program(text) for text in texts]
    outputs = outputs_of(programs)
    reasons = memory_reasons(programs, outputs, WIDE)
    assert reasons == [
        None,
        "unwritten_value",
        "depends_on_neighbours",
        "null_pointer",
        None,
    ]


def test_there_may_be_nothing_to_check():
    assert neighbour_reasons([], [], WIDE) == []
    assert execute([], WIDE) == []
