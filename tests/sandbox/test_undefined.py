"""What C leaves undefined is found by running with checks, and named."""

import numpy as np
import pytest

from nsc.program import parse_program
from nsc.sandbox import undefined_behaviour

TABLE = "static const double t[5] = {1, 2, 4, 8, 16};"


def found(text: str, *ranges: tuple[float, float]) -> dict[str, int]:
    names = "abc"
    program = parse_program(
        text, function="f", ranges=dict(zip(names, ranges, strict=False))
    )
    whole = np.arange(ranges[0][0], ranges[0][1] + 1)
    x = np.stack([whole] * program.n_inputs, axis=1)
    return {u.check: u.count for u in undefined_behaviour(program.unit, x)}


@pytest.mark.parametrize(
    ("text", "ranges", "expected"),
    [
        (
            f"{TABLE} double f(int a) {{ return t[a]; }}",
            (0, 10),
            {"bounds": 6},
        ),
        (f"{TABLE} double f(int a) {{ return t[a]; }}", (0, 4), {}),
        ("int f(int a) { return 1 << a; }", (30, 33), {"shift": 3}),
        (
            "int f(int a) { return a * 1000000000; }",
            (1, 4),
            {"signed-integer-overflow": 2},
        ),
        (
            "int f(int a) { return (int)(a * 1e9); }",
            (1, 4),
            {"float-cast-overflow": 2},
        ),
        (
            "static double *t; double f(int a) { return t[a + 1] == 5 ? 1 : a; }",
            (0, 3),
            {"pointer-overflow": 4},
        ),
        (
            "double f(int a) { double z = a; double *p = a > 2 ? 0 : &z;"
            " return *p == 5 ? 1 : a; }",
            (0, 3),
            {"null": 1},
        ),
    ],
)
def test_undefined_behaviour_is_counted(text, ranges, expected):
    assert found(text, ranges) == expected


def test_it_is_shown_where():
    program = parse_program(
        f"{TABLE} double f(int a) {{ return t[a]; }}", ranges={"a": (0, 10)}
    )
    x = np.arange(11.0)[:, None]
    (only,) = undefined_behaviour(program.unit, x)
    assert only.example == (5.0,)
    assert only.meaning == "reads or writes outside an array"


def test_a_program_that_fails_by_itself_is_not_blamed_on_checks():
    text = "#include <stdlib.h>\ndouble f(double x) { if (x > 0) abort(); return x; }"
    unit = parse_program(text).unit
    assert undefined_behaviour(unit, np.linspace(-1, 1, 9)[:, None]) == []
