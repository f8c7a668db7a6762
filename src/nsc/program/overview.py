"""C text -> what `nsc show` prints of each of its functions.

In: text, a path to name in messages. Out: `FunctionOverview`s. Non-goals: programs.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nsc.errors import InputError, Problem
from nsc.program.closure import Closure, close, closure_text
from nsc.program.domain import (
    Ranges,
    checked_ranges,
    example_ranges,
    range_as_flag,
    with_fixed,
    without_fixed,
)
from nsc.program.errno import notes_on_errno
from nsc.program.examine import (
    Examined,
    ParsedFile,
    examine,
    parsed,
    with_asked_variables,
)
from nsc.program.infer import Stated
from nsc.program.static_storage import notes_on_static_variables
from nsc.program.variables import notes_on_variables, variables_of, whole_names
from nsc.syntax import (
    Item,
    Signature,
    declared_name,
    optional_child,
    parameters_of,
)
from nsc.text import Include


@dataclass(frozen=True)
class Asked:
    """What is stated of functions; each takes what concerns it. See `parse_program`."""

    out: Sequence[str] = ()
    arrays: Mapping[str, int] = field(default_factory=dict[str, int])
    fix: Mapping[str, float] = field(default_factory=dict[str, float])
    inputs: Ranges = field(default_factory=dict[str, tuple[float, float]])

    def of(self, names: Iterable[str], variables: Iterable[str]) -> Asked:
        """Return what concerns a function.

        Args:
            names: of its parameters.
            variables: that it reads at file level.
        """
        own = set(names)
        read = set(variables) - own
        return Asked(
            [name for name in self.out if name in own | read],
            {name: n for name, n in self.arrays.items() if name in own},
            {
                name: v
                for name, v in self.fix.items()
                if _whole(name) in own | read
            },
            {
                name: r
                for name, r in self.inputs.items()
                if _whole(name) in read
            },
        )

    @property
    def names(self) -> set[str]:
        return {*self.out, *self.arrays, *self.fix, *self.inputs}

    def flags(self) -> list[str]:
        """Say it on a command line."""
        inputs = checked_ranges(self.inputs)
        ranges = [range_as_flag(name, inputs[name]) for name in inputs]
        listed = {
            "--array": [f"{name}={n}" for name, n in self.arrays.items()],
            "--out": list(self.out),
            "--fix": [
                f"{name}={value:.17g}" for name, value in self.fix.items()
            ],
            "--input": ranges,
        }
        return [
            word
            for flag, parts in listed.items()
            if parts
            for word in (flag, ",".join(parts))
        ]


def _whole(name: str) -> str:
    """Return the parameter or variable that a name is, or is a part of."""
    return name.partition("[")[0].partition(".")[0]


@dataclass(frozen=True)
class FunctionOverview:
    """One function of a file: its signature and closure, or why it is no candidate.

    Args:
        flags: of the command that compiles it; none where it is no candidate.
        notes: what its user should know.
    """

    name: str
    line: int
    column: int
    signature: Signature | None
    closure_functions: int
    closure_lines: int
    problems: tuple[Problem, ...]
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_candidate(self) -> bool:
        return not self.problems

    def command(self, path: str, before: Sequence[str] = ()) -> str:
        """Spell the command that compiles it; "" where it is no candidate.

        Args:
            path: of the file.
            before: flags that the file needs to be read.
        """
        if not self.is_candidate:
            return ""
        return shlex.join(["nsc", "compile", path, *before, *self.flags])

    def as_json(
        self, path: str, before: Sequence[str] = ()
    ) -> dict[str, object]:
        """Return plain values; problems as `file:line:column: message [reason]`.

        Args: as of `command`.
        """
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
            "command": self.command(path, before),
            "notes": list(self.notes),
        }


def list_functions(
    text: str,
    *,
    path: str = "<string>",
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    asked: Asked = Asked(),
) -> list[FunctionOverview]:
    """Describe every function of a file, those of its headers left out.

    Args:
        asked: what is stated of parameters and variables.
        The others are as of `parse_program`.

    Raises:
        SourceError: the file cannot be preprocessed.
        InputError: what is asked fits no function, or a value its type cannot hold.
    """
    file = parsed(text, path, include, defines)
    functions = file.own_functions()
    own = [_asked_of(file, item, asked) for item in functions]
    unknown = asked.names - {name for each in own for name in each.names}
    if unknown:
        raise InputError(
            f"no function of {path} has a parameter or reads a variable"
            f" '{min(unknown)}'"
        )
    return [
        _overview(file, item, each)
        for item, each in zip(functions, own, strict=True)
    ]


def _asked_of(file: ParsedFile, item: Item, asked: Asked) -> Asked:
    declared = [
        optional_child(p, "declarator") for p in parameters_of(item.node)
    ]
    names = [name for name in map(declared_name, declared) if name]
    if not asked.names <= set(names):
        given = whole_names(asked.names)
        closure = close(file.module, item, given)
        return asked.of(names, variables_of(closure))
    return asked.of(names, ())


def _viewed(
    file: ParsedFile, examined: Examined, asked: Asked
) -> tuple[Signature, list[str]]:
    """Return the signature as it is compiled, and what the command needs for it."""
    signature = with_asked_variables(
        file, examined, asked.inputs, asked.fix, asked.out
    )
    ranges = with_fixed(asked.inputs, asked.fix)
    signature = without_fixed(signature, ranges)
    missing = example_ranges(signature, ranges)
    domain = ["--domain", missing] if missing else []
    return signature, [*asked.flags(), *domain]


def _notes(
    file: ParsedFile, closure: Closure, signature: Signature
) -> tuple[str, ...]:
    named = [variable.name for variable in signature.variables]
    return (
        *notes_on_variables(file.module, closure, named),
        *notes_on_static_variables(file.uses, closure),
        *notes_on_errno(closure.functions()),
    )


def _overview(file: ParsedFile, item: Item, asked: Asked) -> FunctionOverview:
    reads_more = bool(asked.inputs or asked.fix)
    given = whole_names(asked.names)
    stated = Stated(asked.out, asked.arrays, reads_more, given=given)
    examined = examine(file, item, stated)
    signature = examined.signature
    flags: list[str] = []
    notes: tuple[str, ...] = ()
    if signature is not None and not examined.problems:
        signature, flags = _viewed(file, examined, asked)
        notes = _notes(file, examined.closure, signature)
    line, column = file.position(item)
    closed_text = closure_text(file.module, examined.closure)
    return FunctionOverview(
        name=item.name,
        line=line,
        column=column,
        signature=signature,
        closure_functions=len(examined.closure.functions()),
        closure_lines=closed_text.count("\n"),
        problems=tuple(examined.problems),
        flags=("--function", item.name, *flags),
        notes=notes,
    )
