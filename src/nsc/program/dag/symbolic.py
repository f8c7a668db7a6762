"""Program -> expression DAG, by running its closed text on symbolic inputs.

In: Program. Out: `Dag`, or `Unsupported` with a named reason and a position in `program.source`.
Non-goals: float rounding and integer overflow: the DAG computes over the reals.
"""

from __future__ import annotations

from nsc.program.access import parameters_of
from nsc.program.ctype import Array, CType, Pointer, Scalar, Struct
from nsc.program.dag.builder import MAX_NODES, Builder
from nsc.program.dag.evaluator import Evaluator, Frame
from nsc.program.dag.graph import Dag, Unsupported
from nsc.program.dag.lower import Ast, lower
from nsc.program.dag.memory import Address, Number, Place, State, read, write
from nsc.program.dag.statements import execute, run_function
from nsc.program.declare import Scope, base_type, declare, enter, scope_of, type_definitions
from nsc.program.ir import Leaf, Program
from nsc.program.refusal import Refusal
from nsc.program.syntax import declared_name, syntax_tree


def symbolic_dag(program: Program) -> Dag | Unsupported:
    """Evaluate a program symbolically over inputs in [-1, 1].

    A domain other than (-1, 1) becomes `mid + half * IN`; integer inputs are rounded as the
    scalar entry rounds them.
    """
    try:
        return _Run(program).dag()
    except Refusal as refusal:
        before = program.source[: refusal.offset]
        column = refusal.offset - (before.rfind("\n") + 1) + 1
        return Unsupported(refusal.reason, refusal.message, before.count("\n") + 1, column)
    except RecursionError:
        return Unsupported("too_deep", "the program nests too deeply to be evaluated symbolically")


class _Run:
    """One symbolic evaluation of a program."""

    def __init__(self, program: Program):
        self.program = program
        root = syntax_tree(program.source)
        self.scope = scope_of(type_definitions(root))
        self.b = Builder(program.n_inputs)
        self.state = State()
        self.e = Evaluator(self.b, self.scope, {}, Frame([{}], 0), run_function=run_function)
        self._enter_file(root)

    def _enter_file(self, root) -> None:
        for item in root.named_children:
            if item.type == "function_definition":
                name, lowered = _function(item, self.scope)
                self.e.functions[name] = lowered
            elif item.type == "declaration":
                enter(item, self.scope)
                execute(self.e, lower(item, self.scope), self.state)

    def dag(self) -> Dag:
        inputs = {(leaf.param, leaf.path): self._input(k, leaf) for k, leaf in enumerate(self._inputs())}
        arguments, objects = [], {}
        for param in self.program.signature.params:
            arguments.append(self._argument(param.name, param.type, inputs, objects))
        call = Ast("call", data=self.program.name)
        place = run_function(self.e, self.program.name, arguments, self.state, call)
        if place is not None:
            objects["return"] = place
        roots = [self._output(leaf, objects) for leaf in self.program.signature.outputs]
        dag = self.b.finish(roots)
        if len(dag) > MAX_NODES:
            raise Refusal("too_many_nodes", f"the expression has {len(dag)} operations, over {MAX_NODES}", 0)
        return dag

    def _inputs(self) -> tuple[Leaf, ...]:
        return self.program.signature.inputs

    def _input(self, k: int, leaf: Leaf) -> Number:
        """Map IN k from [-1, 1] onto the leaf's range."""
        b, domain = self.b, self.program.domain
        mid, half = (domain.hi[k] + domain.lo[k]) / 2, (domain.hi[k] - domain.lo[k]) / 2
        node = b.make("ADD", b.make("MUL", b.input(k), b.literal(half)), b.literal(mid))
        if leaf.type.kind == "float":
            return Number(node)
        return Number(b.make("ROUND", node), True)

    def _argument(self, name: str, ctype: CType, inputs: dict, objects: dict) -> Number | Address | Place:
        """Make the object a parameter stands for, filled with its inputs."""
        held = ctype.to if isinstance(ctype, Pointer) else ctype
        place = self.e.new_object(held)
        objects[name] = place
        for (param, path), number in inputs.items():
            if param == name:
                write(self.b, self.state, Place(place.object, ((None, path),), _at(held, path)), number)
        if isinstance(ctype, Scalar):
            return inputs[(name, ())]
        if isinstance(ctype, Struct):
            return place
        if isinstance(held, Array):
            return Address(place.object, (), held.of, 0)
        return Address(place.object, (), held)

    def _output(self, leaf: Leaf, objects: dict[str, Place]) -> int:
        place = objects[leaf.param]
        found = read(self.b, self.state, Place(place.object, ((None, leaf.path),), leaf.type))
        return found.node


def _at(ctype: CType, path: tuple) -> CType:
    for step in path:
        ctype = ctype.field(step) if isinstance(ctype, Struct) else ctype.of
    return ctype


def _function(item, scope: Scope) -> tuple[str, Ast]:
    """Lower a definition to ("function" Ast with (parameters, result type, body) as data)."""
    result = base_type(item, scope)
    if item.child_by_field_name("declarator").type == "pointer_declarator":
        raise Refusal("returns_pointer", "functions that return pointers are not followed", item)
    parameters = tuple(
        declare(p.child_by_field_name("declarator"), base_type(p, scope), scope) for p in parameters_of(item)
    )
    body = lower(item.child_by_field_name("body"), scope)
    name = declared_name(item.child_by_field_name("declarator"))
    return name, Ast("function", data=(parameters, result, body))
