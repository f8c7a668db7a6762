"""Closed text -> expression DAG, by running it on symbolic inputs.

In: closed text, signature, domain. Out: `Dag`, or `Unsupported` with a named reason and
a position in the text.
Non-goals: float rounding and integer overflow: the DAG computes over the reals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from tree_sitter import Node

from nsc.graph import MAX_NODES, Builder, Dag, Unsupported
from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast, Definitions
from nsc.symbolic.expressions import Evaluator
from nsc.symbolic.lower import lower
from nsc.symbolic.memory import (
    Address,
    Frame,
    Number,
    Place,
    State,
    read,
    subpaths,
    write,
)
from nsc.symbolic.statements import execute, run_function
from nsc.syntax import (
    DOUBLE,
    Array,
    CType,
    Domain,
    Leaf,
    Pointer,
    Scalar,
    Scope,
    Signature,
    Struct,
    base_type,
    declare,
    declared_name,
    enter,
    parameters_of,
    scope_of,
    syntax_tree,
    type_definitions,
)

LOOP_BOUNDS = (32, 16, 8)  # trips with an unknown test, tried in turn

# refusals that only a settled comparison could have spared
_OF_SIZE = ("long_loop", "too_many_nodes")


def dag_of(
    source: str, signature: Signature, domain: Domain, *, bodiless: Collection[str] = ()
) -> Dag | Unsupported:
    """Evaluate the function of `signature`, which `source` defines, symbolically over
    inputs in [-1, 1].

    Args:
        source: closed text: every macro expanded, no directive.
        bodiless: functions that it calls and does not define, guessed by their names.

    A domain other than (-1, 1) becomes `mid + half * IN`; integer inputs are rounded as
    the scalar entry rounds them. What is refused is tried again with comparisons
    settled by what ranges their sides can take, then with loops cut off after so many
    trips, which makes the DAG `bounded`. What looks at the bits of numbers is also read
    with comparisons settled: most of its branches are for numbers that are never given.
    """
    try:
        text = _Text(source, bodiless)
    except (Refusal, RecursionError) as error:
        return _unsupported(source, error)

    def evaluate(**limits: Any) -> tuple[Dag | Unsupported, _Run]:
        run = _Run(signature, domain, **limits)
        try:
            run.read(text)
            return run.dag(), run
        except (Refusal, RecursionError) as error:
            return _unsupported(source, error), run

    first, run = evaluate()
    if isinstance(first, Dag) and not run.b.has_words:
        return first
    if (
        isinstance(first, Unsupported)
        and first.reason in _OF_SIZE
        and not run.b.may_settle
    ):
        return first
    for max_trips in (None, *LOOP_BOUNDS):
        found, run = evaluate(prune=True, max_trips=max_trips)
        if isinstance(found, Dag):
            return found
        if isinstance(first, Dag) or not run.e.has_unknown_test:
            break
    return first


class _Text:
    """A closed text, lowered once for however many readings; what cannot be lowered is
    refused in its turn.
    """

    def __init__(self, source: str, bodiless: Collection[str]):
        root = syntax_tree(source)
        self.scope = scope_of(type_definitions(root))
        # what nothing declares
        self.bodiless: dict[str, CType] = dict.fromkeys(bodiless, DOUBLE)
        self.functions: dict[str, Ast] = {}
        self.variables: list[Ast] = []
        for item in root.named_children:
            if item.type == "function_definition":
                self._read_function(item)
            elif item.type == "declaration":
                self._read_declaration(item)

    def _read_function(self, item: Node) -> None:
        """Lower a definition; one without symbolic meaning is refused where, and only
        if, it is called.
        """
        try:
            name, lowered = _function(item, self.scope)
        except Refusal as refusal:
            name = declared_name(item.child_by_field_name("declarator"))
            lowered = Ast("refused", data=refusal)
        self.functions[name] = lowered

    def _read_declaration(self, item: Node) -> None:
        try:
            enter(item, self.scope)
            self.bodiless |= {
                k: t for k, t in _prototypes(item, self.scope) if k in self.bodiless
            }
            self.variables.append(lower(item, self.scope))
        except Refusal as refusal:
            self.variables.append(Ast("refused", data=refusal))


def _unsupported(source: str, error: Refusal | RecursionError) -> Unsupported:
    if isinstance(error, RecursionError):
        return Unsupported(
            "too_deep", "the program nests too deeply to be evaluated symbolically"
        )
    before = source[: error.offset]
    column = error.offset - (before.rfind("\n") + 1) + 1
    return Unsupported(error.reason, error.message, before.count("\n") + 1, column)


def definitions_of(source: str) -> Definitions:
    """Lower the functions of a closed text.

    Raises:
        Refusal: one of them has a form without symbolic meaning.
    """
    root = syntax_tree(source)
    scope = scope_of(type_definitions(root))
    found = (item for item in root.named_children if item.type == "function_definition")
    return Definitions(dict(_function(item, scope) for item in found), ())


def dag_of_definitions(
    definitions: Definitions, signature: Signature, domain: Domain
) -> Dag | Unsupported:
    """Evaluate a function whose syntax is at hand, without positions in messages.

    What comes of it is exact: it is never `bounded`.
    """
    try:
        run = _Run(signature, domain)
        run.enter(definitions)
        return run.dag()
    except Refusal as refusal:
        return Unsupported(refusal.reason, refusal.message)


class _Run:
    """One symbolic evaluation of a program."""

    def __init__(
        self,
        signature: Signature,
        domain: Domain,
        prune: bool = False,
        max_trips: int | None = None,
    ):
        self.signature = signature
        self.domain = domain
        is_single = all(
            leaf.type.kind != "float" or leaf.type.bits == 32
            for leaf in signature.inputs
        )
        self.b = Builder(len(signature.inputs), prune=prune, is_single=is_single)
        self.state = State()
        self.e = Evaluator(
            self.b,
            Scope(),
            {},
            Frame([{}], 0),
            run_function=run_function,
            max_trips=max_trips,
        )

    def read(self, text: _Text) -> None:
        """Enter what a closed text defines."""
        self.e.scope = text.scope
        self.e.bodiless = text.bodiless
        self.e.functions.update(text.functions)
        for variable in text.variables:
            execute(self.e, variable, self.state)

    def enter(self, definitions: Definitions) -> None:
        self.e.functions.update(definitions.functions)
        for variable in definitions.variables:
            execute(self.e, variable, self.state)

    def dag(self) -> Dag:
        inputs = {
            (leaf.param, leaf.path): self._input(k, leaf)
            for k, leaf in enumerate(self.signature.inputs)
        }
        arguments = []
        objects = {}
        for param in self.signature.params:
            arguments.append(self._argument(param.name, param.type, inputs, objects))
        call = Ast("call", data=self.signature.function)
        place = run_function(
            self.e, self.signature.function, arguments, self.state, call
        )
        if place is not None:
            objects["return"] = place
        roots = [self._output(leaf, objects) for leaf in self.signature.outputs]
        dag = replace(
            self.b.finish(roots, self.e.is_bounded),
            guesses=tuple((name, found) for (name, _), found in self.e.guesses.items()),
        )
        if len(dag) > MAX_NODES:
            raise Refusal(
                "too_many_nodes",
                f"the expression has {len(dag)} operations, over {MAX_NODES}",
                0,
            )
        return dag

    def _input(self, k: int, leaf: Leaf) -> Number:
        """Map IN k from [-1, 1] onto the leaf's range."""
        b = self.b
        domain = self.domain
        mid = (domain.hi[k] + domain.lo[k]) / 2
        half = (domain.hi[k] - domain.lo[k]) / 2
        node = b.make("ADD", b.make("MUL", b.input(k), b.literal(half)), b.literal(mid))
        if leaf.type.kind == "float":
            return Number(node)
        return Number(b.make("ROUND", node), True)

    def _argument(
        self, name: str, ctype: CType, inputs: dict, objects: dict
    ) -> Number | Address | Place:
        """Make the object a parameter stands for, filled with its inputs, and zeros
        where none is.
        """
        held = ctype.to if isinstance(ctype, Pointer) else ctype
        place = self.e.new_object(held)
        objects[name] = place
        if isinstance(ctype, Scalar):
            write(self.b, self.state, place, inputs[(name, ())])
            return inputs[(name, ())]
        for path, part in subpaths(held):
            if isinstance(part, Scalar):
                write(
                    self.b,
                    self.state,
                    Place(place.object, ((None, path),), part),
                    Number(self.b.literal(0.0)),
                )
        for (param, path), number in inputs.items():
            if param == name:
                write(
                    self.b,
                    self.state,
                    Place(place.object, ((None, path),), _at(held, path)),
                    number,
                )
        if isinstance(ctype, Struct):
            return place
        if isinstance(held, Array):
            return Address(place.object, (), held.of, 0)
        return Address(place.object, (), held)

    def _output(self, leaf: Leaf, objects: dict[str, Place]) -> int:
        place = objects[leaf.param]
        found = read(
            self.b, self.state, Place(place.object, ((None, leaf.path),), leaf.type)
        )
        return found.node


def _prototypes(item: Node, scope: Scope) -> Iterator[tuple[str, CType]]:
    """Yield the functions that a declaration announces, with their result types."""
    for declarator in item.children_by_field_name("declarator"):
        result = base_type(item, scope)
        while declarator.type == "pointer_declarator":
            result = Pointer(result)
            declarator = declarator.child_by_field_name("declarator")
        if declarator.type == "function_declarator":
            yield declared_name(declarator), result


def _at(ctype: CType, path: tuple) -> CType:
    for step in path:
        ctype = ctype.field(step) if isinstance(ctype, Struct) else ctype.of
    return ctype


def _function(item, scope: Scope) -> tuple[str, Ast]:
    """Lower a definition to ("function" Ast with (parameters, result type, body) as
    data).
    """
    result = base_type(item, scope)
    declarator = item.child_by_field_name("declarator")
    while declarator.type == "pointer_declarator":
        result = Pointer(result)
        declarator = declarator.child_by_field_name("declarator")
    parameters = tuple(
        declare(p.child_by_field_name("declarator"), base_type(p, scope), scope)
        for p in parameters_of(item)
    )
    body = lower(item.child_by_field_name("body"), scope.copy())
    name = declared_name(item.child_by_field_name("declarator"))
    return name, Ast("function", data=(parameters, result, body))
