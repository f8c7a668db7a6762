"""Numbers as people read them.

In: numbers. Out: text.
"""

from __future__ import annotations

from collections.abc import Mapping


def number(value: float | None) -> str:
    """Write a number with three significant digits; None is a dash."""
    if value is None:
        return "-"
    return f"{value:.3g}"


def share(value: float | None) -> str:
    """Write a share as "0.25 %"; None is a dash."""
    if value is None:
        return "-"
    return f"{100 * value:.3g} %"


def duration(seconds: float) -> str:
    """Write seconds as "12 ms", "1.3 s" or "2 min 5 s"."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def counts(of: Mapping[str, int]) -> str:
    """Write counts as "80 train, 20 validation"."""
    return ", ".join(f"{n} {what}" for what, n in of.items())


def ranges(domain: Mapping[str, tuple[float, float]]) -> str:
    """Write input ranges as "x in [0, 1], y in [-1, 1]"."""
    return ", ".join(
        f"{name} in [{lo:g}, {hi:g}]" for name, (lo, hi) in domain.items()
    )
