"""tree-sitter nodes -> a small abstract syntax that is quick to evaluate many times.

In: function bodies and initialisers of a parsed module. Out: `Ast` tuples.
Non-goals: values. Forms that have no numeric meaning are refused here, by name.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.symbolic.ast import EMPTY, Ast, Kind
from nsc.symbolic.literals import integer, number, wrapped
from nsc.symbolic.typing import type_of, type_of_value
from nsc.syntax import (
    CType,
    Scope,
    Void,
    base_type,
    declare,
    enter,
    named_type,
    text_of,
    type_of_operand,
)
from nsc.text import bad_literal, integer_literal

Rule = Callable[[Node, Scope], Ast]


def lower(node: Node | None, scope: Scope) -> Ast:
    """Lower a statement or expression; nothing at all is an empty block.

    Raises:
        Refusal: `unsupported_syntax`, or what a part of it is refused for.
    """
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


# Rules call `lower` itself: a helper between would halve how deep programs may nest.


def _field(node: Node, name: str) -> Node:
    """Return a part that the grammar promises."""
    found = node.child_by_field_name(name)
    assert found is not None, f"a {node.type} has a {name}"
    return found


def _optional(node: Node, name: str) -> Node | None:
    """Return a part that may be left out."""
    return node.child_by_field_name(name)


def _declared_type(described: Node, scope: Scope) -> CType:
    """Return the type that a type name describes, `float *[3]`."""
    base = _base(described, scope)
    _, ctype = declare(_optional(described, "declarator"), base, scope)
    return ctype


def _base(node: Node, scope: Scope) -> CType:
    """Return what the specifiers of a declaration say, `typeof(x)` too."""
    spec = _optional(node, "type")
    operand = None if spec is None else type_of_operand(spec)
    if operand is None:
        return base_type(node, scope)
    return type_of(lower(operand, scope), scope)


def _first(node: Node, scope: Scope) -> Ast:
    inner = _parts(node)[0]
    if inner.type == "compound_statement":
        return _statement_expression(inner, scope)
    return lower(inner, scope)


def _statement_expression(node: Node, scope: Scope) -> Ast:
    """`({ double t = x; t * t; })`: the last expression is the value."""
    outside = scope.variables
    scope.variables = dict(outside)
    parts = _parts(node)
    last = _parts(parts[-1]) if parts else []
    has_value = bool(last) and parts[-1].type == "expression_statement"
    before = parts[:-1] if has_value else parts
    statements = [_statement(c, scope) for c in before]
    ctype: CType | None = Void()
    if has_value:
        statements.append(lower(last[0], scope))
        ctype = _known_type(statements[-1], scope)
    scope.variables = outside
    return Ast(
        "statement_expression", tuple(statements), ctype, node.start_byte
    )


def _known_type(value: Ast, scope: Scope) -> CType | None:
    try:
        return type_of_value(value, scope)
    except Refusal:
        return None


def _block(node: Node, scope: Scope) -> Ast:
    outside = scope.variables
    scope.variables = dict(outside)
    statements = tuple(_statement(c, scope) for c in _parts(node))
    scope.variables = outside
    return Ast("block", statements, at=node.start_byte)


def _expression_statement(node: Node, scope: Scope) -> Ast:
    statements = tuple(_statement(c, scope) for c in _parts(node))
    return Ast("block", statements, at=node.start_byte)


def _statement(node: Node, scope: Scope) -> Ast:
    """Lower a statement; one without symbolic meaning is refused if it is reached."""
    variables = scope.variables
    try:
        return lower(node, scope)
    except Refusal as refusal:
        scope.variables = variables
        return Ast("refused", data=refusal, at=node.start_byte)


def _name(node: Node, scope: Scope) -> Ast:
    return Ast("name", data=text_of(node), at=node.start_byte)


def _truth(node: Node, scope: Scope) -> Ast:
    if text_of(node) in scope.constants:  # `enum { true = 5 }`
        return _name(node, scope)
    return Ast(
        "number", data=(float(node.type == "true"), True), at=node.start_byte
    )


def _binary(node: Node, scope: Scope) -> Ast:
    left = lower(_optional(node, "left"), scope)
    right = lower(_optional(node, "right"), scope)
    operator = text_of(_field(node, "operator"))
    return Ast("binary", (left, right), operator, node.start_byte)


def _unary(node: Node, scope: Scope) -> Ast:
    operator = text_of(_field(node, "operator"))
    argument = _field(node, "argument")
    if argument.type == "number_literal" and operator in ("-", "~"):
        literal = text_of(argument)
        whole = integer_literal(literal)
        if whole is not None and bad_literal(literal) is None:
            value = -whole if operator == "-" else ~whole
            return integer(wrapped(value, literal), node)
    return Ast("unary", (lower(argument, scope),), operator, node.start_byte)


def _pointer(node: Node, scope: Scope) -> Ast:
    kind = "address" if node.children[0].type == "&" else "dereference"
    return Ast(
        kind, (lower(_optional(node, "argument"), scope),), at=node.start_byte
    )


def _assignment(node: Node, scope: Scope) -> Ast:
    target = lower(_optional(node, "left"), scope)
    value = lower(_optional(node, "right"), scope)
    operator = text_of(_field(node, "operator")).removesuffix("=")
    return Ast("assign", (target, value), operator, node.start_byte)


def _update(node: Node, scope: Scope) -> Ast:
    is_prefix = node.children[0].type in ("++", "--")
    step = 1.0 if text_of(_field(node, "operator")) == "++" else -1.0
    target = lower(_optional(node, "argument"), scope)
    return Ast("update", (target,), (step, is_prefix), node.start_byte)


def _conditional(node: Node, scope: Scope) -> Ast:
    if _optional(node, "consequence") is None:
        return _elvis(node, scope)
    names = ("condition", "consequence", "alternative")
    kids = tuple(lower(_optional(node, name), scope) for name in names)
    return Ast("conditional", kids, at=node.start_byte)


def _elvis(node: Node, scope: Scope) -> Ast:
    """`x ?: y` is `({ __auto_type t = x; t ? t : y; })`, t a name that C lacks."""
    at = node.start_byte
    test = lower(_optional(node, "condition"), scope)
    ctype = type_of_value(test, scope)
    outside = scope.variables
    scope.variables = {**outside, "?:": ctype}
    name = Ast("name", data="?:", at=at)
    other = lower(_optional(node, "alternative"), scope)
    chosen = Ast("conditional", (name, name, other), at=at)
    found = _known_type(chosen, scope)
    scope.variables = outside
    held = Ast("declare", (("?:", ctype, test),), at=at)
    return Ast("statement_expression", (held, chosen), found, at)


def _cast(node: Node, scope: Scope) -> Ast:
    ctype = _declared_type(_field(node, "type"), scope)
    return Ast(
        "cast",
        (lower(_optional(node, "value"), scope),),
        ctype,
        node.start_byte,
    )


def _call(node: Node, scope: Scope) -> Ast:
    callee = _field(node, "function")
    arguments = tuple(
        lower(a, scope) for a in _parts(_field(node, "arguments"))
    )
    while callee.type == "parenthesized_expression":
        callee = _parts(callee)[0]
    if callee.type != "identifier":
        raise Refusal(
            "function_pointer", "only named functions can be called", callee
        )
    name = text_of(callee)
    if len(arguments) == 1:
        ctype = named_type(name, scope)
        # `(real)(x)` reads as a call until the typedef is known
        if ctype is not None:
            return Ast("cast", arguments, ctype, node.start_byte)
    return Ast("call", arguments, name, node.start_byte)


def _subscript(node: Node, scope: Scope) -> Ast:
    array = lower(_optional(node, "argument"), scope)
    index = lower(_optional(node, "index"), scope)
    return Ast("index", (array, index), at=node.start_byte)


def _member(node: Node, scope: Scope) -> Ast:
    """`a->b` is `(*a).b`."""
    inner = lower(_optional(node, "argument"), scope)
    if text_of(_field(node, "operator")) == "->":
        inner = Ast("dereference", (inner,), at=node.start_byte)
    name = text_of(_field(node, "field"))
    return Ast("member", (inner,), name, node.start_byte)


def _comma(node: Node, scope: Scope) -> Ast:
    first = lower(_optional(node, "left"), scope)
    second = lower(_optional(node, "right"), scope)
    return Ast("comma", (first, second), at=node.start_byte)


def _initialiser(node: Node, scope: Scope) -> Ast:
    """`{1, .x = 2, [3] = 4}`: each kid is (designators, value)."""
    kids = tuple(_listed(part, scope) for part in _parts(node))
    return Ast("initialiser", kids, at=node.start_byte)


def _listed(part: Node, scope: Scope) -> tuple[tuple[str | Ast, ...], Ast]:
    if part.type != "initializer_pair":
        return (), lower(part, scope)
    designators = part.children_by_field_name("designator")
    marks = tuple(_designator(d, scope) for d in designators)
    return marks, lower(_optional(part, "value"), scope)


def _designator(node: Node, scope: Scope) -> str | Ast:
    if node.type not in ("field_designator", "subscript_designator"):
        raise Refusal(
            "unsupported_syntax",
            "an initialiser of a range of elements has no symbolic meaning",
            node,
        )
    inner = _parts(node)[0]
    return (
        text_of(inner)
        if node.type == "field_designator"
        else lower(inner, scope)
    )


def _compound_literal(node: Node, scope: Scope) -> Ast:
    ctype = _declared_type(_field(node, "type"), scope)
    return Ast(
        "literal",
        (lower(_optional(node, "value"), scope),),
        ctype,
        node.start_byte,
    )


def _sizeof(node: Node, scope: Scope) -> Ast:
    described = _optional(node, "type")
    if described is not None:
        ctype = _declared_type(described, scope)
        return Ast("sizeof", data=ctype, at=node.start_byte)
    value = _field(node, "value")
    while value.type == "parenthesized_expression":
        inner = _parts(value)[0]
        if inner.type == "compound_statement":
            made = _statement_expression(inner, scope)
            return Ast("sizeof", data=type_of(made, scope), at=made.at)
        value = inner
    # `sizeof(real)` reads as a variable until the typedef is known
    is_name = value.type == "identifier"
    ctype = named_type(text_of(value), scope) if is_name else None
    if ctype is not None:
        return Ast("sizeof", data=ctype, at=node.start_byte)
    return Ast("sizeof", (lower(value, scope),), at=node.start_byte)


_DEFINING = ("enum_specifier", "struct_specifier", "union_specifier")


def _definition(node: Node, scope: Scope) -> Ast:
    """A type defined inside a function; enumerators become constants in its block."""
    before = dict(scope.constants)
    enter(node, scope)
    new = tuple(
        (name, float(value))
        for name, value in scope.constants.items()
        if before.get(name) != value
    )
    return Ast("constants", new, at=node.start_byte)


def _declaration(node: Node, scope: Scope) -> Ast:
    storage = {
        c.text for c in node.children if c.type == "storage_class_specifier"
    }
    spec = _field(node, "type")
    is_defining = spec.type in _DEFINING and type_of_operand(spec) is None
    defined = _definition(node, scope) if is_defining else EMPTY
    is_auto = text_of(spec) == "__auto_type"
    base = None if is_auto else _base(node, scope)
    variables = tuple(
        _variable(declarator, base, scope)
        for declarator in node.children_by_field_name("declarator")
        if not _only_announces(declarator, is_extern=b"extern" in storage)
    )
    kept = "static" if b"static" in storage else None
    declared = Ast("declare", variables, kept, node.start_byte)
    if not defined.kids:
        return declared
    return Ast("statements", (defined, declared), at=node.start_byte)


def _variable(
    declarator: Node, base: CType | None, scope: Scope
) -> tuple[str, CType, Ast | None]:
    """Lower one declared variable to its name, its type and its initial value.

    Args:
        base: None for `__auto_type`, whose variables have their values' types.
    """
    value = _optional(declarator, "value")
    if base is None:
        # the variable is not yet in scope, where its value is
        made = lower(value, scope)
        base = type_of_value(made, scope)
        name, ctype = declare(declarator, base, scope)
        scope.variables[name] = ctype
        return name, ctype, made
    name, ctype = declare(declarator, base, scope)
    scope.variables[name] = ctype
    if declarator.type != "init_declarator":
        return name, ctype, None
    return name, ctype, None if value is None else lower(value, scope)


def _only_announces(declarator: Node, *, is_extern: bool) -> bool:
    """Say whether what is declared is defined elsewhere."""
    is_elsewhere = is_extern and declarator.type != "init_declarator"
    return is_elsewhere or _announces_function(declarator)


def _announces_function(declarator: Node) -> bool:
    """Say whether this is `f(...)` or `*f(...)`, and not `(*f)(...)`."""
    while declarator.type == "pointer_declarator":
        declarator = _field(declarator, "declarator")
    return (
        declarator.type == "function_declarator"
        and _field(declarator, "declarator").type == "identifier"
    )


def _if(node: Node, scope: Scope) -> Ast:
    otherwise = _optional(node, "alternative")
    if otherwise is not None and otherwise.type == "else_clause":
        otherwise = _parts(otherwise)[0]
    test = lower(_optional(node, "condition"), scope)
    yes = lower(_optional(node, "consequence"), scope)
    return Ast("if", (test, yes, lower(otherwise, scope)), at=node.start_byte)


def _for(node: Node, scope: Scope) -> Ast:
    outside = scope.variables
    scope.variables = dict(outside)
    condition = _optional(node, "condition")
    first = lower(_optional(node, "initializer"), scope)
    test = None if condition is None else lower(condition, scope)
    body = lower(_optional(node, "body"), scope)
    step = lower(_optional(node, "update"), scope)
    scope.variables = outside
    return Ast("loop", (first, test, body, step), "for", node.start_byte)


def _while(node: Node, scope: Scope) -> Ast:
    test = lower(_optional(node, "condition"), scope)
    body = lower(_optional(node, "body"), scope)
    kind = "do" if node.type == "do_statement" else "for"
    return Ast("loop", (EMPTY, test, body, EMPTY), kind, node.start_byte)


def _switch(node: Node, scope: Scope) -> Ast:
    cases = tuple(_case(part, scope) for part in _parts(_field(node, "body")))
    selector = lower(_optional(node, "condition"), scope)
    return Ast("switch", (selector, cases), at=node.start_byte)


def _case(part: Node, scope: Scope) -> tuple[Ast | None, tuple[Ast, ...]]:
    """Lower a case to its label, None for the default, and its statements."""
    if part.type != "case_statement":
        message = "a statement before the first case"
        raise Refusal("unsupported_syntax", message, part)
    value = _optional(part, "value")
    label = None if value is None else lower(value, scope)
    statements = _parts(part) if value is None else _parts(part)[1:]
    return label, tuple(lower(s, scope) for s in statements)


def _return(node: Node, scope: Scope) -> Ast:
    value = tuple(lower(c, scope) for c in _parts(node))
    return Ast("return", value, at=node.start_byte)


def _plain(kind: Kind) -> Rule:
    """Return the rule of what has no parts of interest."""
    return lambda node, scope: Ast(kind, at=node.start_byte)


_RULES: dict[str, Rule] = {
    "compound_statement": _block,
    "expression_statement": _expression_statement,
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
    "extension_expression": _first,
    "parenthesized_expression": _first,
    "number_literal": number,
    "char_literal": number,
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
