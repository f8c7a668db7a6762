"""Operators and comparisons on fields of numbers are those on the machine's integers."""

import numpy as np
import pytest
from floats import WIDTHS, fields, numbers, values
from hypothesis import given
from hypothesis import strategies as st
from quick import quick

from nsc.graph import Builder, as_integer, bitwise, complement, field_of
from nsc.refusal import Refusal

NUMPY = {
    "&": lambda x, y: x & y,
    "|": lambda x, y: x | y,
    "^": lambda x, y: x ^ y,
    "<<": lambda x, y: (x << y) % 2**32,
    ">>": lambda x, y: x >> y,
}
# (field, whether it is signed, operator, other operand)
OPERATIONS = [
    ("HIGH", False, "&", 0x7FFFFFFF),
    ("HIGH", True, "&", 0x7FFFFFFF),
    ("HIGH", False, "&", 0x80000000),
    ("HIGH", False, "&", 0xFFFFFFFF),
    ("HIGH", False, "&", 0xFFFFF),
    ("HIGH", False, "&", 0x7FF00000),
    ("HIGH", False, "&", 0),
    ("HIGH", False, ">>", 20),
    ("HIGH", True, ">>", 20),
    ("HIGH", False, ">>", 31),
    ("HIGH", True, ">>", 31),
    ("HIGH", False, "^", 0x80000000),
    ("HIGH", False, "|", 0x80000000),
    ("HIGH", False, "<<", 1),
    ("WORD", False, "&", 0x7FFFFFFF),
    ("WORD", False, "&", 0x7FFFFF),
    ("WORD", False, "&", 0x7F800000),
    ("WORD", False, ">>", 23),
    ("WORD", True, ">>", 23),
    ("WORD", False, ">>", 31),
    ("WORD", False, "^", 0x80000000),
    ("WORD", False, "|", 0x80000000),
    ("WORD", False, "<<", 1),
    ("BITS", False, ">>", 52),
    ("BITS", False, ">>", 63),
    ("BITS", False, ">>", 32),
    ("BITS", True, ">>", 52),
    ("BITS", True, ">>", 63),
    ("BITS", True, ">>", 32),
]


@pytest.mark.parametrize(("name", "signed", "operator", "other"), OPERATIONS)
def test_bit_operators_do_what_they_do_to_integers(
    name, signed, operator, other
):
    b = Builder(1)
    x = numbers(name)
    field = as_integer(b, field_of(b, name, b.input(0)), signed, WIDTHS[name])
    found = values(b, bitwise(b, operator, field, b.literal(float(other))), x)
    seen = fields(name, x, signed=signed)
    expected = NUMPY[operator](seen, other).astype(float)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["HIGH", "WORD"])
@pytest.mark.parametrize("operator", ["&", "|", "^"])
def test_sides_of_bit_operators_change_places(name, operator):
    b = Builder(1)
    field = field_of(b, name, b.input(0))
    sign = b.literal(2.0**31)
    assert bitwise(b, operator, field, sign) == bitwise(
        b, operator, sign, field
    )


def test_the_number_behind_a_mask_is_an_absolute_value():
    b = Builder(1)
    x = b.input(0)
    size = field_of(b, "HIGH", b.make("ABS", x))
    high = field_of(b, "HIGH", x)
    assert bitwise(b, "&", high, b.literal(float(0x7FFFFFFF))) == size
    # clearing some of the last bits is rounding, and so is adding half of them first
    assert bitwise(b, "&", high, b.literal(float(0xFFFFFF00))) == high
    rounded = b.make("ADD", high, b.literal(128.0))
    assert bitwise(b, "&", rounded, b.literal(float(0xFFFFFF00))) == high


def test_a_sign_taken_off_is_a_size_and_put_on_is_copied():
    b = Builder(2)
    x, y = b.input(0), b.input(1)
    high = field_of(b, "HIGH", x)
    sign = bitwise(b, "&", high, b.literal(2.0**31))
    assert bitwise(b, "^", high, sign) == field_of(b, "HIGH", b.make("ABS", x))
    assert bitwise(b, "|", high, sign) == high
    other = bitwise(b, "&", field_of(b, "HIGH", y), b.literal(2.0**31))
    flipped = bitwise(b, "^", high, other)
    drawn, second = numbers("HIGH"), numbers("HIGH", seed=1)
    expected = fields("HIGH", np.where(second < 0, -drawn, drawn)).astype(
        float
    )
    np.testing.assert_array_equal(values(b, flipped, drawn, second), expected)
    lowered = bitwise(b, "|", high, other)
    either = np.where(second < 0, -np.abs(drawn), drawn)
    expected = fields("HIGH", either).astype(float)
    np.testing.assert_array_equal(values(b, lowered, drawn, second), expected)
    size = field_of(b, "HIGH", b.make("ABS", x))
    copied = values(b, bitwise(b, "|", size, other), drawn, second)
    expected = fields("HIGH", np.copysign(drawn, second)).astype(float)
    np.testing.assert_array_equal(copied, expected)


def test_the_last_bits_of_a_double_are_refused():
    b = Builder(1)
    bits = field_of(b, "BITS", b.input(0))
    with pytest.raises(
        Refusal, match="last bits of a double are not modelled"
    ):
        bitwise(b, "&", bits, b.literal(1.0))


def test_a_shift_after_a_subtraction_that_wraps_is_refused():
    b = Builder(1)
    high = field_of(b, "HIGH", b.input(0))
    less = b.make("SUB", b.literal(float(0x3FF00000)), high)
    with pytest.raises(
        Refusal, match="shifted after a subtraction that wraps around"
    ):
        bitwise(b, ">>", less, b.literal(20.0))
    # ones alone never borrow: this is ~hx
    assert (
        b.op(bitwise(b, ">>", complement(b, high), b.literal(3.0))) == "FLOOR"
    )


@pytest.mark.parametrize("name", WIDTHS)
def test_the_complement_of_a_field_is_unsigned(name):
    b = Builder(1)
    x = numbers(name)
    found = values(b, complement(b, field_of(b, name, b.input(0))), x)
    expected = (2 ** WIDTHS[name] - 1 - fields(name, x)).astype(float)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=2.0**12)


COMPARISONS = {
    "LT": lambda x, y: x < y,
    "EQ": lambda x, y: x == y,
}


def thresholds(name: str, *, signed: bool) -> list[int]:
    """List a few fields of numbers, and whole numbers beside and between them."""
    at = [int(f) for f in fields(name, numbers(name, 12), signed=signed)]
    one = int(fields(name, np.array([1.0]))[0])
    top = 2 ** (WIDTHS[name] - 1)
    return [*at, one, one - 1, one + 1, 0, 1, top - 2 ** (WIDTHS[name] - 30)]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", ["HIGH", "WORD"])
@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_of_fields_are_comparisons_of_integers(op, name, signed):
    x = numbers(name)
    seen = fields(name, x, signed=signed)
    for limit in thresholds(name, signed=signed):
        for is_left in (True, False):
            b = Builder(1)
            field = as_integer(
                b, field_of(b, name, b.input(0)), signed, WIDTHS[name]
            )
            literal = b.literal(float(limit))
            sides = (field, literal) if is_left else (literal, field)
            expected = COMPARISONS[op](
                *((seen, limit) if is_left else (limit, seen))
            )
            found = values(b, b.make(op, *sides), x)
            np.testing.assert_array_equal(
                found, expected.astype(float), str(limit)
            )


@quick
@given(limit=st.integers(0x00100000, 0x7FEFFFFF))
def test_a_size_below_a_field_is_a_size_below_a_number(limit):
    """As fdlibm tells: `ix < 0x3fd78000` is |x| < 0.3671875."""
    b = Builder(1)
    size = b.make("ABS", b.input(0))
    found = b.make("LT", field_of(b, "HIGH", size), b.literal(float(limit)))
    border = np.array([limit << 32], np.uint64).view(np.float64)[0]
    if border > 2.0**-126:  # below it only zero is told apart
        assert found == b.make("LT", size, b.literal(float(border)))


def test_a_field_in_a_sum_is_compared_by_itself():
    b = Builder(1, prune=True)
    size = b.make("ADD", b.make("ABS", b.input(0)), b.literal(1.0))
    moved = b.make(
        "SUB", field_of(b, "HIGH", size), b.literal(float(0x3FF00000))
    )
    assert b.make("LT", moved, b.literal(float(0x80000))) == b.make(
        "LT", size, b.literal(1.5)
    )


def test_a_comparison_after_wrapping_is_refused():
    b = Builder(1)
    high = field_of(b, "HIGH", b.input(0))
    moved = b.make("SUB", high, b.literal(float(0x3FF00000)))
    with pytest.raises(
        Refusal, match="compared after a subtraction that may wrap"
    ):
        b.make("LT", moved, b.literal(float(0x100000)))


def test_the_idioms_of_fdlibm_are_read():
    b = Builder(1)
    x = b.input(0)
    size = field_of(b, "HIGH", b.make("ABS", x))
    low = field_of(b, "LOW", x)
    zero = b.literal(0.0)
    # ((ix - 0x3ff00000) | lx) == 0, |x| == 1
    moved = b.make("SUB", size, b.literal(float(0x3FF00000)))
    is_one = b.make("EQ", bitwise(b, "|", moved, low), zero)
    assert is_one == b.make("EQ", b.make("ABS", x), b.literal(1.0))
    # (ix | lx) == 0, x == 0
    is_zero = b.make("EQ", bitwise(b, "|", size, low), zero)
    assert is_zero == b.make("EQ", b.make("ABS", x), zero)
    # (lx | -lx) >> 31, lx != 0
    any_bit = bitwise(b, "|", low, b.make("NEG", low))
    assert bitwise(b, ">>", any_bit, b.literal(31.0)) == b.make(
        "NOT", b.make("EQ", low, zero)
    )
    # ix >= 0x7ff00000, which no number is
    infinite = b.make("NOT", b.make("LT", size, b.literal(float(0x7FF00000))))
    assert b.value(infinite) == 0


def test_small_whole_numbers_have_no_lower_half():
    b = Builder(1)
    x = np.array([1.0, 3.0, 1000.0, 0.5, 0.1, 1 / 3, 2.0**20 + 1, 123456.7])
    is_zero = b.make("EQ", field_of(b, "LOW", b.input(0)), b.literal(0.0))
    expected = fields("LOW", x) == 0
    np.testing.assert_array_equal(
        values(b, is_zero, x), expected.astype(float)
    )


@pytest.mark.parametrize("op", ["LT", "EQ"])
def test_exponents_are_compared_by_powers_of_two(op):
    b = Builder(1)
    x = numbers("HIGH")
    exponent = b.make("EXPONENT", b.make("ABS", b.input(0)))
    exact = np.frexp(x)[1] - 1
    for limit in (-3, 0, 1, 7):
        found = values(b, b.make(op, exponent, b.literal(float(limit))), x)
        expected = COMPARISONS[op](exact, limit)
        np.testing.assert_array_equal(found, expected.astype(float))
