"""One C file from somewhere: its text, or a named reason why it is no C text.

In: bytes. Out: `SourceText` or `Unreadable`. A hostile file costs one counted reason,
never the run.
Non-goals: where files come from; parsing C.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from nsc.exestack.sources.outline import Facts

MAX_BYTES = 2_000_000  # of one file
MAX_LINE = 20_000
GENERATED = ("synthetic", "mutated")  # origins that only ever train
SUFFIXES = (".c", ".h")
_SPDX = re.compile(
    r"SPDX-License-Identifier:\s*([\w.+-]+(?:\s+(?:OR|AND|WITH)\s+[\w.+-]+)*)"
)


@dataclass(frozen=True)
class SourceText:
    """One C file: its text and where it is from.

    Args:
        origin: the source tree, package or data set.
        path: within the origin.
        licence: as the origin states it; "" where it does not.
        package: the folder whose headers the file may include; "" where there is none.
        facts: what its package tells; None as long as nobody has looked whether the
            file is worth parsing.
    """

    origin: str
    path: str
    text: str
    licence: str = ""
    package: str = ""
    facts: Facts | None = field(default=None, repr=False, compare=False)

    @property
    def content_hash(self) -> str:
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Unreadable:
    """A file that is no C text, and why."""

    origin: str
    path: str
    reason: str


Found = SourceText | Unreadable


def checked(origin: str, path: str, data: bytes, licence: str = "") -> Found:
    """Decide whether bytes are C text.

    They are UTF-8 or Latin-1, with no zero byte and no line of a generated blob. A
    licence that the file itself names (SPDX) goes before its origin's.
    """
    if len(data) > MAX_BYTES:
        return Unreadable(origin, path, "too_large")
    if b"\0" in data:
        return Unreadable(origin, path, "binary")
    longest_line = max(map(len, data.split(b"\n")))
    if longest_line > MAX_LINE:
        return Unreadable(origin, path, "endless_line")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    own = _SPDX.search(text[:4000])
    return SourceText(origin, path, text, own.group(1) if own else licence)
