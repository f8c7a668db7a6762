"""How outputs go along each input, the others in the middle of the domain.

In: a surrogate. Out: `Slice`s, and SVG text of them. Non-goals: what a program does there
(the report's figures show it).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from nsc.surrogate.base import SurrogateBase

POINTS = 81
MOST_PANELS = 4  # a row and a column
WIDTH = 190
HEIGHT = 130
LEFT = 46
BOTTOM = 30
MARGIN = 10
LINE = "#2152a0"
INK = "#777"


@dataclass(frozen=True)
class Slice:
    """Outputs along one input.

    Args:
        name: of the input.
        x: `n`, ascending.
        y: `n o`; NaN where conditions between inputs do not hold.
    """

    name: str
    x: np.ndarray
    y: np.ndarray


def slices_of(surrogate: SurrogateBase) -> list[Slice]:
    """Evaluate a surrogate along each of its inputs."""
    middle = (surrogate.lo + surrogate.hi) / 2
    whole = np.array(surrogate.whole or [False] * len(middle))
    middle = np.where(whole, np.floor(middle), middle)
    found: list[Slice] = []
    for k, name in enumerate(surrogate.input_names):
        along = _along(
            float(surrogate.lo[k]),
            float(surrogate.hi[k]),
            is_whole=bool(whole[k]),
        )
        rows = np.tile(middle, (len(along), 1))
        rows[:, k] = along
        y = surrogate.evaluate(rows)
        for condition in surrogate.conditions:
            y = np.where(condition.holds(rows)[:, None], y, np.nan)
        found.append(Slice(name, along, y))
    return found


def _along(lo: float, hi: float, *, is_whole: bool) -> np.ndarray:
    """Return numbers from one end of a range to the other, whole ones if wanted."""
    if not is_whole:
        return np.linspace(lo, hi, POINTS)
    ends = math.ceil(lo), math.floor(hi)
    found: np.ndarray = np.linspace(*ends, POINTS)
    return np.unique(np.floor(found))


def svg_of(slices: Sequence[Slice], outputs: Sequence[str]) -> str:
    """Draw a panel for each input and output, a few of many; no style but its own."""
    drawn: list[str] = []
    columns = slices[:MOST_PANELS]
    rows = outputs[:MOST_PANELS]
    for row, output in enumerate(rows):
        values = np.concatenate([s.y[:, row] for s in columns])
        for column, each in enumerate(columns):
            place = f"translate({column * WIDTH} {row * HEIGHT})"
            panel = _panel(each.x, each.y[:, row], values, each.name, output)
            drawn.append(f'<g transform="{place}">{panel}</g>')
    width = WIDTH * len(columns)
    height = HEIGHT * len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-size="10" fill="{INK}"'
        f' font-family="sans-serif">{"".join(drawn)}</svg>'
    )


def _panel(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, name: str, output: str
) -> str:
    """Draw one line on axes, which all panels of an output share upright."""
    kept = values[np.isfinite(values)]
    lo = float(kept.min()) if len(kept) else 0.0
    hi = float(kept.max()) if len(kept) else 1.0
    length = hi - lo or 1.0
    right = WIDTH - MARGIN
    bottom = HEIGHT - BOTTOM
    across = (x - x[0]) / (x[-1] - x[0] or 1.0)
    px = LEFT + across * (right - LEFT)
    py = bottom - (y - lo) / length * (bottom - MARGIN)
    return (
        f'<path d="M{LEFT} {MARGIN}V{bottom}H{right}" fill="none" stroke="{INK}"/>'
        f'<path d="{_path(px, py)}" fill="none" stroke="{LINE}"'
        ' stroke-width="1.5"/>'
        f"{_text(LEFT, bottom + 12, f'{x[0]:.3g}', 'start')}"
        f"{_text(right, bottom + 12, f'{x[-1]:.3g}', 'end')}"
        f"{_text((LEFT + right) / 2, bottom + 24, name, 'middle')}"
        f"{_text(LEFT - 4, bottom, f'{lo:.3g}', 'end')}"
        f"{_text(LEFT - 4, MARGIN + 6, f'{hi:.3g}', 'end')}"
        f"{_text(LEFT + 4, MARGIN, output, 'start')}"
    )


def _path(px: np.ndarray, py: np.ndarray) -> str:
    """Write a line that breaks off where there is no value."""
    parts: list[str] = []
    letter = "M"
    for x, y in zip(px, py, strict=True):
        if not np.isfinite(y):
            letter = "M"
            continue
        parts.append(f"{letter}{x:.1f} {y:.1f}")
        letter = "L"
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'
