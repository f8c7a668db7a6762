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
    """Where in a union of `size` bytes a field begins."""

    size: int
    offset: int


# little-endian
_FIELDS = {
    (8, 0, 64): "BITS",
    (8, 4, 32): "HIGH",
    (8, 0, 32): "LOW",
    (4, 0, 32): "WORD",
}


def seen(b: Builder, image: int, view: View, ctype: Scalar) -> int:
    """Read a field of the number that a union holds.

    Raises:
        Refusal: `uses_union`, the field is not the number, its half or all its bits.
    """
    name = _field_name(b, view, ctype)
    if name is None:
        return image
    return as_integer(
        b, word(b, name, image), ctype.signed, ctype.bits, doubtful=b.op(image) in FROM
    )


def overwritten(b: Builder, image: int, view: View, ctype: Scalar, node: int) -> int:
    """Return the number that a union holds after a field of it was written. Raises as
    `seen`.
    """
    name = _field_name(b, view, ctype)
    if name is None:
        return node
    if name == "LOW":
        return from_word(b, "HIGH", word(b, "HIGH", image), node)
    return from_word(b, name, node, word(b, "LOW", image) if name == "HIGH" else None)


def _field_name(b: Builder, view: View, ctype: Scalar) -> str | None:
    """Return which word a field is, None for the number itself."""
    if ctype.kind == "float" and view.offset == 0 and ctype.bits == 8 * view.size:
        return None
    name = _FIELDS.get((*view, ctype.bits)) if ctype.kind == "int" else None
    if name is None:
        raise Refusal(
            "uses_union",
            f"this union has no symbolic meaning as {ctype.spelling}",
            b.at,
        )
    return name
