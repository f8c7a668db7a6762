"""C text -> Program, and the overview that `nsc show` prints.

In: text, a path to name in messages, the user's choices. Out: Program or SourceError.
Non-goals: reading files.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from nsc.errors import Problem, SourceError
from nsc.program.closure import Closure, close, closure_pieces, closure_text
from nsc.program.domain import Ranges, domain_of
from nsc.program.infer import signature_of
from nsc.program.program import Program
from nsc.program.purity import impurities, item_impurities
from nsc.refusal import Refusal
from nsc.syntax import Item, Module, Signature, parameters_of, parse_module, text_of
from nsc.text import Include, preprocess

UNREADABLE = ("syntax_error", "uses_complex", "nested_too_deeply")
_MISSING_PART_MAY_TELL = ("no_output", "no_input")


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

    def as_json(self, path: str) -> dict:
        """Return plain values; problems as `file:line:column: message [reason]`."""
        s = self.signature
        return {
            "function": self.name,
            "line": self.line,
            "prototype": s.prototype if s else None,
            "inputs": [leaf.name for leaf in s.inputs] if s else [],
            "outputs": [leaf.name for leaf in s.outputs] if s else [],
            "closure_functions": self.closure_functions,
            "closure_lines": self.closure_lines,
            "problems": [p.located(path) for p in self.problems],
        }


@dataclass(frozen=True)
class Listed:
    """One function of a file as a data set sees it: closed, or why it is no program.

    Args:
        signature: None where it could not be told, or need not be: such a function
            cannot fit.
        problems: the first kind of them that was found; its other problems may not have
            been looked for.
        missing: what its closure uses and the file does not define.
        program: None, too, where inputs need ranges that nobody has given (integers).
    """

    name: str
    signature: Signature | None
    problems: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    program: Program | None = None


def parse_program(
    text: str,
    *,
    path: str = "<string>",
    function: str | None = None,
    ranges: Ranges | None = None,
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    partial: bool = False,
) -> Program:
    """Read the C text of one file and close the chosen function.

    Args:
        text: a C file as people have it.
        path: how to call it in messages.
        function: which function; may be left out when only one qualifies.
        ranges: input (or parameter) name -> (lo, hi) in the program's units; default
            (-1, 1).
        out: parameters that are outputs, where the text does not tell.
        arrays: number of elements behind a pointer parameter, where the text does not
            tell.
        include: gives the text of the file's own headers: (name, is it <...>, path of
            the file that asks, "" for this one) -> (path, text) or None. Without it
            none is followed.
        defines: macros defined before the first line, as -D does.
        partial: whether functions may be called that nothing here defines
            (`Program.bodiless`).

    Raises:
        SourceError: no such function, several candidates, or a named problem in the one
            chosen.
        DomainError: a range for no input, or an integer input without one.
    """
    module = _module(text, path, include, defines)
    item = _choose(module, path, function, out, arrays, partial)
    closure, signature, problems = _examine(module, item, out, arrays, partial)
    if signature is None or problems:
        raise SourceError(path, problems)
    return _program(module, item, closure, signature, path, ranges or {})


def _program(
    module: Module,
    item: Item,
    closure: Closure,
    signature: Signature,
    path: str,
    ranges: Ranges,
) -> Program:
    line, _ = module.expanded.position(module.expanded.origin(item.start))
    return Program(
        name=item.name,
        path=path,
        text=closure_text(module, closure),
        pieces=closure_pieces(module, closure),
        headers=closure.headers,
        signature=signature,
        domain=domain_of(signature, ranges),
        line=line,
        bodiless=tuple(dict.fromkeys(closure.bodiless)),
        unread=tuple(module.expanded.unread),
    )


def list_functions(
    text: str,
    *,
    path: str = "<string>",
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
) -> list[FunctionOverview]:
    """Describe every function of a file, those of its headers left out. Arguments as of
    `parse_program`.

    Raises:
        SourceError: the file cannot be preprocessed.
    """
    module = _module(text, path, include, defines)
    return [_overview(module, item) for item in _own_functions(module)]


def list_programs(
    text: str,
    *,
    path: str = "<string>",
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    behind: Sequence[str] = (),
    only: Container[str] | None = None,
    fits: Callable[[Signature], bool] = lambda signature: True,
    may_fit: Callable[[str, Sequence[str]], bool] = lambda result, parameters: True,
) -> list[Listed]:
    """Close every function of a file that qualifies, or those named by `only`, reading
    the file once.

    Args:
        behind: names of files that are read behind the text's last line; `include` has
            them.
        only: the functions asked for.
        fits: says which signatures are wanted; other functions are not closed, nor
            those with integers.
        may_fit: says by the words of a result's type and of each parameter whether a
            signature may be wanted.

    Raises:
        SourceError: the file cannot be preprocessed.
    """
    module = _module(text, path, include, defines, behind)
    asked = [
        item for item in _own_functions(module) if only is None or item.name in only
    ]
    return [
        (
            _listed(module, item, path, fits)
            if may_fit(*_head(item.node))
            else Listed(item.name, None)
        )
        for item in asked
    ]


def _head(function: Node) -> tuple[str, list[str]]:
    """Return what stands before a function's declarator, and its parameters."""
    declarator = function.child_by_field_name("declarator")
    before = function.text[: declarator.start_byte - function.start_byte].decode(
        "latin-1"
    )
    return before, list(map(text_of, parameters_of(function)))


def _listed(
    module: Module, item: Item, path: str, fits: Callable[[Signature], bool]
) -> Listed:
    own = item_impurities(module, item)
    signature, refused = (None, None) if own else _signature(module, item, (), None)
    if refused is not None and refused.reason not in _MISSING_PART_MAY_TELL:
        own = [refused]
    if own:
        return Listed(
            item.name,
            None,
            tuple(module.expanded.problem(r.moved(item.base)) for r in own),
        )
    if signature is not None and not (_is_floating(signature) and fits(signature)):
        return Listed(item.name, signature)
    closure = close(module, item)
    problems = _problems(module, item, closure, impurities(module, closure), refused)
    missing = tuple(dict.fromkeys(closure.missing))
    program = None if problems else _program(module, item, closure, signature, path, {})
    return Listed(item.name, signature, tuple(problems), missing, program)


def _is_floating(signature: Signature) -> bool:
    return all(
        leaf.type.kind == "float" for leaf in (*signature.inputs, *signature.outputs)
    )


def _own_functions(module: Module) -> list[Item]:
    where = module.expanded
    return [
        item
        for item in module.functions
        if where.file_of(where.origin(item.start)) is where.files[0]
    ]


def _module(
    text: str,
    path: str,
    include: Include | None,
    defines: Mapping[str, str] | None,
    behind: Sequence[str] = (),
) -> Module:
    expanded = preprocess(text, include, defines, behind)
    if expanded.problems:
        raise SourceError(path, expanded.problems)
    return parse_module(expanded)


def _examine(
    module: Module,
    item: Item,
    out: Sequence[str],
    arrays: Mapping[str, int] | None,
    partial: bool = False,
) -> tuple[Closure, Signature | None, list[Problem]]:
    closure = close(module, item)
    refusals = impurities(module, closure)
    if any(r.reason in UNREADABLE for r in refusals):
        return closure, None, _located(module, refusals)
    signature, refused = _signature(module, item, out, arrays)
    return (
        closure,
        signature,
        _problems(module, item, closure, refusals, refused, partial),
    )


def _signature(
    module: Module, item: Item, out: Sequence[str], arrays: Mapping[str, int] | None
) -> tuple[Signature | None, Refusal | None]:
    try:
        return signature_of(module, item, out=out, arrays=arrays), None
    except Refusal as refusal:
        return None, refusal


def _problems(
    module: Module,
    item: Item,
    closure: Closure,
    impure: list[Refusal],
    refused: Refusal | None,
    partial: bool = False,
) -> list[Problem]:
    """List what keeps a closed function from being a program, in the order of the text."""
    missing = [
        r for r in closure.refusals if not (partial and r.reason == "unknown_function")
    ]
    refusals = impure + missing
    if refused is not None and not (
        missing and refused.reason in _MISSING_PART_MAY_TELL
    ):
        refusals.append(refused.moved(item.base))
    return _located(module, refusals)


def _located(module: Module, refusals: list[Refusal]) -> list[Problem]:
    unique = {(r.reason, r.offset): r for r in refusals}
    return [
        module.expanded.problem(r)
        for r in sorted(unique.values(), key=lambda r: r.offset)
    ]


def _overview(module: Module, item: Item) -> FunctionOverview:
    closure, signature, problems = _examine(module, item, (), None)
    line, column = module.expanded.position(module.expanded.origin(item.start))
    lines = closure_text(module, closure).count("\n")
    return FunctionOverview(
        item.name,
        line,
        column,
        signature,
        len(closure.functions()),
        lines,
        tuple(problems),
    )


def _choose(
    module: Module,
    path: str,
    function: str | None,
    out: Sequence[str],
    arrays: Mapping[str, int] | None,
    partial: bool,
) -> Item:
    functions = _own_functions(module)
    if not functions:
        raise SourceError(
            path,
            [Problem("no_function", "no function definition was found in this file")],
        )
    if function is not None:
        item = module.function(function)
        if item is None:
            known = ", ".join(f.name for f in functions)
            raise SourceError(
                path,
                [
                    Problem(
                        "no_such_function", f"no function '{function}'; found {known}"
                    )
                ],
            )
        return item
    if len(functions) == 1:
        return functions[0]
    examined = [(f, _examine(module, f, out, arrays, partial)[2]) for f in functions]
    candidates = [f for f, problems in examined if not problems]
    roots = [f for f in candidates if not _is_helper(f, module)] or candidates
    if len(roots) == 1:
        return roots[0]
    raise SourceError(path, _ambiguity(module, examined, roots))


def _is_helper(item: Item, module: Module) -> bool:
    """Say whether another function of the file calls this one and it is static."""
    is_static = any(
        c.type == "storage_class_specifier" and c.text == b"static"
        for c in item.node.children
    )
    return is_static and any(
        item.name in module.callees(f) for f in module.functions if f.name != item.name
    )


def _ambiguity(module: Module, examined: list, roots: list[Item]) -> list[Problem]:
    """List the candidates, and for each other function its first problem."""
    where = module.expanded
    if roots:
        problems = [
            Problem(
                "several_candidates",
                "several functions qualify; choose one with --function NAME",
            )
        ]
    else:
        problems = [
            Problem("no_candidate", "no function of this file can become a surrogate")
        ]
    for item, found in examined:
        line, column = where.position(where.origin(item.start))
        if found:
            problems.append(
                Problem(
                    found[0].reason,
                    f"{item.name}: {found[0].message}",
                    found[0].line,
                    found[0].column,
                )
            )
        else:
            problems.append(
                Problem(
                    "candidate", f"{item.name}: --function {item.name}", line, column
                )
            )
    return problems
