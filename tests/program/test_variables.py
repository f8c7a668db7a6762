"""File-level variables: told of where they may change, inputs and constants on request."""

import numpy as np
import pytest

from nsc.errors import InputError, SourceError
from nsc.graph import Dag, evaluate
from nsc.program import Asked, list_functions, parse_program
from nsc.sandbox import ProgramOracle

GAIN = """
static double gain = 1.0;
void set_gain(double g) { gain = g; }
double amplify(double x) { return gain * x + 1.0; }
"""
SEVERAL = """
typedef struct { double scale; float bias[2]; } cal;
static cal c = {2, {1, 3}};
double k[2] = {0.5, 4};
static const double fixed = 3;
static double quiet = 2;
static int n;
void tune(cal *to);
void set(void) { tune(&c); n++; }
double f(double x, double n) { return c.scale * x + c.bias[1] + k[0] + fixed * quiet + n; }
"""


def notes(text: str, name: str, **options) -> tuple[str, ...]:
    return parse_program(text, function=name, **options).notes


def test_a_variable_that_another_function_writes_is_told():
    (note,) = notes(GAIN, "amplify")
    assert (
        "'gain' is held at 1.0, its value in the text, and set_gain writes"
        in note
    )
    assert (
        "inputs={'gain': (LO, HI)}, or fix it with fix={'gain': VALUE}" in note
    )


def test_addresses_that_are_handed_on_and_other_files_are_told():
    found = notes(SEVERAL, "f")
    assert [note.split("'")[1] for note in found] == ["c", "k"]
    assert "held at {2, {1, 3}}" in found[0] and "set writes it" in found[0]
    assert "another file may write it" in found[1]


@pytest.mark.parametrize(
    "text",
    [
        "static double g = 2; double f(double x) { return g * x; }",
        "const double g = 2; double f(double x) { return g * x; }",
        "static double g; void set(double g) { g = 1; } double f(double x) { return x + g; }",
        "static double g; double see(void) { return -g; } double f(double x) { return x + g; }",
        "static double g; void set(double x) { g = x; } double f(double x) { return x; }",
    ],
)
def test_what_nothing_writes_is_a_constant(text):
    assert notes(text, "f") == ()


def test_a_variable_is_an_input_on_request():
    program = parse_program(
        GAIN, function="amplify", inputs={"gain": (0.5, 2)}
    )
    assert [leaf.name for leaf in program.signature.inputs] == ["x", "gain"]
    assert program.domain.lo == (-1, 0.5) and program.domain.hi == (1, 2)
    assert program.notes == ()
    x = np.array([[0.5, 2.0], [-1.0, 0.5]])
    assert ProgramOracle(program.unit)(x)[:, 0].tolist() == [2.0, 0.5]
    assert isinstance(program.dag, Dag)
    unit = np.array([[0.5, 1.0], [-1.0, -1.0]])
    assert evaluate(program.dag, unit)[:, 0] == pytest.approx([2.0, 0.5])


def test_a_variable_is_fixed_on_request():
    program = parse_program(GAIN, function="amplify", fix={"gain": 1.5})
    assert [leaf.name for leaf in program.signature.inputs] == ["x"]
    assert ProgramOracle(program.unit)(np.array([[2.0]])).tolist() == [[4.0]]
    assert isinstance(program.dag, Dag)
    assert evaluate(program.dag, np.array([[1.0]])).tolist() == [[2.5]]
    assert program.notes == ()


def test_arrays_and_structs_are_inputs_scalar_by_scalar():
    program = parse_program(
        SEVERAL,
        function="f",
        inputs={"c": (0, 1), "k[0]": (2, 3)},
        fix={"c.scale": 2, "k[1]": 0},
    )
    names = [leaf.name for leaf in program.signature.inputs]
    assert names == ["x", "n", "c.bias[0]", "c.bias[1]", "k[0]"]
    assert program.domain.lo == (-1, -1, 0, 0, 2)
    x = np.array([[0.5, 0.25, 9, 1.5, 2.5]])
    expected = 2 * 0.5 + 1.5 + 2.5 + 3 * 2 + 0.25
    assert ProgramOracle(program.unit)(x)[0, 0] == pytest.approx(expected)


def test_a_function_may_read_nothing_but_variables():
    text = "static double g; double f(void) { return 2 * g; }"
    with pytest.raises(SourceError, match="no numeric input"):
        parse_program(text)
    program = parse_program(text, inputs={"g": (0, 1)})
    assert ProgramOracle(program.unit)(np.array([[0.5]])).tolist() == [[1.0]]


@pytest.mark.parametrize("name", ["x", "n", "fixed", "nothing", "set"])
def test_only_variables_that_are_read_can_be_inputs(name):
    with pytest.raises(
        InputError, match="inputs must name .*: c, k, quiet; found"
    ):
        parse_program(SEVERAL, function="f", inputs={name: (0, 1)})


def test_a_variable_of_another_kind_is_refused_by_name():
    text = "static double *p; double f(double x) { return p ? x : 1; }"
    with pytest.raises(SourceError, match="has no numbers|pointers inside"):
        parse_program(text, inputs={"p": (0, 1)})


def test_an_overview_takes_what_is_stated_of_its_functions():
    asked = Asked(inputs={"gain": (0.5, 2)}, fix={"x": 1})
    found = {f.name: f for f in list_functions(GAIN, asked=asked)}
    amplify = found["amplify"]
    assert amplify.signature is not None
    assert [leaf.name for leaf in amplify.signature.inputs] == ["gain"]
    assert amplify.notes == ()
    command = "nsc compile a.c -I inc --function amplify --fix x=1 --input gain=0.5:2"
    assert amplify.command("a.c", ["-I", "inc"]) == command
    assert found["set_gain"].command("a.c") == ""
    (told,) = [f for f in list_functions(GAIN) if f.notes]
    assert told.name == "amplify"


def test_an_overview_is_told_nothing_of_nobody():
    with pytest.raises(InputError, match="no function .* a variable 'gan'"):
        list_functions(GAIN, asked=Asked(inputs={"gan": (0, 1)}))


TOTAL = """
static double total = 0;
double add(double x) { total += x; return 2 * total; }
void put(double x) { total = x * x; }
"""


@pytest.mark.parametrize(
    ("name", "outputs", "expected"),
    [("add", ["return", "total"], [3.0, 1.5]), ("put", ["total"], [0.25])],
)
def test_a_variable_that_is_written_is_an_output_on_request(
    name, outputs, expected
):
    given = {"inputs": {"total": (-2, 2)}, "out": ["total"]}
    program = parse_program(TOTAL, function=name, **given)
    assert [leaf.name for leaf in program.signature.inputs] == ["x", "total"]
    assert [leaf.name for leaf in program.signature.outputs] == outputs
    x = np.array([[0.5, 1.0]] * 3)  # nothing outlives a call
    assert ProgramOracle(program.unit)(x).tolist() == [expected] * 3
    assert isinstance(program.dag, Dag)
    unit = np.array([[0.5, 0.5]])
    assert evaluate(program.dag, unit)[0] == pytest.approx(expected)


def test_an_output_may_be_fixed_before_each_call():
    program = parse_program(
        TOTAL, function="add", fix={"total": 1}, out=["total"]
    )
    x = np.array([[0.5], [0.5]])
    assert ProgramOracle(program.unit)(x).tolist() == [[3.0, 1.5]] * 2


def test_an_output_is_set_before_each_call():
    with pytest.raises(InputError, match="out must not name 'total' alone"):
        parse_program(TOTAL, function="add", out=["total"])
    with pytest.raises(SourceError, match="writes_global"):
        parse_program(TOTAL, function="add", inputs={"total": (0, 1)})
