"""One function of a parsed file -> its closure, its signature, and all its problems.

In: text of a file. Out: `ParsedFile`, `Examined`, `Program`. Non-goals: which of the
functions are asked for (load.py, overview.py, listing.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from nsc.errors import InputError, Problem, SourceError
from nsc.program.closure import (
    Closure,
    close,
    closure_pieces,
    closure_place,
    closure_text,
)
from nsc.program.dialects import cpp_in, said_of_cpp
from nsc.program.domain import (
    Range,
    Ranges,
    domain_of,
    log_inputs,
    without_fixed,
)
from nsc.program.drawing import Drawing
from nsc.program.exits import exit_calls
from nsc.program.infer import Stated, signature_of
from nsc.program.program import Place, Program
from nsc.program.purity import impurities
from nsc.program.reads_and_writes import ReadsAndWrites
from nsc.program.static_storage import static_variables, written_inputs
from nsc.program.variables import requested, with_variables, written_variables
from nsc.refusal import Refusal
from nsc.syntax import Item, Module, Signature, parse_module
from nsc.text import Include, preprocess

MAX_SECONDS = 60  # for all functions of a file
UNREADABLE = (
    "syntax_error",
    "uses_complex",
    "nested_too_deeply",
    "is_cpp",
    "implicit_int",
)
MISSING_PART_MAY_TELL = ("no_output", "no_input")


@dataclass(frozen=True)
class ParsedFile:
    """A file that has been read: its items, and what its functions do with pointers.

    Args:
        deadline: after it no function is examined, by `time.monotonic`.
    """

    path: str
    module: Module
    uses: ReadsAndWrites
    deadline: float = math.inf

    def late(self, item: Item) -> list[Problem]:
        """Return the one problem of a function that comes after the deadline."""
        if monotonic() < self.deadline:
            return []
        what = (
            f"reading this file took more than {MAX_SECONDS} seconds; split it"
        )
        line, column = self.position(item)
        return [Problem("takes_too_long", what, line, column)]

    def own_functions(self) -> list[Item]:
        """List the functions of the file itself, those of its headers left out."""
        where = self.module.expanded
        own = where.files[0]
        return [
            item
            for item in self.module.functions
            if where.file_of(where.origin(item.start)) is own
        ]

    def said_of_nothing(self) -> str:
        """Say why no function is here."""
        found = cpp_in(self.module.expanded.text)
        if found is not None:
            return said_of_cpp(found)
        return "no function definition was found in this file"

    def position(self, item: Item) -> tuple[int, int]:
        """Return (line, column), from 1, where an item stands in the user's text."""
        expanded = self.module.expanded
        return expanded.position(expanded.origin(item.start))

    def problems(self, refusals: Iterable[Refusal]) -> list[Problem]:
        """Locate refusals in the user's text, in order, each reason once a place."""
        unique = {(r.reason, r.offset): r for r in refusals}
        in_order = sorted(unique.values(), key=lambda r: r.offset)
        return [self.module.expanded.problem(refusal) for refusal in in_order]


@dataclass(frozen=True)
class Examined:
    """A function, what it needs, and what keeps it from being a program.

    Args:
        item: the function.
        closure: what it needs, as far as it was found.
        signature: None where there is none, and then there is a problem that says why.
        problems: in the order of the text.
    """

    item: Item
    closure: Closure
    signature: Signature | None
    problems: list[Problem]


def parsed(
    text: str,
    path: str,
    include: Include | None,
    defines: Mapping[str, str] | None,
    behind: Sequence[str] = (),
) -> ParsedFile:
    """Preprocess and parse a file. Arguments as of `parse_program` and `list_programs`.

    Raises:
        SourceError: the file cannot be preprocessed.
    """
    deadline = monotonic() + MAX_SECONDS
    expanded = preprocess(text, include, defines, behind)
    if expanded.problems:
        raise SourceError(path, expanded.problems)
    module = parse_module(expanded)
    return ParsedFile(path, module, ReadsAndWrites(module), deadline)


def examine(
    file: ParsedFile, item: Item, stated: Stated, *, partial: bool = False
) -> Examined:
    """Close a function and find everything that is wrong with it.

    Args:
        file: where it stands.
        item: the function.
        stated: what the user says of its parameters.
        partial: whether functions may be called that nothing here defines.
    """
    late = file.late(item)
    if late:
        nothing = Closure(item, (item,), (), (), (), (), ())
        return Examined(item, nothing, None, late)
    closure = close(file.module, item, stated.given)
    written = written_variables(closure, stated.out)
    own = [name for name in stated.out if name not in written]
    stated = replace(stated, out=own, writes_more=bool(written))
    impure = impurities(file.uses, closure, written)
    if any(refusal.reason in UNREADABLE for refusal in impure):
        return Examined(item, closure, None, file.problems(impure))
    signature, refused = signature_or_refusal(file, item, stated)
    refusals = impure + unclosed(closure, refused, partial=partial)
    return Examined(item, closure, signature, file.problems(refusals))


def signature_or_refusal(
    file: ParsedFile, item: Item, stated: Stated
) -> tuple[Signature | None, Refusal | None]:
    """Infer a signature, or say why there is none."""
    try:
        return signature_of(file.uses, item, stated), None
    except Refusal as refusal:
        return None, refusal


def unclosed(
    closure: Closure, refused: Refusal | None, *, partial: bool = False
) -> list[Refusal]:
    """List what a closure lacks, and why its function has no signature.

    A function that reads nothing may only seem so, while something is missing that
    could read: then that is all that is said.

    Args:
        closure: of the function.
        refused: why it has no signature, if it has none.
        partial: whether functions may be missing.
    """
    missing = [
        refusal
        for refusal in closure.refusals
        if not (partial and refusal.reason == "unknown_function")
    ]
    if refused is None:
        return missing
    if missing and refused.reason in MISSING_PART_MAY_TELL:
        return missing
    return [*missing, refused.moved(closure.entry.base)]


def with_asked_variables(
    file: ParsedFile,
    examined: Examined,
    inputs: Ranges,
    fix: Mapping[str, float],
    out: Sequence[str] = (),
) -> Signature:
    """Add the file-level variables that are asked for to a function's signature.

    Args: as of `parse_program`.

    Raises:
        SourceError: one of them is not made of scalars, or nothing is an input.
        InputError: one of `inputs` is no such variable, or one of `out` is not set
            before each call.
    """
    signature = examined.signature
    assert signature is not None, (
        "a function without a signature is refused before"
    )
    closure = examined.closure
    parameters = [param.name for param in signature.params]
    names = requested(closure, parameters, inputs, fix)
    written = written_variables(closure, out)
    for name in written:
        if name not in names:
            raise InputError(
                f"out must not name '{name}' alone: its value outlives a call; give it"
                f" a range as an input ({name}=LO:HI), or fix it ({name}=VALUE), too"
            )
    refused = written_inputs(file.uses, closure, names, written)
    if refused:
        raise SourceError(file.path, file.problems(refused))
    try:
        signature = with_variables(
            signature, file.module, closure, names, written
        )
        if not signature.inputs:
            what = "the function has no numeric input"
            raise Refusal("no_input", what, closure.entry.node)
    except Refusal as refusal:
        located = file.problems([refusal.moved(closure.entry.base)])
        raise SourceError(file.path, located) from None
    return signature


def program_of(
    file: ParsedFile,
    closure: Closure,
    signature: Signature,
    ranges: Mapping[str, Range],
) -> Program:
    """Make a Program of a function without problems.

    Raises:
        DomainError: a range for no input, or an integer input without one.
    """
    entry = closure.entry
    signature = without_fixed(signature, ranges)
    line, _ = file.position(entry)
    passed = [variable.name for variable in signature.variables]
    return Program(
        name=entry.name,
        path=file.path,
        text=closure_text(file.module, closure),
        pieces=closure_pieces(file.module, closure),
        headers=closure.headers,
        signature=signature,
        domain=domain_of(signature, ranges),
        drawing=Drawing(log_inputs(signature, ranges)),
        line=line,
        bodiless=tuple(dict.fromkeys(closure.bodiless)),
        unread=tuple(file.module.expanded.unread),
        exits=exit_calls(file.module, closure),
        static_variables=static_variables(file.uses, closure, passed),
        place_of=lambda offset: _place_of(file, closure, offset),
    )


def _place_of(file: ParsedFile, closure: Closure, offset: int) -> Place | None:
    """Return where what a closed text has at an offset is in the user's files."""
    expanded = file.module.expanded
    at = closure_place(file.module, closure, offset)
    if at is None:
        return None
    origin = expanded.origin(at)
    path = expanded.file_of(origin).path or file.path
    return (path, *expanded.position(origin))
