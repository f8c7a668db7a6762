"""`errno` may be set, which does nothing to a result; reading it is refused."""

import numpy as np
import pytest

from nsc.errors import SourceError
from nsc.graph import Dag, evaluate
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle

SETS = """#include <errno.h>
#include <math.h>
double f(double x) {
  if (x < 0) { errno = EDOM; return 0; }
  errno = (0);
  return sqrt(x);
}"""


@pytest.mark.parametrize(
    "text", [SETS, SETS.replace("#include <errno.h>", "extern int errno;")]
)
def test_setting_errno_does_nothing(text):
    program = parse_program(text)
    assert any("errno" in note for note in program.notes)
    x = np.array([[0.25], [-0.5], [1.0]])
    expected = [[0.5], [0.0], [1.0]]
    assert ProgramOracle(program.unit)(x).tolist() == expected
    assert isinstance(program.dag, Dag)
    assert evaluate(program.dag, x).tolist() == expected


def test_reading_errno_is_refused_where_it_stands():
    text = SETS.replace("return sqrt(x);", "x = sqrt(x);\n  return errno + x;")
    with pytest.raises(SourceError) as raised:
        parse_program(text)
    (problem,) = raised.value.problems
    assert (problem.reason, problem.line) == ("uses_errno", 7)
    assert problem.column == 10 and "isnan" in problem.message


@pytest.mark.parametrize(
    "body",
    ["return errno = 2;", "errno += 1; return x;", "errno++; return x;"],
)
def test_what_also_reads_errno_is_refused(body):
    with pytest.raises(SourceError, match="uses_errno"):
        parse_program(f"#include <errno.h>\ndouble f(double x) {{ {body} }}")


def test_a_variable_of_that_name_is_the_users():
    program = parse_program(
        "double f(double x) { double errno = x; return errno; }"
    )
    assert program.notes == ()
