"""Calls that end the whole program: where they stand, and a unit that tells which ran.

In: Module, Closure; a Unit. Out: `ExitCall`s; the unit with each of them marked.
Non-goals: running it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from nsc.program.closure import Closure
from nsc.program.unit import Piece, Unit
from nsc.refusal import Refusal
from nsc.syntax import Module, child, facts_of, syntax_tree, text_of, walk

EXIT_SITE = "nsc_exit_site"  # exported: the address of the number of the call
_ENDS = ("exit", "abort", "assert", "__builtin_trap", "__builtin_unreachable")


@dataclass(frozen=True)
class ExitCall:
    """A call that ends the program, in the user's text.

    Args:
        name: of what is called.
        line, column: from 1.
        file: the header that is in; "" for the file itself.
    """

    name: str
    line: int
    column: int
    file: str = ""

    def located(self, path: str) -> str:
        """Say "'exit' at a.c:3:12"."""
        where = self.file or path
        return f"'{self.name}' at {where}:{self.line}:{self.column}"


def exit_calls(module: Module, closure: Closure) -> tuple[ExitCall, ...]:
    """List the calls of a closure that may end the program, in its order."""
    found: list[ExitCall] = []
    for item in closure.functions():
        if not facts_of(item).calls.intersection(_ENDS):
            continue
        for call in _calls(item.node):
            name = text_of(child(call, "function"))
            at = Refusal("", "", call).moved(item.base)
            place = module.expanded.problem(at)
            found.append(ExitCall(name, place.line, place.column, place.file))
    return tuple(found)


def _calls(root: Node) -> Iterator[Node]:
    for node in walk(root):
        if node.type != "call_expression":
            continue
        if text_of(child(node, "function")) in _ENDS:
            yield node


def with_marked_exits(unit: Unit) -> Unit:
    """Let each call that ends the program leave its number, from 1, as it ends it.

    The unit's text must be one that may reach the compiler: what comes out has
    attributes in it.
    """
    number = 0
    pieces: list[Piece] = []
    for piece in unit.pieces:
        text = piece.text
        inserted: list[tuple[int, str]] = []
        if any(name in text for name in _ENDS):
            for top in syntax_tree(text).children:
                if top.type != "function_definition":
                    continue
                for call in _calls(top):
                    number += 1
                    inserted += _marks(call, number)
        for place, mark in sorted(inserted, reverse=True):
            text = f"{text[:place]}{mark}{text[place:]}"
        pieces.append(Piece(piece.names, text))
    first = Piece((EXIT_SITE,), f"static volatile int {EXIT_SITE};")
    getter = f"{EXIT_SITE}_address"
    last = Piece(
        (getter,),
        f'__attribute__((__export_name__("{EXIT_SITE}")))'
        f" volatile int *{getter}(void) {{ return &{EXIT_SITE}; }}",
    )
    return replace(unit, pieces=(first, *pieces, last))


def _marks(call: Node, number: int) -> list[tuple[int, str]]:
    """Return what to insert, and where, so that a call leaves its number."""
    mark = f"{EXIT_SITE} = {number}"
    if text_of(child(call, "function")) != "assert":
        return [(call.start_byte, f"({mark}, "), (call.end_byte, ")")]
    arguments = child(call, "arguments")
    return [
        (arguments.start_byte + 1, "(("),
        (arguments.end_byte - 1, f") || ({mark}, 0))"),
    ]
