"""How inputs were drawn, in words.

In: a report's `Drawn`. Out: text.
"""

from __future__ import annotations

from nsc.report.schema import Drawn


def said_of_drawn(drawn: Drawn) -> str:
    """Say how inputs were drawn: "r log-uniformly, where a < b"."""
    said: list[str] = []
    if drawn.sample:
        said.append(f"rows of {drawn.sample} ({drawn.rows:,})")
    if drawn.log:
        said.append(f"{', '.join(drawn.log)} log-uniformly")
    if drawn.where:
        said.append(f"where {' and '.join(drawn.where)}")
    if drawn.all:
        said.append(f"all {drawn.all:,} of them verified")
    return ", ".join(said)
