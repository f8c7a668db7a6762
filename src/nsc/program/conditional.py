"""`#if` expressions -> integers.

In: tokens after macro expansion. Out: an int. Non-goals: `defined` (resolved by the caller).
"""

from __future__ import annotations

from nsc.program.declare import binary_integer, integer_literal
from nsc.program.refusal import Refusal
from nsc.program.tokens import Token, is_blank

_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="),
    ("<<", ">>"), ("+", "-"), ("*", "/", "%"),
)  # fmt: skip
_MAX_DEPTH = 100


def condition(tokens: list[Token], at: int) -> int:
    """Evaluate an `#if` expression; names that are no macros count as 0.

    Raises:
        Refusal: `bad_directive` when it is no integer expression.
    """
    words = [t for t in tokens if not is_blank(t)]
    reader = _Reader(words, at)
    value = reader.ternary(0)
    if reader.position != len(words):
        raise Refusal("bad_directive", "this #if condition is not an integer expression", at)
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
            raise Refusal("bad_directive", "this #if condition nests too deeply", self.at)
        chosen = self.binary(0, depth)
        if self.peek() != "?":
            return chosen
        self.take()
        yes = self.ternary(depth + 1)
        if self.take() != ":":
            raise Refusal("bad_directive", "a '?' without ':' in an #if condition", self.at)
        no = self.ternary(depth + 1)
        return yes if chosen else no

    def binary(self, level: int, depth: int) -> int:
        if level == len(_LEVELS):
            return self.unary(depth)
        left = self.binary(level + 1, depth)
        while self.peek() in _LEVELS[level]:
            operator = self.take()
            left = binary_integer(operator, left, self.binary(level + 1, depth))
        return left

    def unary(self, depth: int) -> int:
        if depth > _MAX_DEPTH:
            raise Refusal("bad_directive", "this #if condition nests too deeply", self.at)
        word = self.take()
        if word in ("!", "-", "+", "~"):
            value = self.unary(depth + 1)
            return {"!": int(not value), "-": -value, "+": value, "~": ~value}[word]
        if word == "(":
            value = self.ternary(depth + 1)
            if self.take() != ")":
                raise Refusal("bad_directive", "a '(' without ')' in an #if condition", self.at)
            return value
        if word and (word[0].isalpha() or word[0] == "_"):
            return 0
        number = integer_literal(word)
        if number is None:
            raise Refusal("bad_directive", f"'{word}' is not an integer in an #if condition", self.at)
        return number
