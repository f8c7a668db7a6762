"""Expressions of C -> what they do to a `Machine`, and the values they leave.

In: syntax nodes of a function, the types in sight. Out: `Expression`s. Non-goals:
lvalues (places.py), statements (statements.py), calls (calls.py).
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.program.compiler import (
    Compiler,
    Expression,
    Run,
    Variable,
    as_number,
    as_range,
    children_in_order,
    in_order,
    nothing,
    pointee_of,
    statements_in,
    without_parentheses,
)
from nsc.program.effects import Machine, Value, tested, truth
from nsc.program.paths import NOWHERE, Pointers, size_of
from nsc.program.places import place_of
from nsc.program.whole_numbers import (
    SIZE,
    binary,
    compared,
    converted,
    promoted,
    type_of_binary,
)
from nsc.refusal import Refusal
from nsc.syntax import (
    DOUBLE,
    INT,
    Array,
    CType,
    Pointer,
    Scalar,
    Void,
    base_type,
    child,
    constant,
    declare,
    named_type,
    operator_of,
    optional_child,
    text_of,
    type_of_operand,
)

NULL = ("NULL", "0")  # how a null pointer is spelled


def literal(c: Compiler, node: Node) -> Expression:
    text = text_of(node).lower()
    is_hexadecimal = text.startswith("0x")
    if any(mark in text for mark in (".", "p" if is_hexadecimal else "e")):
        return Expression(DOUBLE, nothing)
    try:
        value = constant(node, c.scope)
    except Refusal:
        return Expression(None, nothing)
    ctype = named_type(
        ("unsigned " if "u" in text else "")
        + ("long" if "l" in text else "int"),
        c.scope,
    )
    known = converted((value, value), ctype)
    return Expression(ctype, lambda m: known)


def parenthesised(c: Compiler, node: Node) -> Expression:
    block = statements_in(node)
    if block is not None:
        return _last_of(c, block)
    inner = [n for n in node.named_children if n.type != "comment"]
    if len(inner) == 1:
        return c.compile(inner[0])
    return children_in_order(c, node)


def _last_of(c: Compiler, block: Node) -> Expression:
    """Compile `({ ...; x; })`, whose value is its last expression's."""
    parts = [n for n in block.named_children if n.type != "comment"]
    c.blocks.append({})
    made = [c.compile(part) for part in parts[:-1]]
    last = Expression(None, nothing)
    if parts:
        ends = parts[-1].named_children
        is_value = parts[-1].type == "expression_statement" and ends
        last = c.compile(ends[0] if is_value else parts[-1])
    c.blocks.pop()
    before = in_order([each.run for each in made if each.run is not nothing])

    def run(m: Machine) -> Value:
        before(m)
        return last.run(m)

    return Expression(last.type, run)


def assignment(c: Compiler, node: Node) -> Expression:
    target = child(node, "left")
    operator = operator_of(node)[:-1]
    place = place_of(c, target)
    right = c.compile(child(node, "right"))
    if place.variable is not None:
        run = _to_variable(place.variable, operator, right, node)
        return Expression(place.type, run)
    where = place.run
    value = right.run

    def store(m: Machine) -> Value:
        m.lose(value(m), node)
        places = where(m)
        if operator:
            m.read(places, target)
        m.write(places, target)
        return None

    return Expression(place.type, store)


def _to_variable(
    variable: Variable, operator: str, right: Expression, node: Node
) -> Run:
    if not operator:
        return stored(variable, right, node)
    key = variable.key
    ctype = variable.type
    computed_in = type_of_binary(operator, ctype, right.type)

    def update(m: Machine) -> Value:
        before = m.value(key)
        by = right.run(m)
        m.lose(by, node)
        after: Value = None
        if isinstance(before, frozenset):
            step = as_range(by)
            if operator == "-" and step is not None:
                step = (-step[1], -step[0])
            after = m.moved(before, step, pointee_of(ctype), node)
        elif before is not None and isinstance(by, tuple):
            after = converted(binary(operator, before, by, computed_in), ctype)
        if variable.is_followed:
            m.assign(key, after)
        return after

    return update


def stored(variable: Variable, right: Expression, node: Node) -> Run:
    """Compile `variable = right`, or its initialisation."""
    ctype = variable.type
    key = variable.key
    value = right.run
    if not variable.is_followed:

        def lose(m: Machine) -> Value:
            m.lose(value(m), node)
            return None

        return lose
    if isinstance(ctype, Pointer):

        def point(m: Machine) -> Value:
            found = value(m)
            pointers = found if isinstance(found, frozenset) else NOWHERE
            m.assign(key, pointers)
            return pointers

        return point

    def count(m: Machine) -> Value:
        found = value(m)
        m.lose(found, node)
        number = converted(as_range(found), ctype)
        m.assign(key, number)
        return number

    return count


def update(c: Compiler, node: Node) -> Expression:
    target = child(node, "argument")
    place = place_of(c, target)
    operator = operator_of(node)[0]
    is_postfix = target.start_byte == node.start_byte
    if place.variable is None:
        where = place.run

        def change(m: Machine) -> Value:
            places = where(m)
            m.read(places, target)
            m.write(places, target)
            return None

        return Expression(place.type, change)
    one = Expression(INT, lambda m: (1, 1))
    step = _to_variable(place.variable, operator, one, node)
    key = place.variable.key

    def run(m: Machine) -> Value:
        before = m.value(key)
        after = step(m)
        return before if is_postfix else after

    return Expression(place.type, run)


def binary_expression(c: Compiler, node: Node) -> Expression:
    operator = operator_of(node)
    left = c.compile(child(node, "left"))
    right = c.compile(child(node, "right"))
    if operator in ("&&", "||"):
        return _short_circuit(operator, left, right)
    compared_pointer = _compared_with_null(node, left, right)
    if compared_pointer is not None:
        return _null_test(operator, compared_pointer)
    computed_in = type_of_binary(operator, left.type, right.type)
    compute_in = type_of_binary("+", left.type, right.type)
    pointer = left if isinstance(left.type, Pointer | Array) else right
    to = pointee_of(pointer.type)
    if to is not None and operator in ("+", "-"):
        computed_in = Pointer(to)

    def run(m: Machine) -> Value:
        a = left.run(m)
        b = right.run(m)
        if isinstance(a, tuple) and isinstance(b, tuple):
            return binary(operator, a, b, compute_in)
        if isinstance(a, frozenset) and isinstance(b, frozenset):
            return _between(m, operator, a, b, node)
        return _moved(m, operator, a, b, to, node)

    if operator == "-" and isinstance(right.type, Pointer | Array):
        return Expression(INT, run)
    return Expression(computed_in, run)


def _moved(
    m: Machine, operator: str, a: Value, b: Value, to: CType | None, node: Node
) -> Value:
    """Add an integer to a pointer, or take one off; anything else loses the pointer."""
    if isinstance(b, frozenset) and operator == "+":
        return m.moved(b, as_range(a), to, node)
    by = as_range(b)
    if isinstance(a, frozenset) and operator == "+":
        return m.moved(a, by, to, node)
    if isinstance(a, frozenset) and operator == "-":
        back = None if by is None else (-by[1], -by[0])
        return m.moved(a, back, to, node)
    m.lose(a, node)
    m.lose(b, node)
    return None


def _compared_with_null(
    node: Node, left: Expression, right: Expression
) -> Expression | None:
    """Return the pointer that a comparison holds against the null pointer."""
    if operator_of(node) not in ("==", "!="):
        return None
    for pointer, other in ((left, "right"), (right, "left")):
        is_null = text_of(child(node, other)).strip("() ") in NULL
        if is_null and isinstance(pointer.type, Pointer | Array):
            return pointer
    return None


def _null_test(operator: str, pointer: Expression) -> Expression:
    """Compare a pointer with the null pointer: `p == NULL`."""

    def run(m: Machine) -> Value:
        holds = truth(tested(pointer.run(m)))
        if holds is None:
            return None
        said = holds if operator == "!=" else not holds
        return int(said), int(said)

    return Expression(INT, run)


def _between(
    m: Machine, operator: str, a: Pointers, b: Pointers, node: Node
) -> Value:
    """Compare or subtract two pointers into one object."""
    if a == NOWHERE and b == NOWHERE:
        return None
    together = a | b
    if len({path.root for path in together}) > 1:
        m.lose(a, node)
        m.lose(b, node)
        return None
    if len(a) > 1 or len(b) > 1:
        return None
    (one,) = a
    (other,) = b
    left = one.steps[-1]
    right = other.steps[-1]
    if one.steps[:-1] != other.steps[:-1] or not one.is_certain:
        return None
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        return None
    if operator == "-":
        return left[0] - right[1], left[1] - right[0]
    return compared(operator, left, right) if operator[0] in "<>=!" else None


def _short_circuit(
    operator: str, left: Expression, right: Expression
) -> Expression:
    def run(m: Machine) -> Value:
        holds = truth(tested(left.run(m)))
        if operator == "||" and holds is not None:
            holds = not holds

        def rest(m: Machine) -> Value:
            known = truth(tested(right.run(m)))
            return None if known is None else (int(known), int(known))

        decided = (0, 0) if operator == "&&" else (1, 1)
        return m.either(holds, rest, lambda m: decided)

    return Expression(INT, run)


def conditional(c: Compiler, node: Node) -> Expression:
    test = c.compile(child(node, "condition"))
    chosen = optional_child(node, "consequence")
    # `x ?: y` is x, evaluated once, where that is not zero
    first = c.compile(chosen) if chosen is not None else test
    second = c.compile(child(node, "alternative"))
    ctype = first.type if isinstance(first.type, Pointer) else second.type
    if isinstance(first.type, Scalar) and isinstance(second.type, Scalar):
        ctype = type_of_binary("+", first.type, second.type)
    if isinstance(ctype, Array):
        ctype = Pointer(ctype.of)
    if isinstance(first.type, Array):
        ctype = Pointer(first.type.of)

    def run(m: Machine) -> Value:
        value = test.run(m)
        yes = first.run if chosen is not None else lambda m: value
        return m.either(truth(tested(value)), yes, second.run)

    return Expression(ctype, run)


def comma(c: Compiler, node: Node) -> Expression:
    left = c.compile(child(node, "left"))
    right = c.compile(child(node, "right"))

    def run(m: Machine) -> Value:
        left.run(m)
        return right.run(m)

    return Expression(right.type, run)


def unary(c: Compiler, node: Node) -> Expression:
    operator = operator_of(node)
    argument = c.compile(child(node, "argument"))
    ctype = (
        promoted(argument.type) if isinstance(argument.type, Scalar) else None
    )
    if operator == "!":
        ctype = INT

    def run(m: Machine) -> Value:
        value = argument.run(m)
        if operator == "!":
            value = tested(value)
        m.lose(value, node)
        if not isinstance(value, tuple):
            return None
        if operator == "!":
            holds = truth(value)
            return None if holds is None else (int(not holds), int(not holds))
        if operator == "-":
            return converted((-value[1], -value[0]), ctype)
        if operator == "~":
            return converted((~value[1], ~value[0]), ctype)
        return converted(value, ctype)

    return Expression(ctype, run)


def cast(c: Compiler, node: Node) -> Expression:
    ctype = named_in(c, child(node, "type"))
    return cast_to(ctype, c.compile(child(node, "value")), node)


def cast_to(ctype: CType | None, inner: Expression, node: Node) -> Expression:
    """Convert what an expression gives to a type; None if that is not known."""
    if isinstance(ctype, Pointer):
        return Expression(ctype, inner.run)
    if isinstance(ctype, Void):
        return Expression(ctype, in_order([inner.run, nothing]))
    run = as_number(inner, node)
    return Expression(ctype, lambda m: converted(as_range(run(m)), ctype))


def named_in(c: Compiler, descriptor: Node) -> CType | None:
    """Return the type that a cast or sizeof names; None if it is not known."""
    try:
        base = specified(c, descriptor)
        declarator = optional_child(descriptor, "declarator")
        return declare(declarator, base, c.scope)[1]
    except Refusal:
        return None


def specified(c: Compiler, node: Node) -> CType:
    """Return what the specifiers of a declaration say, `typeof(x)` too.

    Raises:
        Refusal: it is not known.
    """
    spec = optional_child(node, "type")
    operand = None if spec is None else type_of_operand(spec)
    if operand is None:
        return base_type(node, c.scope)
    found = _type_of(c, operand)
    if found is None:
        raise Refusal("unknown_type", "this type is not known", node)
    return found


def sizeof(c: Compiler, node: Node) -> Expression:
    """Compile `sizeof x`, which evaluates nothing."""
    named = optional_child(node, "type")
    value = optional_child(node, "value")
    ctype: CType | None = None
    if named is not None:
        ctype = named_in(c, named)
    elif value is not None:
        ctype = _type_of(c, value)
    size = size_of(ctype)
    known = None if size is None else (size, size)
    return Expression(SIZE, lambda m: known)


def _type_of(c: Compiler, node: Node) -> CType | None:
    """Return the type of an expression that is not evaluated."""
    before = c.pointers_used
    try:
        inner = without_parentheses(node)
        if inner.type == "identifier":
            variable = c.variable(text_of(inner))
            # `sizeof(matrix)` reads as a variable until the typedef is known
            if variable is None:
                return named_type(text_of(inner), c.scope)
            return variable.type
        return c.compile(inner).type
    except Refusal:
        return None
    finally:
        c.pointers_used = before
