"""C text -> its functions as a data set sees them: closed, or why they are not.

In: text, what is wanted. Out: `Listed`s. Non-goals: integers, which need ranges that
nobody has given.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from nsc.errors import Problem
from nsc.program.closure import close
from nsc.program.examine import (
    MISSING_PART_MAY_TELL,
    ParsedFile,
    parsed,
    program_of,
    signature_or_refusal,
    unclosed,
)
from nsc.program.infer import Stated
from nsc.program.program import Program
from nsc.program.purity import impurities, item_impurities
from nsc.refusal import Refusal
from nsc.syntax import Item, Signature, child, parameters_of, text_of
from nsc.text import Include


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


def list_programs(
    text: str,
    *,
    path: str = "<string>",
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    behind: Sequence[str] = (),
    only: Container[str] | None = None,
    fits: Callable[[Signature], bool] = lambda signature: True,
    may_fit: Callable[
        [str, Sequence[str]], bool
    ] = lambda result, parameters: True,
) -> list[Listed]:
    """Close every function of a file that qualifies, reading the file once.

    Args:
        text: a C file as people have it.
        path: how to call it in messages.
        include: as of `parse_program`.
        defines: as of `parse_program`.
        behind: names of files that are read behind the text's last line; `include` has
            them.
        only: the functions asked for; None for all but those of headers.
        fits: says which signatures are wanted; other functions are not closed, nor
            those with integers.
        may_fit: says by the words of a result's type and of each parameter whether a
            signature may be wanted.

    Raises:
        SourceError: the file cannot be preprocessed.
    """
    file = parsed(text, path, include, defines, behind)
    listed: list[Listed] = []
    for item in file.own_functions():
        if only is not None and item.name not in only:
            continue
        if may_fit(*_head(item.node)):
            listed.append(_listed(file, item, fits))
        else:
            listed.append(Listed(item.name, None))
    return listed


def _head(function: Node) -> tuple[str, list[str]]:
    """Return what stands before a function's declarator, and its parameters."""
    declarator = child(function, "declarator")
    length = declarator.start_byte - function.start_byte
    before = text_of(function)[:length]  # a character of latin-1 is a byte
    return before, list(map(text_of, parameters_of(function)))


def _listed(
    file: ParsedFile, item: Item, fits: Callable[[Signature], bool]
) -> Listed:
    """Stop at the first kind of problem, cheapest first: most functions have one."""
    late = file.late(item)
    if late:
        return Listed(item.name, None, tuple(late))
    own = item_impurities(file.uses, item)
    if own:
        return _with_own_problems(file, item, own)
    signature, refused = signature_or_refusal(file, item, Stated())
    if refused is not None and refused.reason not in MISSING_PART_MAY_TELL:
        return _with_own_problems(file, item, [refused])
    if signature is not None and not (
        _is_floating(signature) and fits(signature)
    ):
        return Listed(item.name, signature)
    return _closed(file, item, signature, refused)


def _with_own_problems(
    file: ParsedFile, item: Item, own: list[Refusal]
) -> Listed:
    located = (
        file.module.expanded.problem(refusal.moved(item.base))
        for refusal in own
    )
    return Listed(item.name, None, tuple(located))


def _closed(
    file: ParsedFile,
    item: Item,
    signature: Signature | None,
    refused: Refusal | None,
) -> Listed:
    closure = close(file.module, item)
    refusals = impurities(file.uses, closure) + unclosed(closure, refused)
    problems = tuple(file.problems(refusals))
    missing = tuple(dict.fromkeys(closure.missing))
    program = None
    if signature is not None and not problems:
        program = program_of(file, closure, signature, {})
    return Listed(item.name, signature, problems, missing, program)


def _is_floating(signature: Signature) -> bool:
    leaves = (*signature.inputs, *signature.outputs)
    return all(leaf.type.kind == "float" for leaf in leaves)
