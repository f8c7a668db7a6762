"""A small abstract syntax of C that is quick to evaluate many times. Plain data.

In: nothing. Out: `Ast`, `Definitions`. Non-goals: where they come from (lower.py for C
text; another front end makes its own and hands over `Definitions`).

Expressions. Children are expressions unless the table says otherwise.

| kind        | children                      | data                                   |
|-------------|-------------------------------|----------------------------------------|
| number      | none, or the suffix's `CType` | (value: float, is it an integer: bool) |
| string      |                               | (has no value; may stand in an assert) |
| name        |                               | the name of a variable or constant     |
| group       | inner                         | (parentheses)                          |
| member      | struct or union               | the field's name                       |
| index       | array or pointer, index       |                                        |
| dereference | pointer                       |                                        |
| address     | lvalue                        |                                        |
| unary       | operand                       | "-", "+", "!" or "~"                   |
| binary      | left, right                   | C's operator, "&&" and "||" included   |
| assign      | lvalue, value                 | "" for "=", "+" for "+=" and so on     |
| update      | lvalue                        | (1.0 or -1.0, is it a prefix: bool)    |
| conditional | test, yes, no                 |                                        |
| cast        | operand                       | the `CType`                            |
| comma       | first, second                 |                                        |
| literal     | initialiser                   | the `CType`; `(T){...}`                |
| call        | arguments                     | the function's name                    |
| sizeof      | none, or one lvalue           | the `CType`, None for the child's type |
| statement_expression | statements, the last may be the value | its `CType`, None where unknown |
| initialiser | pairs (designators, value)    | a designator is a field or an index    |

Statements. An expression is a statement too. `EMPTY` is the statement that does nothing.

| kind        | children                      | data                                   |
|-------------|-------------------------------|----------------------------------------|
| block       | statements, in a new scope    |                                        |
| statements  | statements, in the same scope |                                        |
| declare     | (name, `CType`, value | None) | "static" or None                       |
| constants   | pairs (name, value: float)    | (enumerators)                          |
| if          | test, yes, no                 | (both sides are statements)            |
| loop        | first, test | None, body, step | "for", or "do": tested from trip 2 on  |
| switch      | selector, cases               | a case is (label | None, statements)   |
| return      | none, or the value            |                                        |
| break       |                               |                                        |
| continue    |                               |                                        |
| refused     |                               | the `Refusal`, raised when reached     |

A function is `Ast("function", data=(parameters, result, body))`: `parameters` are pairs
(name, `CType`), `result` is a `CType`, `body` a statement. "refused" may stand in its
place. `at` is where a node starts in the text, in bytes: refusals point there.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

ExpressionKind = Literal[
    "number",
    "string",
    "name",
    "group",
    "member",
    "index",
    "dereference",
    "address",
    "unary",
    "binary",
    "assign",
    "update",
    "conditional",
    "cast",
    "comma",
    "literal",
    "call",
    "sizeof",
    "statement_expression",
    "initialiser",
]
StatementKind = Literal[
    "block",
    "statements",
    "declare",
    "constants",
    "if",
    "loop",
    "switch",
    "return",
    "break",
    "continue",
    "refused",
]
Kind = ExpressionKind | StatementKind | Literal["function"]
EXPRESSION_KINDS: frozenset[str] = frozenset(get_args(ExpressionKind))
STATEMENT_KINDS: frozenset[str] = frozenset(get_args(StatementKind))


class Ast(NamedTuple):
    """One node of the syntax; the table above says what each kind holds.

    Args:
        kind: what it is.
        kids: its children.
        data: what else it says: an operator, a name, a type.
        at: its offset in the text, in bytes.
    """

    kind: Kind
    kids: tuple[Any, ...] = ()
    data: Any = None
    at: int = 0


EMPTY = Ast("block")


class Definitions(NamedTuple):
    """What a program defines, by whatever language it was written in.

    Args:
        functions: "function" nodes by name.
        variables: "declare" and "constants" nodes, executed in order before any call.
    """

    functions: dict[str, Ast]
    variables: tuple[Ast, ...]


def float_of(whole: int) -> float:
    """Return the double nearest to an integer, on the side of zero.

    Masks of 63 ones do not become 2^63.
    """
    found = float(whole)
    return (
        math.nextafter(found, 0.0) if abs(int(found)) > abs(whole) else found
    )
