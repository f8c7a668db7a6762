"""`#if` expressions, and which lines they let be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.refusal import Refusal
from nsc.text import preprocess, tokenize
from nsc.text.conditionals import Conditionals
from nsc.text.conditions import condition

SMALL = st.integers(-20, 20)


def value_of(expression: str) -> int:
    return condition(tokenize(expression), 7)


def read(text: str) -> str:
    """Return the words that are left of a text without problems."""
    done = preprocess(text)
    assert done.problems == []
    return " ".join(done.text.split())


def reasons(text: str) -> list[str]:
    return [problem.reason for problem in preprocess(text).problems]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 5", 2),
        ("1 << 2 + 1", 8),
        ("1 | 2 ^ 3 & 4", 3),
        ("7 & 3 == 3", 1),  # == binds tighter
        ("1 || 0 && 0", 1),
        ("!0 + !5", 1),
        ("- -3", 3),
        ("-~0", 1),
        ("~-1", 0),
        ("2 > 1 > 0", 1),
        ("1 ? 2 : 3", 2),
        ("0 ? 2 : 0 ? 4 : 5", 5),
        ("1 ? 0 ? 6 : 7 : 8", 7),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1 / 0", 0),
        ("name + 1", 1),
        ("true", 0),
        ("'A'", 65),
        ("L'A' == 'A'", 1),
        ("0x10 + 010 + 0b1", 25),
    ],
)
def test_expressions_by_hand(expression, value):
    assert value_of(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("-1 < 0u", 0),  # the unsigned side makes both so
        ("-1 < 0", 1),
        ("-1 == 0xffffffffffffffff", 1),
        ("0u - 1", 2**64 - 1),
        ("~0u", 2**64 - 1),
        ("9223372036854775807 + 1", -(2**63)),
        ("9223372036854775808 - 1", 2**63 - 1),  # too large to be signed
        ("1 << 63", -(2**63)),
        ("1u << 63", 2**63),
        ("-8 >> 1u", -4),  # a shift is of its left side's type
        ("-8 / 2u", (2**64 - 8) // 2),
        ("(1 ? -1 : 0u) > 0", 1),
        ("(0u == 0) - 2", -1),  # a truth is signed
        ("!0u - 2", -1),
    ],
)
def test_numbers_have_64_bits_and_a_sign_or_none(expression, value):
    assert value_of(expression) == value


@given(SMALL, SMALL, SMALL)
def test_arithmetic_agrees_with_python(a, b, c):
    assert value_of(f"({a}) + ({b}) * ({c})") == a + b * c
    assert value_of(f"({a}) - ({b}) - ({c})") == a - b - c
    assert value_of(f"({a}) < ({b}) == ({c}) > 0") == ((a < b) == (c > 0))
    assert value_of(f"({a}) ? ({b}) : ({c})") == (b if a else c)
    assert value_of(f"({a}) & ({b}) | ({c})") == (a & b) | c


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_sums_wrap_to_64_bits(a, b):
    half = 2**63
    a_text = f"(-{-a - 1} - 1)" if a < 0 else str(a)
    b_text = f"(-{-b - 1} - 1)" if b < 0 else str(b)
    assert value_of(f"{a_text} + {b_text}") == (a + b + half) % 2**64 - half
    assert value_of(f"0u + {a_text} * {b_text}") == a * b % 2**64


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "'' is not an integer"),
        ("1 +", "'' is not an integer"),
        ("1.5", "'1.5' is not an integer"),
        ('"s"', "is not an integer"),
        ("1 2", "is not an integer expression"),
        ("1 ? 2", "without ':'"),
        ("(1", "without '\\)'"),
        ("1)", "is not an integer expression"),
        ("f(1)", "is not an integer expression"),
        ("(" * 50 + "1" + ")" * 50, "nests too deeply"),
        ("!" * 50 + "1", "nests too deeply"),
    ],
)
def test_what_is_no_condition_is_refused_where_it_stands(expression, message):
    with pytest.raises(Refusal, match=message) as caught:
        value_of(expression)
    assert caught.value.reason == "bad_directive"
    assert caught.value.offset == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#if 1\na\n#endif\nb", "a b"),
        ("#if 0\na\n#endif\nb", "b"),
        ("#if 0\na\n#else\nb\n#endif", "b"),
        ("#if 1\na\n#elif 1\nb\n#else\nc\n#endif", "a"),
        ("#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif", "b"),
        ("#if 0\na\n#elif 0\nb\n#else\nc\n#endif", "c"),
        ("#if 1\n#if 0\na\n#else\nb\n#endif\nc\n#else\nd\n#endif", "b c"),
        ("#if 0\n#if 1\na\n#else\nb\n#endif\n#else\nc\n#endif", "c"),
        ("#if 0\n#elif 0\n#if 1\na\n#endif\n#endif\nb", "b"),
        ("#ifdef X\na\n#endif\n#ifndef X\nb\n#endif", "b"),
        ("#define X\n#ifdef X\na\n#endif\n#ifndef X\nb\n#endif", "a"),
        ("#define X\n#undef X\n#ifdef X\na\n#else\nb\n#endif", "b"),
        ("#if 0\n#define X\n#endif\n#ifdef X\na\n#endif\nb", "b"),
        ("#if 1 /* c */ // d\na\n#endif", "a"),
        ("#if 0 || \\\n 1\na\n#endif", "a"),
        ("# if 1\na\n # endif", "a"),
        ("%:if 1\na\n%:endif", "a"),
        ("#if 0\n'unbalanced \"\n#endif\nb", "b"),
    ],
)
def test_one_branch_is_read(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("defined X", True),
        ("defined(X)", True),
        ("defined ( X )", True),
        ("!defined(Y)", True),
        ("defined(X) && !defined Y", True),
        ("defined(Y) || defined(F)", True),
        ("defined(X) + defined(F) == 2", True),
        ("X == 3", True),
        ("F(2) == 4", True),
        ("F == 0", True),  # a call without arguments is a name
        ("F(X) > 4", True),
        ("Y", False),
        ("Y == 0", True),
        ("defined", False),
        ("__STDC_VERSION__ >= 201112L", True),
        ("defined(INT_MAX) && INT_MAX == 2147483647", True),
        ("FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53", True),
        ("__BYTE_ORDER == __LITTLE_ENDIAN", True),
    ],
)
def test_conditions_see_macros(condition, holds):
    text = f"#define X 3\n#define F(a) (a + 2)\n#if {condition}\nyes\n#else\nno\n#endif"
    assert read(text) == ("yes" if holds else "no")


def test_what_only_conditions_know_stays_in_code():
    assert (
        read("#if INT_MAX > 0\nint a = INT_MAX;\n#endif") == "int a = INT_MAX;"
    )


def test_macros_in_a_condition_are_no_calls_of_the_text():
    done = preprocess("#define X 1\n#if X\nint a;\n#endif\n")
    assert done.used == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#endif\n", ["bad_directive"]),
        ("#else\n", ["bad_directive"]),
        ("#elif 1\n", ["bad_directive"]),
        ("#if 1\n#endif\n#endif\n", ["bad_directive"]),
        ("#if 0\n#endif\n#else\n", ["bad_directive"]),
        ("#ifdef\n#endif\n", ["bad_directive"]),
        ("#if\n#endif\n", ["bad_directive"]),
        ("#if 1 +\n#endif\n", ["bad_directive"]),
        ("#if 0\n#elif 1 +\n#endif\n", ["bad_directive"]),
        ("#define F(a) a\n#if F(1\n#endif\n", ["macro_call"]),
        ("#if 0\n#if 1 +\n#endif\n#endif\n", []),  # not evaluated
        ("#if 1\n#elif 1 +\n#endif\n", []),
        ("#if 1\n#else\n#else\n#endif\n", []),
    ],
)
def test_unbalanced_and_broken_conditionals(text, expected):
    assert reasons(text) == expected


def test_no_branch_of_a_broken_condition_is_read():
    done = preprocess("#if 1 +\na\n#elif 1\nb\n#else\nc\n#endif\nd")
    assert done.text.split() == ["d"]


def test_what_is_left_out_is_noted():
    text = "a\n#if 0\nb\n#endif\nc\n"
    done = preprocess(text)
    assert [text[start:end] for start, end in done.left_out] == [
        "#if 0",
        "b\n",
        "#endif",
    ]


def never() -> bool:
    raise AssertionError("no condition is to be evaluated here")


def test_text_outside_is_read():
    assert Conditionals().active


@pytest.mark.parametrize("holds", [True, False])
def test_a_branch_is_read_where_its_condition_holds(holds):
    conditionals = Conditionals()
    conditionals.take("if", lambda: holds, 0)
    assert conditionals.active == holds
    conditionals.take("else", never, 0)
    assert conditionals.active != holds
    conditionals.take("endif", never, 0)
    assert conditionals.active


def test_conditions_behind_the_branch_that_is_read_are_not_evaluated():
    conditionals = Conditionals()
    conditionals.take("ifdef", lambda: True, 0)
    conditionals.take("elif", never, 0)
    assert not conditionals.active


def test_conditions_in_a_branch_that_is_not_read_are_not_evaluated():
    conditionals = Conditionals()
    conditionals.take("ifndef", lambda: False, 0)
    conditionals.take("if", never, 0)
    conditionals.take("elif", never, 0)
    conditionals.take("else", never, 0)
    assert not conditionals.active


@pytest.mark.parametrize("name", ["elif", "else", "endif"])
def test_without_if_it_is_refused(name):
    with pytest.raises(Refusal, match=f"#{name} without #if") as caught:
        Conditionals().take(name, never, 5)
    assert caught.value.offset == 5
