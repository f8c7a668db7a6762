"""C that the grammar of the parser lacks -> C of the same length that it has.

In: text without directives. Out: text of the same length, for the parser alone.
Non-goals: what may be a cast (parentheses.py).
"""

from __future__ import annotations

import re

_STRING = r"\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
_INTEGERS = (
    r"(?:(?:const|volatile|unsigned|signed|int|long|short|char|_Bool|bool"
    r"|u?int(?:8|16|32|64)_t)\s+)*"
    r"(?:unsigned|signed|int|long|short|char|_Bool|bool|u?int(?:8|16|32|64)_t)"
)
_WIDTH = r"[^;:,{}\"']+"
_UNNAMED = re.compile(
    rf"{_STRING}|(?<=[;{{])(?P<whole>\s*{_INTEGERS}\s*:{_WIDTH};)"
    rf"|(?P<part>,\s*:{_WIDTH})(?=[,;])"
)
_MAY_BE_UNNAMED = re.compile(r"[\w,]\s*:\s*\w+\s*[;,]")


def without_unnamed_fields(text: str) -> str:
    """Blank bit-fields without a name, `int : 0;`, which hold nothing."""
    if _MAY_BE_UNNAMED.search(text) is None:
        return text
    return _UNNAMED.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    is_string = found["whole"] is None and found["part"] is None
    return found.group() if is_string else " " * len(found.group())
