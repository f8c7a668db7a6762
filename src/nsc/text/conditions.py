"""`#if` expressions -> integers.

In: tokens after macro expansion. Out: an int.
Non-goals: `defined` (directives.py resolves it).
"""

from __future__ import annotations

from nsc.refusal import Refusal
from nsc.text.integers import INTEGER_UNARY, binary_integer, integer_literal
from nsc.text.tokens import Token, is_blank

# from the loosest to the tightest
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

    Args:
        tokens: the expression, macros expanded.
        at: where the directive stands, for the refusal.

    Raises:
        Refusal: `bad_directive` when it is no integer expression.
    """
    words = [token.text for token in tokens if not is_blank(token)]
    parser = _Parser(words, at)
    value = parser.ternary(0)
    if parser.position != len(words):
        raise parser.refusal("this #if condition is not an integer expression")
    return value


class _Parser:
    """A recursive descent parser that evaluates as it reads.

    `depth` counts the parentheses, unary operators and branches around an expression.
    """

    def __init__(self, words: list[str], at: int):
        self.words = words
        self.at = at
        self.position = 0

    def peek(self) -> str:
        """Return the next word, "" at the end."""
        return (
            self.words[self.position]
            if self.position < len(self.words)
            else ""
        )

    def take(self) -> str:
        """Return the next word and step over it, also over the end."""
        word = self.peek()
        self.position += 1
        return word

    def expect(self, word: str, message: str) -> None:
        if self.take() != word:
            raise self.refusal(message)

    def refusal(self, message: str) -> Refusal:
        return Refusal("bad_directive", message, self.at)

    def check(self, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise self.refusal("this #if condition nests too deeply")

    def ternary(self, depth: int) -> int:
        self.check(depth)
        chosen = self.binary(1, depth)
        if self.peek() != "?":
            return chosen
        self.take()
        yes = self.ternary(depth + 1)
        self.expect(":", "a '?' without ':' in an #if condition")
        no = self.ternary(depth + 1)
        is_unsigned = isinstance(yes, _Unsigned) or isinstance(no, _Unsigned)
        return _wrapped(yes if chosen else no, is_unsigned)

    def binary(self, least: int, depth: int) -> int:
        """Read operators that bind at least as tightly as level `least`."""
        left = self.unary(depth)
        while _LEVEL.get(self.peek(), 0) >= least:
            operator = self.take()
            right = self.binary(_LEVEL[operator] + 1, depth)
            left = _combined(operator, left, right)
        return left

    def unary(self, depth: int) -> int:
        self.check(depth)
        word = self.take()
        if word in INTEGER_UNARY:
            value = self.unary(depth + 1)
            is_unsigned = isinstance(value, _Unsigned) and word != "!"
            return _wrapped(INTEGER_UNARY[word](int(value)), is_unsigned)
        if word == "(":
            value = self.ternary(depth + 1)
            self.expect(")", "a '(' without ')' in an #if condition")
            return value
        return self.operand(word)

    def operand(self, word: str) -> int:
        """Return what a name or a literal is worth."""
        starts_as_name = word[:1].isalpha() or word[:1] == "_"
        is_character = word[-1:] == "'"  # L'a'
        if starts_as_name and not is_character:
            return 0
        number = integer_literal(word)
        if number is None:
            raise self.refusal(
                f"'{word}' is not an integer in an #if condition"
            )
        has_suffix = word.rstrip("lL")[-1] in "uU"
        return _wrapped(number, has_suffix or number >= 2 ** (_BITS - 1))


def _combined(operator: str, a: int, b: int) -> int:
    """Apply an operator as C does on 64 bits.

    One unsigned side makes both unsigned; a shift is of its left side's type.
    """
    if operator in _SHIFTS:
        is_unsigned = isinstance(a, _Unsigned)
    else:
        is_unsigned = isinstance(a, _Unsigned) or isinstance(b, _Unsigned)
        if is_unsigned:
            a %= 2**_BITS
            b %= 2**_BITS
    value = binary_integer(operator, int(a), int(b))
    return _wrapped(value, is_unsigned and operator not in _TRUTHS)


def _wrapped(value: int, is_unsigned: bool) -> int:
    if is_unsigned:
        return _Unsigned(value % 2**_BITS)
    half = 2 ** (_BITS - 1)
    return (value + half) % 2**_BITS - half
