"""The seam for other languages: `Definitions` made by hand give the DAG that C text does.

No C text is read in these tests but to compare with.
"""

import numpy as np
import pytest
from closed import body, points, read, read_definitions, values
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.graph import Unsupported
from nsc.refusal import Refusal
from nsc.symbolic import EMPTY, Ast, Definitions, definitions_of, float_of
from nsc.syntax import DOUBLE, INT, Array, Pointer, Struct, Void

PAIR = Struct("P", (("a", DOUBLE), ("b", DOUBLE)))
RANGES = ((-2, 2), (-2, 2))


def name(spelling):
    return Ast("name", data=spelling)


def number(value):
    return Ast("number", data=(float(value), isinstance(value, int)))


def binary(operator, left, right):
    return Ast("binary", (left, right), operator)


def assign(target, value, operator=""):
    return Ast("assign", (target, value), operator)


def returned(value):
    return Ast("return", (value,))


def block(*statements):
    return Ast("block", statements)


def declared(spelling, ctype, value=None, kept=None):
    return Ast("declare", ((spelling, ctype, value),), kept)


def listed(*values_):
    return Ast("initialiser", tuple(((), value) for value in values_))


def function(parameters, result, *statements):
    return Ast("function", data=(parameters, result, block(*statements)))


def program(*statements, variables=(), **others):
    """Define f(x, y) by its statements, beside other functions."""
    f = function((("x", DOUBLE), ("y", DOUBLE)), DOUBLE, *statements)
    return Definitions({"f": f, **others}, tuple(variables))


X = name("x")
Y = name("y")
P = name("p")
K = name("k")
COUNT = Ast(
    "loop",
    (
        declared("k", INT, number(0)),
        binary("<", K, number(3)),
        block(
            Ast("if", (binary("==", K, number(1)), Ast("continue"), EMPTY)),
            assign(X, K, "+"),
        ),
        Ast("update", (K,), (1.0, True)),
    ),
    "for",
)
CASES = {
    "binary": (
        program(
            returned(
                binary("*", X, Ast("group", (binary("+", Y, number(1)),)))
            )
        ),
        "return x * (y + 1);",
    ),
    "unary": (
        program(returned(Ast("unary", (binary("<", X, Y),), "!"))),
        "return !(x < y);",
    ),
    "logical": (
        program(
            returned(
                binary("&&", binary("<", X, Y), binary("<", Y, number(1)))
            )
        ),
        "return x < y && y < 1;",
    ),
    "conditional": (
        program(returned(Ast("conditional", (binary("<", X, Y), X, Y)))),
        "return x < y ? x : y;",
    ),
    "if": (
        program(
            Ast("if", (binary("<", X, Y), block(returned(X)), EMPTY)),
            returned(number(3.0)),
        ),
        "if (x < y) { return x; } return 3.0;",
    ),
    "for loop": (
        program(COUNT, returned(X)),
        "for (int k = 0; k < 3; ++k) { if (k == 1) continue; x += k; } return x;",
    ),
    "do loop": (
        program(
            Ast("loop", (EMPTY, number(0), assign(X, Y, "+"), EMPTY), "do"),
            returned(X),
        ),
        "do x += y; while (0); return x;",
    ),
    "endless loop left": (
        program(
            Ast(
                "loop",
                (EMPTY, None, block(assign(X, Y), Ast("break")), EMPTY),
                "for",
            ),
            returned(X),
        ),
        "for (;;) { x = y; break; } return x;",
    ),
    "switch": (
        program(
            Ast(
                "switch",
                (
                    Ast("cast", (X,), INT),
                    (
                        (number(1), (assign(X, Y), Ast("break"))),
                        (None, (assign(X, number(5)),)),
                    ),
                ),
            ),
            returned(X),
        ),
        "switch ((int)x) { case 1: x = y; break; default: x = 5; } return x;",
    ),
    "array": (
        program(
            declared("v", Array(DOUBLE, None), listed(X, Y)),
            returned(Ast("index", (name("v"), number(1)))),
        ),
        "double v[] = {x, y}; return v[1];",
    ),
    "struct by designators": (
        program(
            declared(
                "p",
                PAIR,
                Ast("initialiser", ((("b",), X), (("a",), Y))),
            ),
            returned(
                binary("-", Ast("member", (P,), "a"), Ast("member", (P,), "b"))
            ),
        ),
        "struct { double a, b; } p = {.b = x, .a = y}; return p.a - p.b;",
    ),
    "pointer": (
        program(
            declared("p", Pointer(DOUBLE), Ast("address", (X,))),
            assign(Ast("dereference", (P,)), Y),
            returned(X),
        ),
        "double *p = &x; *p = y; return x;",
    ),
    "call": (
        program(
            returned(Ast("call", (X, Ast("call", (Y,), "sin")), "sum")),
            sum=function(
                (("a", DOUBLE), ("b", DOUBLE)),
                DOUBLE,
                returned(binary("+", name("a"), name("b"))),
            ),
        ),
        "return x + sin(y);",
    ),
    "call without a value": (
        program(
            Ast("call", (Ast("address", (X,)),), "clear"),
            returned(binary("+", X, Y)),
            clear=function(
                (("p", Pointer(DOUBLE)),),
                Void(),
                assign(Ast("dereference", (P,)), number(0.0)),
            ),
        ),
        "return 0 + y;",
    ),
    "comma, literal and size": (
        program(
            returned(
                Ast(
                    "comma",
                    (
                        assign(X, number(2.0)),
                        binary(
                            "+",
                            Ast(
                                "member",
                                (Ast("literal", (listed(X, Y),), PAIR),),
                                "a",
                            ),
                            Ast("sizeof", data=PAIR),
                        ),
                    ),
                )
            )
        ),
        "return 2.0 + 16;",
    ),
    "file scope": (
        program(
            returned(binary("*", name("scale"), binary("+", X, name("ONE")))),
            variables=(
                declared("scale", DOUBLE, number(3.0)),
                Ast("constants", (("ONE", 1.0),)),
            ),
        ),
        "return 3.0 * (x + 1);",
    ),
    "statements in the scope at hand": (
        program(Ast("statements", (declared("k", DOUBLE, X),)), returned(K)),
        "double k = x; return k;",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_definitions_made_by_hand_mean_what_the_text_does(case):
    definitions, statements = CASES[case]
    from_text = read(body(statements, "xy"), RANGES)
    by_hand = read_definitions(definitions, RANGES)
    u, _ = points(RANGES)
    np.testing.assert_allclose(
        values(by_hand, u), values(from_text, u), atol=1e-15
    )


def test_static_variables_are_told_by_their_declaration():
    count = declared("n", INT, number(0), "static")
    step = function(
        (),
        INT,
        count,
        Ast("update", (name("n"),), (1.0, True)),
        returned(name("n")),
    )
    twice = binary("+", Ast("call", (), "step"), Ast("call", (), "step"))
    dag = read_definitions(program(returned(twice), step=step), RANGES)
    assert values(dag, np.zeros((1, 2))) == 3


def test_what_a_front_end_refuses_is_refused_where_it_is_reached():
    refusal = Refusal("no_meaning", "a list comprehension", 12)
    refused = Ast("refused", data=refusal)
    passed = program(returned(X), refused)
    assert not isinstance(read_definitions(passed, RANGES), Unsupported)
    reached = read_definitions(program(refused, returned(X)), RANGES)
    assert reached == Unsupported("no_meaning", "a list comprehension")
    called = program(returned(Ast("call", (), "g")), g=refused)
    assert read_definitions(called, RANGES) == reached


def test_a_refusal_has_no_position_where_there_is_no_text():
    dag = read_definitions(program(returned(name("nothing"))), RANGES)
    assert dag == Unsupported("unknown_name", "'nothing' has no known value")


def test_definitions_of_a_text_are_the_same_seam():
    text = "static double g(double v) { return 2 * v; }" + body("return g(x);")
    definitions = definitions_of(text)
    assert (
        list(definitions.functions) == ["g", "f"]
        and definitions.variables == ()
    )
    assert read_definitions(definitions).fingerprint == read(text).fingerprint


def test_definitions_of_a_text_refuse_a_type_that_is_not_known():
    with pytest.raises(
        Refusal, match="the type 'T' is not defined in this file"
    ):
        definitions_of("double f(T x) { return 1; }")


@given(st.integers(-(2**80), 2**80))
def test_integers_become_the_nearest_double_on_the_side_of_zero(whole):
    found = float_of(whole)
    assert abs(int(found)) <= abs(whole)
    assert abs(int(found) - whole) * 2**52 <= abs(whole)
    assert float_of(-whole) == -found


# random expressions beside Python's own arithmetic

leaves = st.one_of(
    st.just((X, lambda x, y: x)),
    st.just((Y, lambda x, y: y)),
    st.integers(-3, 3).map(
        lambda n: (number(float(n)), lambda x, y: float(n))
    ),
)
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: float(a < b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
}


def combined(children):
    def of_two(parts):
        operator, (left, f), (right, g) = parts
        apply = OPERATORS[operator]
        ast = binary(operator, left, right)
        return ast, lambda x, y: apply(f(x, y), g(x, y))

    def of_three(parts):
        (test, f), (yes, g), (no, h) = parts
        ast = Ast("conditional", (test, yes, no))
        return ast, lambda x, y: g(x, y) if f(x, y) else h(x, y)

    pairs = st.tuples(st.sampled_from(sorted(OPERATORS)), children, children)
    triples = st.tuples(children, children, children)
    return st.one_of(pairs.map(of_two), triples.map(of_three))


@settings(max_examples=60, deadline=None)
@given(st.recursive(leaves, combined, max_leaves=12))
def test_random_expressions_are_what_python_computes(expression):
    ast, python = expression
    u, x = points(RANGES, n=20)
    found = values(read_definitions(program(returned(ast)), RANGES), u)
    np.testing.assert_allclose(
        found, [python(*row) for row in x], rtol=1e-9, atol=1e-9
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("+-*"), leaves, leaves, leaves),
        min_size=1,
        max_size=4,
    )
)
def test_random_branches_are_what_python_computes(steps):
    statements = []
    for operator, (left, _), (right, _), (value, _) in steps:
        change = assign(X, value, operator)
        leave = returned(binary("+", X, number(1.0)))
        statements.append(Ast("if", (binary("<", left, right), change, EMPTY)))
        statements.append(
            Ast("if", (binary("<", number(9.0), X), leave, EMPTY))
        )
    dag = read_definitions(program(*statements, returned(X)), RANGES)

    def python(x, y):
        for operator, (_, f), (_, g), (_, h) in steps:
            if f(x, y) < g(x, y):
                x = OPERATORS[operator](x, h(x, y))
            if x > 9:
                return x + 1
        return x

    u, x = points(RANGES, n=20)
    np.testing.assert_allclose(
        values(dag, u), [python(*row) for row in x], rtol=1e-9, atol=1e-9
    )
