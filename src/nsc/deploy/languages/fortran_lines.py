"""Lines of Fortran: numbers, lists, and what goes on on the next line.

In: texts without a limit. Out: lines of at most MOST_COLUMNS. Non-goals: statements.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

MOST_COLUMNS = 120  # 132 are allowed
_SMALLEST_NORMAL = 2.0**-1022


def number(value: float) -> str:
    """Spell a constant so that it is read back as it is."""
    value = float(value)
    if 0 < abs(value) < _SMALLEST_NORMAL:  # which compilers refuse
        [bits] = struct.unpack("<q", struct.pack("<d", abs(value)))
        tiny = f"transfer({bits}_int64, 1.0_real64)"
        return f"(-{tiny})" if value < 0 else tiny
    spelled = f"{value!r}_real64"
    return f"({spelled})" if value < 0 else spelled


def listed(values: Iterable[float]) -> str:
    """Write an array of constants."""
    return f"[real(real64) :: {', '.join(map(number, values))}]"


def wrapped(text: str) -> str:
    """Break lines at spaces; comments stay as they are."""
    return "".join(
        f"{part}\n" for line in text.splitlines() for part in _parts(line)
    )


def _parts(line: str) -> Iterator[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    while len(line) > MOST_COLUMNS and not line.lstrip().startswith("!"):
        at = line.rfind(", ", len(indent), MOST_COLUMNS - 2)
        if at < 0:
            at = line.rfind(" ", len(indent), MOST_COLUMNS - 3)
        if at < 0:
            break
        yield f"{line[: at + 1]} &"
        line = indent + line[at + 1 :].lstrip()
    yield line
