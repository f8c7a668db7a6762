"""Small figures as SVG text: lines, points, bars, heat maps. Colours come from the
page's CSS classes.

In: numbers. Out: `<svg>` text. Non-goals: interactivity, external resources.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 420
HEIGHT = 260
LEFT = 72
RIGHT = 12
TOP = 14
BOTTOM = 38


@dataclass(frozen=True)
class Axis:
    """One axis: its range, label, and whether it is logarithmic."""

    lo: float
    hi: float
    label: str = ""
    log: bool = False

    def fraction(self, value: float) -> float:
        """Map a value to 0..1 along the axis."""
        if self.log:
            value, lo, hi = (
                math.log10(max(v, 1e-300)) for v in (value, self.lo, self.hi)
            )
        else:
            lo = self.lo
            hi = self.hi
        return min(1.02, max(-0.02, (value - lo) / (hi - lo))) if hi > lo else 0.5

    def ticks(self) -> list[tuple[float, str]]:
        """Return (value, label) at round places."""
        if self.log:
            a = math.floor(math.log10(self.lo))
            b = math.ceil(math.log10(self.hi))
            step = max(1, math.ceil((b - a) / 5))
            return [
                (10.0**k, f"1e{k}")
                for k in range(a, b + 1, step)
                if self.lo <= 10.0**k <= self.hi * 1.001
            ]
        span = self.hi - self.lo
        if not span > 0:
            return [(self.lo, f"{self.lo:g}")]
        step = 10 ** math.floor(math.log10(span / 4))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= 5)
        first = math.ceil(self.lo / step - 1e-9)
        found = []
        while first * step <= self.hi + 1e-9 * span:
            found.append((first * step, f"{first * step:.4g}"))
            first += 1
        return found


def axis_for(
    values: Sequence[float], label: str = "", *, log: bool = False, least: float = 0.0
) -> Axis:
    """Choose a range that holds all values with a little room, and is `least` long."""
    kept = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    if not kept:
        return Axis(0.1 if log else 0.0, 1.0, label, log)
    lo = min(kept)
    hi = max(kept)
    if log:
        return Axis(lo / 1.5, hi * 1.5, label, True)
    room = max(0.05 * (hi - lo), (least - (hi - lo)) / 2) or 0.5 * abs(hi) or 1.0
    return Axis(lo - room, hi + room, label)


class Figure:
    """Marks collected on a pair of axes."""

    def __init__(self, title: str, x: Axis, y: Axis):
        self.title = title
        self.x = x
        self.y = y
        self.marks: list[str] = []
        self.keys: list[tuple[str, str]] = []

    def _at(self, x: float, y: float) -> str:
        px = LEFT + self.x.fraction(x) * (WIDTH - LEFT - RIGHT)
        py = HEIGHT - BOTTOM - self.y.fraction(y) * (HEIGHT - TOP - BOTTOM)
        return f"{px:.1f},{py:.1f}"

    def line(
        self, xs: Sequence[float], ys: Sequence[float], kind: str, key: str = ""
    ) -> Figure:
        """Draw a polyline of CSS class `kind`."""
        points = " ".join(
            self._at(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(y)
        )
        self.marks.append(f'<polyline class="line {kind}" points="{points}"/>')
        if key:
            self.keys.append((kind, key))
        return self

    def points(self, xs: Sequence[float], ys: Sequence[float], kind: str) -> Figure:
        for x, y in zip(xs, ys, strict=True):
            px, py = self._at(x, y).split(",")
            self.marks.append(
                f'<circle class="dot {kind}" cx="{px}" cy="{py}" r="2.2"/>'
            )
        return self

    def bars(
        self, edges: Sequence[float], heights: Sequence[float], kind: str
    ) -> Figure:
        for a, b, h in zip(edges, edges[1:], heights, strict=False):
            x0, y0 = (float(v) for v in self._at(a, h).split(","))
            x1, y1 = (float(v) for v in self._at(b, self.y.lo).split(","))
            width = max(x1 - x0 - 1, 0.5)
            height = max(y1 - y0, 0)
            self.marks.append(
                f'<rect class="bar {kind}" x="{x0:.1f}" y="{y0:.1f}"'
                f' width="{width:.1f}" height="{height:.1f}"/>'
            )
        return self

    def svg(self) -> str:
        """Return the whole figure."""
        out = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            f' aria-label="{escape(self.title)}">'
        ]
        bottom = HEIGHT - BOTTOM
        right = WIDTH - RIGHT
        for value, label in self.x.ticks():
            px = float(self._at(value, self.y.lo).split(",")[0])
            out.append(
                f'<line class="grid" x1="{px:.1f}" x2="{px:.1f}" y1="{TOP}"'
                f' y2="{bottom}"/>'
            )
            out.append(
                f'<text x="{px:.1f}" y="{bottom + 14}"'
                f' text-anchor="middle">{label}</text>'
            )
        for value, label in self.y.ticks():
            py = float(self._at(self.x.lo, value).split(",")[1])
            out.append(
                f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{py:.1f}"'
                f' y2="{py:.1f}"/>'
            )
            out.append(
                f'<text x="{LEFT - 6}" y="{py + 4:.1f}"'
                f' text-anchor="end">{label}</text>'
            )
        out += self.marks
        middle = (LEFT + right) / 2
        out.append(
            f'<text class="label" x="{middle}" y="{HEIGHT - 6}"'
            f' text-anchor="middle">{escape(self.x.label)}</text>'
        )
        out.append(
            f'<text class="label" transform="translate(10 {(TOP + bottom) / 2})'
            f' rotate(-90)" text-anchor="middle">{escape(self.y.label)}</text></svg>'
        )
        keys = "".join(
            f'<span><i class="{kind}"></i>{escape(text)}</span>'
            for kind, text in self.keys
        )
        legend = f'<div class="legend">{keys}</div>' if keys else ""
        caption = f"<figcaption>{escape(self.title)}</figcaption>"
        return f"<figure>{caption}{''.join(out)}{legend}</figure>"


def heat_map(
    title: str,
    rows: Sequence[Sequence[float]],
    lo: float,
    hi: float,
    names: tuple[str, str],
) -> str:
    """Draw values on a grid, row 0 at the bottom, from blue (lo) over grey to red (hi)."""
    n_rows = len(rows)
    n_columns = len(rows[0])
    side = 240
    cells = []
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if not math.isfinite(value):
                continue
            t = (value - lo) / (hi - lo) if hi > lo else 0.5
            x = c * side / n_columns
            y = (n_rows - 1 - r) * side / n_rows
            size = side / n_columns + 0.4
            place = (
                f'x="{x + 24:.1f}" y="{y:.1f}" width="{size:.1f}" height="{size:.1f}"'
            )
            cells.append(f'<rect class="cell" {place} fill="{_colour(t)}"/>')
    label = (
        f'<text class="label" x="144" y="{side + 16}"'
        f' text-anchor="middle">{escape(names[0])}</text><text class="label"'
        f' transform="translate(14 {side / 2}) rotate(-90)"'
        f' text-anchor="middle">{escape(names[1])}</text>'
    )
    body = (
        f'<svg viewBox="0 0 272 {side + 24}" role="img"'
        f' aria-label="{escape(title)}">{"".join(cells)}{label}</svg>'
    )
    return f"<figure><figcaption>{escape(title)}</figcaption>{body}</figure>"


def _colour(t: float) -> str:
    t = min(1.0, max(0.0, t))
    stops = (
        (33, 82, 160),
        (120, 170, 210),
        (232, 232, 226),
        (226, 150, 110),
        (165, 42, 42),
    )
    k = min(int(t * 4), 3)
    part = t * 4 - k
    return "#" + "".join(
        f"{round(a + part * (b - a)):02x}"
        for a, b in zip(stops[k], stops[k + 1], strict=True)
    )
