"""Longs are written out with 64 bits, and nothing else changes."""

import numpy as np
import pytest

from nsc.program import Piece, Unit, parse_program, with_long_of_64_bits
from nsc.sandbox import Built, build, run


def widened(text: str, *names: str) -> str | None:
    found = with_long_of_64_bits(Unit((), (Piece(names, text),), "e", 1, 1))
    return None if found is None else found.pieces[0].text


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("long n;", "long long n;"),
        ("unsigned long int n;", "unsigned long long int n;"),
        ("long /* a */ unsigned n;", "long long /* a */ unsigned n;"),
        (
            "long f(long a, long long b);",
            "long long f(long long a, long long b);",
        ),
        ("(long)x * 3L + 0x1UL", "(long long)x * 3LL + 0x1ULL"),
        (
            "size_t n = sizeof(int);",
            "unsigned long long n = (unsigned long long)sizeof(int);",
        ),
        ("labs(LONG_MAX)", "llabs(LLONG_MAX)"),
    ],
)
def test_longs_are_written_out(text, wide):
    assert widened(text) == wide


@pytest.mark.parametrize(
    "text",
    [
        "long long n;",
        "long double x;",
        "double long x;",
        "int n = 3u;",
        '"long" /* long */',
        "x.longer",
    ],
)
def test_the_rest_stays(text):
    assert widened(text) is None


def test_a_programs_own_names_stay():
    assert widened("int labs(int size_t);", "labs", "size_t") is None


def test_the_unit_computes_with_64_bits():
    text = "double f(double x) { unsigned long n = (unsigned long)(x * 4e9); return n + sizeof(long); }"
    wide = with_long_of_64_bits(parse_program(text).unit)
    assert wide is not None
    built = build([wide])[0]
    assert isinstance(built, Built)
    assert run(built, np.array([[2.0]])).outputs.tolist() == [[8e9 + 8]]
