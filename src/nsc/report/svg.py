"""Small figures as SVG text: lines, points, bars, heat maps.

In: numbers; colours of lines come from the page's CSS classes. Out: `<svg>` text.
Non-goals: interactivity, external resources.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from nsc.report.page import STYLE

WIDTH = 420
HEIGHT = 260
LEFT = 72
RIGHT = 12
TOP = 14
BOTTOM = 38
MAP_SIDE = 240
FEW_POWERS = 30.0  # of an axis: its end over its beginning
COLOURS = (  # of heat maps, from the least value to the largest
    (33, 82, 160),
    (120, 170, 210),
    (232, 232, 226),
    (226, 150, 110),
    (165, 42, 42),
)


class Drawing(Protocol):
    """A figure that a page holds, and that can be a file of its own."""

    @property
    def title(self) -> str: ...

    def svg(self) -> str: ...

    def file(self) -> str: ...


@dataclass(frozen=True)
class Axis:
    """One axis: its range, label, and whether it is logarithmic."""

    lo: float
    hi: float
    label: str = ""
    log: bool = False

    def fraction(self, value: float) -> float:
        """Map a value to 0..1 along the axis, or to a little outside of it."""
        lo = self._measure(self.lo)
        hi = self._measure(self.hi)
        if not hi > lo:
            return 0.5
        fraction = (self._measure(value) - lo) / (hi - lo)
        return min(1.02, max(-0.02, fraction))

    def _measure(self, value: float) -> float:
        return math.log10(max(value, 1e-300)) if self.log else value

    def ticks(self) -> list[tuple[float, str]]:
        """Return (value, label) at round places."""
        return self._powers() if self.log else self._round_numbers()

    def _powers(self) -> list[tuple[float, str]]:
        """Return powers of ten, and where they are few 2 and 5 times them."""
        least = math.floor(math.log10(self.lo))
        most = math.ceil(math.log10(self.hi))
        if self.hi < self.lo * FEW_POWERS:
            return [
                (m * 10.0**k, f"{m * 10.0**k:.4g}")
                for k in range(least, most + 1)
                for m in (1, 2, 5)
                if self.lo <= m * 10.0**k <= self.hi * 1.001
            ]
        step = max(1, math.ceil((most - least) / 5))
        return [
            (10.0**k, f"1e{k}")
            for k in range(least, most + 1, step)
            if self.lo <= 10.0**k <= self.hi * 1.001
        ]

    def _round_numbers(self) -> list[tuple[float, str]]:
        """Return multiples of 1, 2 or 5 times a power of ten, six at most."""
        span = self.hi - self.lo
        if not span > 0:
            return [(self.lo, f"{self.lo:g}")]
        step = 10 ** math.floor(math.log10(span / 4))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= 5)
        k = math.ceil(self.lo / step - 1e-9)
        found = []
        while k * step <= self.hi + 1e-9 * span:
            found.append((k * step, f"{k * step:.4g}"))
            k += 1
        return found


def axis_for(
    values: Sequence[float],
    label: str = "",
    *,
    log: bool = False,
    least: float = 0.0,
) -> Axis:
    """Choose a range that holds all values with a little room, and is `least` long."""
    kept = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    if not kept:
        return Axis(0.1 if log else 0.0, 1.0, label, log)
    lo = min(kept)
    hi = max(kept)
    if log:
        return Axis(lo / 1.5, hi * 1.5, label, True)
    room = (
        max(0.05 * (hi - lo), (least - (hi - lo)) / 2) or 0.5 * abs(hi) or 1.0
    )
    return Axis(lo - room, hi + room, label)


class Figure:
    """Marks collected on a pair of axes."""

    def __init__(self, title: str, x: Axis, y: Axis):
        self.title = title
        self.x = x
        self.y = y
        self.marks: list[str] = []
        self.keys: list[tuple[str, str]] = []

    def _at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is drawn, to a tenth of a pixel."""
        px = LEFT + self.x.fraction(x) * (WIDTH - LEFT - RIGHT)
        py = HEIGHT - BOTTOM - self.y.fraction(y) * (HEIGHT - TOP - BOTTOM)
        return float(f"{px:.1f}"), float(f"{py:.1f}")

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float | None],
        kind: str,
        key: str = "",
    ) -> None:
        """Draw a polyline of CSS class `kind`; points that are not finite are left out.

        It breaks off where a value is None.

        Args:
            key: what the legend calls it; "" is not in the legend.
        """
        for part in _unbroken(xs, ys):
            places = [self._at(x, y) for x, y in part]
            points = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
            self.marks.append(
                f'<polyline class="line {kind}" points="{points}"/>'
            )
        if key:
            self.keys.append((kind, key))

    def points(
        self, xs: Sequence[float], ys: Sequence[float], kind: str
    ) -> None:
        """Draw a dot of CSS class `kind` at each point."""
        for x, y in zip(xs, ys, strict=True):
            px, py = self._at(x, y)
            self.marks.append(
                f'<circle class="dot {kind}" cx="{px:.1f}" cy="{py:.1f}" r="2.2"/>'
            )

    def names(
        self, xs: Sequence[float], ys: Sequence[float], names: Sequence[str]
    ) -> None:
        """Write a name beside each point, on the side where there is room."""
        for x, y, name in zip(xs, ys, names, strict=True):
            px, py = self._at(x, y)
            is_right = px > (LEFT + WIDTH - RIGHT) / 2
            anchor = "end" if is_right else "start"
            self.marks.append(
                f'<text x="{px + (-6 if is_right else 6):.1f}" y="{py - 5:.1f}"'
                f' text-anchor="{anchor}">{escape(name)}</text>'
            )

    def bars(
        self, edges: Sequence[float], heights: Sequence[float], kind: str
    ) -> None:
        """Draw a bar of CSS class `kind` between each edge and the next."""
        for left, right, height in zip(
            edges, edges[1:], heights, strict=False
        ):
            x0, y0 = self._at(left, height)
            x1, y1 = self._at(right, self.y.lo)
            self.marks.append(
                f'<rect class="bar {kind}" x="{x0:.1f}" y="{y0:.1f}"'
                f' width="{max(x1 - x0 - 1, 0.5):.1f}" height="{max(y1 - y0, 0):.1f}"/>'
            )

    def svg(self) -> str:
        """Return the whole figure."""
        title = escape(self.title)
        return (
            f"<figure><figcaption>{title}</figcaption>"
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
            f"{self._drawn()}</svg>{self._legend()}</figure>"
        )

    def file(self) -> str:
        """Return the figure as an SVG file of its own."""
        return svg_file(self.title, WIDTH, HEIGHT, self._drawn(), self.keys)

    def _drawn(self) -> str:
        drawn = [*self._columns(), *self._rows(), *self.marks, *self._labels()]
        return "".join(drawn)

    def _columns(self) -> Iterator[str]:
        """Draw the grid at round places of the x axis."""
        bottom = HEIGHT - BOTTOM
        for value, label in self.x.ticks():
            px, _ = self._at(value, self.y.lo)
            yield (
                f'<line class="grid" x1="{px:.1f}" x2="{px:.1f}" y1="{TOP}"'
                f' y2="{bottom}"/>'
            )
            yield (
                f'<text x="{px:.1f}" y="{bottom + 14}"'
                f' text-anchor="middle">{label}</text>'
            )

    def _rows(self) -> Iterator[str]:
        """Draw the grid at round places of the y axis."""
        for value, label in self.y.ticks():
            _, py = self._at(self.x.lo, value)
            yield (
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}"'
                f' y2="{py:.1f}"/>'
            )
            yield (
                f'<text x="{LEFT - 6}" y="{py + 4:.1f}"'
                f' text-anchor="end">{label}</text>'
            )

    def _labels(self) -> Iterator[str]:
        """Write what the axes are."""
        middle_x = (LEFT + WIDTH - RIGHT) / 2
        middle_y = (TOP + HEIGHT - BOTTOM) / 2
        yield (
            f'<text class="label" x="{middle_x}" y="{HEIGHT - 6}"'
            f' text-anchor="middle">{escape(self.x.label)}</text>'
        )
        yield (
            f'<text class="label" transform="translate(10 {middle_y})'
            f' rotate(-90)" text-anchor="middle">{escape(self.y.label)}</text>'
        )

    def _legend(self) -> str:
        keys = "".join(
            f'<span><i class="{kind}"></i>{escape(text)}</span>'
            for kind, text in self.keys
        )
        return f'<div class="legend">{keys}</div>' if keys else ""


def _unbroken(
    xs: Sequence[float], ys: Sequence[float | None]
) -> list[list[tuple[float, float]]]:
    """Cut points where a value is None; those that are not finite are left out."""
    parts: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            parts.append([])
        elif math.isfinite(y):
            parts[-1].append((x, y))
    return [part for part in parts if part] or [[]]


LINE = 18  # of a legend


def svg_file(
    title: str,
    width: int,
    height: int,
    marks: str,
    keys: Sequence[tuple[str, str]],
) -> str:
    """Write a figure as a file: with a title above, a legend below, and its style.

    Args:
        marks: SVG text of what is drawn.
        keys: (CSS class, text) of the legend.
    """
    top = 26
    legend = "".join(
        f'<g transform="translate(12 {top + height + LINE * k + 10})">'
        f'<rect class="key {kind}" y="-9" width="12" height="10"/>'
        f'<text x="20">{escape(text)}</text></g>'
        for k, (kind, text) in enumerate(keys)
    )
    tall = top + height + LINE * len(keys) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{tall}"'
        f' viewBox="0 0 {width} {tall}"><style>{STYLE}</style>'
        f'<rect class="paper" width="{width}" height="{tall}"/>'
        f'<text class="title" x="12" y="18">{escape(title)}</text>'
        f'<g transform="translate(0 {top})">{marks}</g>{legend}</svg>\n'
    )


def heat_map(
    title: str,
    rows: Sequence[Sequence[float | None]],
    lo: float,
    hi: float,
    names: tuple[str, str],
) -> str:
    """Draw values on a grid, row 0 at the bottom, from blue (lo) over grey to red (hi).

    A cell whose value is None stays blank.

    Args:
        names: of the columns' axis and of the rows'.
    """
    label = (
        f'<text class="label" x="144" y="{MAP_SIDE + 16}"'
        f' text-anchor="middle">{escape(names[0])}</text><text class="label"'
        f' transform="translate(14 {MAP_SIDE / 2}) rotate(-90)"'
        f' text-anchor="middle">{escape(names[1])}</text>'
    )
    body = (
        f'<svg viewBox="0 0 272 {MAP_SIDE + 24}" role="img"'
        f' aria-label="{escape(title)}">{"".join(_cells(rows, lo, hi))}{label}</svg>'
    )
    return f"<figure><figcaption>{escape(title)}</figcaption>{body}</figure>"


def _cells(
    rows: Sequence[Sequence[float | None]], lo: float, hi: float
) -> Iterator[str]:
    """Draw a square a value; each is a little too large, so that no gap shows."""
    side = MAP_SIDE / len(rows[0])
    size = side + 0.4
    for r, row in enumerate(rows):
        y = (len(rows) - 1 - r) * MAP_SIDE / len(rows)
        for c, value in enumerate(row):
            if value is None or not math.isfinite(value):
                continue
            x = c * MAP_SIDE / len(row) + 24
            t = (value - lo) / (hi - lo) if hi > lo else 0.5
            yield (
                f'<rect class="cell" x="{x:.1f}" y="{y:.1f}" width="{size:.1f}"'
                f' height="{size:.1f}" fill="{_colour(t)}"/>'
            )


def _colour(t: float) -> str:
    """Mix the two of COLOURS that 0..1 is between."""
    t = min(1.0, max(0.0, t))
    last = len(COLOURS) - 1
    k = min(int(t * last), last - 1)
    part = t * last - k
    mixed = (
        round(a + part * (b - a))
        for a, b in zip(COLOURS[k], COLOURS[k + 1], strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
