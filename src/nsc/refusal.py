"""The one exception that passes raise inside the front end.

At the front end's border `Problem`s are made of it, which have a line and a column.
"""

from __future__ import annotations

from typing import Protocol


class Placed(Protocol):
    """A syntax node, as far as a refusal asks: where it starts."""

    @property
    def start_byte(self) -> int: ...


class Refusal(Exception):
    """A construct that cannot be compiled.

    Args:
        reason: stable snake_case name.
        message: what was found and what to do.
        at: byte offset in the text at hand (an item's part, or all), or the syntax node
            that starts there.
    """

    def __init__(self, reason: str, message: str, at: Placed | int):
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.offset = at if isinstance(at, int) else at.start_byte

    def moved(self, by: int) -> Refusal:
        """Return the same refusal, for text that starts `by` earlier."""
        return Refusal(self.reason, self.message, self.offset + by)
