"""Where one pass over a file and its headers is.

In: text to write, with its place in the user's files. Out: `Expanded`, filled; what
macros mean; which files are being read, and what reading each has looked up.
Non-goals: what directives mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nsc.text.conditionals import Conditionals
from nsc.text.expanded import Expanded, Include
from nsc.text.macros import Expander, Macro

MAX_SOURCE_BYTES = 2_000_000  # of a file and all headers it includes
MAX_INCLUDES = 1000
MAX_INCLUDE_DEPTH = 40

Asked = tuple[
    str, bool, str
]  # as `Include` is asked: name, is it <...>, who asks
Found = tuple[str, str] | None  # as it answers: path, text

_FUSING = frozenset(
    "++ -- << >> && || ## -> /* // %: <: :> <% %> == != <= >= += -= *= /= %= &= |= ^=".split()
)


@dataclass
class Lookups:
    """What reading a file has looked up; where it is the same, reading does the same.

    Args:
        names: of macros.
        includes: the headers that were asked for, and what was found.
        once: paths of which it was asked whether they are read once.
        depth: how many headers inside one another the file has.
    """

    names: set[str] = field(default_factory=set)
    includes: dict[Asked, Found] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)
    depth: int = 0

    def add(self, inner: Lookups) -> None:
        """Note all that a header inside the file has looked up."""
        self.names |= inner.names
        self.includes |= inner.includes
        self.once |= inner.once
        self.depth = max(self.depth, inner.depth + 1)


@dataclass
class OpenFile:
    """A file that is being read.

    Args:
        base: where in `Expanded.original` it starts.
        text: as it is cut.
    """

    path: str
    base: int
    text: str
    conditionals: Conditionals = field(default_factory=Conditionals)
    lookups: Lookups = field(default_factory=Lookups)


class Cursor:
    """The position of one pass.

    Args:
        include: gives the text of the user's own headers; without it none is followed.
        macros: those that are defined before the first line.
    """

    def __init__(self, include: Include | None, macros: dict[str, Macro]):
        self.include = include
        self.expanded = Expanded()
        self.sources = self.expanded.sources
        self.expander = Expander(macros, used=self.expanded.used)
        self.once: set[str] = set()  # paths of files that are read once
        self.open_files: list[OpenFile] = []  # each includes the next
        self.out: list[str] = []
        self.place = 0  # the length of what is in `out`

    @property
    def file(self) -> OpenFile:
        """The file that is being read."""
        return self.open_files[-1]

    @property
    def in_header(self) -> bool:
        return len(self.open_files) > 1

    @property
    def last_character(self) -> str | None:
        """The character that was written last, None where nothing was."""
        return self.out[-1][-1:] if self.out else None

    def find(self, asked: Asked) -> Found:
        """Return what is found for an `#include`."""
        return self.include(*asked) if self.include is not None else None

    def emit(self, text: str, origin: int, *, exact: bool) -> None:
        """Write what comes from `origin` in the user's files.

        Args:
            exact: does it stand there as it is written.
        """
        sources = self.sources
        if not (exact and sources.goes_on(self.place, origin)):
            if self.out and would_fuse(self.out[-1], text):
                self.emit(" ", origin, exact=False)
            sources.append(self.place, origin, exact)
        self.out.append(text)
        self.place += len(text)

    def append(self, added: Expanded) -> None:
        """Write all that reading a header gave, moved to where the pass is."""
        self.expanded.extend(added)
        if added.text:
            self.out.append(added.text)
            self.place += len(added.text)

    def finish(self) -> Expanded:
        """Return what was written."""
        self.expanded.text = "".join(self.out)
        return self.expanded


def would_fuse(left: str, right: str) -> bool:
    """Say whether two tokens written side by side would read as one."""
    if not left or not right:
        return False
    a = left[-1]
    b = right[0]
    if a.isalnum() or a in "_.":
        is_exponent_sign = b in "+-" and a in "eEpP"
        return b.isalnum() or b in "_.\"'" or is_exponent_sign
    return a + b in _FUSING
