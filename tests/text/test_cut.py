"""A file's text, made plain and cut at its directives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.text import solid_words
from nsc.text.characters import plain_text, without_odd_characters
from nsc.text.cut import Directive, cut, include_guard
from nsc.text.macros import parse_definition
from nsc.text.stretch import MAX_EXPANSIONS, Expansion, Stretch
from nsc.text.tokens import tokenize

PIECES = st.sampled_from(
    [
        *(
            "#",
            "%:",
            "##",
            "define",
            "a",
            "1",
            "(",
            ")",
            ";",
            "}",
            '"',
            "'",
            "\\\n",
        ),
        *(
            "\\\r\n",
            "\n",
            "\r\n",
            " ",
            "/* c */",
            "/*",
            "*/",
            "// d\n",
            "\n#if x\n",
        ),
        *(
            "\t",
            "\f",
            "é",
            "\0",
            "f(a; b)",
            "x = M(1);",
            "+",
            "=",
            "<",
            "FO\\\nO",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=14).map("".join)


def shown(text: str) -> list[str]:
    """Return a file's pieces as text; directives by their names."""
    pieces = cut(text)
    return [
        p.name if isinstance(p, Directive) else f"[{p.text}]" for p in pieces
    ]


@given(TEXTS)
def test_plain_text_has_the_length_of_the_file(text):
    plain = plain_text(text)
    assert len(plain) == len(text) + (not text.endswith("\n"))
    assert plain.endswith("\n")
    assert all(c in "\r\n" or " " <= c <= "~" for c in plain)


@given(TEXTS)
def test_plain_text_is_changed_where_it_must_be(text):
    text = text.replace("\\", "")  # folded lines move
    plain = plain_text(text)
    for before, after in zip(text, plain, strict=False):
        is_plain = before in "\r\n" or " " <= before <= "~"
        expected = before if is_plain else " " if before in "\t\f\v" else "?"
        assert after == expected


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a", "a\n"),
        ("a\t\v\fb\n", "a   b\n"),
        ("é\0\n", "??\n"),
        ("FO\\\nO b\n", "FOO\\\n b\n"),
        ("a +\\\n= b\n", "a +=\\\n b\n"),
        ("a \\\nb\n", "a \\\nb\n"),  # between tokens a folded line stays
        ("a\\\n+ b\n", "a\\\n+ b\n"),
        ("F\\\n\\\r\nOO\n", "FOO\\\n\\\r\n\n"),
        ("/\\\n* c */\n", "/*\\\n c */\n"),
    ],
)
def test_plain_text_by_hand(text, plain):
    assert plain_text(text) == plain


def test_only_odd_characters_are_replaced():
    printable = "".join(map(chr, range(32, 127)))
    assert without_odd_characters(printable + "\n\r") == printable + "\n\r"
    assert without_odd_characters("aé\x7fb") == "a??b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int a;\n", ["[int a;\n]"]),
        ("#define K\n", ["define"]),
        ("a\n#if 1\nb\n#endif\n", ["[a\n]", "if", "[b\n]", "endif"]),
        ("  # /* c */ define K\na\n", ["define", "[a\n]"]),
        ("/* c\n */ #if 1\n", ["if"]),
        ("a #if 1\n", ["[a #if 1\n]"]),
        ("a /* c */ #if 1\n", ["[a /* c */ #if 1\n]"]),
        ("a\\\n#if 1\n", ["[a\\\n#if 1\n]"]),  # the line starts with `a`
        ("\\\n#if 1\n", ["if"]),
        ("%:if 1\n", ["if"]),
        ("## x\n", ["[## x\n]"]),
        ('"#if 1"\n', ['["#if 1"\n]']),
        ("/*\n#if 1\n*/\n", ["[/*\n#if 1\n*/\n]"]),
        ("// \\\n#if 1\n", ["[// \\\n#if 1\n]"]),
        ("#\n#\n", ["", ""]),
        ("#if 1 /* c\n d */ + 1\na\n", ["if", "[a\n]"]),
        ("#define K \\\n 1\na\n", ["define", "[a\n]"]),
        ("", []),
    ],
)
def test_files_are_cut_at_their_directives(text, expected):
    assert shown(text) == expected


@given(TEXTS)
def test_pieces_cover_the_file_in_order(text):
    text = plain_text(text)
    at = 0
    for piece in cut(text):
        if isinstance(piece, Directive):
            assert solid_words(text[at : piece.at]) == []
            assert text.startswith(("#", "%:"), piece.at)
            assert text[piece.end : piece.end + 1] in ("\n", "")
            at = min(piece.end + 1, len(text))
        else:
            assert text[at : piece.end] == piece.text
            assert piece.start == at
            at = piece.end
    assert at == len(text)


def test_a_directive_knows_its_words_and_lines():
    [line] = cut("#define F(a) \\\n a /* c */ + 1\n")
    assert isinstance(line, Directive)
    assert [word.text for word in line.words] == [
        "F",
        "(",
        "a",
        ")",
        "a",
        "+",
        "1",
    ]
    assert (line.at, line.end, line.newlines) == (0, 29, 2)
    assert line.definition is not None
    assert (
        line.definition is line.definition
    )  # by which macros are known again
    assert line.definition.parameters == ("a",)


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("#ifndef H\n#define H\nint h;\n#endif\n", "H"),
        ("/* c */\n#ifndef H\n#endif // H\n/* d */\n", "H"),
        ("#if !defined(H)\nint h;\n#endif\n", "H"),
        ("#if !defined H\nint h;\n#endif\n", "H"),
        ("#if ! ( defined ( H ) )\nint h;\n#endif\n", "H"),
        ("#ifndef H\n#if A\n#else\n#endif\n#endif\n", "H"),
        ("#ifndef H\n#else\n#endif\n", ""),
        ("#ifndef H\n#elif A\n#endif\n", ""),
        ("#ifndef H\n#endif\nint h;\n", ""),
        ("int h;\n#ifndef H\n#endif\n", ""),
        ("#ifndef H\n#endif\n#ifndef I\n#endif\n", ""),
        ("#ifdef H\n#endif\n", ""),
        ("#ifndef H I\n#endif\n", ""),
        ("#if !defined(H) && A\n#endif\n", ""),
        ("#if defined(H)\n#endif\n", ""),
        ("#ifndef H\n", ""),
        ("int h;\n", ""),
        ("", ""),
    ],
)
def test_include_guards(text, guard):
    assert include_guard(cut(text)) == guard


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a b", [(0, "a b", True)]),
        ("a/* c */b", [(0, "a", True), (1, " ", False), (8, "b", True)]),
        ("a/* c\n */b", [(0, "a", True), (1, "\n", False), (9, "b", True)]),
        ("a // c\nb", [(0, "a ", True), (2, " ", False), (6, "\nb", True)]),
        ("a\\\n b", [(0, "a", True), (1, " ", False), (4, "b", True)]),
        ('"/* s */"', [(0, '"/* s */"', True)]),
        ("'\"' /**/", [(0, "'\"' ", True), (4, " ", False)]),
        ("", []),
    ],
)
def test_comments_and_folded_lines_become_blanks(text, spans):
    assert [span[:3] for span in Stretch(0, text).clean] == spans
    moved = [(offset + 7, spelled, exact) for offset, spelled, exact in spans]
    assert [span[:3] for span in Stretch(7, text).clean] == moved


@given(TEXTS)
def test_clean_text_has_the_same_words(text):
    text = plain_text(text)
    clean = Stretch(0, text).clean
    assert solid_words("".join(span.text for span in clean)) == solid_words(
        text
    )
    for offset, spelled, exact, _ in clean:
        assert not exact or text.startswith(spelled, offset)


def test_names_are_those_outside_comments():
    stretch = Stretch(0, "int a; /* b */ f(c1, 2); // d\n")
    assert stretch.names == {"int", "a", "f", "c1"}


def divided(text: str, *names: str) -> list[tuple[str, bool]]:
    pieces = Stretch(5, text).divided(frozenset(names))
    return [(piece.text, is_named) for piece, is_named in pieces]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("a; M; b;", ["M"], [("a;", False), (" M;", True), (" b;", False)]),
        ("M; M;", ["M"], [("M;", True), (" M;", True)]),
        ("f(M; M); b", ["M"], [("f(M; M);", True), (" b", False)]),
        ("a; b;", ["M"], [("a; b;", False)]),
        ("{ a; } M", ["M"], [("{ a; }", False), (" M", True)]),
        ("a; /* M */ b;", ["M"], [("a; /* M */ b;", False)]),
        ('a; "M;" b;', ["M"], [('a; "M;" b;', False)]),
        ("a); M;", ["M"], [("a);", False), (" M;", True)]),  # never opened
        ("a; xM; 0xM;", ["M"], [("a; xM; 0xM;", False)]),
    ],
)
def test_chunks_with_a_name_are_told_apart(text, names, expected):
    assert divided(text, *names) == expected


@given(
    TEXTS,
    st.sets(st.sampled_from(["a", "b", "x", "f", "M", "FOO"]), max_size=3),
)
def test_chunks_join_to_the_stretch(text, names):
    stretch = Stretch(3, text)
    pieces = stretch.divided(frozenset(names))
    assert "".join(piece.text for piece, _ in pieces) == text
    at = 3
    for piece, _ in pieces:
        assert piece.start == at
        at = piece.end


def test_few_expansions_of_a_stretch_are_kept():
    stretch = Stretch(0, "M;")
    made = [Expansion((), (), (), k) for k in range(MAX_EXPANSIONS + 2)]
    for expansion in made:
        stretch.remember(expansion)
    assert list(stretch.expansions) == made[::-1][:MAX_EXPANSIONS]


def test_a_directive_without_a_name_defines_nothing():
    assert parse_definition(tokenize("")) is None
    [line] = cut("#define\n")
    assert isinstance(line, Directive)
    assert line.definition is None
