"""One item -> what it says by itself: names used, calls, writes, refused constructs.

In: an `Item`. Out: `Facts`, read off its syntax tree in one walk and kept with the
item. Non-goals: what the names stand for (closure.py), whether that is allowed
(purity.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.sections import Item
from nsc.syntax.tree import (
    changing_declarators,
    child,
    declarators_of,
    declared_name,
    has_specifier,
    inner_of,
    operator_of,
    optional_child,
    text_of,
    walk,
)
from nsc.text import HEADER_OF, PRINTS_FORMAT, bad_literal

# kinds of nodes that are refused wherever they stand: (reason, message)
REFUSED_NODES = {
    "gnu_asm_expression": ("uses_asm", "inline assembly is not supported"),
    "seh_try_statement": (
        "not_standard_c",
        "structured exceptions are not standard C",
    ),
    "offsetof_expression": ("uses_offsetof", "offsetof is not supported"),
    "attribute_declaration": (
        "uses_attributes",
        "attributes in [[ ]] are not supported: leave them out",
    ),
    "generic_expression": ("uses_generic", "_Generic is not supported"),
}
_REFUSED_NAMES = {
    "asm",
    "__asm__",
    "__asm",
    "_Pragma",
    "__pragma",
    "__has_include",
    "__has_embed",
    "__builtin_va_arg",
}
_NAME = re.compile(rb"(?<![\w.])[A-Za-z_]")
_DIFFERENCE_FORMAT = re.compile(r"%[^A-Za-z%]*t")
_WRITING_FORMAT = re.compile(r"%[^A-Za-z%]*[hlqjztL]*n")
_BRANCHES = (
    "if_statement",
    "conditional_expression",
    "switch_statement",
    "while_statement",
    "for_statement",
    "do_statement",
)
_DECLARATIONS = ("declaration", "parameter_declaration", "type_definition")
_STORAGE = "storage_class_specifier"
_TAGGED = ("struct_specifier", "union_specifier")
_NAMING = (
    "identifier",
    "type_identifier",
    "primitive_type",
    "true",
    "false",
    "null",
)


@dataclass(frozen=True)
class Facts:
    """What an item says by itself. Refusals count from the start of the item's part.

    Args:
        identifiers: all names in it but those of types and fields.
        used: the names it uses but does not declare inside itself, each with its first
            node.
        calls: what it calls, as written.
        branches: whether anything in it depends on a condition.
        refused: constructs that are refused wherever they stand.
        writes: names written that are no local variable's, and the refusal if that is
            not allowed.
        writes_by_pointer: the same of names that are written if they are arrays: by
            `*g`, or by a local pointer that is set to them.
        function_types: the names that it gives to types of functions.
    """

    identifiers: frozenset[str]
    used: dict[str, Node]
    calls: frozenset[str]
    branches: bool
    refused: tuple[Refusal, ...]
    writes: tuple[tuple[str, Refusal], ...]
    writes_by_pointer: tuple[tuple[str, Refusal], ...]
    function_types: frozenset[str]


def facts_of(item: Item) -> Facts:
    """Read an item, once."""
    return item.once(_read)


def _read(root: Node) -> Facts:
    nodes = _Nodes(root)
    is_function = root.type == "function_definition"
    called = (child(call, "function") for call in nodes.of("call_expression"))
    return Facts(
        identifiers=frozenset(map(text_of, nodes.of("identifier"))),
        used=_used(nodes, is_function=is_function),
        calls=frozenset(map(text_of, called)),
        branches=_depends_on_condition(nodes),
        refused=(*_refused(nodes), *_printing(nodes), *_bad_numbers(nodes)),
        writes=tuple(_writes(nodes)) if is_function else (),
        writes_by_pointer=_by_pointer(nodes) if is_function else (),
        function_types=frozenset(_function_types(nodes)),
    )


class _Nodes:
    """The named nodes at and below one, by kind, each with its place in the walk."""

    def __init__(self, root: Node):
        self.kinds: dict[str, list[tuple[int, Node]]] = {}
        todo = [root]
        number = 0
        while todo:
            node = todo.pop()
            self.kinds.setdefault(node.type, []).append((number, node))
            number += 1
            if node.named_child_count and not _is_table_of_numbers(node):
                todo.extend(reversed(node.named_children))

    def of(self, *kinds: str) -> list[Node]:
        """List the nodes of some kinds, parents first, in the order of the text."""
        lists = [self.kinds[kind] for kind in kinds if kind in self.kinds]
        if len(lists) == 1:
            numbered = lists[0]
        else:
            joined = (pair for pairs in lists for pair in pairs)
            numbered = sorted(joined, key=itemgetter(0))
        return [node for _, node in numbered]


def _is_table_of_numbers(node: Node) -> bool:
    """Say whether there is nothing to tell of what is in an initialiser."""
    if node.type != "initializer_list":
        return False
    text = node.text
    return text is not None and _NAME.search(text) is None


def _used(nodes: _Nodes, *, is_function: bool) -> dict[str, Node]:
    names = set(_declared(nodes, is_function=is_function))
    tags = set(_tags(nodes))
    used: dict[str, Node] = {}
    for node in nodes.of(*_NAMING):
        name = text_of(node)
        # a tag and a variable may share a name
        is_declared = name in tags or (name in names and not _is_tag(node))
        is_keyword = node.type == "primitive_type" and name not in HEADER_OF
        if not is_declared and not is_keyword:
            used.setdefault(name, node)
    return used


def _is_tag(node: Node) -> bool:
    if node.type != "type_identifier":
        return False
    parent = node.parent  # found from the root: as slow as the tree is deep
    return parent is not None and parent.type in _TAGGED


def _declared(nodes: _Nodes, *, is_function: bool) -> Iterator[str]:
    """Name what is declared inside an item, and so is no use of anything outside.

    What a function's body only announces (`extern int n;`, `int rand(void);`) is
    outside: it is used there, whatever it is.
    """
    for node in nodes.of(*_DECLARATIONS):
        is_block = is_function and node.type == "declaration"
        if is_block and has_specifier(
            node, "storage_class_specifier", b"extern"
        ):
            continue
        for declarator in declarators_of(node):
            if not (is_block and _is_prototype(declarator)):
                yield declared_name(declarator)
    for node in nodes.of("enumerator"):  # labels have names of their own
        yield text_of(child(node, "name"))


def announced_by_type(item: Item, types: set[str]) -> dict[str, Node]:
    """Return what a function's body declares by some types alone: `fn rand;`.

    Args:
        item: the function.
        types: names of function types (`typedef int fn(void);`).
    """
    return {
        text_of(declarator): declarator
        for node in walk(item.node)
        if node.type == "declaration" and _type_name(node) in types
        for declarator in declarators_of(node)
        if declarator.type == "identifier"
    }


def _type_name(declaration: Node) -> str:
    named = optional_child(declaration, "type")
    return "" if named is None else text_of(named)


def _function_types(nodes: _Nodes) -> Iterator[str]:
    for node in nodes.of("type_definition"):
        for declarator in declarators_of(node):
            if _is_prototype(declarator):
                yield declared_name(declarator)


def _is_prototype(declarator: Node) -> bool:
    """Say whether a declarator is a function's: `*f(int)`, but not `(*f)(int)`."""
    node: Node | None = declarator
    while node is not None and node.type == "pointer_declarator":
        node = optional_child(node, "declarator")
    while node is not None and node.type == "function_declarator":
        inner = optional_child(node, "declarator")
        if inner is not None and inner.type == "parenthesized_declarator":
            inner = inner_of(inner)
        if inner is None or inner.type in ("identifier", "type_identifier"):
            return inner is not None
        node = inner
    return False


def _tags(nodes: _Nodes) -> Iterator[str]:
    for node in nodes.of(*_TAGGED):
        tag = optional_child(node, "name")
        if tag is not None and optional_child(node, "body") is not None:
            yield text_of(tag)


def _depends_on_condition(nodes: _Nodes) -> bool:
    if nodes.of(*_BRANCHES):
        return True
    binary = nodes.of("binary_expression")
    return any(node.children[1].type in ("&&", "||") for node in binary)


def _refused(nodes: _Nodes) -> Iterator[Refusal]:
    for node in nodes.of(*REFUSED_NODES, "type_qualifier", "identifier"):
        if node.type in REFUSED_NODES:
            yield Refusal(*REFUSED_NODES[node.type], node)
        elif node.type == "type_qualifier":
            if node.text == b"volatile" and not _is_inside_body(node):
                what = "a volatile object outside a function body may change by itself"
                yield Refusal("uses_volatile", what, node)
        elif text_of(node) in _REFUSED_NAMES:
            yield Refusal(
                "uses_asm", f"'{text_of(node)}' is not supported", node
            )


def _printing(nodes: _Nodes) -> Iterator[Refusal]:
    """Refuse formats that are not there to be read, or that write: `%n` does."""
    for call in nodes.of("call_expression"):
        position = PRINTS_FORMAT.get(text_of(child(call, "function")))
        if position is None:
            continue
        arguments = child(call, "arguments").named_children
        given = [
            argument for argument in arguments if argument.type != "comment"
        ]
        form = given[position] if position < len(given) else None
        if form is None or form.type not in (
            "string_literal",
            "concatenated_string",
        ):
            what = "what is printed needs its format as a string here"
            yield Refusal("uses_io", what, call)
        elif _WRITING_FORMAT.search(text_of(form).replace("%%", "")):
            yield Refusal("uses_io", "the format %n writes to memory", call)
        elif _DIFFERENCE_FORMAT.search(text_of(form).replace("%%", "")):
            # 32 bits of a difference in the sandbox, 64 of a ptrdiff_t
            what = "the format %td is not supported: print a (long) with %ld"
            yield Refusal("uses_io", what, call)


def _bad_numbers(nodes: _Nodes) -> Iterator[Refusal]:
    for node in nodes.of("number_literal"):
        why = bad_literal(text_of(node))
        if why is not None:
            yield Refusal("bad_number", why, node)


def _is_inside_body(node: Node) -> bool:
    above: Node | None = node
    while above is not None and above.type != "compound_statement":
        above = above.parent
    return above is not None


def _writes(nodes: _Nodes) -> Iterator[tuple[str, Refusal]]:
    """Find writes to file-scope or static objects."""
    statics, others = _variables(nodes)
    yield from _writes_by_copying(nodes, statics | others)
    for node in nodes.of("assignment_expression", "update_expression"):
        is_update = node.type == "update_expression"
        name = _root_name(child(node, "argument" if is_update else "left"))
        if name is None:
            continue
        if name in statics:
            what = f"the static variable '{name}' is written"
            yield name, Refusal("keeps_state", what, node)
        elif name not in others:
            what = f"the file-level variable '{name}' is written"
            yield name, Refusal("writes_global", what, node)


def _by_pointer(nodes: _Nodes) -> tuple[tuple[str, Refusal], ...]:
    statics, others = _variables(nodes)
    own = statics | others
    return (
        *_writes_by_decay(nodes, own),
        *_writes_by_pointer(nodes, own),
    )


def _writes_by_decay(
    nodes: _Nodes, own: set[str]
) -> Iterator[tuple[str, Refusal]]:
    """Find writes by `*g`, which writes g where that is an array."""
    for node in nodes.of("assignment_expression", "update_expression"):
        is_update = node.type == "update_expression"
        name = _decayed_name(child(node, "argument" if is_update else "left"))
        if name is not None and name not in own:
            what = f"the file-level variable '{name}' is written"
            yield name, Refusal("writes_global", what, node)


def _writes_by_pointer(
    nodes: _Nodes, own: set[str]
) -> Iterator[tuple[str, Refusal]]:
    """Find writes through a local pointer that was set to a file-level object."""
    targets: dict[str, set[str]] = {}
    for node in nodes.of("init_declarator"):
        found = _pointed_to(child(node, "value")) - own
        if found and child(node, "declarator").type == "pointer_declarator":
            targets.setdefault(declared_name(node), set()).update(found)
    for node in nodes.of("assignment_expression"):
        left = child(node, "left")
        if left.type == "identifier" and text_of(left) in own:
            found = _pointed_to(child(node, "right")) - own
            targets.setdefault(text_of(left), set()).update(found)
    if not any(targets.values()):
        return
    for node in nodes.of("assignment_expression", "update_expression"):
        is_update = node.type == "update_expression"
        lvalue = child(node, "argument" if is_update else "left")
        pointer = _decayed_name(lvalue, subscript=True)
        for name in sorted(targets.get(pointer or "", ())):
            what = (
                f"the file-level variable '{name}' is written, by '{pointer}'"
            )
            yield name, Refusal("writes_global", what, node)


def _writes_by_copying(
    nodes: _Nodes, own: set[str]
) -> Iterator[tuple[str, Refusal]]:
    """Find file-level objects that a function of <string.h> copies to."""
    for call in nodes.of("call_expression"):
        given = child(call, "arguments").named_children
        name = text_of(child(call, "function"))
        if name not in ("memcpy", "memmove", "memset") or not given:
            continue
        for target in sorted(_pointed_to(given[0]) - own):
            what = f"the file-level variable '{target}' is written, by {name}"
            yield target, Refusal("writes_global", what, call)


def _pointed_to(value: Node) -> set[str]:
    """Return the variables whose address or elements a pointer may be set to."""
    if value.type == "identifier":
        return {text_of(value)}
    if value.type == "pointer_expression" and operator_of(value) == "&":
        name = _root_name(child(value, "argument"))
        return set() if name is None else {name}
    if value.type == "parenthesized_expression":
        return _pointed_to(value.named_children[0])
    if value.type == "cast_expression":
        return _pointed_to(child(value, "value"))
    if value.type == "binary_expression":
        return _pointed_to(child(value, "left"))
    if value.type == "conditional_expression":
        other = _pointed_to(child(value, "alternative"))
        chosen = optional_child(value, "consequence")
        return other if chosen is None else other | _pointed_to(chosen)
    if value.type in ("subscript_expression", "field_expression"):
        name = _root_name(value)
        return set() if name is None else {name}
    return set()


def _variables(nodes: _Nodes) -> tuple[set[str], set[str]]:
    """Return the names of static variables that are not const, and of all others."""
    statics: set[str] = set()
    others: set[str] = set()
    for node in nodes.of("declaration", "parameter_declaration"):
        words = [text_of(n) for n in node.children if n.type == _STORAGE]
        if "extern" in words:  # what it announces is at file level
            continue
        names = set(map(declared_name, declarators_of(node)))
        if "static" in words:
            statics |= set(map(declared_name, changing_declarators(node)))
        others |= names - statics
    return statics, others


def _decayed_name(lvalue: Node, *, subscript: bool = False) -> str | None:
    """Return the variable that an lvalue goes through: `*g`, `*(g + 1)` and `g->a`
    give "g".

    It may be an array, which is written then.

    Args:
        subscript: whether `g[1]` does, too.
    """
    node = lvalue
    is_through = False
    while node.type != "identifier":
        if node.type == "pointer_expression" and operator_of(node) == "*":
            is_through = True
            node = child(node, "argument")
        elif node.type in ("field_expression", "subscript_expression"):
            is_field = node.type == "field_expression"
            is_arrow = is_field and operator_of(node) == "->"
            is_through |= is_arrow or (subscript and not is_field)
            node = child(node, "argument")
        elif node.type == "parenthesized_expression":
            node = node.named_children[0]
        elif node.type == "binary_expression":
            node = child(node, "left")
        elif node.type == "update_expression":
            node = child(node, "argument")
        else:
            return None
    return text_of(node) if is_through else None


def _root_name(lvalue: Node) -> str | None:
    """Return the variable an lvalue starts from: `g.a[2]` gives "g".

    Through a pointer there is none: `p->a` writes what p points to, not p.
    """
    node = lvalue
    while True:
        if node.type == "identifier":
            return text_of(node)
        if node.type == "field_expression" and operator_of(node) == "->":
            return None
        if node.type in ("field_expression", "subscript_expression"):
            node = child(node, "argument")
        elif node.type == "parenthesized_expression":
            node = node.named_children[0]
        else:
            return None
