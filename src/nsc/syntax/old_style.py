"""Definitions of C before 1989 -> what a prototype would say.

`float f(x, n) float x; int n; {...}` becomes `float f(double x, int n) {...}`, whose
body starts with `float x`: without a prototype C passes a float as a double, and what
is narrower than an int as an int. Where a prototype before it says float, that is what
is passed.

In: `Expanded`. Out: `Expanded`, from which messages still point at what was written.
Non-goals: parameters without a declaration and functions without a type, which are int
(program/dialects.py refuses them by name).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.ctype import CType, Scalar
from nsc.syntax.definitions import scope_of, type_definitions
from nsc.syntax.scope import Scope
from nsc.syntax.tree import (
    child,
    declarators_of,
    declared_name,
    optional_child,
    plain_tree,
    syntax_tree,
    text_of,
    walk,
)
from nsc.syntax.types import base_type, declare
from nsc.text import Edit, Expanded, edited

_STRING = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'")
_BRACE = re.compile(r"[{}]")
_BODY = re.compile(r";\s*\{")  # C since 1989 has it inside of functions only
_DEFINITION = re.compile(
    r"\b(?P<name>[A-Za-z_]\w*)\s*"
    r"\(\s*(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*\)"
    r"(?P<declared>\s*[A-Za-z_][^{};]*;(?:[^{};]*;)*\s*)\{"
)
_RESULT = re.compile(r"[A-Za-z_][\w\s*]*\Z")
_NO_RESULT = frozenset("static extern inline register".split())
INT_BITS = 32


class _Parameter(NamedTuple):
    """One parameter as it is declared behind the parentheses.

    Args:
        specifiers: "register float".
        declarator: "*v", "v[3]".
        at: where its declaration stands in the text.
        type: None where it is not known.
    """

    specifiers: str
    declarator: str
    at: int
    type: CType | None

    def spelled(self) -> str:
        return f"{self.specifiers} {self.declarator}"


class _Definition(NamedTuple):
    """Where a definition's parts stand, and its parameters in C's order."""

    name: str
    opening: int
    body: int
    end: int
    parameters: tuple[tuple[str, _Parameter], ...]


class Modern(NamedTuple):
    """A text without definitions of the old style.

    Args:
        unprototyped: functions to whose parameters C converts no argument, for it knows
            no prototype of them, and the types of these parameters.
    """

    expanded: Expanded
    unprototyped: dict[str, tuple[CType | None, ...]]


def with_prototypes(expanded: Expanded) -> Modern:
    """Write the definitions of a text that are of the old style in the new one."""
    if _BODY.search(expanded.text) is None:
        return Modern(expanded, {})
    text = _STRING.sub(lambda found: "_" * len(found.group()), expanded.text)
    places = list(_places(text))
    if not places:
        return Modern(expanded, {})
    # types and prototypes are known once the definitions can be parsed
    simple = _all_edits(text, places, Scope(), None)
    root = syntax_tree(edited(expanded, simple).text)
    scope = scope_of(type_definitions(root))
    passed = dict(_prototypes(root, scope))
    made = (_definition(text, found, end, scope) for found, end in places)
    unprototyped = {
        d.name: tuple(parameter.type for _, parameter in d.parameters)
        for d in made
        if d is not None and d.name not in passed
    }
    edits = _all_edits(text, places, scope, passed)
    return Modern(edited(expanded, edits), unprototyped)


def _all_edits(
    text: str,
    places: list[tuple[re.Match[str], int]],
    scope: Scope,
    prototypes: Mapping[str, list[CType | None]] | None,
) -> list[Edit]:
    """Write all definitions anew; without prototypes nothing is converted."""
    edits: list[Edit] = []
    for found, end in places:
        at = found.start()
        if not _has_result(text, at):
            # so that it is a function, which is refused by name
            edits.append(Edit(at, at, (("int ", at),)))
            continue
        made = _definition(text, found, end, scope)
        if made is None:
            continue
        promoted: dict[str, str] = {}
        if prototypes is not None:
            promoted = _promoted(made, prototypes.get(made.name))
        edits += _edits(made, promoted, text)
    return edits


def _places(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield what looks like a definition at file scope, and where its body ends."""
    depths = [0]
    braces: list[int] = []
    for brace in _BRACE.finditer(text):
        braces.append(brace.start())
        depths.append(depths[-1] + (1 if brace.group() == "{" else -1))
    for found in _DEFINITION.finditer(text):
        k = bisect_right(braces, found.end() - 1)  # counts the body's own
        if depths[k - 1] != 0:
            continue
        end = next(
            (braces[j] for j in range(k, len(braces)) if not depths[j + 1]),
            None,
        )
        if end is not None:
            yield found, end


def _has_result(text: str, name: int) -> bool:
    """Say whether a type stands before a function's name."""
    start = max(text.rfind(mark, 0, name) for mark in ";}") + 1
    words = re.findall(r"\w+|\S", text[start:name])
    return not _NO_RESULT.issuperset(words)


def _definition(
    text: str, found: re.Match[str], end: int, scope: Scope
) -> _Definition | None:
    """Read a definition; None where a parameter is not declared, or twice."""
    at = found.start("declared")
    declared = dict(_declared(found["declared"], at, scope))
    names = re.findall(r"\w+", found["names"])
    if set(declared) != set(names) or len(declared) != len(names):
        return None
    return _Definition(
        name=found["name"],
        opening=found.start("names"),
        body=found.end(),
        end=end,
        parameters=tuple((name, declared[name]) for name in names),
    )


def _declared(
    text: str, at: int, scope: Scope
) -> Iterator[tuple[str, _Parameter]]:
    for node in plain_tree(text).named_children:
        if node.type != "declaration":
            continue
        declarators = declarators_of(node)
        specifiers = text[node.start_byte : declarators[0].start_byte].strip()
        for declarator in declarators:
            yield (
                declared_name(declarator),
                _Parameter(
                    " ".join(specifiers.split()),
                    " ".join(text_of(declarator).split()),
                    at + node.start_byte,
                    _type_of(node, declarator, scope),
                ),
            )


def _type_of(
    declaration: Node, declarator: Node, scope: Scope
) -> CType | None:
    try:
        base = base_type(declaration, scope)
        return declare(declarator, base, scope)[1]
    except Refusal:
        return None


def _prototypes(
    root: Node, scope: Scope
) -> Iterator[tuple[str, list[CType | None]]]:
    """Yield the functions of a text that have prototypes, and what they are passed."""
    for item in root.named_children:
        if item.type != "declaration":
            continue
        for node in walk(item):
            if node.type != "function_declarator":
                continue
            parts = child(node, "parameters").named_children
            listed = [
                _type_of_parameter(part, scope)
                for part in parts
                if part.type == "parameter_declaration"
            ]
            if listed:
                yield declared_name(node), listed


def _type_of_parameter(node: Node, scope: Scope) -> CType | None:
    try:
        base = base_type(node, scope)
        declarator = optional_child(node, "declarator")
        return declare(declarator, base, scope)[1]
    except Refusal:
        return None


def _promoted(
    definition: _Definition, prototype: list[CType | None] | None
) -> dict[str, str]:
    """Return the types that some parameters are passed as, and are converted from."""
    found: dict[str, str] = {}
    for k, (name, parameter) in enumerate(definition.parameters):
        passed = _passed_as(parameter.type)
        if passed is None:
            continue
        told = prototype[k] if prototype and k < len(prototype) else None
        if told != parameter.type:
            found[name] = passed
    return found


def _passed_as(ctype: CType | None) -> str | None:
    """Return what C's default promotions make of a type, None where nothing."""
    if not isinstance(ctype, Scalar):
        return None
    if ctype.kind == "float":
        return "double" if ctype.bits == 32 else None
    is_narrow = ctype.kind == "bool" or ctype.bits < INT_BITS
    return "int" if is_narrow else None


def _edits(
    definition: _Definition, promoted: Mapping[str, str], text: str
) -> list[Edit]:
    """Write a definition with its types inside the parentheses.

    What is passed as another type is converted to a variable of the parameter's name.
    C lets none be declared beside a parameter, but in a block inside.
    """
    pieces: list[tuple[str, int]] = []
    passed: list[str] = []
    held: list[str] = []
    for k, (name, parameter) in enumerate(definition.parameters):
        comma = ", " if k else ""
        if name not in promoted:
            pieces.append((comma + parameter.spelled(), parameter.at))
            continue
        pieces.append((f"{comma}{promoted[name]} {name}", parameter.at))
        kept = _unused(f"passed_{name}", text)
        passed.append(f" {promoted[name]} {kept} = {name};")
        held.append(f" {parameter.spelled()} = {kept};")
    at = definition.parameters[0][1].at
    pieces.append((") {", at))
    if not passed:
        return [Edit(definition.opening, definition.body, tuple(pieces))]
    pieces.append(("".join([*passed, " {", *held]), at))
    return [
        Edit(definition.opening, definition.body, tuple(pieces)),
        Edit(definition.end, definition.end, ((" }", definition.end),)),
    ]


def _unused(name: str, text: str) -> str:
    """Return a name that a text does not have."""
    while name in text:
        name += "_"
    return name
