"""Where the brackets of a text close.

In: text without directives. Out: places in it. Non-goals: braces, parsing.
"""

from __future__ import annotations

import re

_BRACKET_OR_STRING = re.compile(
    r"[()\[\]]|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
)


class Brackets:
    """Where a text's round and square brackets close; looked up only if asked."""

    def __init__(self, text: str):
        self.text = text
        self._closings: dict[int, int] | None = None

    def closing(self, opening: int) -> int | None:
        """Return the place behind the bracket that closes this one; None for none."""
        if self._closings is None:
            self._closings = _closings(self.text)
        return self._closings.get(opening)

    def behind(self, opening: int) -> int | None:
        """Return where the text goes on behind the bracket that closes this one."""
        at = self.closing(opening)
        while at is not None and self.text[at : at + 1].isspace():
            at += 1
        return at

    def behind_suffixes(self, at: int) -> int | None:
        """Return where the text goes on behind `(x)[i](y)`; None if it never closes."""
        place: int | None = at
        while place is not None and self.text[place : place + 1] in ("(", "["):
            place = self.behind(place)
        return place


def _closings(text: str) -> dict[int, int]:
    """Return the place behind the bracket that closes each opening one."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for bracket in _BRACKET_OR_STRING.finditer(text):
        if bracket.group() in ("(", "["):
            opened.append(bracket.start())
        elif bracket.group() in (")", "]") and opened:
            found[opened.pop()] = bracket.end()
    return found
