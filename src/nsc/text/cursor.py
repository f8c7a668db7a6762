"""Where one pass over a file and its headers is: what it has written, what macros mean,
what is being read.

In: text to write, with its place in the user's files. Out: `Expanded`, filled.
Non-goals: what directives mean.
"""

from __future__ import annotations

from nsc.text.expanded import Expanded, Include
from nsc.text.macros import Expander

_FUSING = frozenset(
    "++ -- << >> && || ## -> /* // %: <: :> <% %> == != <= >= += -= *= /= %= &= |= ^=".split()
)


class State:
    """State of one pass.

    Args:
        include: gives the text of the user's own headers; without it none is followed.
    """

    def __init__(self, include: Include | None):
        self.include = include
        self.done = Expanded()
        self.expander = Expander(used=self.done.used)
        self.once: set[str] = set()  # paths of files that are read once
        # path, base, text without odd characters
        self.reading: list[tuple[str, int, str]] = []
        self.out: list[str] = []
        self.length = 0  # of what is in `out`

    def emit(self, text: str, origin: int, *, exact: bool) -> None:
        """Write what comes from `origin` in the user's files; `exact`: as it stands
        there.
        """
        done = self.done
        parallel = (
            exact
            and done.exact
            and done.exact[-1]
            and origin - done.in_offsets[-1] == self.length - done.out_offsets[-1]
        )
        if not parallel:
            if self.out and would_fuse(self.out[-1], text):
                self.emit(" ", origin, exact=False)
            done.out_offsets.append(self.length)
            done.in_offsets.append(origin)
            done.exact.append(exact)
        self.out.append(text)
        self.length += len(text)


def would_fuse(left: str, right: str) -> bool:
    """Say whether two tokens written side by side would read as one."""
    if not left or not right:
        return False
    a = left[-1]
    b = right[0]
    if a.isalnum() or a in "_.":
        return b.isalnum() or b in "_.\"'" or (b in "+-" and a in "eEpP")
    return a + b in _FUSING
