"""Bars in groups on a logarithmic axis, from 1 up or down, with intervals.

In: improvements by group and series. Out: `<svg>` text. Non-goals: other baselines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from nsc.report.numbers import number
from nsc.report.svg import Axis, svg_file

WIDTH = 880
HEIGHT = 300
LEFT = 76
RIGHT = 10
TOP = 12
BOTTOM = 40
GAP = 0.22  # of a group's width
LEAST = 1e-4  # shown, of what is below
MOST = 1e8


@dataclass(frozen=True)
class Bar:
    """One bar.

    Args:
        value: NaN for none.
        low, high: its interval; NaN for none.
        published: what somebody else reports; NaN for nothing.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    published: float = math.nan


@dataclass(frozen=True)
class Series:
    """What is compared: a bar in each group, of one colour.

    Args:
        kind: a CSS class of page.css, "c0" to "c11".
    """

    name: str
    kind: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class GroupedBars:
    """A figure.

    Args:
        groups: names along the x axis.
        series: each has a bar for every group.
    """

    title: str
    groups: tuple[str, ...]
    series: tuple[Series, ...]
    label: str = "improvement"

    def svg(self) -> str:
        """Return the figure for a page, with its legend."""
        title = escape(self.title)
        keys = "".join(
            f'<span><i class="{s.kind}"></i>{escape(s.name)}</span>'
            for s in self.series
        )
        if self._has_published():
            keys += '<span><b class="diamond">◇</b>published</span>'
        return (
            f"<figure class='wide'><figcaption>{title}</figcaption>"
            f"{self._drawn()}<div class='legend'>{keys}</div></figure>"
        )

    def file(self) -> str:
        """Return the figure as an SVG file of its own."""
        keys = [(s.kind, s.name) for s in self.series]
        if self._has_published():
            keys.append(("diamond", "published: hollow"))
        return svg_file(self.title, WIDTH, HEIGHT, self._marks(), keys)

    def _drawn(self) -> str:
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            f' aria-label="{escape(self.title)}">{self._marks()}</svg>'
        )

    def _has_published(self) -> bool:
        bars = (b for s in self.series for b in s.bars)
        return any(math.isfinite(b.published) for b in bars)

    def _marks(self) -> str:
        axis = self._axis()
        return "".join([*self._rows(axis), *self._bars(axis), *self._names()])

    def _axis(self) -> Axis:
        """Choose powers of ten that hold every bar and interval, and 1."""
        values = [1.0]
        for s in self.series:
            for b in s.bars:
                values += [b.value, b.low, b.high, b.published]
        kept = [v for v in values if math.isfinite(v) and v > 0]
        lo = max(min(kept) / 1.3, LEAST)
        hi = min(max(kept) * 1.3, MOST)
        return Axis(min(lo, 0.5), max(hi, 2.0), self.label, log=True)

    def _y(self, axis: Axis, value: float) -> float:
        fraction = min(1.0, max(0.0, axis.fraction(value)))
        return HEIGHT - BOTTOM - fraction * (HEIGHT - TOP - BOTTOM)

    def _rows(self, axis: Axis) -> Iterator[str]:
        for value, text in _ticks(axis):
            y = self._y(axis, value)
            kind = "one" if value == 1 else "grid"
            yield (
                f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}"'
                f' y1="{y:.1f}" y2="{y:.1f}"/><text x="{LEFT - 6}"'
                f' y="{y + 4:.1f}" text-anchor="end">{text}</text>'
            )
        middle = (TOP + HEIGHT - BOTTOM) / 2
        yield (
            f'<text class="label" transform="translate(12 {middle}) rotate(-90)"'
            f' text-anchor="middle">{escape(self.label)}</text>'
        )

    def _bars(self, axis: Axis) -> Iterator[str]:
        group = (WIDTH - LEFT - RIGHT) / max(len(self.groups), 1)
        width = group * (1 - GAP) / max(len(self.series), 1)
        for k, s in enumerate(self.series):
            for g, bar in enumerate(s.bars):
                x = LEFT + g * group + group * GAP / 2 + k * width
                title = f"{s.name}, {self.groups[g]}: {number(bar.value)}"
                yield from self._bar(axis, bar, x, width, s.kind, title)

    def _bar(
        self,
        axis: Axis,
        bar: Bar,
        x: float,
        width: float,
        kind: str,
        title: str,
    ) -> Iterator[str]:
        if math.isfinite(bar.value):
            ends = sorted((self._y(axis, bar.value), self._y(axis, 1.0)))
            height = max(ends[1] - ends[0], 0.5)
            yield (
                f'<rect class="bar {kind}" x="{x:.1f}" y="{ends[0]:.1f}"'
                f' width="{max(width - 1, 1):.1f}" height="{height:.1f}">'
                f"<title>{escape(title)}</title></rect>"
            )
        middle = x + max(width - 1, 1) / 2
        if math.isfinite(bar.low) and math.isfinite(bar.high):
            y1 = self._y(axis, bar.low)
            y2 = self._y(axis, bar.high)
            yield (
                f'<line class="whisker" x1="{middle:.1f}" x2="{middle:.1f}"'
                f' y1="{y1:.1f}" y2="{y2:.1f}"/>'
            )
        if math.isfinite(bar.published):
            y = self._y(axis, bar.published)
            points = (
                f"{middle:.1f},{y - 5:.1f} {middle + 5:.1f},{y:.1f}"
                f" {middle:.1f},{y + 5:.1f} {middle - 5:.1f},{y:.1f}"
            )
            yield f'<polygon class="diamond" points="{points}"/>'

    def _names(self) -> Iterator[str]:
        group = (WIDTH - LEFT - RIGHT) / max(len(self.groups), 1)
        for g, name in enumerate(self.groups):
            x = LEFT + (g + 0.5) * group
            yield (
                f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}"'
                f' text-anchor="middle">{escape(name)}</text>'
            )


def _ticks(axis: Axis) -> Sequence[tuple[float, str]]:
    """Return powers of ten, and 2 and 5 times them where there is room."""
    lo = math.floor(math.log10(axis.lo))
    hi = math.ceil(math.log10(axis.hi))
    between = (1, 2, 5) if hi - lo <= 2 else (1,)
    step = max(1, math.ceil((hi - lo) / 8))
    found = [
        m * 10.0**k
        for k in range(lo, hi + 1)
        if k % step == 0
        for m in between
    ]
    return [(v, _factor(v)) for v in found if axis.lo <= v <= axis.hi]


def _factor(value: float) -> str:
    """Write a factor: "0.1×", "10×", "1e4×"."""
    if 1e-3 <= value < 1e4:
        return f"{value:g}×"
    return f"1e{round(math.log10(value))}×"
