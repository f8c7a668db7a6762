"""C's bit operators on symbolic integers, against Python's."""

import operator

import numpy as np
import pytest
from floats import values
from hypothesis import given
from hypothesis import strategies as st
from quick import quick

from nsc.graph import Builder, bitwise, complement
from nsc.refusal import Refusal

PYTHON = {
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
WHOLE = np.arange(-130, 131)
X = WHOLE / 130.0


def integer(b: Builder, k: int = 0, *, positive: bool = False) -> int:
    """Write an integer in [-130, 130], or [0, 130]."""
    number = b.make("ROUND", b.make("MUL", b.input(k), b.literal(130.0)))
    return b.make("ABS", number) if positive else number


@quick
@given(x=st.integers(-(2**31), 2**31), y=st.integers(-(2**31), 2**31))
def test_known_integers_are_folded(x, y):
    b = Builder(0)
    for symbol in ("&", "|", "^"):
        node = bitwise(b, symbol, b.literal(float(x)), b.literal(float(y)))
        assert b.value(node) == PYTHON[symbol](x, y)
    for symbol in ("<<", ">>"):
        node = bitwise(
            b, symbol, b.literal(float(x)), b.literal(float(y % 21))
        )
        assert b.value(node) == PYTHON[symbol](x, y % 21)
    assert b.value(complement(b, b.literal(float(x)))) == ~x


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("symbol", ["&", "|", "^"])
@quick
@given(mask=st.integers(-300, 300))
def test_a_literal_and_an_integer(symbol, prune, positive, mask):
    b = Builder(1, prune=prune)
    x = integer(b, positive=positive)
    whole = np.abs(WHOLE) if positive else WHOLE
    node = bitwise(b, symbol, x, b.literal(float(mask)))
    np.testing.assert_array_equal(
        values(b, node, X), PYTHON[symbol](whole, mask)
    )
    swapped = bitwise(b, symbol, b.literal(float(mask)), x)
    np.testing.assert_array_equal(
        values(b, swapped, X), PYTHON[symbol](whole, mask)
    )


@pytest.mark.parametrize("by", [0, 1, 3, 7])
@pytest.mark.parametrize("symbol", ["<<", ">>"])
def test_shifts(symbol, by):
    b = Builder(1)
    node = bitwise(b, symbol, integer(b), b.literal(float(by)))
    np.testing.assert_array_equal(
        values(b, node, X), PYTHON[symbol](WHOLE, by)
    )


def test_shifts_by_what_depends_on_an_input():
    b = Builder(1)
    by = b.make(
        "ABS", b.make("ROUND", b.make("MUL", b.input(0), b.literal(5.0)))
    )
    x = np.linspace(-1, 1, 11)
    steps = np.abs(np.trunc(5 * x + np.copysign(0.5, x))).astype(int)
    found = values(b, bitwise(b, "<<", b.literal(3.0), by), x)
    np.testing.assert_allclose(found, 3 << steps, rtol=1e-12)


@pytest.mark.parametrize("symbol", ["&", "|", "^"])
def test_truths(symbol):
    b = Builder(2)
    p, q = (b.make("LT", b.literal(0.0), b.input(k)) for k in (0, 1))
    x, y = np.array([-1.0, -1, 1, 1]), np.array([-1.0, 1, -1, 1])
    found = values(b, bitwise(b, symbol, p, q), x, y)
    np.testing.assert_array_equal(found, PYTHON[symbol](x > 0, y > 0))


def test_bits_that_lie_apart_are_added():
    b = Builder(2, prune=True)
    x = integer(b, 0, positive=True)
    truth = b.make("LT", b.literal(0.0), b.input(1))
    shifted = bitwise(b, "<<", x, b.literal(1.0))
    for symbol in ("|", "^"):
        assert bitwise(b, symbol, shifted, truth) == b.make(
            "ADD", shifted, truth
        )
    low = bitwise(b, "&", integer(b, 1, positive=True), b.literal(3.0))
    high = bitwise(b, "<<", x, b.literal(2.0))
    assert bitwise(b, "|", high, low) == b.make("ADD", high, low)


@pytest.mark.parametrize("symbol", ["&", "|", "^", "<<", ">>"])
def test_choices_of_literals_are_taken_case_by_case(symbol):
    b = Builder(2)
    conditions = [b.make("LT", b.literal(0.0), b.input(k)) for k in (0, 1)]
    chosen = b.make("SEL", conditions[0], b.literal(12.0), b.literal(5.0))
    other = b.make("SEL", conditions[1], b.literal(3.0), b.literal(6.0))
    x, y = np.array([-1.0, -1, 1, 1]), np.array([-1.0, 1, -1, 1])
    found = values(b, bitwise(b, symbol, chosen, other), x, y)
    left, right = np.where(x > 0, 12, 5), np.where(y > 0, 3, 6)
    np.testing.assert_array_equal(found, PYTHON[symbol](left, right))


@pytest.mark.parametrize("symbol", ["&", "^"])
def test_two_integers_that_take_many_values_are_refused(symbol):
    b = Builder(2)
    b.at = 12
    message = f"'\\{symbol}' on two values that depend on inputs"
    with pytest.raises(Refusal, match=message) as refused:
        bitwise(b, symbol, integer(b, 0), integer(b, 1))
    assert (refused.value.reason, refused.value.offset) == (
        "bit_operation",
        12,
    )


def test_of_a_union_of_two_integers_can_be_told_whether_it_is_zero():
    b = Builder(2)
    union = bitwise(b, "|", integer(b, 0), integer(b, 1))
    b.make("HIGH", b.input(0))  # fields are looked at
    is_zero = b.make("EQ", union, b.literal(0.0))
    x, y = np.array([0.0, 0.0, 0.5, -1.0]), np.array([0.0, 0.5, 0.0, 1.0])
    np.testing.assert_array_equal(values(b, is_zero, x, y), [1, 0, 0, 0])


def test_the_highest_bit_that_can_be_one_is_a_comparison():
    b = Builder(1, prune=True)
    x = integer(b, positive=True)  # up to 130
    bit = bitwise(b, "&", x, b.literal(128.0))
    assert b.op(bit) == "SEL"
    np.testing.assert_array_equal(values(b, bit, X), np.abs(WHOLE) & 128)
    assert bitwise(b, "&", x, b.literal(255.0)) == x
    assert b.value(bitwise(b, "&", x, b.literal(256.0))) == 0
