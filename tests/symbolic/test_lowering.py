"""C's forms -> small syntax: literals, folded signs, declarations, refusals."""

import pytest

from nsc.refusal import Refusal
from nsc.symbolic import Ast, definitions_of
from nsc.syntax import DOUBLE, INT, Array, Pointer, Scalar


def statements_of(text: str) -> tuple[Ast, ...]:
    """Lower the body of a function."""
    functions = definitions_of(f"double f(double x) {{ {text} }}").functions
    _, _, body = functions["f"].data
    assert body.kind == "block"
    return body.kids


def statement(text: str) -> Ast:
    """Lower one statement; an expression's own block is taken off."""
    (found,) = statements_of(text)
    return without_block(found)


def without_block(ast: Ast) -> Ast:
    """Return the only statement of a block; an expression statement is one."""
    return ast.kids[0] if ast.kind == "block" and len(ast.kids) == 1 else ast


def shape(ast: object) -> object:
    """Write syntax as kinds alone, nested."""
    if isinstance(ast, Ast):
        return (ast.kind, *map(shape, ast.kids)) if ast.kids else ast.kind
    return ast


@pytest.mark.parametrize(
    ("literal", "value", "is_int"),
    [
        ("12", 12.0, True),
        ("0x1F", 31.0, True),
        ("017", 15.0, True),
        ("12ul", 12.0, True),
        ("1.5", 1.5, False),
        ("1.5f", 1.5, False),
        ("2.L", 2.0, False),
        ("1e3", 1000.0, False),
        (".5", 0.5, False),
        ("0x1p-3", 0.125, False),
        ("0x.8p0f", 0.5, False),
        ("0x1.8P1L", 3.0, False),
        ("'a'", 97.0, True),
        ("'\\n'", 10.0, True),
        ("-3", -3.0, True),
        ("~0", -1.0, True),
        ("-1u", 2.0**32 - 1, True),
        ("~0u", 2.0**32 - 1, True),
        ("-1ull", 18446744073709549568.0, True),
        ("true", 1.0, True),
        ("false", 0.0, True),
        ("NULL", 0.0, True),
    ],
)
def test_literals(literal, value, is_int):
    found = statement(f"{literal};")
    assert (found.kind, found.data) == ("number", (value, is_int))


def test_a_number_that_is_none_is_refused():
    found = statement("y = 1.5u;")
    assert found.kind == "refused"
    assert (found.data.reason, found.data.message) == (
        "bad_number",
        "'1.5u' is not a number",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x;", "name"),
        ("(((x)));", "name"),
        ("x = 1;", ("assign", "name", "number")),
        ("-(1.5);", ("unary", "number")),
        ("!1;", ("unary", "number")),
        ("*&x;", ("dereference", ("address", "name"))),
        ("p->a;", ("member", ("dereference", "name"))),
        ("p.a[1];", ("index", ("member", "name"), "number")),
        (
            "x ? 1 : x, 2;",
            ("comma", ("conditional", "name", "number", "name"), "number"),
        ),
        ("g(x, 1);", ("call", "name", "number")),
        ("(g)(x);", ("call", "name")),
        ("(double)(x);", ("cast", "name")),
        ("sizeof(int);", "sizeof"),
        ("sizeof x;", ("sizeof", "name")),
        ("x++;", ("update", "name")),
        ("break;", "break"),
        ("continue;", "continue"),
        ("return;", "return"),
        ("return x;", ("return", "name")),
        (";", "block"),
        ("if (x) return 1;", ("if", "name", ("return", "number"), "block")),
        ("while (x) ;", ("loop", "block", "name", "block", "block")),
        ("for (;;) break;", ("loop", "block", None, "break", "block")),
    ],
)
def test_forms(text, expected):
    assert shape(statement(text)) == expected


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x += 1;", "+"),
        ("x <<= 1;", "<<"),
        ("x = 1;", ""),
        ("x++;", (1.0, False)),
        ("--x;", (-1.0, True)),
        ("(float)x;", Scalar("float", "float", 32)),
        ("(double *)x;", Pointer(DOUBLE)),
        ("sizeof(int[3]);", Array(INT, 3)),
        ("do ; while (x);", "do"),
        ("while (x) ;", "for"),
        ("for (;x;) ;", "for"),
        ("static int n;", "static"),
        ("int n;", None),
    ],
)
def test_payloads(text, data):
    assert statement(text).data == data


def test_declarations_keep_types_and_initial_values():
    found = statement("double a, *p = &a, v[2] = {1, [0] = 2};")
    assert [(name, ctype) for name, ctype, _ in found.kids] == [
        ("a", DOUBLE),
        ("p", Pointer(DOUBLE)),
        ("v", Array(DOUBLE, 2)),
    ]
    values = [value and shape(value) for _, _, value in found.kids]
    assert values[:2] == [None, ("address", "name")]
    (no_marks, one), (marks, two) = found.kids[2][2].kids
    assert no_marks == () and [shape(mark) for mark in marks] == ["number"]
    assert (one.data, two.data) == ((1.0, True), (2.0, True))


def test_functions_that_are_only_announced_are_no_variables():
    found = statement("double g(double), *h(void), y; ")
    assert [name for name, _, _ in found.kids] == ["y"]
    assert statement("extern double z;").kids == ()


def test_enumerators_are_constants_beside_what_is_declared():
    found = statement("enum { A, B = 5 } k = B;")
    constants, declared = found.kids
    assert found.kind == "statements"
    assert constants.kids == (("A", 0.0), ("B", 5.0))
    assert [name for name, _, _ in declared.kids] == ["k"]


def test_cases_hold_labels_and_statements():
    found = statement("switch (x) { case 1: x = 2; break; default: ; }")
    selector, cases = found.kids
    assert selector.kind == "name"
    assert [label and label.data for label, _ in cases] == [(1.0, True), None]
    assert [shape(s) for s in cases[0][1]] == [
        ("block", ("assign", "name", "number")),
        "break",
    ]


def test_a_typedefs_name_in_parentheses_is_a_cast_or_a_size():
    text = "typedef float real; double f(double x) { return (real)(x) + sizeof(real); }"
    _, _, body = definitions_of(text).functions["f"].data
    cast, size = body.kids[0].kids[0].kids
    assert (cast.kind, cast.data.bits) == ("cast", 32)
    assert (size.kind, size.data.bits) == ("sizeof", 32)


def test_nodes_know_where_they_stand():
    text = "double f(double x) { return x + 10; }"
    _, _, body = definitions_of(text).functions["f"].data
    total = body.kids[0].kids[0]
    assert [text[ast.at] for ast in (total, *total.kids)] == ["x", "x", "1"]
    assert text[body.kids[0].at :].startswith("return")


@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        (
            "goto end; end: ;",
            "unsupported_syntax",
            "'goto statement' has no symbolic",
        ),
        ("(*g)(x);", "function_pointer", "only named functions can be called"),
        (
            "int v[2] = {[0 ... 1] = 2};",
            "unsupported_syntax",
            "an initialiser of a range of elements has no symbolic meaning",
        ),
        ("(nothing)x;", "unknown_type", "the type 'nothing' is not defined"),
        (
            "switch (x) { x = 2; case 1: ; }",
            "unsupported_syntax",
            "a statement before the first case",
        ),
    ],
)
def test_a_refused_statement_waits_in_its_place(text, reason, message):
    refused = without_block(statements_of(f"x = 1; {text}")[1])
    assert refused.kind == "refused"
    assert isinstance(refused.data, Refusal)
    assert refused.data.reason == reason and message in refused.data.message
    assert refused.data.offset >= refused.at
