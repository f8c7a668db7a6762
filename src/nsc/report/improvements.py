"""Improvements over random initialisation, on the terminal.

In: rows of plain values. Out: rich text. Non-goals: computing them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from nsc.report.numbers import number

_ALL = "all"


def improvements_text(rows: Sequence[Mapping[str, Any]]) -> Group:
    """Show geometric means over programs: a table for each experiment and suite.

    Args:
        rows: with experiment, suite, optimizer, program, size, initial, improvement,
            low and high; those of single programs are not shown.
    """
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["program"] == _ALL:
            key = row["experiment"], row["suite"], row["optimizer"]
            groups.setdefault(key, []).append(row)
    parts: list[Text | Table] = []
    for key, found in groups.items():
        parts += [Text(", ".join(key), style="bold"), _table(found)]
        parts += _fallbacks(found)
    return Group(*parts)


def _fallbacks(rows: Sequence[Mapping[str, Any]]) -> list[Text | Table]:
    """Say which starts are not what they are called, for how many programs."""
    counts = {
        r[
            "initial"
        ]: f"{r['initial']} {r['fallbacks']} of {r['fallbacks_known']}"
        for r in rows
        if r.get("fallbacks")
    }
    if not counts:
        return []
    return [
        Text(
            "programs that a start could not read, so that it is another one: "
            + ", ".join(counts.values())
        )
    ]


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    sizes = list(dict.fromkeys(r["size"] for r in rows if r["size"] != _ALL))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("start")
    for title in (*map(share_of_examples, sizes), _ALL, "95 %"):
        table.add_column(title, justify="right")
    for initial in dict.fromkeys(row["initial"] for row in rows):
        own = {r["size"]: r for r in rows if r["initial"] == initial}
        cells = [number(own[s]["improvement"]) for s in sizes if s in own]
        whole = own[_ALL]
        span = f"{number(whole['low'])} to {number(whole['high'])}"
        table.add_row(initial, *cells, number(whole["improvement"]), span)
    return table


def share_of_examples(size: float) -> str:
    """Write a share of the examples as "0.1 %"."""
    return f"{100 * size:g} %"
