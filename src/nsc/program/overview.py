"""C text -> what `nsc show` prints of each of its functions.

In: text, a path to name in messages. Out: `FunctionOverview`s. Non-goals: programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nsc.errors import Problem
from nsc.program.closure import closure_text
from nsc.program.examine import ParsedFile, examine, parsed
from nsc.program.infer import Stated
from nsc.syntax import Item, Signature
from nsc.text import Include


@dataclass(frozen=True)
class FunctionOverview:
    """One function of a file: its signature and closure, or why it is no candidate."""

    name: str
    line: int
    column: int
    signature: Signature | None
    closure_functions: int
    closure_lines: int
    problems: tuple[Problem, ...]

    @property
    def is_candidate(self) -> bool:
        return not self.problems

    def as_json(self, path: str) -> dict[str, object]:
        """Return plain values; problems as `file:line:column: message [reason]`."""
        signature = self.signature
        inputs = signature.inputs if signature else ()
        outputs = signature.outputs if signature else ()
        return {
            "function": self.name,
            "line": self.line,
            "prototype": signature.prototype if signature else None,
            "inputs": [leaf.name for leaf in inputs],
            "outputs": [leaf.name for leaf in outputs],
            "closure_functions": self.closure_functions,
            "closure_lines": self.closure_lines,
            "problems": [problem.located(path) for problem in self.problems],
        }


def list_functions(
    text: str,
    *,
    path: str = "<string>",
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
) -> list[FunctionOverview]:
    """Describe every function of a file, those of its headers left out.

    Args: as of `parse_program`.

    Raises:
        SourceError: the file cannot be preprocessed.
    """
    file = parsed(text, path, include, defines)
    return [_overview(file, item) for item in file.own_functions()]


def _overview(file: ParsedFile, item: Item) -> FunctionOverview:
    examined = examine(file, item, Stated())
    line, column = file.position(item)
    closed_text = closure_text(file.module, examined.closure)
    return FunctionOverview(
        name=item.name,
        line=line,
        column=column,
        signature=examined.signature,
        closure_functions=len(examined.closure.functions()),
        closure_lines=closed_text.count("\n"),
        problems=tuple(examined.problems),
    )
