"""Expanded text -> the file-scope items of a translation unit.

In: `Expanded`. Out: `Module`: items by the names they define, and the type scope.
Non-goals: judging whether an item can become a surrogate (purity.py), names inside
bodies (closure.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

from nsc.syntax.ctype import CType
from nsc.syntax.definitions import scope_of
from nsc.syntax.facts import facts_of
from nsc.syntax.old_style import with_prototypes
from nsc.syntax.scope import Scope
from nsc.syntax.sections import Item, Part, parts_of
from nsc.text import Expanded, Macro


@dataclass
class Module:
    """A parsed file: parts, each with its place in the text.

    Args:
        expanded: the text, and where each of its characters comes from.
        parts: of whole declarations, in file order.
        unprototyped: functions of the old style that arguments are not converted for,
            and the types of their parameters.
        found: what `named` has looked up.
    """

    expanded: Expanded
    parts: list[tuple[int, Part]] = field(repr=False)
    unprototyped: Mapping[str, tuple[CType | None, ...]] = field(
        default_factory=dict[str, tuple[CType | None, ...]], repr=False
    )
    found: dict[str, list[Item]] = field(
        default_factory=dict[str, list[Item]], repr=False
    )

    @cached_property
    def scope(self) -> Scope:
        return scope_of(node for _, part in self.parts for node in part.typing)

    def named(self, name: str) -> list[Item]:
        """Return the items that define or declare a file-scope name, in file order."""
        if name not in self.found:
            self.found[name] = [
                item.at(base)
                for base, part in self.parts
                for item in part.by_name.get(name, ())
            ]
        return self.found[name]

    @cached_property
    def macros_used(self) -> list[tuple[int, Macro]]:
        """The calls of the user's macros, by where they stand in the original."""
        return sorted(self.expanded.used, key=itemgetter(0))

    @cached_property
    def functions(self) -> list[Item]:
        return [
            item.at(base)
            for base, part in self.parts
            for item in part.items
            if item.kind == "function"
        ]

    def callees(self, function: Item) -> set[str]:
        """Return the functions of this file that a function calls."""
        return {
            name for name in facts_of(function).calls if self.function(name)
        }

    def function(self, name: str) -> Item | None:
        """Return the first definition of a function."""
        for item in self.named(name):
            if item.kind == "function":
                return item
        return None


def parse_module(expanded: Expanded) -> Module:
    """Parse expanded text into its file-scope items.

    Definitions of the style before 1989 are read as what a prototype would say.
    """
    expanded, unprototyped = with_prototypes(expanded)
    parts = parts_of(expanded.text, expanded.seams)
    return Module(expanded, parts, unprototyped)
