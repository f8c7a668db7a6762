"""Which licences let a text be passed on, and with what.

In: a licence, as a package or a file states it. Out: whether each of its names is in
the table, and which full texts must go along. Non-goals: what a file's licence is
(rights.py); legal advice.
"""

from __future__ import annotations

import re
from pathlib import Path

COMMON = Path("/usr/share/common-licenses")  # Debian keeps full texts there
_IN_THE_NOTICE = (
    ""  # short licences, which the package's own notice spells out
)
# The names of licences that let source text be passed on with attribution, as it is or
# marked as changed, and the file in COMMON with the text that must go along. What is not
# here does not.
# "BSD" alone is not, for texts that begin like one can forbid more.
PERMITTED: dict[str, str] = {
    **dict.fromkeys(
        (
            "mit",
            "expat",
            "x11",
            "isc",
            "zlib",
            "bsl-1.0",
            "bsd-2-clause",
            "bsd-3-clause",
            "bsd-4-clause",
            "public-domain",
        ),
        _IN_THE_NOTICE,
    ),
    "apache-2.0": "Apache-2.0",
    "artistic": "Artistic",
    "cc0-1.0": "CC0-1.0",
    "mpl-1.1": "MPL-1.1",
    "mpl-2.0": "MPL-2.0",
    "gpl": "GPL",
    "lgpl": "LGPL",
}
# GPL-2, GPL-2+, GPL-2.0, GPL-2.0+, GPL-2.0-only, GPL-2.0-or-later
_GNU = re.compile(
    r"(?P<family>l?gpl)-(?P<major>[123])(?:\.(?P<minor>[01]))?"
    r"(?:\+|-only|-or-later)?"
)
_GNU_TEXTS = ("GPL-1", "GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1", "LGPL-3")
_JOINTS = re.compile(r"\s+(?:and/or|and|or)\s+|\s*[,()|]\s*", re.IGNORECASE)
# an exception to the GPL permits more, and says so in its name
_EXCEPTION = re.compile(r"\s+with\s+[\w.+-]*exception[\w.+-]*$", re.IGNORECASE)


def texts_of(stated: str) -> tuple[str, ...] | None:
    """Say which full texts go along with a text of a licence.

    Args:
        stated: as written: an SPDX expression, a Debian short name, or several of
            either. Each one must permit, whatever joins them.

    Returns:
        Names of files in `COMMON`; None where a name is not in the table, or there is
        none.
    """
    names = [name for name in _JOINTS.split(stated.strip()) if name]
    found = [_text_of(name) for name in names]
    known = [text for text in found if text is not None]
    if not names or len(known) < len(found):
        return None
    return tuple(sorted({text for text in known if text != _IN_THE_NOTICE}))


def _text_of(name: str) -> str | None:
    """Look one name up; None where it is not known to permit."""
    plain = _EXCEPTION.sub("", name).lower()
    gnu = _GNU.fullmatch(plain)
    if gnu is None:
        return PERMITTED.get(plain)
    minor = ".1" if gnu["minor"] == "1" else ""
    text = f"{gnu['family'].upper()}-{gnu['major']}{minor}"
    return text if text in _GNU_TEXTS else None
