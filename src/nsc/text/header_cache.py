"""What is remembered of files: most of the text a package is made of is read again and
again.

In: a file's path and text. Out: its pieces, cut once; what reading it did, repeated
where it would do the same.
Non-goals: reading.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from nsc.text.cursor import Cursor
from nsc.text.cut import Piece, cut, include_guard
from nsc.text.replay import Recording

MAX_FILES = 1024  # whose pieces are remembered
MAX_HEADERS = 512  # whose recordings are remembered
MAX_RECORDINGS = (
    4  # of one header: what its names mean differs from file to file
)


class HeaderCache:
    """Files cut into pieces, and recordings of headers, the least used forgotten.

    It changes how long a pass takes, never what comes out. Stretches remember their
    expansions, so that these are forgotten with a file's pieces.

    Args:
        max_headers: how many headers' recordings are kept.

    Attributes:
        repeated: how many times a header was repeated instead of read.
    """

    def __init__(self, max_headers: int = MAX_HEADERS):
        self.max_headers = max_headers
        self.repeated = 0
        self._cut = lru_cache(maxsize=MAX_FILES)(cut)
        self._guard = lru_cache(maxsize=4 * MAX_FILES)(self._find_guard)
        self._recordings: OrderedDict[tuple[str, str], list[Recording]] = (
            OrderedDict()
        )

    def __len__(self) -> int:
        """Count the headers that have recordings."""
        return len(self._recordings)

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """Return the pieces of a file of plain text."""
        return self._cut(text)

    def guard(self, text: str) -> str:
        """Return the macro that makes a header empty the second time, "" if none."""
        return self._guard(text)

    def _find_guard(self, text: str) -> str:
        return include_guard(self._cut(text))

    def repeat(self, path: str, text: str, cursor: Cursor) -> Recording | None:
        """Move a cursor on as reading a header would.

        Returns:
            What was repeated; None where nothing was, and the header is to be read.
        """
        recordings = self._recordings.get((path, text))
        if recordings is None:
            return None
        self._recordings.move_to_end((path, text))
        for recording in recordings:
            if recording.fits(cursor):
                recording.repeat(cursor)
                self.repeated += 1
                return recording
        return None

    def keep(self, path: str, text: str, recording: Recording) -> None:
        """Remember what reading a header did; the oldest recording is forgotten."""
        recordings = self._recordings.setdefault((path, text), [])
        recordings[MAX_RECORDINGS - 1 :] = []
        recordings.insert(0, recording)
        while len(self._recordings) > self.max_headers:
            self._recordings.popitem(last=False)
