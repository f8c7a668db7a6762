"""What a union, or a pointer cast to another type, sees of a number.

In: the number's node, where in its bytes a field lies. Out: nodes. Non-goals: unions of
integers alone, long double.
"""

from __future__ import annotations

from typing import NamedTuple

from nsc.graph import FROM, Builder, as_integer, from_word, word
from nsc.refusal import Refusal
from nsc.syntax import Scalar


class View(NamedTuple):
    """Where in a union of `size` bytes a field begins: `offset` bytes from the start."""

    size: int
    offset: int


# (bytes of the number, offset of the field in them, bits of the field); little-endian
_FIELDS = {
    (8, 0, 64): "BITS",
    (8, 4, 32): "HIGH",
    (8, 0, 32): "LOW",
    (4, 0, 32): "WORD",
}


def seen(b: Builder, image: int, view: View, ctype: Scalar) -> int:
    """Read a field of the number that a union holds.

    Args:
        image: the node of the number.
        ctype: the field's type.

    Raises:
        Refusal: `uses_union`, the field is not the number, its half or all its bits.
    """
    name = _field_name(b, view, ctype)
    if name is None:
        return image
    bits = word(b, name, image)
    is_doubtful = b.op(image) in FROM
    return as_integer(b, bits, ctype.signed, ctype.bits, doubtful=is_doubtful)


def overwritten(
    b: Builder, image: int, view: View, ctype: Scalar, node: int
) -> int:
    """Return the number that a union holds after a field of it was written.

    Args:
        image: the node of the number before.
        ctype: the field's type.
        node: what is written.

    Raises:
        Refusal: as `seen`.
    """
    name = _field_name(b, view, ctype)
    if name is None:
        return node
    if name == "LOW":
        return from_word(b, "HIGH", word(b, "HIGH", image), node)
    low = word(b, "LOW", image) if name == "HIGH" else None
    return from_word(b, name, node, low)


def _field_name(b: Builder, view: View, ctype: Scalar) -> str | None:
    """Return which word a field is, None for the number itself."""
    is_whole = view.offset == 0 and ctype.bits == 8 * view.size
    if ctype.kind == "float" and is_whole:
        return None
    name = None
    if ctype.kind == "int":
        name = _FIELDS.get((view.size, view.offset, ctype.bits))
    if name is None:
        message = f"this union has no symbolic meaning as {ctype.spelling}"
        raise Refusal("uses_union", message, b.at)
    return name
