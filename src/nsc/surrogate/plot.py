"""Slices through a surrogate, drawn by matplotlib.

In: `Slice`s. Out: axes. Only `Surrogate.plot` imports this file: matplotlib is an extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as _pyplot  # pyright: ignore[reportMissingImports]

from nsc.surrogate.slices import Slice

PANEL = (2.6, 2.0)  # inches


def axes_of(slices: Sequence[Slice], outputs: Sequence[str]) -> Any:
    """Draw a panel for each output and input; returns the axes, `o i`."""
    pyplot: Any = _pyplot
    size = (PANEL[0] * len(slices), PANEL[1] * len(outputs))
    _, axes = pyplot.subplots(
        len(outputs),
        len(slices),
        sharey="row",
        squeeze=False,
        figsize=size,
        layout="constrained",
    )
    for column, each in enumerate(slices):
        for row, output in enumerate(outputs):
            axes[row, column].plot(each.x, each.y[:, row])
            axes[row, 0].set_ylabel(output)
        axes[-1, column].set_xlabel(each.name)
    return axes
