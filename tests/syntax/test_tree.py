"""Text -> trees: products are no casts, and what is read off a node alone."""

import pytest

from nsc.syntax import (
    MAX_TREE_DEPTH,
    MalformedTree,
    child,
    declarators_of,
    declared_name,
    first_error,
    has_specifier,
    is_const,
    is_too_deep,
    operator_of,
    optional_child,
    parameters_of,
    plain_tree,
    syntax_tree,
    text_of,
    walk,
)


def kinds(text: str, types=None) -> list[str]:
    return [node.type for node in walk(syntax_tree(text, types))]


def returned(expression: str, types=None) -> str:
    """Return the kind of what a function returns, parentheses aside."""
    root = syntax_tree(f"double f(double x) {{ return {expression}; }}", types)
    (statement,) = (n for n in walk(root) if n.type == "return_statement")
    node = statement.named_children[0]
    while node.type == "parenthesized_expression":
        node = node.named_children[0]
    return node.type


@pytest.mark.parametrize(
    "expression",
    [
        "(a) * b",
        "(a) - b",
        "(f(x)) - b",
        "(v[i]) * b",
        "(g(x)[i](y)) + b",
        "((a)) * b",
        "(a*(b*c)) - d",
        "x * (a*(b*c)) * d",
        "(a) & b",
    ],
)
def test_an_operand_in_parentheses_is_no_cast(expression):
    assert returned(expression) == "binary_expression"


@pytest.mark.parametrize(
    ("expression", "types"),
    [
        ("(double) * b", None),
        ("(a*(b*c)) - d", ["a"]),
        ("(a) b", None),
    ],
)
def test_a_type_in_parentheses_is_a_cast(expression, types):
    assert returned(expression, types) == "cast_expression"


@pytest.mark.parametrize(
    ("expression", "called"),
    [
        ("(word)-(x + 1) * 2", "word(-(x + 1))"),
        ("(word)(int)(x) + 1", "word((int)(x))"),
        ("1 - ( word )*x", "word  (*x)"),
        ("(word)(p)->x[3](y)-1", "word((p)->x[3](y))"),
        ("(int)(word)&x", "word(&x)"),
        ("(word)- -1.5e-3 - x", "word(- -1.5e-3)"),
        ("(_Bool)-x", "_Bool(-x)"),
    ],
)
def test_a_cast_to_a_types_name_is_a_call_of_it(expression, called):
    text = f"double f(double x) {{ return {expression}; }}"
    root = syntax_tree(text, ["word"])
    calls = [n for n in walk(root) if n.type == "call_expression"]
    assert called in [text_of(call) for call in calls]
    assert first_error(root) is None and root.end_byte == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "double f(double word, double x) { return (word)-(x + 1); }",
        "double f(double x) { double y = x, *word = &y; return (word)-(&x); }",
        "double f(double x) { return sizeof (word)-(1 + 1); }",
        "double f(double x) { return g(word)-(x); }",
    ],
)
def test_what_only_looks_like_a_cast_stays_a_difference(text):
    root = syntax_tree(text, ["word"])
    assert "binary_expression" in [n.type for n in walk(root)]
    assert "word(-" not in text_of(root)


def test_types_that_the_text_defines_are_known():
    text = (
        "typedef double real; double f(double b) { return (real*(b*b)) - b; }"
    )
    assert "cast_expression" in kinds(text)
    assert "cast_expression" not in kinds(text.replace("typedef", "extern"))


def test_a_typedef_of_a_function_names_no_operand():
    text = "typedef double fn(double); double f(double b) { return (fn*(b*b)) - b; }"
    assert "cast_expression" not in kinds(text)


def test_blanked_parentheses_leave_every_offset_in_place():
    text = (
        "double f(double a, double b) { return 1 + (a) * b - (a*(b*a)) - b; }"
    )
    root = syntax_tree(text)
    names = [n for n in walk(root) if n.type == "identifier"]
    for node in names:
        assert text[node.start_byte : node.end_byte] == text_of(node)
    assert root.end_byte == len(text)


def test_factors_of_a_grouped_product_change_places():
    text = "double f(double a) { return 2 / (a*(b*c)) * d; }"
    root = syntax_tree(text)
    assert "((b*c)*a)" in text_of(root) and len(text_of(root)) == len(text)


@pytest.mark.parametrize("text", ["f(')' - (a) * b)", 'f("(", (a) * b)'])
def test_brackets_in_strings_close_nothing(text):
    root = syntax_tree(f"double g(void) {{ return {text}; }}")
    assert first_error(root) is None
    assert "cast_expression" not in [n.type for n in walk(root)]


def test_plain_trees_keep_directives():
    root = plain_tree("#include <math.h>\nint x;\n")
    assert [n.type for n in root.named_children] == [
        "preproc_include",
        "declaration",
    ]


def function(text: str):
    return syntax_tree(text).named_children[0]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("double f(double x, int *n) { }", ["x", "n"]),
        ("double f(void) { }", []),
        ("double f() { }", []),
        ("double f(/* none */ void) { }", []),
        ("double *f(double v[3], double (*m)[2]) { }", ["v", "m"]),
        ("double f(double) { }", [""]),
        ("double f(double x, ...) { }", ["x", ""]),
    ],
)
def test_parameters(text, names):
    found = parameters_of(function(text))
    assert [
        declared_name(optional_child(p, "declarator")) for p in found
    ] == names


def test_specifiers():
    node = function("static const double x = 1, *y;")
    assert is_const(node)
    assert has_specifier(node, "storage_class_specifier", b"static")
    assert not has_specifier(node, "storage_class_specifier", b"extern")
    assert list(map(declared_name, declarators_of(node))) == ["x", "y"]


def test_a_field_that_is_not_there_is_said_so():
    node = function("double f(double x) { return x; }")
    assert child(node, "body").type == "compound_statement"
    assert optional_child(node, "value") is None
    with pytest.raises(
        MalformedTree, match="function_definition at byte 0 has no 'v"
    ):
        child(node, "value")


def test_operators():
    root = syntax_tree("void f(struct s *p) { p->x += 1; }")
    found = {n.type: n for n in walk(root)}
    assert operator_of(found["assignment_expression"]) == "+="
    assert operator_of(found["field_expression"]) == "->"


def test_the_first_error_is_found():
    assert first_error(syntax_tree("double f(double x) { return x; }")) is None
    text = "double f(double x) { return x +; }"
    error = first_error(syntax_tree(text))
    assert error is not None and error.start_byte >= text.index("x +")


@pytest.mark.parametrize("n", [1, 20, MAX_TREE_DEPTH, 4 * MAX_TREE_DEPTH])
def test_depth_is_bounded(n):
    body = f"{'{' * n} x = 1; {'}' * n}"
    node = function(f"double f(double x) {{ {body} }}")
    assert is_too_deep(node) == (n >= MAX_TREE_DEPTH)
