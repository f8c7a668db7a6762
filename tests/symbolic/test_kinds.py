"""The tables: every kind of syntax has a rule, and an unknown one is refused by name."""

import re

import pytest
from closed import body, read, read_definitions

from nsc.graph import Unsupported
from nsc.symbolic import EMPTY, Ast, Definitions, ast, definitions_of
from nsc.symbolic.ast import EXPRESSION_KINDS, STATEMENT_KINDS
from nsc.symbolic.floating import FLOATING
from nsc.symbolic.rules import RULES
from nsc.syntax import DOUBLE

EVERY_KIND = EXPRESSION_KINDS | STATEMENT_KINDS
# one of each form that C has and that is not refused outright
EVERY_FORM = """
typedef struct { double a, b[2]; } S;
static double twice(double v) { return 2 * v; }
static double odd(double v) { goto end; end: return v; }
double f(double x) {
  enum { K = 2 };
  enum { L = 1 } k = L;
  static int count = 0;
  S s = { .a = x, .b = { [0] = 1, 2 } }, *p = &s;
  double t[3] = { 0 }, y = sizeof(S) + sizeof t;
  for (int i = 0; i < K; i++) { if (i > 1) continue; t[i] += x; }
  while (y < 0) y++;
  do { y = -(y), *&y = ~1; } while (0);
  switch (count) { case 1: y = 2; break; default: y = p->a; }
  assert(x < 2 && "a string");
  y = (float)x > 0 ? ((S){ 1 }).a : twice(x);
  y = ({ double u = y; u * x; });
  ;
  return y + t[0] + s.b[1] + !x;
}
"""


def kinds_in(value: object) -> set[str]:
    """Collect the kinds of all nodes in syntax, in whatever it is nested."""
    found = {value.kind} if isinstance(value, Ast) else set()
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for part in value:
            found |= kinds_in(part)
    return found


def test_lowering_makes_every_kind_and_no_other():
    found = kinds_in(definitions_of(EVERY_FORM))
    made_by_others = {"group"}  # C's parentheses are gone once they are read
    assert found == (EVERY_KIND | {"function"}) - made_by_others


def test_every_expression_has_a_rule():
    assert set(RULES.expressions) == EXPRESSION_KINDS


def test_every_statement_has_a_rule():
    assert set(RULES.statements) == STATEMENT_KINDS


def test_every_lvalue_is_an_expression():
    assert set(RULES.places) <= EXPRESSION_KINDS


def test_the_type_of_every_kind_is_told_without_evaluating_it():
    assert set(FLOATING) == EXPRESSION_KINDS | STATEMENT_KINDS


def test_the_table_for_other_front_ends_names_every_kind():
    rows = set(re.findall(r"^\| (\w+) +\|", ast.__doc__, re.MULTILINE)) - {
        "kind"
    }
    assert rows == EXPRESSION_KINDS | STATEMENT_KINDS


def function(*statements: Ast) -> Definitions:
    """Define f(x) by its statements."""
    data = ((("x", DOUBLE),), DOUBLE, Ast("block", statements))
    return Definitions({"f": Ast("function", data=data)}, ())


def strange(*kids: Ast) -> Ast:
    """Return a node of a kind that nobody knows."""
    return Ast("no such kind", kids)  # type: ignore[arg-type]  (that is the point)


X = Ast("name", data="x")
ONE = Ast("number", data=(1.0, True))


@pytest.mark.parametrize(
    "statement",
    [
        strange(),
        Ast("return", (strange(),)),
        Ast("return", (Ast("binary", (X, strange()), "+"),)),
        Ast("if", (strange(), EMPTY, EMPTY)),
        Ast("assign", (strange(), X), ""),
    ],
    ids=["statement", "value", "side", "test", "lvalue"],
)
def test_an_unknown_kind_is_refused_wherever_it_stands(statement):
    dag = read_definitions(function(statement, Ast("return", (X,))))
    assert isinstance(dag, Unsupported)
    assert dag.reason == "unsupported_syntax"
    assert dag.message == "'no such kind' is not an expression"


def test_the_type_of_an_unknown_kind_is_refused_too():
    choice = Ast("conditional", (ONE, ONE, strange()))
    dag = read_definitions(function(Ast("return", (choice,))))
    assert isinstance(dag, Unsupported)
    assert dag.message == "the type of 'no such kind' is not known"


@pytest.mark.parametrize("kind", ["string", "initialiser", "block"])
def test_what_has_no_value_is_no_expression(kind):
    dag = read_definitions(function(Ast("return", (Ast(kind),))))
    assert isinstance(dag, Unsupported)
    assert dag.message == f"'{kind}' is not an expression"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "goto end; end: return x;",
            "'goto statement' has no symbolic meaning",
        ),
        ("return x; here: return 2;", None),
        ('asm("nop"); return x;', "has no symbolic meaning"),
    ],
)
def test_a_form_that_no_rule_lowers_is_refused_where_it_is_reached(
    statement, message
):
    dag = read(body(statement))
    if message is None:
        assert not isinstance(dag, Unsupported)
    else:
        assert isinstance(dag, Unsupported)
        assert dag.reason == "unsupported_syntax" and message in dag.message
