"""A coarse twin in a sentence.

In: `Twin`. Out: text. Non-goals: finding one.
"""

from __future__ import annotations

from nsc.report.numbers import number
from nsc.report.schema import Twin


def said_of_twin(twin: Twin) -> str:
    """Say what was reduced, what it is worth, and what it cost."""
    cost = f"about {number(twin.cost)} runs of the program"
    if twin.why_none:
        return f"none: {twin.why_none} (the search cost {cost})"
    errors = ", ".join(map(number, twin.nmse))
    how = ", ".join(dict.fromkeys(twin.corrections))
    said = (
        f"{twin.reduced}, {1 / twin.price:.3g} times cheaper; nmse {errors} on"
        f" {twin.dear_runs} runs of the program ({how}); {twin.cheap_runs} runs of it,"
        f" which with the search cost {cost}"
    )
    if twin.is_used:
        return said
    return f"{said}; not used: examples alone were as good"
