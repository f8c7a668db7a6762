"""C's integer literals, and its operators on integers.

In: the text of a literal; an operator and operands. Out: int. Non-goals: types,
overflow.
"""

from __future__ import annotations

INTEGER_BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: _quotient(a, b),
    "%": lambda a, b: a - b * _quotient(a, b) if b else 0,
    "<<": lambda a, b: a << min(b, 63) if b >= 0 else 0,
    ">>": lambda a, b: a >> min(b, 63) if b >= 0 else 0,
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
INTEGER_UNARY = {
    "-": lambda a: -a,
    "+": lambda a: a,
    "~": lambda a: ~a,
    "!": lambda a: int(not a),
}


def _quotient(a: int, b: int) -> int:
    """Divide towards zero; 0 where there is nothing to divide by."""
    if b == 0:
        return 0
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def binary_integer(operator: str, a: int, b: int) -> int:
    """Apply a C binary operator to integers; a division by zero gives 0."""
    return INTEGER_BINARY[operator](a, b)


_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11} | {
    c: ord(c) for c in "\\'\"?"
}


def integer_literal(text: str) -> int | None:
    """Read a C integer literal (decimal, hex, octal, binary, character); None if it is
    not one.
    """
    body = text.strip().rstrip("uUlL")
    if text[-1:] == "'":
        return _character(text.lstrip("uUL")[1:-1])
    try:
        if len(body) > 1 and body[0] == "0" and body[1] not in "xXbB":
            return int(body, 8)
        return int(body, 0)
    except ValueError:
        return None


def _character(body: str) -> int | None:
    """Read what stands between the quotes of a character literal."""
    if len(body) == 1 and body != "\\":
        return ord(body)
    if not body.startswith("\\") or len(body) < 2:
        return None
    if len(body) == 2 and body[1] in _ESCAPES:
        return _ESCAPES[body[1]]
    base, digits = (16, body[2:]) if body[1] == "x" else (8, body[1:])
    try:
        value = int(digits, base)
    except ValueError:
        return None
    return value - 256 if 128 <= value < 256 else value
