"""What a program printed -> its outputs, by name.

In: text, names. Out: numbers `o`. Non-goals: running it.

Three formats: JSON (an object with the names, or a list in their order), CSV (a line of
names above one of numbers, or numbers alone), and a regular expression. Where nobody says
which, JSON is tried, then CSV.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nsc.errors import InputError

FORMATS = ("auto", "json", "csv", "regex")
SHOWN = 60  # characters of what was printed


class UnreadableError(Exception):
    """The outputs are not in what was printed; its text says what is there."""


@dataclass(frozen=True)
class Reading:
    """How outputs are found in what a program prints.

    Args:
        names: of the outputs, in their order.
        format: one of `FORMATS`.
        patterns: of "regex": one with a group of each name, or one for each name with
            a group; the last match counts.

    Raises:
        InputError: a format or a pattern that cannot be.
    """

    names: tuple[str, ...]
    format: str = "auto"
    patterns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InputError(
                f"format must be one of {', '.join(FORMATS)}; found '{self.format}'"
            )
        if bool(self.patterns) != (self.format == "regex"):
            raise InputError(
                "format 'regex' and patterns go together: patterns say where the"
                " outputs are, as in 'drag = (\\S+)'"
            )
        if self.patterns:
            self._check_patterns()

    def _check_patterns(self) -> None:
        for pattern in self.patterns:
            try:
                found = re.compile(pattern)
            except re.error as error:
                raise InputError(
                    f"patterns must be regular expressions; '{pattern}': {error}"
                ) from None
            is_whole = len(self.patterns) == 1 and set(self.names) <= set(
                found.groupindex
            )
            if is_whole:
                return
            if found.groups != 1:
                raise InputError(
                    f"a pattern must have one group, where the number is; '{pattern}'"
                    f" has {found.groups}"
                )
        if len(self.patterns) != len(self.names):
            raise InputError(
                f"patterns must be one for each output ({', '.join(self.names)}), or"
                f" one with their names as groups; found {len(self.patterns)}"
            )

    def __call__(self, text: str) -> list[float]:
        """Return the outputs `o`.

        Raises:
            UnreadableError: they are not there.
        """
        if self.format == "regex":
            return self._by_patterns(text)
        if self.format != "csv":
            found = self._from_json(text)
            if found is not None:
                return found
        if self.format != "json":
            found = self._from_csv(text)
            if found is not None:
                return found
        what = {"auto": "neither JSON nor CSV"}.get(
            self.format, f"no {self.format.upper()}"
        )
        raise UnreadableError(f"it printed {what}, but {_shown(text)}")

    def _from_json(self, text: str) -> list[float] | None:
        """Read a whole text, or its last line that is JSON; None for no JSON."""
        lines = [line for line in text.splitlines() if line.strip()]
        for part in (text, *reversed(lines)):
            try:
                # a number by itself may be CSV as well, and is the same
                found = json.loads(part)
            except ValueError:
                continue
            return self._of_json(found, text)
        return None

    def _of_json(self, found: object, text: str) -> list[float]:
        if isinstance(found, Mapping):
            missing = [name for name in self.names if name not in found]
            if missing:
                there = ", ".join(map(str, found)) or "none"
                raise UnreadableError(
                    f"it printed no '{missing[0]}'; names are {there[:SHOWN]}"
                )
            return [_number(found[name], name) for name in self.names]
        values = found if isinstance(found, list) else [found]
        return self._in_order(values, text)

    def _from_csv(self, text: str) -> list[float] | None:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(text.splitlines())
            if any(cell.strip() for cell in row)
        ]
        if not rows:
            return None
        if len(rows) > 1 and set(self.names) <= set(rows[0]):
            named = dict(zip(rows[0], rows[-1], strict=False))
            return [_number(named.get(name), name) for name in self.names]
        last = rows[-1] if len(rows[-1]) > 1 else rows[-1][0].split()
        if not all(_is_number(cell) for cell in last):
            return None
        return self._in_order(last, text)

    def _in_order(self, values: Sequence[object], text: str) -> list[float]:
        if len(values) != len(self.names):
            raise UnreadableError(
                f"it printed {len(values)} numbers where there are"
                f" {len(self.names)} outputs: {_shown(text)}"
            )
        pairs = zip(values, self.names, strict=True)
        return [_number(value, name) for value, name in pairs]

    def _by_patterns(self, text: str) -> list[float]:
        if len(self.patterns) == 1 and re.compile(self.patterns[0]).groupindex:
            match = _last_match(self.patterns[0], text)
            return [_number(match[name], name) for name in self.names]
        pairs = zip(self.patterns, self.names, strict=True)
        return [
            _number(_last_match(pattern, text)[1], name)
            for pattern, name in pairs
        ]


def _last_match(pattern: str, text: str) -> re.Match[str]:
    found = list(re.finditer(pattern, text))
    if not found:
        raise UnreadableError(
            f"it printed nothing like '{pattern}', but {_shown(text)}"
        )
    return found[-1]


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _number(value: object, name: str) -> float:
    """Return an output; true and false are none."""
    if not _is_number(value):
        raise UnreadableError(f"'{name}' is {value!r}, which is no number")
    found = float(value)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise UnreadableError(f"'{name}' is {found}")
    return found


def _shown(text: str) -> str:
    """Show the end of what was printed."""
    text = text.strip()
    if not text:
        return "nothing"
    cut = text if len(text) <= SHOWN else f"...{text[-SHOWN:]}"
    return repr(cut)
