"""Macros: definitions, arguments, strings, pasting, and what stops them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.refusal import Refusal
from nsc.text import Macro, tokenize
from nsc.text.macros import (
    MAX_ARGUMENT_DEPTH,
    MAX_EXPANDED_TOKENS,
    MAX_HIDDEN,
    MAX_PASTED,
    Expander,
    parse_definition,
)


def defined(*definitions: str) -> Expander:
    """Return an expander that knows what follows `#define` in each text."""
    expander = Expander()
    for text in definitions:
        macro = parse_definition(tokenize(text))
        assert macro is not None
        expander.define(macro.name, macro)
    return expander


def expand(text: str, *definitions: str) -> str:
    tokens = defined(*definitions).expand(tokenize(text))
    return " ".join("".join(token.text for token in tokens).split())


def definition(text: str) -> Macro:
    macro = parse_definition(tokenize(text))
    assert macro is not None
    return macro


def spelled(macro: Macro) -> str:
    return "".join(token.text for token in macro.body)


@pytest.mark.parametrize(
    ("text", "name", "parameters", "variadic", "body"),
    [
        (" K 2", "K", None, False, "2"),
        (" K", "K", None, False, ""),
        (" K (a)", "K", None, False, "(a)"),  # the blank makes it object-like
        (" F(a) a", "F", ("a",), False, "a"),
        (" F() 1", "F", (), False, "1"),
        (" F( a , b )a", "F", ("a", "b"), False, "a"),
        (" F(...) f", "F", ("__VA_ARGS__",), True, "f"),
        (" F(a, ...) f", "F", ("a", "__VA_ARGS__"), True, "f"),
        (" F(a, rest...) f", "F", ("a", "rest"), True, "f"),
        ("/* c */ K /* d */ 1  +  2 ", "K", None, False, "1 + 2"),
        (" K a \\\n b", "K", None, False, "a b"),
    ],
)
def test_definitions(text, name, parameters, variadic, body):
    macro = definition(text)
    assert macro.name == name
    assert macro.parameters == parameters
    assert macro.variadic == variadic
    assert spelled(macro) == body


@pytest.mark.parametrize("text", ["", "  ", " 1", " (x)", ' "s"', " + 1"])
def test_what_defines_nothing(text):
    assert parse_definition(tokenize(text)) is None


@pytest.mark.parametrize(
    ("definitions", "text", "expected"),
    [
        (["K 2"], "K + K", "2 + 2"),
        (["K"], "a K b", "a b"),
        (["A B", "B C"], "A", "C"),
        (["F(a) [a]"], "F(1) F (2) F\n(3)", "[1] [2] [3]"),
        (["F(a) [a]"], "F", "F"),
        (["F(a) [a]"], "F + (1)", "F + (1)"),
        (["F(a, b) b a"], "F((1, 2), 3)", "3 (1, 2)"),
        (["F(a) [a]"], "F()", "[]"),
        (["F() f"], "F() F( )", "f f"),
        (["F(a, b) [a|b]"], "F(,)", "[|]"),
        (["F(a) a", "K 7"], "F(K)", "7"),
        (["F(a) a"], "F(F(F(1)))", "1"),
        (["F(a) a + 1", "G F"], "G(2)", "2 + 1"),
        (["F(a) a(1)", "G(b) <b>"], "F(G)", "<1>"),
        (["K 2"], "\"K\" 'K' 1K K_", "\"K\" 'K' 1K K_"),
    ],
)
def test_calls(definitions, text, expected):
    assert expand(text, *definitions) == expected


@pytest.mark.parametrize(
    ("definitions", "text", "expected"),
    [
        (["A A"], "A", "A"),
        (["A A + 1"], "A", "A + 1"),
        (["A B", "B A"], "A B", "A B"),
        (["A B x", "B A y"], "A", "A y x"),
        (["F(a) F(a + 1)"], "F(2)", "F(2 + 1)"),
        (["F(a) G(a)", "G(a) F(a)"], "F(1)", "F(1)"),
        (["F(a) a"], "F(F)(1)", "F(1)"),
        # C11 6.10.3.4 leaves it open; here F expands again behind its own end
        (["F(a) a*G", "G(a) F(a)"], "F(2)(9)", "2*9*G"),
    ],
)
def test_a_macro_does_not_expand_inside_itself(definitions, text, expected):
    assert expand(text, *definitions) == expected


@pytest.mark.parametrize(
    ("definitions", "text", "expected"),
    [
        (["F(...) f(__VA_ARGS__)"], "F(1, 2) F()", "f(1, 2) f()"),
        (["F(a, ...) a[__VA_ARGS__]"], "F(1, 2, 3) F(1)", "1[2, 3] 1[]"),
        (["F(a, rest...) a[rest]"], "F(1, (2, 3), 4)", "1[(2, 3), 4]"),
        (["F(a, ...) f(a, ##__VA_ARGS__)"], "F(1) F(1, 2)", "f(1) f(1,2)"),
        (["F(...) G(__VA_ARGS__)", "G(a, b) b a"], "F(1, 2)", "2 1"),
    ],
)
def test_the_rest_of_the_arguments(definitions, text, expected):
    assert expand(text, *definitions) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("a", '"a"'),
        ("", '""'),
        ("  a  +   b  ", '"a + b"'),
        ('"s"', '"\\"s\\""'),
        ('"\\n"', '"\\"\\\\n\\""'),
        ("K", '"K"'),  # as it is written, not what it stands for
        ("(a, b)", '"(a, b)"'),
    ],
)
def test_an_argument_is_spelled_as_a_string(argument, expected):
    assert expand(f"S({argument})", "S(x) #x", "K 1") == expected


def test_another_call_spells_what_a_macro_stands_for():
    assert expand("T(K)", "S(x) #x", "T(x) S(x)", "K 1") == '"1"'


@pytest.mark.parametrize(
    ("definitions", "text", "expected"),
    [
        (["P(a, b) a##b"], "P(x, y) P(x, 1) P(1, 2)", "xy x1 12"),
        (["P(a, b) a ## b"], "P(x,) P(,y) [P(,)]", "x y []"),
        (
            ["P(a, b) a##b", "xy 7"],
            "P(x, y)",
            "7",
        ),  # what is made is read again
        (["P(a, b) a##b", "x 1", "y 2"], "P(x, y)", "xy"),  # but not the parts
        (["P(a, b) a##b"], "P(<, <=)", "<<="),
        (["P(a, b) a##b"], "P(+, x)", "+x"),
        (["P(a, b) a##_##b"], "P(x, y)", "x_y"),
        (["K a ## b"], "K", "ab"),
        (["H #a"], "H", "#a"),  # no parameter to spell
    ],
)
def test_pasting(definitions, text, expected):
    assert expand(text, *definitions) == expected


@pytest.mark.parametrize(
    ("definitions", "text", "message"),
    [
        (["F(a) a"], "F(1, 2)", "takes 1 arguments, 2 given"),
        (["F(a, b) a"], "F(1)", "takes 2 arguments, 1 given"),
        (["F() 1"], "F(1)", "takes 0 arguments, 1 given"),
        (["F(a, b, ...) a"], "F(1)", "takes 3 arguments, 1 given"),
        (["F(a) a"], "F(1", "'F' has no closing parenthesis"),
        (["F(a) a"], "F((1)", "'F' has no closing parenthesis"),
    ],
)
def test_bad_calls_are_refused_where_they_stand(definitions, text, message):
    with pytest.raises(Refusal, match=message) as caught:
        expand("x " + text, *definitions)
    assert caught.value.reason == "macro_call"
    assert caught.value.offset == 2


def refused(definitions: list[str], text: str) -> str:
    """Return the message of a refusal because of size."""
    with pytest.raises(Refusal) as caught:
        expand(text, *definitions)
    assert caught.value.reason == "macro_too_large"
    return caught.value.message


def test_the_number_of_tokens_is_bounded():
    doubled = [f"D{k} D{k + 1} D{k + 1}" for k in range(30)]
    assert f"more than {MAX_EXPANDED_TOKENS} tokens" in refused(doubled, "D0")


def test_the_depth_of_arguments_is_bounded():
    fits = MAX_ARGUMENT_DEPTH
    assert expand("F(" * fits + "1" + ")" * fits, "F(a) a") == "1"
    deep = fits + 2
    text = "F(" * deep + "1" + ")" * deep
    assert "macro calls nest too deeply" in refused(["F(a) a"], text)


def test_the_depth_of_bodies_is_bounded():
    chain = [f"C{k} C{k + 1}" for k in range(MAX_HIDDEN + 1)]
    assert expand("C1", *chain[: MAX_HIDDEN // 2]) == f"C{MAX_HIDDEN // 2}"
    assert "macros nest too deeply" in refused(chain, "C0")


def test_the_length_of_a_token_is_bounded():
    long = "x" * MAX_PASTED
    assert "a token of more than" in refused(["P(a) a##a"], f"P({long})")


def test_each_call_is_noted_with_its_place():
    expander = defined("K 2", "F(a) a + K")
    expander.base = 100
    expander.expand(tokenize("x F(K)"))
    calls = [(offset, macro.name) for offset, macro in expander.used]
    assert calls == [(104, "K"), (102, "F"), (102, "K")]
    assert {"x", "F", "K"} == expander.asked


def test_all_that_a_call_makes_stands_where_the_call_stands():
    tokens = defined("F(a) [a a]").expand(tokenize("x F(1) y"))
    assert [
        (t.text, t.offset) for t in tokens if t.text in ("[", "1", "]")
    ] == [
        ("[", 2),
        ("1", 2),
        ("1", 2),
        ("]", 2),
    ]
    assert tokens[-1].offset == 7


def test_what_names_meant_before_is_kept():
    expander = Expander()
    one = definition("K 1")
    two = definition("K 2")
    expander.define("K", one)
    expander.define("K", two)
    expander.define("K", None)
    assert expander.changed == [("K", None), ("K", one), ("K", two)]
    assert expander.macros == {}


def test_a_macro_means_the_same_wherever_its_directive_is_included():
    macro = definition("F(a) a")
    moved = macro.moved(100)
    assert (moved.start, moved.end) == (99, 99)
    assert macro.means(moved)
    assert not macro.means(definition("F(a) a"))  # another directive
    assert not macro.means(None)
    assert not macro.means(macro._replace(parameters=None))


def test_an_expander_knows_whether_names_changed():
    expander = defined("K 1")
    asked = [("K", expander.macros["K"]), ("L", None)]
    assert expander.knows(asked)
    expander.define("L", expander.macros["K"])
    assert not expander.knows(asked)
    expander.define("L", None)
    expander.define("K", None)
    assert not expander.knows(asked)


NAMES = st.sampled_from(["A", "B", "C", "x", "1", "+", "(", ")"])
BODIES = st.lists(NAMES, max_size=5).map(" ".join)


@given(BODIES, BODIES, BODIES, BODIES)
def test_object_like_macros_end_and_leave_no_name_that_is_not_hidden(
    a, b, c, text
):
    expander = defined(f"A {a}", f"B {b}", f"C {c}")
    for token in expander.expand(tokenize(text)):
        if token.text in expander.macros:
            assert token.text in token.hidden


@given(BODIES)
def test_text_without_macros_stays(text):
    tokens = tokenize(text)
    assert defined("D 1").expand(tokens) == tokens
