"""Refusals and problems say what, where and why."""

from dataclasses import dataclass

import pytest

from nsc.errors import (
    InputError,
    MissingExtraError,
    NscError,
    Problem,
    SourceError,
)
from nsc.refusal import Refusal
from nsc.text import preprocess


@dataclass
class Node:
    """What a refusal asks of a syntax node."""

    start_byte: int


def test_a_refusal_stands_at_an_offset_or_a_node():
    assert Refusal("reason", "message", 5).offset == 5
    assert Refusal("reason", "message", Node(7)).offset == 7


def test_a_moved_refusal_says_the_same():
    refusal = Refusal("too_deep", "at most 3", 5)
    moved = refusal.moved(10)
    assert moved.offset == 15
    assert moved.moved(-10).offset == refusal.offset
    assert (moved.reason, moved.message) == ("too_deep", "at most 3")
    assert str(moved) == "at most 3"


def test_a_refusal_becomes_a_problem_of_its_file():
    done = preprocess("#define K 2\nint a = K;\nint b;\n")
    inside = Refusal("reason", "message", done.text.index("2"))
    assert done.problem(inside) == Problem("reason", "message", 2, 9)
    written = Refusal("reason", "message", done.original.index("b;"))
    assert done.problem(written, in_text=False) == Problem(
        "reason", "message", 3, 5
    )


@pytest.mark.parametrize(
    ("problem", "located"),
    [
        (Problem("r", "m"), "a.c: m [r]"),
        (Problem("r", "m", 3, 4), "a.c:3:4: m [r]"),
        (Problem("r", "m", 3, 4, "b.h"), "b.h:3:4: m [r]"),
        (Problem("r", "m", file="b.h"), "b.h: m [r]"),
    ],
)
def test_a_problem_is_located(problem, located):
    assert problem.located("a.c") == located


def test_a_source_error_tells_every_problem():
    problems = [Problem("one", "first", 1, 2), Problem("two", "second")]
    error = SourceError("a.c", problems)
    assert str(error) == "a.c:1:2: first [one]\na.c: second [two]"
    assert error.problems == tuple(problems)
    assert isinstance(error, InputError)


def test_a_missing_tool_is_told_with_its_extra():
    error = MissingExtraError("ray", "data")
    assert (
        str(error)
        == "ray is not installed; install it with: pip install 'nsc[data]'"
    )
    assert isinstance(error, NscError)
    assert not isinstance(error, InputError)


def test_a_refusal_is_no_error_of_the_users():
    """It never leaves the front end: whoever lets it through has a fault."""
    assert not issubclass(Refusal, NscError)
