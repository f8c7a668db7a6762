"""C text -> syntax trees, and what is read off a node alone.

In: text without directives. Out: tree-sitter nodes. Non-goals: file-scope items
(parts.py), types (declare.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection

import tree_sitter_c
from tree_sitter import Language, Node, Parser


def parameters_of(function: Node) -> list[Node]:
    """Return the parameter declarations of a function definition ("void" alone gives
    none).
    """
    declarator = function.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator")
    listed = (
        declarator.child_by_field_name("parameters").named_children
        if declarator is not None
        else ()
    )
    nodes = [n for n in listed if n.type != "comment"]
    if len(nodes) == 1 and text_of(nodes[0]) == "void":
        return []
    return nodes


MAX_TREE_DEPTH = 250


def text_of(node: Node) -> str:
    """Return the text of a node."""
    return node.text.decode("latin-1")


def is_const(node: Node) -> bool:
    """Say whether the specifiers of a declaration or parameter hold `const`."""
    return any(c.type == "type_qualifier" and c.text == b"const" for c in node.children)


def is_too_deep(node: Node) -> bool:
    """Say whether a syntax tree nests deeper than the passes that walk it by recursion
    can go.
    """
    # every second level has a character of its own
    if node.end_byte - node.start_byte < MAX_TREE_DEPTH // 2:
        return False
    level = [node]
    for _ in range(MAX_TREE_DEPTH):
        level = [
            child for parent in level for child in parent.children if child.child_count
        ]
        if not level:
            return False
    return True


_PARSER = Parser(Language(tree_sitter_c.language()))
_OPENING = re.compile(r"\(\s*([A-Za-z_]\w*)\s*(?=[()\[*])")
_FACTOR = re.compile(r"\*\s*(?=\()")
_LIKE_PARAMETERS = re.compile(r"\([\s(]*[A-Za-z_][\w\s,*()\[\]]*")
_ADDED = re.compile(r"\)\s*[-+*&]")
_BEFORE_OPERAND = frozenset("-+*/%=(,?:<>&|!{;~^[")
# before a product: they group it, or it begins a statement
_TIGHT = frozenset("*/%!~{;")
_RETURN = re.compile(r"\breturn\Z")
_BRACKET_OR_STRING = re.compile(
    r"[()\[\]]|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
)
_OPERAND = re.compile(r"\s*[\w\"'{]")
_TYPEDEF = re.compile(r"typedef(?<!\wtypedef)\b[^;{]*+(?:\{[^{}]*+\})?+[^;{]*+;")
_TYPEDEF_NAME = re.compile(
    r"typedef[^;{]*(?:\{[^{}]*\})?[^;{]*?\b(\w+)\s*(?:\[[^;]*\])?\s*;"
)
_TYPE_WORDS = frozenset(
    "void char short int long float double signed unsigned bool _Bool size_t float_t"
    " double_t".split()
) | {f"{u}int{bits}_t" for u in ("", "u") for bits in (8, 16, 32, 64)}
MAX_LONE_PARENTHESES = 32
_DECLARING = ("identifier", "field_identifier", "type_identifier")


def plain_tree(text: str) -> Node:
    """Parse text as it stands, directives included."""
    return _PARSER.parse(text.encode("latin-1", "replace")).root_node


def typedef_names(text: str) -> list[str]:
    """List the names that typedefs of a text define."""
    # of no function
    others = (
        found
        for found in _TYPEDEF.findall(text)
        if not found[:-1].rstrip().endswith(")")
    )
    return [name for found in others for name in _TYPEDEF_NAME.findall(found)]


def syntax_tree(text: str, types: Collection[str] | None = None) -> Node:
    """Parse C text; the root node keeps its tree alive.

    Without types, `(a) * b` may be a cast of `*b` or a product, and `(f(x)) - b` a cast
    to a function. Parentheses around such an operand are blanked before parsing where
    its name is no type (same length, so offsets stay); not in `(a) b`, which can only
    be a cast. So are those of `(a * (b * c)) - d`, which may be a cast to a pointer to
    functions; behind `*`, `/` and `%`, where they group, the factors change places.

    Args:
        types: the names that are types besides C's own; None for those that the text
            defines.
    """
    types = _TYPE_WORDS.union(typedef_names(text) if types is None else types)
    for _ in range(MAX_LONE_PARENTHESES):
        before = text
        text = _without_lone_parentheses(text, types)
        if before == text:
            break
    return plain_tree(text)


def _without_lone_parentheses(text: str, types: frozenset[str]) -> str:
    """Blank the outer parentheses of `(a)`, `(f(x))`, `(v[i])`, `(g(x)[i](y))` where a,
    f, v, g are no types.

    Those of `(a*(b*c))`, too, where nothing binds tighter; else its factors change
    places. What is inside such a product is left for the next time.
    """
    blanks: list[int] = []
    products: list[tuple[int, int, int]] = []
    closings: dict[int, int] | None = None
    for found in _OPENING.finditer(text):
        start = found.start()
        at = found.end()
        if found.group(1) in types or not (before := _before_operand(text, start)):
            continue
        while at is not None and text[at : at + 1] in ("(", "["):
            closings = _closings(text) if closings is None else closings
            at = closings.get(at)
        if at is None:
            continue
        if text[at : at + 1] == ")":
            blanks += [] if _OPERAND.match(text, at + 1) else [start, at]
        elif factor := _FACTOR.match(text, at):
            closings = _closings(text) if closings is None else closings
            end = _end_of_product(text, factor.end(), closings)
            if end is not None and before not in _TIGHT:
                blanks += [start, end]
            elif end is not None and (not products or start > products[-1][-1]):
                products.append((start, at, end))
    return _swapped(_blanked(text, sorted(blanks)), products)


def _before_operand(text: str, at: int) -> str:
    """Return the operator, bracket or `return` that an operand stands behind; "" where
    it stands behind another.
    """
    while at and text[at - 1].isspace():
        at -= 1
    if text[at - 1 : at] in _BEFORE_OPERAND:
        return text[at - 1]
    return "return" if _RETURN.search(text, max(0, at - 7), at) else ""


def _end_of_product(text: str, factor: int, closings: dict[int, int]) -> int | None:
    """Return where `(a*(b*c))` ends if it may be read as a type, with what follows as
    the operand of its cast.
    """
    end = closings.get(factor)
    if end is None or not _ADDED.match(text, end):
        return None
    return end if _LIKE_PARAMETERS.fullmatch(text[factor:end].rstrip()) else None


def _swapped(text: str, products: list[tuple[int, int, int]]) -> str:
    """Write `((b*c)*a)` for `(a*(b*c))`, which has the same value and cannot be a type.

    Args:
        products: where each opens, its star and its end; one behind another.
    """
    parts = []
    at = 0
    for start, star, end in products:
        parts += [
            text[at : start + 1],
            text[star + 1 : end],
            "*",
            text[start + 1 : star],
        ]
        at = end
    return "".join([*parts, text[at:]])


def _closings(text: str) -> dict[int, int]:
    """Return where the text goes on behind the bracket that closes each opening one."""
    found = {}
    opened = []
    for bracket in _BRACKET_OR_STRING.finditer(text):
        if bracket.group() in ("(", "["):
            opened.append(bracket.start())
        elif bracket.group() in (")", "]") and opened:
            at = bracket.end()
            while text[at : at + 1].isspace():
                at += 1
            found[opened.pop()] = at
    return found


def _blanked(text: str, places: list[int]) -> str:
    ends = [-1, *places]
    return " ".join(
        text[a + 1 : b] for a, b in zip(ends, [*places, len(text)], strict=True)
    )


def declared_name(declarator: Node | None) -> str:
    """Return the name a declarator declares, "" if none."""
    while declarator is not None:
        if declarator.type in _DECLARING:
            return text_of(declarator)
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            inner = next(
                (
                    c
                    for c in declarator.named_children
                    if c.type.endswith(("declarator", "identifier"))
                ),
                None,
            )
        declarator = inner
    return ""


def walk(node: Node):
    """Yield a node and all below it, parents first."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children))


def first_error(node: Node) -> Node | None:
    """Return the first syntax error at or below a node."""
    if not node.has_error:
        return None
    return next((n for n in walk(node) if n.type == "ERROR" or n.is_missing), node)
