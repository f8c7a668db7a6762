"""Closed text -> what it defines, lowered once for however many evaluations.

In: closed text: every macro expanded, no directive. Out: `ClosedText`, `Definitions`.
Non-goals: values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast, Definitions
from nsc.symbolic.lower import lower
from nsc.syntax import (
    DOUBLE,
    Array,
    CType,
    Pointer,
    Scope,
    base_type,
    declare,
    declared_name,
    enter,
    parameters_of,
    scope_of,
    syntax_tree,
    type_definitions,
)


@dataclass(frozen=True)
class ClosedText:
    """A closed text, lowered.

    Args:
        definitions: its functions and variables; what cannot be lowered is there as
            "refused", to be refused in its turn.
        scope: its types and constants.
        bodiless: functions that may be guessed by their names, and what they return.
    """

    definitions: Definitions
    scope: Scope
    bodiless: dict[str, CType]


def read_text(source: str, bodiless: Collection[str] = ()) -> ClosedText:
    """Lower a closed text.

    Args:
        bodiless: functions that it calls and does not define.

    Raises:
        Refusal: a type at file scope is none that is known.
    """
    root = syntax_tree(source)
    scope = scope_of(type_definitions(root))
    # what nothing declares returns a double
    results: dict[str, CType] = dict.fromkeys(bodiless, DOUBLE)
    functions: dict[str, Ast] = {}
    variables: list[Ast] = []
    for item in root.named_children:
        if item.type == "function_definition":
            name, function = _function_or_refusal(item, scope)
            functions[name] = function
        elif item.type == "declaration":
            variables.append(_declaration(item, scope, results))
    return ClosedText(Definitions(functions, tuple(variables)), scope, results)


def definitions_of(source: str) -> Definitions:
    """Lower the functions of a closed text.

    Raises:
        Refusal: one of them has a form without symbolic meaning.
    """
    root = syntax_tree(source)
    scope = scope_of(type_definitions(root))
    items = root.named_children
    functions = dict(
        _function(item, scope)
        for item in items
        if item.type == "function_definition"
    )
    return Definitions(functions, ())


def _function_or_refusal(item: Node, scope: Scope) -> tuple[str, Ast]:
    """Lower a definition; one without symbolic meaning is refused if it is called."""
    try:
        return _function(item, scope)
    except Refusal as refusal:
        name = declared_name(item.child_by_field_name("declarator"))
        return name, Ast("refused", data=refusal)


def _function(item: Node, scope: Scope) -> tuple[str, Ast]:
    """Lower a definition to its name and a "function" node."""
    declarator = item.child_by_field_name("declarator")
    _, result = _without_pointers(declarator, base_type(item, scope))
    parameters = tuple(
        declare(
            p.child_by_field_name("declarator"), base_type(p, scope), scope
        )
        for p in parameters_of(item)
    )
    name = declared_name(declarator)
    scope.results[name] = result
    inside = scope.copy()
    for parameter, ctype in parameters:
        is_array = isinstance(ctype, Array)
        inside.variables[parameter] = Pointer(ctype.of) if is_array else ctype
    body = lower(item.child_by_field_name("body"), inside)
    return name, Ast("function", data=(parameters, result, body))


def _declaration(item: Node, scope: Scope, results: dict[str, CType]) -> Ast:
    """Lower a declaration, which may say what a function without a body returns."""
    try:
        enter(item, scope)
        announced = dict(_prototypes(item, scope))
        scope.results.update(announced)
        results.update({k: t for k, t in announced.items() if k in results})
        return lower(item, scope)
    except Refusal as refusal:
        return Ast("refused", data=refusal)


def _prototypes(item: Node, scope: Scope) -> Iterator[tuple[str, CType]]:
    """Yield the functions that a declaration announces, with their result types."""
    for declarator in item.children_by_field_name("declarator"):
        inner, result = _without_pointers(declarator, base_type(item, scope))
        if inner is not None and inner.type == "function_declarator":
            yield declared_name(inner), result


def _without_pointers(
    declarator: Node | None, result: CType
) -> tuple[Node | None, CType]:
    """Return the declarator inside `**f(...)`, and the type that this returns."""
    while declarator is not None and declarator.type == "pointer_declarator":
        result = Pointer(result)
        declarator = declarator.child_by_field_name("declarator")
    return declarator, result
