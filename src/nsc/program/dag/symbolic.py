"""Program -> expression DAG, by running its closed text on symbolic inputs.

In: Program. Out: `Dag`, or `Unsupported` with a named reason and a position in `program.source`.
Non-goals: float rounding and integer overflow: the DAG computes over the reals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from nsc.program.access import parameters_of
from nsc.program.ctype import DOUBLE, Array, CType, Pointer, Scalar, Struct
from nsc.program.dag.ast import Ast, Definitions
from nsc.program.dag.builder import MAX_NODES, Builder
from nsc.program.dag.evaluator import Evaluator
from nsc.program.dag.graph import Dag, Unsupported
from nsc.program.dag.lower import lower
from nsc.program.dag.memory import Address, Frame, Number, Place, State, read, subpaths, write
from nsc.program.dag.statements import execute, run_function
from nsc.program.declare import Scope, base_type, declare, enter, scope_of, type_definitions
from nsc.program.ir import Domain, Leaf, Program, Signature
from nsc.program.refusal import Refusal
from nsc.program.syntax import declared_name, syntax_tree

LOOP_BOUNDS = (32, 16, 8)  # trips with an unknown test, tried in turn

_OF_SIZE = ("long_loop", "too_many_nodes")  # refusals that only a settled comparison could have spared


def symbolic_dag(program: Program) -> Dag | Unsupported:
    """Evaluate a program symbolically over inputs in [-1, 1].

    A domain other than (-1, 1) becomes `mid + half * IN`; integer inputs are rounded as the
    scalar entry rounds them. What is refused is tried again with comparisons settled by what ranges their
    sides can take, then with loops cut off after so many trips, which makes the DAG `bounded`. What looks at the bits
    of numbers is also read with comparisons settled: most of its branches are for numbers that are never given.
    """
    try:
        text = _Text(program)
    except (Refusal, RecursionError) as error:
        return _unsupported(program, error)
    first, run = _evaluate(program, text)
    if isinstance(first, Dag) and not run.b.has_words:
        return first
    if isinstance(first, Unsupported) and first.reason in _OF_SIZE and not run.b.may_settle:
        return first
    for max_trips in (None, *LOOP_BOUNDS):
        found, run = _evaluate(program, text, prune=True, max_trips=max_trips)
        if isinstance(found, Dag):
            return found
        if isinstance(first, Dag) or not run.e.has_unknown_test:
            break
    return first


class _Text:
    """A closed text, lowered once for however many readings; what cannot be lowered is refused in its turn."""

    def __init__(self, program: Program):
        root = syntax_tree(program.source)
        self.scope = scope_of(type_definitions(root))
        self.bodiless: dict[str, CType] = dict.fromkeys(program.bodiless, DOUBLE)  # what nothing declares
        self.functions: dict[str, Ast] = {}
        self.variables: list[Ast] = []
        for item in root.named_children:
            if item.type == "function_definition":
                self._read_function(item)
            elif item.type == "declaration":
                self._read_declaration(item)

    def _read_function(self, item: Node) -> None:
        """Lower a definition; one without symbolic meaning is refused where, and only if, it is called."""
        try:
            name, lowered = _function(item, self.scope)
        except Refusal as refusal:
            name, lowered = declared_name(item.child_by_field_name("declarator")), Ast("refused", data=refusal)
        self.functions[name] = lowered

    def _read_declaration(self, item: Node) -> None:
        try:
            enter(item, self.scope)
            self.bodiless |= {k: t for k, t in _prototypes(item, self.scope) if k in self.bodiless}
            self.variables.append(lower(item, self.scope))
        except Refusal as refusal:
            self.variables.append(Ast("refused", data=refusal))


def _evaluate(
    program: Program, text: _Text, prune: bool = False, max_trips: int | None = None
) -> tuple[Dag | Unsupported, _Run]:
    """Evaluate once; returns also how it went."""
    run = _Run(program.signature, program.domain, prune=prune, max_trips=max_trips)
    try:
        run.read(text)
        return run.dag(), run
    except (Refusal, RecursionError) as error:
        return _unsupported(program, error), run


def _unsupported(program: Program, error: Refusal | RecursionError) -> Unsupported:
    if isinstance(error, RecursionError):
        return Unsupported("too_deep", "the program nests too deeply to be evaluated symbolically")
    before = program.source[: error.offset]
    column = error.offset - (before.rfind("\n") + 1) + 1
    return Unsupported(error.reason, error.message, before.count("\n") + 1, column)


def read_definitions(source: str) -> Definitions:
    """Lower the functions of a closed text.

    Raises:
        Refusal: one of them has a form without symbolic meaning.
    """
    root = syntax_tree(source)
    scope = scope_of(type_definitions(root))
    found = (item for item in root.named_children if item.type == "function_definition")
    return Definitions(dict(_function(item, scope) for item in found), ())


def evaluate_definitions(definitions: Definitions, signature: Signature, domain: Domain) -> Dag | Unsupported:
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

    def __init__(self, signature: Signature, domain: Domain, prune: bool = False, max_trips: int | None = None):
        self.signature, self.domain = signature, domain
        is_single = all(leaf.type.kind != "float" or leaf.type.bits == 32 for leaf in signature.inputs)
        self.b = Builder(len(signature.inputs), prune=prune, is_single=is_single)
        self.state = State()
        self.e = Evaluator(self.b, Scope(), {}, Frame([{}], 0), run_function=run_function, max_trips=max_trips)

    def read(self, text: _Text) -> None:
        """Enter what a closed text defines."""
        self.e.scope, self.e.bodiless = text.scope, text.bodiless
        self.e.functions.update(text.functions)
        for variable in text.variables:
            execute(self.e, variable, self.state)

    def enter(self, definitions: Definitions) -> None:
        self.e.functions.update(definitions.functions)
        for variable in definitions.variables:
            execute(self.e, variable, self.state)

    def dag(self) -> Dag:
        inputs = {(leaf.param, leaf.path): self._input(k, leaf) for k, leaf in enumerate(self.signature.inputs)}
        arguments, objects = [], {}
        for param in self.signature.params:
            arguments.append(self._argument(param.name, param.type, inputs, objects))
        call = Ast("call", data=self.signature.function)
        place = run_function(self.e, self.signature.function, arguments, self.state, call)
        if place is not None:
            objects["return"] = place
        roots = [self._output(leaf, objects) for leaf in self.signature.outputs]
        dag = replace(
            self.b.finish(roots, self.e.is_bounded),
            guesses=tuple((name, found) for (name, _), found in self.e.guesses.items()),
        )
        if len(dag) > MAX_NODES:
            raise Refusal("too_many_nodes", f"the expression has {len(dag)} operations, over {MAX_NODES}", 0)
        return dag

    def _input(self, k: int, leaf: Leaf) -> Number:
        """Map IN k from [-1, 1] onto the leaf's range."""
        b, domain = self.b, self.domain
        mid, half = (domain.hi[k] + domain.lo[k]) / 2, (domain.hi[k] - domain.lo[k]) / 2
        node = b.make("ADD", b.make("MUL", b.input(k), b.literal(half)), b.literal(mid))
        if leaf.type.kind == "float":
            return Number(node)
        return Number(b.make("ROUND", node), True)

    def _argument(self, name: str, ctype: CType, inputs: dict, objects: dict) -> Number | Address | Place:
        """Make the object a parameter stands for, filled with its inputs, and zeros where none is."""
        held = ctype.to if isinstance(ctype, Pointer) else ctype
        place = self.e.new_object(held)
        objects[name] = place
        if isinstance(ctype, Scalar):
            write(self.b, self.state, place, inputs[(name, ())])
            return inputs[(name, ())]
        for path, part in subpaths(held):
            if isinstance(part, Scalar):
                write(self.b, self.state, Place(place.object, ((None, path),), part), Number(self.b.literal(0.0)))
        for (param, path), number in inputs.items():
            if param == name:
                write(self.b, self.state, Place(place.object, ((None, path),), _at(held, path)), number)
        if isinstance(ctype, Struct):
            return place
        if isinstance(held, Array):
            return Address(place.object, (), held.of, 0)
        return Address(place.object, (), held)

    def _output(self, leaf: Leaf, objects: dict[str, Place]) -> int:
        place = objects[leaf.param]
        found = read(self.b, self.state, Place(place.object, ((None, leaf.path),), leaf.type))
        return found.node


def _prototypes(item: Node, scope: Scope) -> Iterator[tuple[str, CType]]:
    """Yield the functions that a declaration announces, with their result types."""
    for declarator in item.children_by_field_name("declarator"):
        result = base_type(item, scope)
        while declarator.type == "pointer_declarator":
            result, declarator = Pointer(result), declarator.child_by_field_name("declarator")
        if declarator.type == "function_declarator":
            yield declared_name(declarator), result


def _at(ctype: CType, path: tuple) -> CType:
    for step in path:
        ctype = ctype.field(step) if isinstance(ctype, Struct) else ctype.of
    return ctype


def _function(item, scope: Scope) -> tuple[str, Ast]:
    """Lower a definition to ("function" Ast with (parameters, result type, body) as data)."""
    result = base_type(item, scope)
    declarator = item.child_by_field_name("declarator")
    while declarator.type == "pointer_declarator":
        result, declarator = Pointer(result), declarator.child_by_field_name("declarator")
    parameters = tuple(
        declare(p.child_by_field_name("declarator"), base_type(p, scope), scope) for p in parameters_of(item)
    )
    body = lower(item.child_by_field_name("body"), scope.copy())
    name = declared_name(item.child_by_field_name("declarator"))
    return name, Ast("function", data=(parameters, result, body))
