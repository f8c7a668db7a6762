"""A function body -> what it reads and writes behind its pointer parameters, in order.

Every kind of node that can stand in a body has a rule in `RULES`; one that has none is
refused by name, for a write that is overlooked makes a wrong signature.

In: a function item of a Module. Out: per parameter, its `Access`es in evaluation order.
Non-goals: exact control flow. Branches are walked in text order; a loop body once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tree_sitter import Node

from nsc.program.paths import Path, Paths, Step, counter_of, without_parentheses
from nsc.refusal import Refusal
from nsc.syntax import (
    Item,
    Module,
    child,
    declared_name,
    facts_of,
    operator_of,
    optional_child,
    parameters_of,
    text_of,
)
from nsc.text import WRITES_ARGUMENT

MAX_PATH = 64
_LVALUES = ("subscript_expression", "field_expression", "pointer_expression")


@dataclass(frozen=True)
class Access:
    """One read ("r") or write ("w").

    Args:
        kind: "r" or "w".
        path: from the parameter: fields, and index ranges.
        node: where it stands; a call, if it is done in a function that is called.
    """

    kind: str
    path: tuple[Step, ...]
    node: Node


# by parameter: the first of each kind of access, in evaluation order
Uses = dict[str, list[Access]]


@dataclass(frozen=True)
class _Walked:
    """The uses that a walk found, and all that it depended on besides the function."""

    callees: list[Uses | None]
    constants: dict[str, int]
    uses: Uses

    def holds_for(self, callees: list[Uses | None], constants: dict[str, int]) -> bool:
        pairs = zip(self.callees, callees, strict=True)
        return self.constants == constants and all(then is now for then, now in pairs)


class ReadsAndWrites:
    """How the functions of a file use what their pointer parameters point to.

    Each function is walked once, callees first; of functions that call each other, the
    first one walked knows nothing of the other's parameters.
    """

    def __init__(self, module: Module):
        self.module = module
        self._known: dict[int, Uses] = {}  # by Item.start

    def of(self, function: Item) -> Uses:
        """Return how a function uses each of its parameters.

        Raises:
            Refusal: `unsupported_syntax`, at a construct that has no rule, in it or in
                what it calls; counted from the function's part.
        """
        for item in _callees_first(self.module, function):
            if item.start not in self._known:
                try:
                    self._known[item.start] = self._uses(item)
                except Refusal as refusal:
                    raise refusal.moved(item.base - function.base) from None
        return self._known[function.start]

    def _uses(self, item: Item) -> Uses:
        """Walk a function, unless that was done where it meant the same.

        An item may stand in many modules, with other callees and constants in sight.
        """
        facts = facts_of(item)
        callees = [self._uses_by_name(name) for name in facts.calls]
        values = self.module.scope.constants
        constants = {name: values[name] for name in facts.identifiers & values.keys()}
        done = item.once(_no_walks)
        for walked in done:
            if walked.holds_for(callees, constants):
                return walked.uses
        uses = self._walk(item)
        done.append(_Walked(callees, constants, uses))
        return uses

    def _uses_by_name(self, name: str) -> Uses | None:
        """Return the uses of a function of this file that has been walked."""
        callee = self.module.function(name)
        return None if callee is None else self._known.get(callee.start)

    def _walk(self, item: Item) -> Uses:
        declarators = [
            optional_child(p, "declarator") for p in parameters_of(item.node)
        ]
        names = [name for name in map(declared_name, declarators) if name]
        walk = Walk(names, self.module, self._uses_by_name)
        walk.visit(child(item.node, "body"))
        return {name: list(found.values()) for name, found in walk.found.items()}


def _no_walks(function: Node) -> list[_Walked]:
    return []


def _callees_first(module: Module, function: Item) -> list[Item]:
    """List a function and all it calls in this file.

    Callees stand before callers where no cycle forbids it.
    """
    done: dict[int, Item] = {}
    started: set[int] = set()
    todo = [(function, False)]
    while todo:
        item, is_left = todo.pop()
        if is_left:
            done.setdefault(item.start, item)
        elif item.start not in started:
            started.add(item.start)
            todo.append((item, True))
            named = map(module.function, sorted(module.callees(item)))
            todo.extend((callee, False) for callee in named if callee is not None)
    return list(done.values())


class Walk:
    """Visits nodes in evaluation order and notes accesses through parameters.

    Args:
        parameters: the names that are watched.
        module: where the function stands.
        uses_of: what is known of a function that is called, by its name.
    """

    def __init__(
        self,
        parameters: list[str],
        module: Module,
        uses_of: Callable[[str], Uses | None],
    ):
        self.found: dict[str, dict[tuple[str, tuple[Step, ...]], Access]] = {
            name: {} for name in parameters
        }
        self.module = module
        self.uses_of = uses_of
        self.paths = Paths(self.found, module.scope)

    def visit(self, node: Node | None) -> None:
        if node is not None:
            rule_of(node)(self, node)

    def read(self, node: Node) -> bool:
        """Note a read if `node` reaches into a parameter; say whether it does."""
        path = self.paths.reached(node)
        if path is None:
            return False
        self.visit_indices(node)
        self.note("r", path, node)
        return True

    def write(self, node: Node) -> bool:
        """Note a write if `node` reaches into a parameter; say whether it does."""
        path = self.paths.reached(node)
        if path is None:
            return False
        self.note("w", path, node)
        return True

    def note(self, kind: str, path: Path, node: Node) -> None:
        # a chain of calls with `&p->next` makes paths as long as itself
        if len(path.steps) <= MAX_PATH:
            key = (kind, path.steps)
            known = self.found[path.parameter]
            known.setdefault(key, Access(kind, path.steps, node))

    def visit_indices(self, lvalue: Node) -> None:
        """Visit what stands in the brackets of `p->a[i].b[j]`, last ones first."""
        node = without_parentheses(lvalue)
        while node.type in _LVALUES:
            if node.type == "subscript_expression":
                self.visit(child(node, "index"))
            node = without_parentheses(child(node, "argument"))


Rule = Callable[[Walk, Node], None]


def rule_of(node: Node) -> Rule:
    """Return how a node is walked.

    Raises:
        Refusal: `unsupported_syntax`, for a kind that is not known to stand in bodies.
    """
    rule = RULES.get(node.type)
    if rule is None:
        kind = node.type.replace("_", " ")
        what = f"'{kind}' is not supported inside a function"
        raise Refusal("unsupported_syntax", what, node)
    return rule


def _children_in_order(walk: Walk, node: Node) -> None:
    for inner in node.named_children:
        if not walk.paths.only_tests(node, inner):
            rule_of(inner)(walk, inner)


def _no_access(walk: Walk, node: Node) -> None:
    """Do nothing: no object is read in it, or it is not evaluated."""


def _object(walk: Walk, node: Node) -> None:
    """Read an object behind a parameter; else what the expression is made of."""
    if not walk.read(node):
        for inner in node.named_children:
            rule_of(inner)(walk, inner)


def _assignment(walk: Walk, node: Node) -> None:
    target = child(node, "left")
    walk.visit(child(node, "right"))
    walk.visit_indices(target)
    is_compound = operator_of(node) != "="
    if is_compound:
        walk.read(target)
    if not walk.write(target):
        walk.visit(target)


def _update(walk: Walk, node: Node) -> None:
    target = child(node, "argument")
    walk.read(target)
    walk.write(target)


def _initialised(walk: Walk, node: Node) -> None:
    walk.visit(child(node, "value"))


def _for(walk: Walk, node: Node) -> None:
    walk.visit(optional_child(node, "initializer"))
    walk.visit(optional_child(node, "condition"))
    counter = counter_of(node, walk.module.scope)
    if counter is not None:
        walk.paths.counters[counter.name] = counter.values
    walk.visit(child(node, "body"))
    walk.visit(optional_child(node, "update"))


def _call(walk: Walk, node: Node) -> None:
    """Do in place of a call what its callee does with the pointers it is handed."""
    name = text_of(child(node, "function"))
    listed = child(node, "arguments").named_children
    arguments = [argument for argument in listed if argument.type != "comment"]
    inner = list((walk.uses_of(name) or {}).values())
    written_by_library = WRITES_ARGUMENT.get(name, ())
    for k, argument in enumerate(arguments):
        path = walk.paths.handed_on(argument)
        if path is None:
            walk.visit(argument)
        elif k < len(inner):
            for access in inner[k]:
                walk.note(access.kind, path.then(*access.path), node)
        else:
            kind = "w" if k in written_by_library else "r"
            walk.note(kind, path.then((0, 0)), node)


# Statements, expressions that are no lvalues, declarations: types may hold the length
# of an array, and attributes arguments.
_READ_IN_ORDER = """
    abstract_array_declarator abstract_function_declarator
    abstract_parenthesized_declarator abstract_pointer_declarator alignas_qualifier
    alignof_expression argument_list array_declarator attribute attribute_specifier
    attributed_declarator attributed_statement binary_expression bitfield_clause
    case_statement cast_expression comma_expression compound_literal_expression
    compound_statement concatenated_string conditional_expression declaration
    do_statement else_clause enum_specifier enumerator enumerator_list
    expression_statement extension_expression field_declaration field_declaration_list
    field_designator function_declarator if_statement initializer_list initializer_pair
    labeled_statement macro_type_specifier ms_based_modifier ms_declspec_modifier
    parameter_declaration parameter_list parenthesized_declarator pointer_declarator
    return_statement struct_specifier subscript_designator subscript_range_designator
    switch_statement type_definition type_descriptor type_qualifier unary_expression
    union_specifier while_statement
""".split()
# The items that hold them are refused by name (`REFUSED_NODES`, and syntax errors in
# purity.py), with a better message than one of this pass.
_REFUSED_ANYWAY = """
    ERROR attribute_declaration generic_expression gnu_asm_clobber_list
    gnu_asm_expression gnu_asm_goto_list gnu_asm_input_operand
    gnu_asm_input_operand_list gnu_asm_output_operand gnu_asm_output_operand_list
    gnu_asm_qualifier offsetof_expression seh_except_clause seh_finally_clause
    seh_leave_statement seh_try_statement
""".split()
_WITHOUT_ACCESS = """
    break_statement char_literal character comment continue_statement escape_sequence
    false field_identifier goto_statement ms_call_modifier ms_pointer_modifier
    ms_restrict_modifier ms_signed_ptr_modifier ms_unaligned_ptr_modifier
    ms_unsigned_ptr_modifier null number_literal primitive_type sized_type_specifier
    sizeof_expression statement_identifier storage_class_specifier string_content
    string_literal true type_identifier variadic_parameter
""".split()
_OBJECTS = ("identifier", "parenthesized_expression", *_LVALUES)

RULES: dict[str, Rule] = {
    **dict.fromkeys(_READ_IN_ORDER, _children_in_order),
    **dict.fromkeys(_REFUSED_ANYWAY, _children_in_order),
    **dict.fromkeys(_WITHOUT_ACCESS, _no_access),
    **dict.fromkeys(_OBJECTS, _object),
    "assignment_expression": _assignment,
    "call_expression": _call,
    "for_statement": _for,
    "init_declarator": _initialised,
    "update_expression": _update,
}
