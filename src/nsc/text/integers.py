"""C's integer literals, and its operators on integers.

In: the text of a literal; an operator and operands. Out: int.
Non-goals: types, overflow.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_SHOWN = 80  # characters of a literal in a message; no number in C has more
_SURE_LENGTH = 19  # integers shorter than that fit into 64 bits
_INTEGER = re.compile(r"(?:0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)[uUlL]*")
_HEX_FLOAT = re.compile(r"0[xX][0-9a-fA-F.]+[pP][+-]?[0-9]+[fFlL]?")
MAX_SHIFT = 63  # bits; a shift by more counts as one by that many

INTEGER_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: _quotient(a, b),
    "%": lambda a, b: a - b * _quotient(a, b) if b else 0,
    "<<": lambda a, b: a << min(b, MAX_SHIFT) if b >= 0 else 0,
    ">>": lambda a, b: a >> min(b, MAX_SHIFT) if b >= 0 else 0,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "&&": lambda a, b: int(bool(a and b)),
    "||": lambda a, b: int(bool(a or b)),
}
INTEGER_UNARY: dict[str, Callable[[int], int]] = {
    "-": lambda a: -a,
    "+": lambda a: a,
    "~": lambda a: ~a,
    "!": lambda a: int(not a),
}

_ESCAPES = {
    "0": 0,
    "a": 7,
    "b": 8,
    "t": 9,
    "n": 10,
    "v": 11,
    "f": 12,
    "r": 13,
    '"': 34,
    "'": 39,
    "?": 63,
    "\\": 92,
}


def _quotient(a: int, b: int) -> int:
    """Divide towards zero; 0 where there is nothing to divide by."""
    if b == 0:
        return 0
    magnitude = abs(a) // abs(b)
    same_sign = (a < 0) == (b < 0)
    return magnitude if same_sign else -magnitude


def binary_integer(operator: str, a: int, b: int) -> int:
    """Apply a C binary operator to integers; a division by zero gives 0."""
    return INTEGER_BINARY[operator](a, b)


def integer_literal(text: str) -> int | None:
    """Read a C integer literal: decimal, hex, octal, binary or a character.

    Example: "0x1Fu" is 31, "017" is 15, "'A'" is 65.

    Returns:
        Its value, or None where the text is no integer literal.
    """
    if text[-1:] == "'":
        return _character(text.lstrip("uUL")[1:-1])
    digits = text.strip().rstrip("uUlL")
    is_octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xXbB"
    base = 8 if is_octal else 0  # 0: as the prefix says
    return _whole_number(digits, base)


def _character(body: str) -> int | None:
    """Read what stands between the quotes of a character literal."""
    if len(body) == 1 and body != "\\":
        return ord(body)
    if not body.startswith("\\") or len(body) < 2:
        return None
    escape = body[1:]
    if escape in _ESCAPES:
        return _ESCAPES[escape]
    is_hex = escape[0] == "x"
    value = (
        _whole_number(escape[1:], 16) if is_hex else _whole_number(escape, 8)
    )
    if value is not None and 128 <= value < 256:
        return value - 256  # char is signed
    return value


def _whole_number(digits: str, base: int) -> int | None:
    if "_" in digits:  # Python's separator is none of C's
        return None
    try:
        return int(digits, base)
    except ValueError:
        return None


def bad_literal(text: str) -> str | None:
    """Say why a numeric literal is none of C's; None if it may be one.

    Example: "1_000" and "99999999999999999999" are none.
    """
    is_short = len(text) < _SURE_LENGTH
    if "_" not in text and is_short and "p" not in text and "P" not in text:
        return None
    shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    if "_" in text:
        return f"'{shown}' is not a number"
    if _INTEGER.fullmatch(text):
        value = integer_literal(text) if len(text) <= MAX_SHOWN else None
        fits = value is not None and value < 2**64
        return (
            None if fits else f"the integer {shown} does not fit into 64 bits"
        )
    if _HEX_FLOAT.fullmatch(text) and text[-1] not in "lL":
        try:
            float.fromhex(text.rstrip("fF"))
        except (OverflowError, ValueError):
            return f"{shown} is too large for a double"
    return None
