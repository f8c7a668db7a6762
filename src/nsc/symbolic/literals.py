"""Literals of C -> "number" nodes.

In: tree-sitter nodes. Out: `Ast`s. Non-goals: strings.
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast, float_of
from nsc.syntax import FLOAT, CType, Scalar, Scope, text_of
from nsc.text import bad_literal, integer_literal

_LONG_DOUBLE = Scalar("long double", "float", 128)


def number(node: Node, scope: Scope) -> Ast:
    text = text_of(node)
    why = bad_literal(text)
    if why is not None:
        raise Refusal("bad_number", why, node)
    whole = integer_literal(text)
    if whole is not None:
        return integer(wrapped(whole, text), node)
    try:
        value = _floating(text)
    except ValueError:
        raise Refusal(
            "bad_number", f"'{text}' is not a number", node
        ) from None
    except OverflowError:
        what = f"'{text}' is too large for a double"
        raise Refusal("bad_number", what, node) from None
    suffix = _suffix_type(text, is_int=False)
    return Ast("number", suffix, (value, False), node.start_byte)


def integer(value: int, node: Node) -> Ast:
    suffix = _suffix_type(text_of(node), is_int=True)
    return Ast("number", suffix, (float_of(value), True), node.start_byte)


def _floating(text: str) -> float:
    """Return the value of a floating literal: `1.5f`, `0x1.8p3`."""
    body = text.lower()
    if not body.startswith(("0x", "-0x", "+0x")):
        return float(body.rstrip("fl"))
    # f is a digit where no exponent is
    return float.fromhex(body.rstrip("fl" if "p" in body else "l"))


def wrapped(whole: int, literal: str) -> int:
    """Wrap a negative integer around where its literal is unsigned."""
    suffix = literal.lower().rstrip("0123456789")
    if whole >= 0 or "u" not in suffix:
        return whole
    bits = 64 if "l" in suffix or whole < -(2**32) else 32
    return whole % 2**bits


def _suffix_type(literal: str, is_int: bool) -> tuple[CType, ...]:
    """Return the type that a literal's suffix names, `3ul`; none without a suffix."""
    text = literal.lower()
    if not is_int:
        is_hexadecimal = text.startswith(
            "0x"
        )  # then f is a digit, but behind p
        is_single = text.endswith("f") and ("p" in text or not is_hexadecimal)
        if is_single:
            return (FLOAT,)
        return (_LONG_DOUBLE,) if text.endswith("l") else ()
    bits = 64 if "l" in text else 32
    is_unsigned = text.rstrip("l").endswith("u") or text.endswith("u")
    if not is_unsigned and not text.endswith("l"):
        return ()
    word = "long long" if "ll" in text else "long" if "l" in text else "int"
    spelling = f"unsigned {word}" if is_unsigned else word
    return (Scalar(spelling, "int", bits, not is_unsigned),)
