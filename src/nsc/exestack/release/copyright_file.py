"""Debian's copyright files: which licence a package states for one of its files.

In: the text of debian/copyright. Out: a licence by path. Source: the machine-readable
format 1.0 (DEP-5). Non-goals: what a licence permits (licences.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_ANY_LICENCE = re.compile(r"License:[ \t]*([^\n]+)", re.IGNORECASE)


@dataclass(frozen=True)
class CopyrightFile:
    """What a package says of its files' licences.

    Args:
        stanzas: (what its paths match, licence) in the order of the file.
        only: the one licence that a file of another format names; "" where it names
            none, or several.
    """

    stanzas: tuple[tuple[re.Pattern[str], str], ...]
    only: str

    def licence_of(self, path: str) -> str:
        """Return what is stated for a file, "" where nothing is.

        The last stanza that matches counts, as the format has it.
        """
        if not self.stanzas:
            return self.only
        stated = [
            name for paths, name in self.stanzas if paths.fullmatch(path)
        ]
        return stated[-1] if stated else ""


def read_copyright(text: str) -> CopyrightFile:
    """Read a copyright file, of this format or another.

    Another's licence is taken only where it is the only one: "Portions License: LGPL"
    beside it says that a file's own is not known.
    """
    stanzas = []
    for paragraph in _PARAGRAPHS.split(text):
        fields = _fields(paragraph)
        if "files" in fields and "license" in fields:
            synopsis = fields["license"].splitlines()[:1]
            licence = synopsis[0].strip() if synopsis else ""
            stanzas.append((_matching(fields["files"].split()), licence))
    named = {name.strip() for name in _ANY_LICENCE.findall(text)}
    only = named.pop() if len(named) == 1 else ""
    return CopyrightFile(tuple(stanzas), only)


def _fields(paragraph: str) -> dict[str, str]:
    """Take a paragraph's fields apart; continuation lines stay as they are."""
    parts = _FIELD.split(paragraph)[1:]
    names = (name.lower() for name in parts[::2])
    return dict(zip(names, parts[1::2], strict=True))


def _matching(globs: list[str]) -> re.Pattern[str]:
    """Compile a list of globs, in which * matches slashes too."""
    each = (
        re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
        for glob in globs
    )
    return re.compile("|".join(each), re.DOTALL)
