"""Fields of numbers, and numbers from fields, as the machine has them."""

import struct

import numpy as np
import pytest
from floats import WIDTHS, fields, numbers, values, with_fields
from hypothesis import given
from hypothesis import strategies as st
from quick import quick

from nsc.graph import (
    Builder,
    as_integer,
    bitwise,
    evaluate,
    field_of,
    from_field,
)
from nsc.refusal import Refusal

DOUBLES = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda x: x == 0 or abs(x) >= 2.0**-1022
)
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32).filter(
    lambda x: x == 0 or abs(x) >= 2.0**-126
)


def known(name: str, x: float, *, prefix: str = "") -> float:
    b = Builder(0)
    return b.value(b.make(prefix + name, b.literal(x)))


@quick
@given(x=DOUBLES)
def test_fields_of_known_doubles_are_the_machines(x):
    (bits,) = struct.unpack("<Q", struct.pack("<d", x))
    # which has more bits than the double it is kept in
    assert known("BITS", x) == pytest.approx(bits, rel=2.0**-52)
    assert known("HIGH", x) == bits >> 32
    assert known("LOW", x) == bits & 0xFFFFFFFF
    (signed,) = struct.unpack("<i", struct.pack("<I", bits >> 32))
    assert known("HIGH", x, prefix="SIGNED_") == signed
    assert known("HIGH_MANTISSA", x) == bits >> 32 & 0xFFFFF
    if x:
        assert known("EXPONENT", x) == (bits >> 52 & 0x7FF) - 1023


@quick
@given(x=FLOATS)
def test_fields_of_known_floats_are_the_machines(x):
    (bits,) = struct.unpack("<I", struct.pack("<f", x))
    assert known("WORD", x) == bits
    (signed,) = struct.unpack("<i", struct.pack("<f", x))
    assert known("WORD", x, prefix="SIGNED_") == signed
    assert known("WORD_MANTISSA", x) == bits & 0x7FFFFF


@quick
@given(x=DOUBLES)
def test_a_known_number_comes_back_from_its_halves(x):
    b = Builder(0)
    halves = (b.literal(known("HIGH", x)), b.literal(known("LOW", x)))
    assert b.value(b.make("FROM_HIGH", *halves)) == x


@quick
@given(x=FLOATS)
def test_a_known_float_comes_back_from_its_bits(x):
    b = Builder(0)
    word = b.literal(known("WORD", x))
    assert b.value(b.make("FROM_WORD", word, b.literal(0.0))) == x


def test_bits_of_infinity_and_of_what_is_not_a_number():
    b = Builder(0)
    zero = b.literal(0.0)
    assert (
        b.value(b.make("FROM_HIGH", b.literal(float(0x7FF00000)), zero))
        == 1e30
    )
    assert (
        b.op(b.make("FROM_HIGH", b.literal(float(0x7FF80000)), zero)) == "NAN"
    )


@pytest.mark.parametrize("name", ["HIGH", "WORD", "BITS", "LOW"])
def test_fields_of_inputs_are_written_with_logarithms(name):
    b = Builder(1)
    x = numbers(name)
    found = values(b, field_of(b, name, b.input(0)), x)
    # the last bits of a double are lost in the powers of two
    slack = {"BITS": 2.0**11, "LOW": 64.0}.get(name, 0.0)
    assert np.abs(found - fields(name, x).astype(float)).max() <= slack


@pytest.mark.parametrize("name", WIDTHS)
def test_a_signed_field_is_negative_where_the_number_is(name):
    b = Builder(1)
    x = numbers(name)
    node = as_integer(b, field_of(b, name, b.input(0)), True, WIDTHS[name])
    expected = fields(name, x, signed=True).astype(float)
    np.testing.assert_allclose(values(b, node, x), expected, rtol=1e-12)
    # of what is never negative the sign is not asked for
    size = field_of(b, name, b.make("ABS", b.input(0)))
    assert as_integer(b, size, True, WIDTHS[name]) == size


def test_the_lower_bits_are_those_of_the_lower_half():
    b = Builder(1, prune=True)
    x = b.input(0)
    bits = field_of(b, "BITS", x)
    assert as_integer(b, bits, False, 32) == field_of(b, "LOW", x)
    assert as_integer(b, bits, False, 64) == bits


@pytest.mark.parametrize(
    ("signed", "bits"), [(True, 32), (False, 32), (True, 16), (False, 8)]
)
def test_what_may_overflow_wraps_around(signed, bits):
    b = Builder(1)
    x = numbers("HIGH")
    # three times a field, as cube roots have it, and shifted
    total = b.make(
        "ADD",
        b.make("MUL", field_of(b, "HIGH", b.input(0)), b.literal(3.0)),
        b.literal(709958130.0),
    )
    found = values(b, as_integer(b, total, signed, bits), x)
    wrapped = (fields("HIGH", x) * 3 + 709958130) % 2**bits
    if signed:
        wrapped = np.where(
            wrapped >= 2 ** (bits - 1), wrapped - 2**bits, wrapped
        )
    np.testing.assert_array_equal(found, wrapped.astype(float))


def test_other_integers_are_taken_to_fit():
    b = Builder(1)
    whole = b.make("ROUND", b.make("MUL", b.input(0), b.literal(1e12)))
    assert as_integer(b, whole, True, 32) == whole
    field_of(b, "HIGH", b.input(0))
    assert as_integer(b, whole, True, 32) == whole
    assert as_integer(b, whole, True, 32, doubtful=True) != whole


def test_the_highest_bit_alone_changes_its_sign():
    b = Builder(1)
    field_of(b, "HIGH", b.input(0))
    truth = b.make("LT", b.input(0), b.literal(0.0))
    highest = b.make("MUL", truth, b.literal(2.0**31))
    assert as_integer(b, highest, False, 32) == highest
    assert as_integer(b, highest, True, 32) == b.make(
        "MUL", truth, b.literal(-(2.0**31))
    )


def test_a_large_constant_that_rounds_is_refused_or_rounds():
    b = Builder(1)
    x = b.make("MUL", b.input(0), b.literal(100.0))
    with pytest.raises(Refusal, match="a large constant rounds") as refused:
        field_of(b, "HIGH", b.make("ADD", x, b.literal(2.0**45)))
    assert refused.value.reason == "bit_operation"
    magic = b.literal(1.5 * 2.0**52)
    node = field_of(b, "LOW", b.make("ADD", x, magic))
    assert b.children(node)[0] == b.make("ADD", b.make("ROUND", x), magic)


def test_what_was_written_is_read_back():
    b = Builder(2)
    high = field_of(b, "HIGH", b.input(0))
    low = field_of(b, "LOW", b.input(1))
    made = b.make("FROM_HIGH", high, low)
    assert (field_of(b, "HIGH", made), field_of(b, "LOW", made)) == (high, low)
    assert b.op(field_of(b, "BITS", made)) == "BITS"


EXPONENTS = {"HIGH": 2.0**20, "WORD": 2.0**23, "BITS": 2.0**52}


@pytest.mark.parametrize("name", WIDTHS)
def test_a_number_is_its_field_put_back(name):
    b = Builder(1)
    x = b.input(0)
    field = field_of(b, name, x)
    assert from_field(b, name, field) == x
    step = b.literal(3 * EXPONENTS[name])
    assert from_field(b, name, b.make("ADD", field, step)) == b.make(
        "MUL", x, b.literal(8.0)
    )


@pytest.mark.parametrize("name", ["HIGH", "WORD"])
@pytest.mark.parametrize(
    ("operator", "bits"),
    [
        ("&", lambda sign: sign - 1),  # fabs
        ("^", lambda sign: sign),  # -x
        ("|", lambda sign: sign),  # -fabs
    ],
)
def test_signs_of_fields_are_signs_of_numbers(name, operator, bits):
    b = Builder(1)
    x = numbers(name)
    mask = b.literal(float(bits(2 ** (WIDTHS[name] - 1))))
    field = bitwise(b, operator, field_of(b, name, b.input(0)), mask)
    node = from_field(
        b,
        name,
        field,
        field_of(b, "LOW", b.input(0)) if name == "HIGH" else None,
    )
    expected = {"&": np.abs(x), "^": -x, "|": -np.abs(x)}[operator]
    np.testing.assert_array_equal(values(b, node, x), expected)


@pytest.mark.parametrize("name", WIDTHS)
def test_a_mantissa_with_another_exponent_lies_in_an_octave(name):
    """As logarithms have it: (hx & 0xfffff) | 0x3ff00000."""
    b = Builder(1)
    x = numbers(name)
    step = EXPONENTS[name]
    mantissa = b.make(f"{name}_MANTISSA", b.input(0))
    bias = 127 if name == "WORD" else 1023
    field = bitwise(b, "|", mantissa, b.literal(bias * step))
    found = values(b, from_field(b, name, field), x)
    np.testing.assert_allclose(found, 2 * np.frexp(np.abs(x))[0], rtol=1e-12)


@pytest.mark.parametrize("name", WIDTHS)
def test_an_exponent_field_alone_is_a_power_of_two(name):
    b = Builder(1, prune=True)
    k = b.make("ROUND", b.make("MUL", b.input(0), b.literal(8.0)))
    bias = 127.0 if name == "WORD" else 1023.0
    field = b.make(
        "MUL", b.make("ADD", k, b.literal(bias)), b.literal(EXPONENTS[name])
    )
    x = np.linspace(-1, 1, 40)
    found = values(b, from_field(b, name, field), x)
    rounded = np.trunc(8 * x + np.copysign(0.5, x))
    np.testing.assert_allclose(found, np.exp2(rounded), rtol=1e-12)


@pytest.mark.parametrize("name", ["HIGH", "WORD"])
def test_a_field_that_is_computed_is_written_with_its_exponent(name):
    """As fast inverse roots have it: 0x5f3759df - (i >> 1)."""
    b = Builder(1, prune=True)
    x = np.linspace(0.1, 1, 60).astype(np.float32).astype(np.float64)
    number = b.make("ADD", b.make("ABS", b.input(0)), b.literal(0.0625))
    magic = {"HIGH": 0x5FE6EB50, "WORD": 0x5F3759DF}[name]
    halved = bitwise(b, ">>", field_of(b, name, number), b.literal(1.0))
    field = b.make("SUB", b.literal(float(magic)), halved)
    found = values(b, from_field(b, name, field, b.literal(0.0)), x)
    expected = with_fields(
        name, np.zeros(60), magic - (fields(name, x + 0.0625) >> 1)
    )
    np.testing.assert_allclose(found, expected, rtol=2.0**-18)
    assert (
        np.abs(found * np.sqrt(x + 0.0625) - 1).max() < 0.04
    )  # which it is for


def test_a_small_integer_is_not_meant_as_a_number():
    b = Builder(0)
    with pytest.raises(
        Refusal, match="an integer is stored where a number is read"
    ):
        from_field(b, "WORD", b.literal(3.0))
    assert b.value(from_field(b, "WORD", b.literal(float(0x3F800000)))) == 1.0


@pytest.mark.parametrize("prune", [False, True])
def test_bits_that_may_be_a_negative_number_are_refused_at_the_end(prune):
    b = Builder(2, prune=prune)
    b.at = 9
    both = b.make(
        "ADD", field_of(b, "WORD", b.input(0)), field_of(b, "WORD", b.input(1))
    )
    number = from_field(b, "WORD", both)
    b.at = 20
    with pytest.raises(
        Refusal, match="may be those of a negative number"
    ) as refused:
        b.finish([number])
    assert refused.value.offset == 9


def test_a_union_of_bits_of_inputs_is_refused_at_the_end():
    b = Builder(2)
    x, y = (
        b.make("ROUND", b.make("MUL", b.input(k), b.literal(50.0)))
        for k in (0, 1)
    )
    with pytest.raises(
        Refusal, match=r"'\|' on two values that depend on inputs"
    ):
        b.finish([bitwise(b, "|", x, y)])


def test_the_field_of_zero_is_zero():
    b = Builder(1)
    zero = np.zeros(3)
    for name in ("HIGH", "LOW", "BITS", "WORD"):
        node = field_of(b, name, b.make("ABS", b.input(0)))
        assert values(b, node, zero).tolist() == [0, 0, 0]
    dag = b.finish([b.make("EXPONENT", b.make("ABS", b.input(0)))])
    assert evaluate(dag, zero[:, None])[0, 0] == -1023
