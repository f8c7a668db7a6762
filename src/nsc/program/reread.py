"""The same program with other numbers in its text.

In: Program, its text with changes. Out: Program, or None where it is another one.
Non-goals: which numbers to change (nsc.twins).
"""

from __future__ import annotations

from dataclasses import replace

from nsc.program.closure import close, closure_pieces
from nsc.program.program import Program
from nsc.refusal import Refusal
from nsc.syntax import parse_module
from nsc.text import preprocess


def with_text(program: Program, text: str) -> Program | None:
    """Close a program's function again, in a text that differs from its own in numbers.

    Args:
        program: it keeps its signature and its domain.
        text: of all that it needs, as `Program.text`.

    Returns:
        The program; None where the text cannot be read, or defines other names.
    """
    expanded = preprocess(text)
    if expanded.problems:
        return None
    try:
        module = parse_module(expanded)
        entry = module.function(program.name)
        if entry is None:
            return None
        closure = close(module, entry)
    except Refusal:
        return None
    if closure.refusals:
        return None
    pieces = closure_pieces(module, closure)
    if [p.names for p in pieces] != [p.names for p in program.pieces]:
        return None
    return replace(program, text=text, pieces=pieces, headers=closure.headers)
