"""How numbers and starts are written in tables and figures.

In: values. Out: text, and the CSS class of a start's colour. Non-goals: tables.
"""

from __future__ import annotations

import math

# a colour for each start, the same in all figures
_KINDS = {
    name: f"c{k}"
    for k, name in enumerate(
        (
            "compnet",
            "bert",
            "distill",
            "maml",
            "pretrained",
            "nearest",
            "mismatched",
            "base",
            "true-mean",
            "best-linear",
            "random-again",
            "auto",
        )
    )
}


def size_text(size: float) -> str:
    """Write a share of the examples as "0.1 %"."""
    return f"{100 * size:g} %"


def kind_of(initial: str) -> str:
    """Return the colour of a start."""
    return _KINDS.get(initial, f"c{len(_KINDS)}")


def factor(value: float | None) -> str:
    """Write an improvement, such as "5.02" or "1.8e+04"; a dash for none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.3g}"
