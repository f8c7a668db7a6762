"""Tokens spell the text again, each with its kind and its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.text import BLANKS, kind_of, solid_words, tokenize, words
from nsc.text.tokens import Token, trim

PIECES = st.sampled_from(
    [
        *(
            "a",
            "x1",
            "L",
            "u8",
            "0x1F",
            "1.5e-3f",
            ".5",
            "1..2",
            "'c'",
            "'\\''",
            "'",
        ),
        *(
            '"s"',
            '"',
            '"\\"',
            "\\",
            "\\\n",
            "\\\r\n",
            "\n",
            " ",
            "\t",
            "/* c */",
        ),
        *(
            "/*",
            "*/",
            "// c\n",
            "//",
            "<<=",
            ">>",
            "...",
            "..",
            "->",
            "##",
            "%:",
        ),
        *("#", "+", "=", "(", ")", "é", "@", "\0"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(text)]


@given(TEXTS)
def test_tokens_spell_the_text(text):
    assert "".join(token.text for token in tokenize(text)) == text


@given(TEXTS, st.integers(0, 1000))
def test_tokens_know_where_they_stand(text, base):
    for token in tokenize(text, base):
        assert text.startswith(token.text, token.offset - base)
        assert token.text


@given(TEXTS)
def test_words_are_the_texts_of_tokens(text):
    tokens = tokenize(text)
    assert words(text) == [token.text for token in tokens]
    assert solid_words(text) == [
        t.text for t in tokens if t.kind not in BLANKS
    ]


@given(TEXTS)
def test_the_kind_of_a_word_is_that_of_its_token(text):
    for token in tokenize(text):
        if (
            token.kind != "space"
        ):  # `\` before a line end is one with the line end
            assert kind_of(token.text) == token.kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("x_1", "name"),
        ("_", "name"),
        ("0x1Fu", "number"),
        (".5f", "number"),
        ("1e+10", "number"),
        ("0x1p-3", "number"),
        ("1.2.3", "number"),  # a preprocessing number, if no C number
        ('"a\\"b"', "string"),
        ('L"wide"', "string"),
        ('u8"utf"', "string"),
        ("'\\n'", "char"),
        ("L'a'", "char"),
        ("/* a\n b */", "comment"),
        ("/* never closed", "comment"),
        ("// to the end", "comment"),
        ("// folded \\\n on", "comment"),
        (" \t\\\n ", "space"),
        ("\n", "newline"),
        ("<<=", "punct"),
        ("...", "punct"),
        ("##", "punct"),
        ("%:%:", "punct"),
        ("@", "punct"),
    ],
)
def test_each_kind_is_one_token(word, kind):
    assert kinds(word) == [(kind, word)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a+++b", ["a", "++", "+", "b"]),
        ("a<<=b", ["a", "<<=", "b"]),
        ("a>>=>b", ["a", ">>=", ">", "b"]),
        ("x->y", ["x", "->", "y"]),
        ("1..2", ["1..2"]),
        ("0x1E+1", ["0x1E+1"]),  # C's rule: `E+` goes on a number
        ("0x1F+1", ["0x1F", "+", "1"]),
        ("f(a,b)", ["f", "(", "a", ",", "b", ")"]),
        ("a/**/b", ["a", "b"]),
        ("a//b\nc", ["a", "c"]),
        ("'a' \"b//c\"", ["'a'", '"b//c"']),
        ("a....b", ["a", "...", ".", "b"]),
    ],
)
def test_the_longest_token_wins(text, expected):
    assert solid_words(text) == expected


def test_a_string_ends_with_its_line():
    assert kinds('"a\nb"') == [
        ("string", '"a'),
        ("newline", "\n"),
        ("name", "b"),
        ("string", '"'),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  \n /* c */ ", ""),
        ("a", "a"),
        ("  a  ", "a"),
        ("a \n\t b", "a b"),
        ("a/* c */b", "a b"),
        ("/* c */ a // d\n", "a"),
        (' "two  blanks" ', '"two  blanks"'),
    ],
)
def test_trim_leaves_single_spaces(text, expected):
    assert "".join(token.text for token in trim(tokenize(text))) == expected


@given(TEXTS)
def test_trim_keeps_what_is_solid(text):
    tokens = tokenize(text)
    solid = [token for token in tokens if token.kind not in BLANKS]
    trimmed = trim(tokens)
    assert [token for token in trimmed if token.kind not in BLANKS] == solid
    assert trim(trimmed) == trimmed


def test_a_space_stands_where_the_blank_began():
    assert trim(tokenize("a \n b", 10)) == [
        Token("name", "a", 10),
        Token("space", " ", 11),
        Token("name", "b", 14),
    ]
