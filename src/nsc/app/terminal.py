"""The terminal that verbs print on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if (
    TYPE_CHECKING
):  # rich is imported when something is printed: `--help` is fast
    from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """Return a terminal to print on."""
    from rich.console import Console

    # a path may read like markup: [/red]
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)
