"""A program that ends itself: on which input, and which call did it."""

import numpy as np
import pytest

import nsc
from nsc.app.checks import notes_on_open_behaviour
from nsc.errors import OracleError
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle, exit_reached

FATAL = """#include <assert.h>
#include <stdlib.h>
static double half(double x) {
  assert(x < 0.75);
  return x / 2;
}
double f(double x) {
  if (x < -0.5) exit(1);
  assert(half(x) < 0.25);
  if (x > 0.25) { abort(); } return x;
}"""


@pytest.mark.parametrize(
    ("x", "place"),
    [
        (-0.7, "'exit' at a.c:8:17"),
        (0.8, "'assert' at a.c:4:3"),
        (0.6, "'assert' at a.c:9:3"),
        (0.3, "'abort' at a.c:10:19"),
        (0.0, None),
    ],
)
def test_the_call_that_was_reached_is_told(x, place):
    program = parse_program(FATAL, path="a.c", function="f")
    assert [call.name for call in program.exits] == [
        "assert",
        "exit",
        "assert",
        "abort",
    ]
    reached = exit_reached(program.unit, np.array([x]))
    if place is None:
        assert reached is None
    else:
        assert reached is not None
        assert program.exits[reached].located("a.c") == place


def test_a_compilation_says_which_call_on_which_input():
    text = (
        "#include <stdlib.h>\ndouble f(double x) {\n"
        " if (x > 0.5)\n  exit(1);\n return x; }"
    )
    with pytest.raises(OracleError) as raised:
        nsc.compile(text, budget=20, verification=100, timing=False)
    said = str(raised.value)
    assert "the program called exit ('exit' at <string>:4:3) on " in said
    assert "for example at (0." in said and "restrict the domain" in said


def test_a_note_names_the_call():
    text = "double f(double x) {\n if (x == 1) abort(); return x; }"
    program = parse_program(text, path="a.c")
    (note,) = notes_on_open_behaviour(program, ProgramOracle(program.unit), 0)
    assert "('abort' at a.c:2:14) at (x = 1)" in note


def test_a_program_without_such_calls_is_not_built_again():
    assert parse_program("double f(double x) { return x; }").exits == ()
