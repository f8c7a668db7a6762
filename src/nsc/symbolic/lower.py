"""tree-sitter nodes -> a small abstract syntax that is quick to evaluate many times.

In: function bodies and initialisers of a parsed module. Out: `Ast` tuples.
Non-goals: values. Forms that have no numeric meaning are refused here, by name.
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.symbolic.ast import EMPTY, Ast, float_of
from nsc.syntax import Scope, base_type, declare, enter, named_type, text_of
from nsc.text import integer_literal


def lower(node: Node | None, scope: Scope) -> Ast:
    """Lower a statement or expression; nothing at all is an empty block."""
    if node is None:
        return EMPTY
    rule = _RULES.get(node.type)
    if rule is None:
        raise Refusal(
            "unsupported_syntax",
            f"'{node.type.replace('_', ' ')}' has no symbolic meaning",
            node,
        )
    return rule(node, scope)


def _parts(node: Node) -> list[Node]:
    return [c for c in node.named_children if c.type != "comment"]


def _field(node: Node, name: str) -> Node:
    return node.child_by_field_name(name)


def _first(node: Node, scope: Scope) -> Ast:
    return lower(_parts(node)[0], scope)


def _block(node: Node, scope: Scope) -> Ast:
    return Ast(
        "block", tuple(_statement(c, scope) for c in _parts(node)), at=node.start_byte
    )


def _statement(node: Node, scope: Scope) -> Ast:
    """Lower a statement; one without symbolic meaning is refused where, and only if, it
    is reached.
    """
    try:
        return lower(node, scope)
    except Refusal as refusal:
        return Ast("refused", data=refusal, at=node.start_byte)


def _number(node: Node, scope: Scope) -> Ast:
    text = text_of(node)
    whole = integer_literal(text)
    if whole is not None:
        return Ast(
            "number", data=(float_of(_wrapped(whole, text)), True), at=node.start_byte
        )
    body = text.lower()
    is_hex = body.startswith(("0x", "-0x", "+0x"))
    body = body.rstrip("l") if is_hex and "p" not in body else body.rstrip("fl")
    try:
        return Ast(
            "number",
            data=(float.fromhex(body) if is_hex else float(body), False),
            at=node.start_byte,
        )
    except ValueError:
        raise Refusal("bad_number", f"'{text}' is not a number", node) from None


def _wrapped(whole: int, literal: str) -> int:
    """Wrap a negative integer around where its literal is unsigned."""
    suffix = literal.lower().rstrip("0123456789")
    if whole >= 0 or "u" not in suffix:
        return whole
    return whole % 2 ** (64 if "ll" in suffix or whole < -(2**32) else 32)


def _name(node: Node, scope: Scope) -> Ast:
    return Ast("name", data=text_of(node), at=node.start_byte)


def _truth(node: Node, scope: Scope) -> Ast:
    return Ast("number", data=(float(node.type == "true"), True), at=node.start_byte)


def _binary(node: Node, scope: Scope) -> Ast:
    sides = (lower(_field(node, "left"), scope), lower(_field(node, "right"), scope))
    return Ast("binary", sides, text_of(_field(node, "operator")), node.start_byte)


def _unary(node: Node, scope: Scope) -> Ast:
    operator = text_of(_field(node, "operator"))
    argument = _field(node, "argument")
    whole = (
        integer_literal(text_of(argument))
        if argument.type == "number_literal"
        else None
    )
    if whole is not None and operator in "-~":
        whole = _wrapped(-whole if operator == "-" else ~whole, text_of(argument))
        return Ast("number", data=(float_of(whole), True), at=node.start_byte)
    return Ast("unary", (lower(argument, scope),), operator, node.start_byte)


def _pointer(node: Node, scope: Scope) -> Ast:
    kind = "address" if node.children[0].type == "&" else "dereference"
    return Ast(kind, (lower(_field(node, "argument"), scope),), at=node.start_byte)


def _assignment(node: Node, scope: Scope) -> Ast:
    sides = (lower(_field(node, "left"), scope), lower(_field(node, "right"), scope))
    return Ast("assign", sides, text_of(_field(node, "operator"))[:-1], node.start_byte)


def _update(node: Node, scope: Scope) -> Ast:
    prefix = node.children[0].type in ("++", "--")
    sign = 1.0 if text_of(_field(node, "operator")) == "++" else -1.0
    return Ast(
        "update",
        (lower(_field(node, "argument"), scope),),
        (sign, prefix),
        node.start_byte,
    )


def _conditional(node: Node, scope: Scope) -> Ast:
    names = ("condition", "consequence", "alternative")
    return Ast(
        "conditional",
        tuple(lower(_field(node, n), scope) for n in names),
        at=node.start_byte,
    )


def _cast(node: Node, scope: Scope) -> Ast:
    described = _field(node, "type")
    ctype = base_type(described, scope)
    _, ctype = declare(_field(described, "declarator"), ctype, scope)
    return Ast("cast", (lower(_field(node, "value"), scope),), ctype, node.start_byte)


def _call(node: Node, scope: Scope) -> Ast:
    callee = _field(node, "function")
    arguments = tuple(lower(a, scope) for a in _parts(_field(node, "arguments")))
    while callee.type == "parenthesized_expression":
        callee = _parts(callee)[0]
    if callee.type != "identifier":
        raise Refusal("function_pointer", "only named functions can be called", callee)
    name = text_of(callee)
    if len(arguments) == 1 and callee is not _field(node, "function"):
        ctype = named_type(name, scope)
        if ctype is not None:  # `(real)(x)` reads as a call until the typedef is known
            return Ast("cast", arguments, ctype, node.start_byte)
    return Ast("call", arguments, name, node.start_byte)


def _subscript(node: Node, scope: Scope) -> Ast:
    pair = (lower(_field(node, "argument"), scope), lower(_field(node, "index"), scope))
    return Ast("index", pair, at=node.start_byte)


def _member(node: Node, scope: Scope) -> Ast:
    inner = lower(_field(node, "argument"), scope)
    if text_of(_field(node, "operator")) == "->":
        inner = Ast("dereference", (inner,), at=node.start_byte)
    return Ast("member", (inner,), text_of(_field(node, "field")), node.start_byte)


def _comma(node: Node, scope: Scope) -> Ast:
    sides = (lower(_field(node, "left"), scope), lower(_field(node, "right"), scope))
    return Ast("comma", sides, at=node.start_byte)


def _initialiser(node: Node, scope: Scope) -> Ast:
    """`{1, .x = 2, [3] = 4}`: each kid is (designators, value)."""
    kids = []
    for part in _parts(node):
        if part.type == "initializer_pair":
            marks = tuple(
                _designator(d, scope) for d in part.children_by_field_name("designator")
            )
            kids.append((marks, lower(_field(part, "value"), scope)))
        else:
            kids.append(((), lower(part, scope)))
    return Ast("initialiser", tuple(kids), at=node.start_byte)


def _designator(node: Node, scope: Scope) -> str | Ast:
    if node.type not in ("field_designator", "subscript_designator"):
        raise Refusal(
            "unsupported_syntax",
            "an initialiser of a range of elements has no symbolic meaning",
            node,
        )
    inner = _parts(node)[0]
    return text_of(inner) if node.type == "field_designator" else lower(inner, scope)


def _compound_literal(node: Node, scope: Scope) -> Ast:
    described = _field(node, "type")
    _, ctype = declare(
        _field(described, "declarator"), base_type(described, scope), scope
    )
    return Ast(
        "literal", (lower(_field(node, "value"), scope),), ctype, node.start_byte
    )


def _sizeof(node: Node, scope: Scope) -> Ast:
    described = _field(node, "type")
    value = _field(node, "value")
    while value is not None and value.type == "parenthesized_expression":
        value = _parts(value)[0]
    if described is not None:
        _, ctype = declare(
            _field(described, "declarator"), base_type(described, scope), scope
        )
    else:  # `sizeof(real)` reads as a variable until the typedef is known
        ctype = (
            named_type(text_of(value), scope) if value.type == "identifier" else None
        )
    return Ast(
        "sizeof", () if ctype else (lower(value, scope),), ctype, node.start_byte
    )


_DEFINING = ("enum_specifier", "struct_specifier", "union_specifier")


def _definition(node: Node, scope: Scope) -> Ast:
    """A type defined inside a function; enumerators become constants in its block."""
    before = dict(scope.constants)
    enter(node, scope)
    new = tuple((n, float(v)) for n, v in scope.constants.items() if before.get(n) != v)
    return Ast("constants", new, at=node.start_byte)


def _declaration(node: Node, scope: Scope) -> Ast:
    storage = {c.text for c in node.children if c.type == "storage_class_specifier"}
    is_extern = b"extern" in storage
    defined = (
        _definition(node, scope)
        if node.child_by_field_name("type").type in _DEFINING
        else EMPTY
    )
    base = base_type(node, scope)
    made = []
    for declarator in node.children_by_field_name("declarator"):
        if (
            _announces_function(declarator)
            or is_extern
            and declarator.type != "init_declarator"
        ):
            continue  # only announced here
        name, ctype = declare(declarator, base, scope)
        value = (
            _field(declarator, "value")
            if declarator.type == "init_declarator"
            else None
        )
        made.append((name, ctype, None if value is None else lower(value, scope)))
    declared = Ast(
        "declare",
        tuple(made),
        "static" if b"static" in storage else None,
        node.start_byte,
    )
    return (
        Ast("statements", (defined, declared), at=node.start_byte)
        if defined.kids
        else declared
    )


def _announces_function(declarator: Node) -> bool:
    """Say whether this is `f(...)` or `*f(...)`, and not `(*f)(...)`."""
    while declarator.type == "pointer_declarator":
        declarator = _field(declarator, "declarator")
    return (
        declarator.type == "function_declarator"
        and _field(declarator, "declarator").type == "identifier"
    )


def _if(node: Node, scope: Scope) -> Ast:
    otherwise = _field(node, "alternative")
    if otherwise is not None and otherwise.type == "else_clause":
        otherwise = _parts(otherwise)[0]
    kids = (_field(node, "condition"), _field(node, "consequence"), otherwise)
    return Ast("if", tuple(lower(k, scope) for k in kids), at=node.start_byte)


def _for(node: Node, scope: Scope) -> Ast:
    test = _field(node, "condition")
    kids = (
        lower(_field(node, "initializer"), scope),
        None if test is None else lower(test, scope),
        lower(_field(node, "body"), scope),
        lower(_field(node, "update"), scope),
    )
    return Ast("loop", kids, "for", node.start_byte)


def _while(node: Node, scope: Scope) -> Ast:
    test = lower(_field(node, "condition"), scope)
    body = lower(_field(node, "body"), scope)
    kind = "do" if node.type == "do_statement" else "for"
    return Ast("loop", (EMPTY, test, body, EMPTY), kind, node.start_byte)


def _switch(node: Node, scope: Scope) -> Ast:
    """Kids: the selector, then (value or None for default, statements) in text order."""
    cases = []
    for part in _parts(_field(node, "body")):
        if part.type != "case_statement":
            raise Refusal(
                "unsupported_syntax", "a statement before the first case", part
            )
        value = _field(part, "value")
        label = None if value is None else lower(value, scope)
        skip = 0 if value is None else 1
        cases.append((label, tuple(lower(s, scope) for s in _parts(part)[skip:])))
    return Ast(
        "switch",
        (lower(_field(node, "condition"), scope), tuple(cases)),
        at=node.start_byte,
    )


def _return(node: Node, scope: Scope) -> Ast:
    return Ast(
        "return", tuple(lower(c, scope) for c in _parts(node)), at=node.start_byte
    )


def _plain(kind: str):
    return lambda node, scope: Ast(kind, at=node.start_byte)


_RULES = {
    "compound_statement": _block,
    "expression_statement": _block,
    "declaration": _declaration,
    "if_statement": _if,
    "for_statement": _for,
    "while_statement": _while,
    "do_statement": _while,
    "switch_statement": _switch,
    "return_statement": _return,
    "break_statement": _plain("break"),
    "continue_statement": _plain("continue"),
    "type_definition": _definition,
    "struct_specifier": _definition,
    "union_specifier": _definition,
    "enum_specifier": _definition,
    "comment": _plain("block"),
    "parenthesized_expression": _first,
    "number_literal": _number,
    "char_literal": _number,
    "identifier": _name,
    "true": _truth,
    "false": _truth,
    "null": _truth,
    "string_literal": _plain("string"),
    "concatenated_string": _plain("string"),
    "sizeof_expression": _sizeof,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "pointer_expression": _pointer,
    "assignment_expression": _assignment,
    "update_expression": _update,
    "conditional_expression": _conditional,
    "cast_expression": _cast,
    "call_expression": _call,
    "subscript_expression": _subscript,
    "field_expression": _member,
    "comma_expression": _comma,
    "initializer_list": _initialiser,
    "compound_literal_expression": _compound_literal,
}
