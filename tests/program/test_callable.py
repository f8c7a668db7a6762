"""Python functions as programs: the signature that exports of their surrogates have."""

import numpy as np
import pytest

from nsc.errors import DomainError, InputError
from nsc.graph import Unsupported
from nsc.program import Program, scalar_entry
from nsc.syntax import DOUBLE, Pointer, Void


def add(x: np.ndarray) -> np.ndarray:
    return x.sum(axis=1)


def test_one_output_is_returned():
    signature = Program.from_callable(add, ["a", "b"]).signature
    assert signature.prototype == "double add(double a, double b)"
    assert signature.result == DOUBLE
    assert [(leaf.name, leaf.lvalue) for leaf in signature.outputs] == [
        ("return", "nsc_result")
    ]


def test_several_outputs_are_pointers():
    program = Program.from_callable(
        add, ["a"], outputs=["s", "t"], name="both"
    )
    signature = program.signature
    assert signature.prototype == "void both(double a, double *s, double *t)"
    assert signature.result == Void()
    assert [p.type for p in signature.params] == [
        DOUBLE,
        Pointer(DOUBLE),
        Pointer(DOUBLE),
    ]
    assert [p.direction for p in signature.params] == ["in", "out", "out"]
    assert [leaf.lvalue for leaf in signature.outputs] == ["(*s)", "(*t)"]
    assert "both(nsc_0, nsc_1, nsc_2)" in scalar_entry(
        signature, "both", "entry"
    )


def test_one_output_may_have_a_name_of_its_own():
    signature = Program.from_callable(add, ["a"], outputs=["a"]).signature
    assert [leaf.name for leaf in signature.outputs] == ["a"]


@pytest.mark.parametrize(
    "name", ["3d", "a-b", "while", "nsc_f", "<lambda>", ""]
)
def test_a_name_that_c_cannot_have_becomes_program(name):
    named = Program.from_callable(lambda x: x, ["a"], name=name)
    assert named.name == named.signature.function == "program"


def test_a_callable_without_a_name():
    class Simulator:
        def __call__(self, x):
            return x

    assert Program.from_callable(Simulator(), ["a"]).name == "program"


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ("ab", ["y"], "inputs and outputs are lists of names"),
        (["a"], "y", "inputs and outputs are lists of names"),
        ([], ["y"], "at least one input and one output"),
        (["a"], [], "at least one input and one output"),
        (
            ["a", "a"],
            ["y"],
            "names of inputs and outputs must differ; found 'a' twice",
        ),
        (["a"], ["y", "a"], "must differ; found 'a' twice"),
        (["a", "2b"], ["y"], "need the names of C variables.*found '2b'"),
        (["int"], ["y"], "need the names of C variables.*found 'int'"),
        (["nsc_a"], ["y"], "found 'nsc_a'"),
        (["a"], ["y", "z w"], "found 'z w'"),
    ],
)
def test_names_that_c_cannot_have_are_refused(inputs, outputs, message):
    with pytest.raises(InputError, match=message):
        Program.from_callable(add, inputs, outputs=outputs)


def test_ranges_are_by_the_names_of_inputs():
    program = Program.from_callable(add, ["a", "b"], ranges={"b": (0, 5)})
    assert (program.domain.lo, program.domain.hi) == ((-1, 0), (1, 5))
    with pytest.raises(DomainError, match="'c' is not an input of add"):
        Program.from_callable(add, ["a", "b"], ranges={"c": (0, 5)})


def test_there_is_no_text_to_read():
    program = Program.from_callable(add, ["a"])
    assert program.text == "" and program.source == ""
    assert isinstance(program.dag, Unsupported)
    assert program.function is add and program.path == "<python>"
