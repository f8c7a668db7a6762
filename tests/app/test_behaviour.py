"""A program is run against its text before anything is learnt from it."""

import pytest

import nsc
from nsc.app.behaviour import ADVICE
from nsc.errors import SourceError
from nsc.sandbox import KINDS

FAST = {"budget": 20, "verification": 100, "timing": False}
HOLD = "void hold(double *state, double u) { if (u > 0) *state = u; }"
COUNTED = """static double k;
double counted(double x) { double *p = &k; *p += 1; return x + k; }"""


def test_a_wrong_signature_is_refused_by_name():
    with pytest.raises(SourceError) as raised:
        nsc.compile(HOLD, out=["state"], **FAST)
    (problem,) = raised.value.problems
    assert problem.reason == "signature_differs:kept_value"
    assert problem.line == 1
    assert problem.message.startswith(
        "'state' keeps its old value on some inputs, but is no input, for example with"
        " u = -0."
    )
    assert "leave out=['state'] away" in problem.message


def test_elements_of_a_kind_are_said_together():
    text = "void f(double x[2], double o[3]) { o[0] = x[0] + x[1]; }"
    with pytest.raises(
        SourceError, match=r"each of 'o\[1\]', 'o\[2\]' is an output"
    ):
        nsc.compile(text, out=["o"], **FAST)


def test_state_is_refused_however_it_is_reached():
    with pytest.raises(SourceError) as raised:
        nsc.compile(COUNTED, **FAST)
    (problem,) = raised.value.problems
    # by reading, or else by running
    assert problem.reason in ("keeps_state", "depends_on_history")


@pytest.mark.parametrize(
    ("text", "reason", "told"),
    [
        (
            "void f(double x, double y[2]) { double s; if (x > 0) s = x;"
            " y[0] = x; y[1] = s; }",
            "unwritten_value",
            r"what 'y\[1\]' should be is not settled on \d+ of 256 inputs, for example"
            r" with x = -0\.\d+: .* write it on every path, or restrict the domain",
        ),
        (
            "static double *table = 0;\n"
            "double f(double x) { return x > 0 ? table[1] : x; }",
            "null_pointer",
            r"'f' reads or writes through a null pointer on \d+ of 256 inputs, for example"
            r" with x = 0\.\d+, .* restrict the domain",
        ),
        (
            "void f(double x, double *y) { double z; double *p = x > 0 ? 0 : &z;"
            " *p = x; *y = x; }",
            "null_pointer",
            r"through a null pointer on \d+ of",
        ),
    ],
)
def test_what_c_leaves_open_is_refused_by_name(text, reason, told):
    with pytest.raises(SourceError, match=told) as raised:
        nsc.compile(text, function="f", **FAST)
    (problem,) = raised.value.problems
    assert problem.reason == reason


def test_a_domain_on_which_all_is_settled_compiles():
    text = "double f(double x) { double s; if (x > 0) s = x; return s * s; }"
    assert nsc.compile(text, domain={"x": (0.5, 1)}, **FAST)


def test_an_oracle_and_a_text_alone_are_not_checked():
    nsc.compile(HOLD, out=["state"], oracle=lambda x: x, **FAST)
    assert nsc.compile(HOLD, out=["state"], text_only=True)


def test_every_kind_has_its_advice():
    assert ADVICE.keys() == KINDS.keys()
