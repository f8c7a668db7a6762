"""A program and one function that it calls: texts in which calls are noted, or answered.

In: Program, the callee's name. Out: its signature; C text of the program in which calls
note their inputs, or in which the callee has another definition. Non-goals: running.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.errors import InputError, SourceError
from nsc.program.examine import examine, parsed
from nsc.program.infer import Stated
from nsc.program.program import Program
from nsc.syntax import Item, Module, Signature, Void, text_of, walk

SEEN = "nsc_seen"  # inputs of calls that were noted, one call after the other
CALLS = "nsc_calls"  # how many calls there were
_INNER = "nsc_noted"


@dataclass(frozen=True)
class Callee:
    """A function that a program calls.

    Args:
        text: the program's closed text, macros expanded, with its headers.
        start, end: where the definition stands there.
        names: where its own name stands in the definition, offsets in `text`.
    """

    name: str
    signature: Signature
    text: str
    start: int
    end: int
    names: tuple[int, ...]

    def replaced(self, definition: str) -> str:
        """Return the program's text with another definition, on lines of its own."""
        before = self.text[: self.start].rstrip(" ")
        line = "\n" if before and not before.endswith("\n") else ""
        return f"{before}{line}{definition}\n{self.text[self.end :].lstrip()}"

    def noting(self, *, most: int, every: int) -> str:
        """Return the program's text with calls noted in file-level variables.

        SEEN and CALLS must be zero before a call of the program.

        Args:
            most: calls that are noted.
            every: one of so many is, the first among them.
        """
        inputs = self.signature.inputs
        n = len(inputs)
        noted = [
            f"{SEEN}[{CALLS} / {every} * {n} + {k}] = (double){leaf.rvalue};"
            for k, leaf in enumerate(inputs)
        ]
        condition = f"{CALLS} % {every} == 0 && {CALLS} / {every} < {most}"
        lines = "\n    ".join(noted)
        arguments = ", ".join(p.name for p in self.signature.params)
        is_void = isinstance(self.signature.result, Void)
        back = "" if is_void else "return "
        return self.replaced(
            f"static double {SEEN}[{most * n}];\nstatic int {CALLS};\n"
            f"{self._renamed(_INNER)}\n{self._head()} {{\n"
            f"  if ({condition}) {{\n    {lines}\n  }}\n  {CALLS} += 1;\n"
            f"  {back}{_INNER}({arguments});\n}}\n"
        )

    def _head(self) -> str:
        declared = ", ".join(p.declaration for p in self.signature.params)
        return self.signature.result.spell(f"{self.name}({declared})")

    def _renamed(self, name: str) -> str:
        """Return the definition under another name, which calls of itself have too."""
        parts: list[str] = []
        at = self.start
        for found in self.names:
            parts += [self.text[at:found], name]
            at = found + len(self.name)
        return "".join(parts) + self.text[at : self.end]


def callee_of(program: Program, name: str) -> Callee:
    """Find a function that a program calls and its text defines.

    Raises:
        InputError: it is not there, or is the program itself.
        SourceError: it is no function of scalars; says why.
    """
    headers = "".join(f"#include <{header}>\n" for header in program.headers)
    text = headers + program.source
    file = parsed(text, program.path, None, None)
    item = file.module.function(name)
    called = _called(file.module, program.name)
    if item is None or name not in called:
        known = ", ".join(sorted(called)) or "none"
        raise InputError(
            f"learn must name a function that {program.name} calls and the text defines;"
            f" found '{name}'; there are: {known}"
        )
    taken = {SEEN, CALLS, _INNER} & set(program.globals_)
    if taken:
        raise InputError(
            f"learn needs the name '{taken.pop()}', which the text has for something else;"
            " rename it there"
        )
    if not program.source.isascii():
        raise InputError(
            f"learn needs a text of ASCII characters; {program.name}'s has others"
        )
    examined = examine(file, item, Stated(), partial=False)
    if examined.signature is None or examined.problems:
        raise SourceError(program.path, examined.problems)
    # what is left of the lines of headers is no longer there
    shift = len(headers) - file.module.expanded.text.index(program.source)
    return _found(program, name, item, examined.signature, text, shift)


def _called(module: Module, name: str) -> set[str]:
    """Return the functions that a function calls, directly or not."""
    found: set[str] = set()
    todo = [name]
    while todo:
        function = module.function(todo.pop())
        if function is not None:
            new = module.callees(function) - found - {name}
            found |= new
            todo += new
    return found


def _found(
    program: Program,
    name: str,
    item: Item,
    signature: Signature,
    text: str,
    shift: int,
) -> Callee:
    start = item.start + shift
    names = tuple(
        start + node.start_byte - item.node.start_byte
        for node in walk(item.node)
        if node.type == "identifier" and text_of(node) == name
    )
    end = item.end + shift
    return Callee(name, signature, text, start, end, names)
