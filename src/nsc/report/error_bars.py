"""What error bars were worth, in a sentence.

In: `ErrorBars`. Out: text. Non-goals: making them.
"""

from __future__ import annotations

from collections.abc import Sequence

from nsc.report.numbers import share
from nsc.report.schema import ErrorBars


def said_of_error_bars(bars: ErrorBars, outputs: Sequence[str]) -> str:
    """Say how often the stated interval held, output by output.

    Args:
        outputs: their names.
    """
    held = ", ".join(map(share, bars.held))
    if len(bars.held) > 1:
        pairs = zip(outputs, bars.held, strict=True)
        held = ", ".join(f"{share(part)} ({name})" for name, part in pairs)
    return (
        f"the {100 * bars.level:g} % interval held on {held} of"
        f" {bars.judged_on:,} inputs that calibrated nothing"
    )
