"""`#if` expressions -> integers.

In: tokens after macro expansion. Out: an int. Non-goals: `defined` (resolved by the
caller).
"""

from __future__ import annotations

from nsc.refusal import Refusal
from nsc.text.integers import binary_integer, integer_literal
from nsc.text.tokens import Token, is_blank

_LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_LEVEL = {
    operator: level
    for level, operators in enumerate(_LEVELS, 1)
    for operator in operators
}
_TRUTHS = frozenset("|| && == != < > <= >=".split())
_SHIFTS = ("<<", ">>")
_MAX_DEPTH = 40
_BITS = 64


class _Unsigned(int):
    """A number of type uintmax_t; plain ones are of type intmax_t."""


def condition(tokens: list[Token], at: int) -> int:
    """Evaluate an `#if` expression; names that are no macros count as 0.

    Raises:
        Refusal: `bad_directive` when it is no integer expression.
    """
    words = [t for t in tokens if not is_blank(t)]
    reader = _Reader(words, at)
    value = reader.ternary(0)
    if reader.position != len(words):
        raise Refusal(
            "bad_directive", "this #if condition is not an integer expression", at
        )
    return value


class _Reader:
    def __init__(self, words: list[Token], at: int):
        self.words = words
        self.at = at
        self.position = 0

    def peek(self) -> str:
        return self.words[self.position].text if self.position < len(self.words) else ""

    def take(self) -> str:
        word = self.peek()
        self.position += 1
        return word

    def ternary(self, depth: int) -> int:
        if depth > _MAX_DEPTH:
            raise Refusal(
                "bad_directive", "this #if condition nests too deeply", self.at
            )
        chosen = self.binary(1, depth)
        if self.peek() != "?":
            return chosen
        self.take()
        yes = self.ternary(depth + 1)
        if self.take() != ":":
            raise Refusal(
                "bad_directive", "a '?' without ':' in an #if condition", self.at
            )
        no = self.ternary(depth + 1)
        return _wrapped(
            yes if chosen else no,
            isinstance(yes, _Unsigned) or isinstance(no, _Unsigned),
        )

    def binary(self, least: int, depth: int) -> int:
        left = self.unary(depth)
        while _LEVEL.get(self.peek(), 0) >= least:
            operator = self.take()
            left = _combined(operator, left, self.binary(_LEVEL[operator] + 1, depth))
        return left

    def unary(self, depth: int) -> int:
        if depth > _MAX_DEPTH:
            raise Refusal(
                "bad_directive", "this #if condition nests too deeply", self.at
            )
        word = self.take()
        if word in ("!", "-", "+", "~"):
            value = self.unary(depth + 1)
            made = {"!": int(not value), "-": -value, "+": +value, "~": ~value}[word]
            return _wrapped(made, isinstance(value, _Unsigned) and word != "!")
        if word == "(":
            value = self.ternary(depth + 1)
            if self.take() != ")":
                raise Refusal(
                    "bad_directive", "a '(' without ')' in an #if condition", self.at
                )
            return value
        if word and (word[0].isalpha() or word[0] == "_") and word[-1] != "'":
            return 0
        number = integer_literal(word)
        if number is None:
            raise Refusal(
                "bad_directive",
                f"'{word}' is not an integer in an #if condition",
                self.at,
            )
        return _wrapped(
            number, number >= 2 ** (_BITS - 1) or word.rstrip("lL")[-1] in "uU"
        )


def _combined(operator: str, a: int, b: int) -> int:
    """Apply an operator as C does on 64 bits: one unsigned side makes both unsigned,
    but for shifts.
    """
    both = isinstance(a, _Unsigned) or (
        isinstance(b, _Unsigned) and operator not in _SHIFTS
    )
    if both and operator not in _SHIFTS:
        a = a % 2**_BITS
        b = b % 2**_BITS
    return _wrapped(
        binary_integer(operator, int(a), int(b)), both and operator not in _TRUTHS
    )


def _wrapped(value: int, is_unsigned: bool) -> int:
    if is_unsigned:
        return _Unsigned(value % 2**_BITS)
    half = 2 ** (_BITS - 1)
    return (value + half) % 2**_BITS - half
