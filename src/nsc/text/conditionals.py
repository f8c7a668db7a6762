"""Which lines of a file are read: its `#if`s, `#elif`s, `#else`s and `#endif`s.

In: the names of such directives, in order, and whether their conditions hold. Out: is
the text that follows read.
Non-goals: what a condition says (directives.py, conditions.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nsc.refusal import Refusal

CONDITIONALS = frozenset(("if", "ifdef", "ifndef", "elif", "else", "endif"))
_OPENING = frozenset(("if", "ifdef", "ifndef"))


@dataclass
class _Open:
    """An `#if` whose `#endif` has not come.

    Args:
        active: is the branch read that the file is in.
        decided: has a branch been read, or been refused.
        outside: is the text around it read.
        at: where it stands.
    """

    active: bool
    decided: bool
    outside: bool
    at: int = 0


class Conditionals:
    """The conditionals that are open at a place in one file."""

    def __init__(self) -> None:
        self._open: list[_Open] = []

    @property
    def active(self) -> bool:
        """Is the text read that stands here."""
        return not self._open or self._open[-1].active

    def take(self, name: str, holds: Callable[[], bool], at: int) -> None:
        """Step over a directive.

        Args:
            holds: evaluates its condition; asked only where it decides.
            at: where the directive stands, for the refusal.

        Raises:
            Refusal: `bad_directive` without an `#if`; what `holds` raises, and then no
                branch is read.
        """
        if name in _OPENING:
            self._enter(holds, at)
            return
        if not self._open:
            raise Refusal("bad_directive", f"#{name} without #if", at)
        if name == "endif":
            self._open.pop()
            return
        branch = self._open[-1]
        may_be_read = branch.outside and not branch.decided
        branch.active = False
        branch.decided = True
        if name == "else":
            branch.active = may_be_read
        elif may_be_read:
            branch.active = holds()
            branch.decided = branch.active

    def end(self) -> None:
        """Note that the file has ended.

        Raises:
            Refusal: `bad_directive`, where an `#if` has no `#endif`.
        """
        if self._open:
            message = "this #if has no #endif in its file"
            raise Refusal("bad_directive", message, self._open[-1].at)

    def _enter(self, holds: Callable[[], bool], at: int) -> None:
        outside = self.active
        branch = _Open(active=False, decided=True, outside=outside, at=at)
        self._open.append(branch)
        branch.active = outside and holds()
        branch.decided = branch.active
