"""The types and integer constants that a file defines, by name.

In: what fills it. Out: `Scope`. Non-goals: reading declarations (definitions.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nsc.refusal import Refusal
from nsc.syntax.ctype import CType, Struct, Union


@dataclass
class _Names:
    typedefs: dict[str, CType] = field(default_factory=dict[str, CType])
    tags: dict[str, Struct | Union] = field(
        default_factory=dict[str, Struct | Union]
    )
    constants: dict[str, int] = field(default_factory=dict[str, int])
    refused: dict[str, Refusal] = field(default_factory=dict[str, Refusal])


class Scope:
    """Tables of names, filled when one is first asked for.

    Most signatures are made of C's own types, and the definitions of a file with large
    headers take longer to read than its functions: `float f(float x)` needs none.

    Args:
        fill: enters names into the scope that it is given, once. What it enters may
            ask for what it has entered before.

    `variables` and `results` are the types of variables and of what functions return,
    for those who tell the types of expressions, and enter them.
    """

    def __init__(self, fill: Callable[[Scope], None] | None = None):
        self._fill = fill
        self._names = _Names()
        self.variables: dict[str, CType] = {}
        self.results: dict[str, CType] = {}

    def _filled(self) -> _Names:
        fill = self._fill
        if fill is not None:
            self._fill = None
            fill(self)
        return self._names

    @property
    def typedefs(self) -> dict[str, CType]:
        return self._filled().typedefs

    @property
    def tags(self) -> dict[str, Struct | Union]:
        """Structs and unions by their tag, "vec" of `struct vec`."""
        return self._filled().tags

    @property
    def constants(self) -> dict[str, int]:
        """Enumerators."""
        return self._filled().constants

    @property
    def refused(self) -> dict[str, Refusal]:
        """Typedefs and tags that are defined and not supported, and why."""
        return self._filled().refused

    def copy(self) -> Scope:
        """Return the same names, for a function to add its own."""
        names = self._filled()
        made = Scope()
        made.typedefs.update(names.typedefs)
        made.tags.update(names.tags)
        made.constants.update(names.constants)
        made.refused.update(names.refused)
        made.variables.update(self.variables)
        made.results.update(self.results)
        return made
