"""What directives do, and where the refused ones stand."""

import pytest

from nsc.errors import Problem
from nsc.text import MAX_SOURCE_BYTES, Expanded, HeaderCache, preprocess
from nsc.text.cursor import MAX_INCLUDE_DEPTH, MAX_INCLUDES, would_fuse


def expand(text: str, **headers: str) -> Expanded:
    """Expand a text; `h="..."` is the header h.h."""

    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        stem = name.removesuffix(".h")
        return (name, headers[stem]) if stem in headers else None

    return preprocess(text, include, cache=HeaderCache())


def squeezed(done: Expanded) -> str:
    assert done.problems == []
    return " ".join(done.text.split())


@pytest.mark.parametrize(
    ("text", "reason", "message", "line", "column"),
    [
        ("a\n  #error no\n", "error_directive", "an #error directive", 2, 3),
        ("#define\n", "bad_directive", "#define without a name", 1, 1),
        ("#define 1\n", "bad_directive", "#define without a name", 1, 1),
        ("#include x\n", "bad_directive", "#include needs <name> or", 1, 1),
        ("#include\n", "bad_directive", "#include needs <name> or", 1, 1),
        ('#include "x\n', "bad_directive", "#include needs <name> or", 1, 1),
        ("\n#embed <x>\n", "forbidden_directive", "'#embed' is not", 2, 1),
        ("#assert x\n", "forbidden_directive", "'#assert' is not", 1, 1),
        ("#undef\n", "forbidden_directive", "'#undef' is not", 1, 1),
        ("x\n\n#else\n", "bad_directive", "#else without #if", 3, 1),
        ("/* a\n */ #endif\n", "bad_directive", "#endif without #if", 2, 5),
        ("#ifndef\n#endif\n", "bad_directive", "#ifndef without a name", 1, 1),
        (
            "#if 1.5\n#endif\n",
            "bad_directive",
            "'1.5' is not an integer",
            1,
            1,
        ),
        (
            "#define F(a) a\n x F(1, 2);\n",
            "macro_call",
            "1 arguments, 2 given",
            2,
            4,
        ),
        (
            "#define F(a) a\n\n F(\n",
            "macro_call",
            "no closing parenthesis",
            3,
            2,
        ),
        ("#define F(a) a\n#if F(\n#endif\n", "macro_call", "no closing", 2, 1),
    ],
)
def test_a_refused_directive_is_named_with_its_place(
    text, reason, message, line, column
):
    [problem] = preprocess(text).problems
    assert problem.reason == reason
    assert message in problem.message
    assert (problem.line, problem.column) == (line, column)
    assert problem.file == ""


def test_the_rest_of_a_file_is_read_behind_a_refused_directive():
    done = preprocess("#embed <x>\nint a;\n#error no\nint b;\n")
    assert [(p.reason, p.line) for p in done.problems] == [
        ("forbidden_directive", 1),
        ("error_directive", 3),
    ]
    assert done.text.split() == ["int", "a;", "int", "b;"]


@pytest.mark.parametrize(
    "line",
    ["#", "#line 3", "#warning w", "#ident x", "#pragma STDC FP_CONTRACT ON"],
)
def test_directives_that_change_nothing_are_dropped(line):
    assert squeezed(preprocess(f"{line}\nint a;\n")) == "int a;"


def test_no_directive_is_left_in_the_text():
    text = (
        "#define K 1\n#pragma once\n#line 2\n%:define L 2\n??=define M\nK L\n"
    )
    assert "#" not in preprocess(text).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "int a; # define K 2\nK\n",
            "int a; # define K 2 K",
        ),  # not first in its line
        ("/* c */ # /* d */ define /* e */ K 2\nK\n", "2"),
        ("#def\\\nine K 2\nK\n", "2"),
        ("#define K 1 // one\nK\n", "1"),
        ('#define K "//"\nK\n', '"//"'),
        ("#define K /* a\n b */ 3\nK\n", "3"),
        ("\\\n#define K 4\nK\n", "4"),
        ('"\n#define K 5\nK\n', '" 5'),
    ],
)
def test_where_a_directive_starts_and_ends(text, expected):
    assert squeezed(preprocess(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__attribute__((pure)) int f;", "int f;"),
        ("__attribute__((format(printf, 1, 2), cold)) int f;", "int f;"),
        ("__attribute__((__unused__)) int f;", "int f;"),
        ("[[gnu::pure]] int f;", "int f;"),
        ('[[maybe_unused]] [[deprecated("old")]] int f;', "int f;"),
        ("int __attribute__((cold, mode(SI))) f;", "int f;"),
        ("__declspec(align(8)) int f;", "int f;"),
        ("__declspec(dllexport) int f;", "int f;"),
        ("int __attribute__ ((hot)) f;", "int f;"),
        ("__attribute__ x;", "x;"),
        ("#define PURE __attribute__((pure))\nPURE int f;", "int f;"),
    ],
)
def test_attributes_are_dropped(text, expected):
    assert squeezed(preprocess(text)) == expected


def test_defines_of_the_caller_come_first():
    text = "#ifdef K\nint k = K;\n#endif\n#define K 3\nint l = K;\n"
    assert (
        squeezed(preprocess(text, defines={"K": "2"}))
        == "int k = 2; int l = 3;"
    )
    assert squeezed(preprocess(text)) == "int l = 3;"


def test_predefined_macros_are_expanded():
    text = "__inline int __signed__ a; __extension__ x;"
    assert squeezed(preprocess(text)) == "inline int signed a; x;"
    overridden = preprocess("__inline f;", defines={"__inline": "static"})
    assert squeezed(overridden) == "static f;"


def test_characters_that_c_does_not_have_are_replaced_in_place():
    text = 'int a; /* é */ char *s = "é";\x00\fint b;\n'
    done = preprocess(text)
    assert squeezed(done) == 'int a; char *s = "?";? int b;'
    assert done.position(done.origin(done.text.index("b"))) == (
        1,
        text.index("b") + 1,
    )


def test_files_behind_are_read_as_if_they_were_included_there():
    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        files = {"b.c": "int b = K;\n", "bad.c": "#define F(a) a\nF(\n"}
        return (name, files[name]) if name in files else None

    done = preprocess(
        "#define K 1\nint a;\n",
        include,
        behind=("b.c", "gone.c", "bad.c"),
        cache=HeaderCache(),
    )
    assert done.text.split() == ["int", "a;", "int", "b", "=", "1;"]
    assert done.unread == ["gone.c"]
    assert [(p.reason, p.file, p.line) for p in done.problems] == [
        ("macro_call", "bad.c", 2)
    ]


def test_a_file_whose_branch_is_never_closed_has_nothing_behind_it():
    def include(name: str, angled: bool, asking: str) -> tuple[str, str]:
        return name, "int b;\n"

    done = preprocess("#if 0\n", include, behind=("b.c",), cache=HeaderCache())
    assert done.text.split() == []


def test_who_asks_for_a_header_is_told():
    asked = []

    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        asked.append((name, angled, asking))
        return (
            ("dir/" + name, "#include <in.h>\n") if name == "out.h" else None
        )

    text = '#include "out.h"\n#include <math.h>\n#include "math.h"\n'
    preprocess(text, include, cache=HeaderCache())
    assert asked == [
        ("out.h", False, ""),
        ("in.h", True, "dir/out.h"),
        ("math.h", False, ""),  # a standard header is asked for only in quotes
    ]


@pytest.mark.parametrize(
    "header",
    [
        "#pragma once\nint h;\n",
        "#ifndef H\n#define H\nint h;\n#endif\n",
        "#if !defined(H)\n#define H\nint h;\n#endif\n",
        "#if !defined H\n#define H\nint h;\n#endif /* H */\n",
    ],
)
def test_a_header_that_asks_for_it_is_read_once(header):
    done = expand('#include "h.h"\n#include "h.h"\nint last;\n', h=header)
    assert squeezed(done) == "int h; int last;"
    assert len(done.followed) == 1
    assert len(done.files) == 2


@pytest.mark.parametrize(
    "header",
    [
        "int h;\n",
        "#ifndef H\n#define H\n#endif\nint h;\n",
        "int h;\n#ifndef H\n#define H\n#endif\n",
        "#ifndef H\n#define H\nint h;\n#else\nint h;\n#endif\n",
        "#ifdef __STDC__\nint h;\n#endif\n",
    ],
)
def test_another_header_is_read_each_time(header):
    done = expand('#include "h.h"\n#include "h.h"\n', h=header)
    assert squeezed(done) == "int h; int h;"
    assert len(done.followed) == 2


def test_what_a_header_refuses_of_itself_is_left_to_those_who_need_it():
    done = expand(
        '#include "h.h"\nint a;\n', h="#error no\n#endif\n#if (\n#endif\n"
    )
    assert squeezed(done) == "int a;"


def test_what_a_header_must_not_do_is_a_problem_of_the_header():
    done = expand('\n#include "h.h"\n', h="int a;\n #embed <x>\n")
    message = "the directive '#embed' is not supported"
    assert done.problems == [
        Problem("forbidden_directive", message, 2, 2, "h.h")
    ]


def test_next_headers_are_not_followed():
    done = expand("#include_next <h.h>\nint a;\n", h="int h;\n")
    assert squeezed(done) == "int a;"
    assert len(done.includes) == 1


def test_the_depth_of_headers_is_bounded():
    last = MAX_INCLUDE_DEPTH + 3
    chain = {
        f"c{k}": f'#include "c{k + 1}.h"\nint v{k};\n' for k in range(last)
    }
    done = expand('#include "c0.h"\n', **chain)
    [problem] = done.problems
    assert problem.reason == "too_many_includes"
    assert problem.file == f"c{MAX_INCLUDE_DEPTH - 1}.h"
    assert "int v0;" in done.text


def test_the_number_of_headers_is_bounded():
    done = expand('#include "h.h"\n' * (MAX_INCLUDES + 5), h="int a;\n")
    assert {p.reason for p in done.problems} == {"too_many_includes"}
    assert len(done.files) == MAX_INCLUDES + 1
    assert done.problems[0].line == MAX_INCLUDES + 1


def test_the_size_of_all_files_is_bounded():
    done = preprocess("x" * (MAX_SOURCE_BYTES + 1))
    assert [(p.reason, p.line, p.column) for p in done.problems] == [
        ("source_too_large", 1, 1)
    ]
    assert done.text == ""


@pytest.mark.parametrize(
    ("left", "right", "fuses"),
    [
        ("a", "b", True),
        ("a", "1", True),
        ("1", ".", True),
        ("1e", "+", True),
        ("0xE", "-", True),
        ("x", "+", False),
        ("L", '"s"', True),
        ("u", "'c'", True),
        ("+", "+", True),
        ("+", "-", False),
        ("<", "<", True),
        ("/", "/", True),
        ("/", "*", True),
        ("-", ">", True),
        ("%", ":", True),
        (")", "(", False),
        ("", "a", False),
        ("a", "", False),
        ("a", " ", False),
    ],
)
def test_tokens_that_would_read_as_one_are_told(left, right, fuses):
    assert would_fuse(left, right) == fuses
