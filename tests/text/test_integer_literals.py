"""Integer literals in every base, and C's operators on integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.text import INTEGER_BINARY, INTEGER_UNARY, integer_literal

NATURAL = st.integers(0, 2**64)
INTEGER = st.integers(-(2**70), 2**70)
SUFFIX = st.sampled_from(["", "u", "U", "l", "L", "ul", "LL", "uLL", "llu"])


@given(NATURAL, SUFFIX)
def test_a_number_is_read_in_each_base(number, suffix):
    octal = "0" + oct(number)[2:]
    for text in (str(number), hex(number), octal, bin(number)):
        assert integer_literal(text + suffix) == number
        assert integer_literal(text.upper() + suffix) == number


@given(st.integers(0, 255))
def test_a_character_is_signed_in_each_spelling(code):
    expected = code - 256 if code >= 128 else code
    assert integer_literal(f"'\\x{code:02x}'") == expected
    assert integer_literal(f"'\\{code:03o}'") == expected


@given(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\")
)
def test_a_plain_character_is_its_code(character):
    assert integer_literal(f"'{character}'") == ord(character)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("00", 0),
        ("017", 15),
        ("0x1F", 31),
        ("0X1fU", 31),
        ("0b101", 5),
        (" 42 ", 42),
        ("18446744073709551616", 2**64),
        ("'\\n'", 10),
        ("'\\t'", 9),
        ("'\\r'", 13),
        ("'\\a'", 7),
        ("'\\b'", 8),
        ("'\\f'", 12),
        ("'\\v'", 11),
        ("'\\0'", 0),
        ("'\\''", 39),
        ("'\\\"'", 34),
        ("'\\\\'", 92),
        ("'\\?'", 63),
        ("'''", 39),
        ("L'a'", 97),
        ("u'a'", 97),
        ("'\\x100'", 256),
    ],
)
def test_literals(text, value):
    assert integer_literal(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1.0", "1e3", "0x", "08", "1a", "0b2", "-1 + 1", "u"),
        *("''", "'ab'", "'\\'", "'\\q'", "'\\x'", "'\\9'", "'\\xg'", "'"),
    ],
)
def test_what_is_no_integer_literal(text):
    assert integer_literal(text) is None


@given(INTEGER, INTEGER)
def test_division_goes_towards_zero_and_the_rest_fits(a, b):
    quotient = INTEGER_BINARY["/"](a, b)
    rest = INTEGER_BINARY["%"](a, b)
    if b == 0:
        assert (quotient, rest) == (0, 0)
        return
    assert quotient * b + rest == a
    assert abs(rest) < abs(b)
    assert rest == 0 or (rest < 0) == (a < 0)


@pytest.mark.parametrize(
    ("a", "b", "quotient", "rest"),
    [
        (7, 2, 3, 1),
        (-7, 2, -3, -1),
        (7, -2, -3, 1),
        (-7, -2, 3, -1),
        (5, 0, 0, 0),
    ],
)
def test_division_by_hand(a, b, quotient, rest):
    assert INTEGER_BINARY["/"](a, b) == quotient
    assert INTEGER_BINARY["%"](a, b) == rest


@given(INTEGER, st.integers(0, 63))
def test_shifts_are_powers_of_two(a, bits):
    assert INTEGER_BINARY["<<"](a, bits) == a * 2**bits
    assert INTEGER_BINARY[">>"](a, bits) == a // 2**bits


def test_shifts_out_of_range_are_bounded():
    assert INTEGER_BINARY["<<"](1, 10**9) == 2**63
    assert INTEGER_BINARY["<<"](1, -1) == INTEGER_BINARY[">>"](8, -1) == 0


@given(INTEGER, INTEGER)
def test_comparisons_and_logic_are_zero_or_one(a, b):
    expected = {
        "<": a < b,
        ">": a > b,
        "<=": a <= b,
        ">=": a >= b,
        "==": a == b,
        "!=": a != b,
        "&&": a != 0 and b != 0,
        "||": a != 0 or b != 0,
    }
    for operator, truth in expected.items():
        value = INTEGER_BINARY[operator](a, b)
        assert type(value) is int
        assert value == truth


@given(INTEGER, INTEGER)
def test_bits_agree_with_their_identities(a, b):
    both = INTEGER_BINARY["&"](a, b)
    either = INTEGER_BINARY["|"](a, b)
    assert INTEGER_BINARY["^"](a, b) == either - both
    assert INTEGER_UNARY["~"](both) == INTEGER_BINARY["|"](~a, ~b)


@given(INTEGER)
def test_unary_operators(a):
    assert INTEGER_UNARY["-"](a) == -a
    assert INTEGER_UNARY["+"](a) == a
    assert INTEGER_UNARY["~"](a) == -a - 1
    assert INTEGER_UNARY["!"](a) == (1 if a == 0 else 0)
