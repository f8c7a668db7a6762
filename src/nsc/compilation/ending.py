"""What a compilation does with the runs that there are when its user ends the running.

In: examples. Out: those to learn from, those to verify on. Non-goals: signals (runs).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.compilation.oracle import Examples

FEWEST = 4  # examples that verify
HELD_BACK = 0.25  # of the examples, where no others can verify


@dataclass(frozen=True)
class Ending:
    """Whether the running was ended.

    Args:
        examples: that verify in place of fresh ones, which nothing learns from; None
            where there were enough fresh ones.
    """

    is_ended: bool = False
    examples: Examples | None = None


def held_back(examples: Examples) -> tuple[Examples, Ending]:
    """Divide examples: the last of them verify.

    Raises:
        KeyboardInterrupt: they are too few for that.
    """
    x, y = examples
    n = max(FEWEST, round(HELD_BACK * len(x)))
    if len(x) < 2 * FEWEST:
        raise KeyboardInterrupt
    kept = Examples(x[:-n], y[:-n])
    return kept, Ending(True, Examples(x[-n:], y[-n:]))
