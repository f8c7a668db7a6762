"""Which part of the expanded text came from where in the user's files.

In: the spans of text that are written, in order. Out: the offset in the user's files of
any offset in the text.
Non-goals: which file that is (expanded.py).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right


class SourceMap:
    """Spans in order, each as wide as up to the next.

    Three compact arrays rather than objects: a header's spans are copied wherever it is
    included.

    Args:
        places: where in the text each span starts.
        origins: where in the user's files it came from.
        exact: does each character of it stand in the user's files as it does here.
    """

    def __init__(
        self,
        places: array[int] | None = None,
        origins: array[int] | None = None,
        exact: array[int] | None = None,
    ):
        self.places = array("q") if places is None else places
        self.origins = array("q") if origins is None else origins
        self.exact = array("b") if exact is None else exact

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, spans: slice) -> SourceMap:
        return SourceMap(
            self.places[spans], self.origins[spans], self.exact[spans]
        )

    def append(self, place: int, origin: int, exact: bool) -> None:
        """Start a span."""
        self.places.append(place)
        self.origins.append(origin)
        self.exact.append(exact)

    def extend(self, more: SourceMap) -> None:
        """Append the spans of another map."""
        self.places.extend(more.places)
        self.origins.extend(more.origins)
        self.exact.extend(more.exact)

    def moved(self, origin: int, place: int) -> SourceMap:
        """Return the same spans with `origin` and `place` added to where they stand."""
        return SourceMap(
            array("q", [at + place for at in self.places]),
            array("q", [at + origin for at in self.origins]),
            self.exact[:],
        )

    def goes_on(self, place: int, origin: int) -> bool:
        """Say whether exact text at this place would only lengthen the last span."""
        exact = self.exact
        if not exact or not exact[-1]:
            return False
        return origin - self.origins[-1] == place - self.places[-1]

    def origin(self, offset: int) -> int:
        """Map an offset in the text to one in the user's files."""
        k = bisect_right(self.places, offset) - 1
        if k < 0:
            return 0
        inside = offset - self.places[k] if self.exact[k] else 0
        return self.origins[k] + inside

    def origin_of_end(self, offset: int) -> int:
        """Map the end of something in the text to one in the user's files.

        The end of what a macro made is behind the call of the macro.
        """
        k = bisect_right(self.places, offset - 1) - 1
        if k < 0 or self.exact[k]:
            return self.origin(offset - 1) + 1
        start = self.origins[k]
        later = (origin for origin in self.origins[k + 1 :] if origin > start)
        return next(later, start + 1)
