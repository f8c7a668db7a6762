"""C text -> Program: one function, chosen and closed.

In: text, a path to name in messages, the user's choices. Out: Program or SourceError.
Non-goals: reading files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nsc.errors import Problem, SourceError
from nsc.program.domain import Ranges, with_fixed
from nsc.program.drawing import Table
from nsc.program.errno import notes_on_errno
from nsc.program.examine import (
    Examined,
    ParsedFile,
    examine,
    parsed,
    program_of,
    with_asked_variables,
)
from nsc.program.infer import Stated
from nsc.program.linking import expect_one_meaning
from nsc.program.narrow import narrowed, with_box_of
from nsc.program.program import Program
from nsc.program.static_storage import notes_on_static_variables
from nsc.program.variables import notes_on_variables, whole_names
from nsc.syntax import Item, Module, has_specifier
from nsc.text import Include


def parse_program(
    text: str,
    *,
    path: str = "<string>",
    function: str | None = None,
    ranges: Ranges | None = None,
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    fix: Mapping[str, float] | None = None,
    inputs: Ranges | None = None,
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    partial: bool = False,
    behind: Sequence[str] = (),
    where: Sequence[str] = (),
    sample: Table | None = None,
) -> Program:
    """Read the C text of one file and close the chosen function.

    Args:
        text: a C file as people have it.
        path: how to call it in messages.
        function: which function; may be left out when only one qualifies.
        ranges: input (or parameter) name -> (lo, hi) in the program's units; default
            (-1, 1). ("log", lo, hi) is drawn log-uniformly.
        out: parameters that are outputs, where the text does not tell; and file-level
            variables that the function writes, if they are inputs or fixed, too.
        arrays: number of elements behind a pointer parameter, where the text does not
            tell.
        fix: inputs (or parameters) that are no inputs of a surrogate, by name: their
            value; a range with one value says the same. File-level variables that the
            function reads can be fixed, too.
        inputs: ranges of file-level variables that the function reads: they are inputs.
        include: gives the text of the file's own headers: (name, is it <...>, path of
            the file that asks, "" for this one) -> (path, text) or None. Without it
            none is followed.
        defines: macros defined before the first line, as -D does.
        partial: whether functions may be called that nothing here defines
            (`Program.bodiless`).
        behind: names of other files that are read behind the text's last line;
            `include` has them.
        where: conditions between inputs; only inputs that fulfil all are drawn.
        sample: inputs to draw from; where no range is given, it is what they range over.

    Raises:
        SourceError: no such function, several candidates, a named problem in the one
            chosen, or a name that means different things in the files.
        DomainError: a range for no input, an integer input without one, or a value that
            its type cannot hold; a condition that is none or hardly ever holds; a sample
            that does not fit.

    Example:
        >>> text = "double f(double x, int n) { return x * n; }"
        >>> program = nsc.parse_program(text, ranges={"n": (0, 9)})
        >>> [leaf.name for leaf in program.signature.inputs], program.domain.hi
        (['x', 'n'], (1.0, 9.0))
    """
    file = parsed(text, path, include, defines, behind)
    given = whole_names((*(inputs or {}), *(fix or {})))
    stated = Stated(out, arrays or {}, reads_more=bool(given), given=given)
    item = _choose(file, function, stated, partial)
    examined = examine(file, item, stated, partial=partial)
    if examined.signature is None or examined.problems:
        raise SourceError(path, examined.problems)
    expect_one_meaning(file, examined.closure, behind)
    more = with_fixed(inputs or {}, fix or {})
    signature = with_asked_variables(
        file, examined, inputs or {}, fix or {}, out
    )
    both = with_fixed(ranges or {}, fix or {})
    given_ranges = {**more, **both}
    if sample is not None:
        given_ranges = with_box_of(sample, signature, given_ranges)
    program = program_of(file, examined.closure, signature, given_ranges)
    named = [variable.name for variable in signature.variables]
    notes = notes_on_variables(file.module, examined.closure, named)
    unread = notes_on_static_variables(file.uses, examined.closure)
    unset = notes_on_errno(examined.closure.functions())
    program = replace(program, notes=(*notes, *unread, *unset))
    return narrowed(program, where, sample)


def _choose(
    file: ParsedFile, function: str | None, stated: Stated, partial: bool
) -> Item:
    """Return the function that is named, else the only one that qualifies."""
    functions = file.own_functions()
    if not functions:
        what = file.said_of_nothing()
        raise SourceError(file.path, [Problem("no_function", what)])
    if function is not None:
        return _named(file, function, functions)
    if len(functions) == 1:
        return functions[0]
    examined = [examine(file, f, stated, partial=partial) for f in functions]
    candidates = [e.item for e in examined if not e.problems]
    roots = [
        f for f in candidates if not _is_helper(f, file.module)
    ] or candidates
    if len(roots) == 1:
        return roots[0]
    raise SourceError(file.path, _ambiguity(file, examined, bool(roots)))


def _named(file: ParsedFile, function: str, functions: list[Item]) -> Item:
    item = file.module.function(function)
    if item is None:
        known = ", ".join(f.name for f in functions)
        what = f"no function '{function}'; found {known}"
        raise SourceError(file.path, [Problem("no_such_function", what)])
    return item


def _is_helper(item: Item, module: Module) -> bool:
    """Say whether another function of the file calls this one and it is static."""
    if not has_specifier(item.node, "storage_class_specifier", b"static"):
        return False
    others = (f for f in module.functions if f.name != item.name)
    return any(item.name in module.callees(other) for other in others)


def _ambiguity(
    file: ParsedFile, examined: list[Examined], has_candidates: bool
) -> list[Problem]:
    """List the candidates, and for each other function its first problem."""
    if has_candidates:
        what = "several functions qualify; choose one with function='NAME'"
        problems = [Problem("several_candidates", what)]
    else:
        what = "no function of this file can become a surrogate"
        problems = [Problem("no_candidate", what)]
    return [*problems, *(_said_of(file, each) for each in examined)]


def _said_of(file: ParsedFile, examined: Examined) -> Problem:
    name = examined.item.name
    if not examined.problems:
        line, column = file.position(examined.item)
        return Problem("candidate", f"{name}: function='{name}'", line, column)
    first = examined.problems[0]
    what = f"{name}: {first.message}"
    return Problem(first.reason, what, first.line, first.column)
