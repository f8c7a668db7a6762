"""Macros, conditionals, positions, and bounds on work."""

from bisect import bisect_right

import pytest

from nsc.text import MAX_SOURCE_BYTES, Expanded, HeaderCache, preprocess


def squeeze(text: str) -> str:
    return " ".join(text.split())


def expand(
    text: str, headers: dict[str, str], cache: HeaderCache | None = None
) -> Expanded:
    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        return (name, headers[name]) if name in headers else None

    return preprocess(text, include, cache=cache or HeaderCache())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#define K 2.0\nK*x", "2.0*x"),
        ("#define SQ(a) ((a)*(a))\nSQ(x+1)", "((x+1)*(x+1))"),
        ("#define SQ(a) ((a)*(a))\nSQ(SQ(x))", "((((x)*(x)))*(((x)*(x))))"),
        ("#define SQ(a) ((a)*(a))\nSQ", "SQ"),
        ("#define A B\n#define B A\nA", "A"),
        ("#define CAT(a, b) a##b\nCAT(x, 1) CAT(,y)", "x1 y"),
        ('#define STR(s) #s\nSTR(a  "b")', '"a \\"b\\""'),
        ("#define V(f, ...) f(__VA_ARGS__)\nV(g, 1, 2)", "g(1, 2)"),
        ("#define NEG -1\nx-NEG", "x- -1"),
        ("#define M -\nM-x x M-1", "- -x x - -1"),
        ("#define F f\nF.5 F(2)F", "f .5 f(2)f"),
        ("#define g(p) f p##p h(1)\ng() g(a)", "f h(1) f aa h(1)"),
        (
            "#define CAT3(a, b, c) a##b##c\nCAT3(x,,y) CAT3(,,) CAT3(,z,)",
            "xy z",
        ),
        ("#define P(a...) g(a)\nP(x,2)", "g(x,2)"),
        ("#define P(a, b...) g(a, ##b)\nP(1) P(1,2, 3)", "g(1) g(1,2, 3)"),
        ("#define MASK 0x1E\nMASK+1 MASK*1", "0x1E +1 0x1E*1"),
        ("#define LT <\nb LT= c", "b < = c"),
        ('#define X(a) a"b"\nX(L)', 'L "b"'),
        (
            "#define FOO 3\nint a = FO\\\nO; b +\\\n= 2; /* c *\\\n/ d;",
            "int a = 3 ; b += 2; d;",
        ),
        (
            "#if -1 > 0u && (1<<63) < 0 && ~0u == 0xffffffffffffffff\ngood\n#endif",
            "good",
        ),
        (
            (
                "#if 9007199254740993/1 == 9007199254740993 && -7/2 == -3 && -7%2 =="
                " -1\ngood\n#endif"
            ),
            "good",
        ),
        (
            (
                "#if '\\x41' == 'A' && L'a' == 97 && '\\0' == 0 && (1 ? -1 : 0u) >"
                " 0\ngood\n#endif"
            ),
            "good",
        ),
        (
            "#define P(f, ...) p(f, ##__VA_ARGS__)\nP(1) P(1, 2, 3)",
            "p(1) p(1,2, 3)",
        ),
        ("x; // C:\\\\\nhidden;\ny;", "x; y;"),
        ("// a \\\\\n#define B 2\nB", "B"),
        ("a; // \\x \\\r\nhidden\r\nb;", "a; b;"),
        ("#define LONG 1 + \\\n 2\nLONG", "1 + 2"),
        ("#define A 1\n#undef A\nA", "A"),
        ("#if 0\nbad\n#elif 1 + 1 == 2\ngood\n#else\nbad\n#endif", "good"),
        ("#define N 3\n#if defined(N) && N > 2\nyes\n#endif", "yes"),
        ("#ifndef X\n#define X 1\n#endif\nX", "1"),
        ("#if 0\n#error never\n#include </etc/passwd>\n#endif\nok", "ok"),
        ("float __attribute__((const)) f(void);", "float f(void);"),
        ("a /* b\n c */ d // e", "a d"),
        ("__FILE__", '"program.c"'),
    ],
)
def test_expansion(text, expected):
    done = preprocess(text)
    assert not done.problems
    assert squeeze(done.text) == expected


def test_lines_keep_their_numbers():
    text = "#define TWO \\\n 2\n\nint a;\nint b = TWO;\n"
    done = preprocess(text)
    assert done.position(done.origin(done.text.index("int b"))) == (5, 1)
    assert done.position(done.origin(done.text.rindex("2"))) == (5, 9)


def test_includes_are_noted_and_never_followed():
    done = preprocess('#include <math.h>\n#include "/etc/hostname"\nint x;')
    assert [(name, angled) for name, angled, _ in done.includes] == [
        ("math.h", True),
        ("/etc/hostname", False),
    ]
    assert squeeze(done.text) == "int x;"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#embed </etc/passwd>\n", "forbidden_directive"),
        ("#import <x>\n", "forbidden_directive"),
        ("#error no\n", "error_directive"),
        ("#if (1\n#endif\n", "bad_directive"),
        ("#endif\n", "bad_directive"),
        ("#define F(a) a\nF(1, 2)\n", "macro_call"),
        ("#define F(a) a\nF(1", "macro_call"),
        ("x" * (MAX_SOURCE_BYTES + 1), "source_too_large"),
    ],
)
def test_refusals(text, reason):
    assert [p.reason for p in preprocess(text).problems] == [reason]


@pytest.mark.parametrize(
    "text",
    [
        "#define f(x) x\n" + "f(" * 64 + "a " * 30_000 + ")" * 64 + "\n",
        "#define S(x) " + "#x " * 5000 + "\nS(" + "a " * 3000 + ")\n",
        "#define P(x) " + "x##" * 20_000 + "x\nP(" + "y" * 43 + ")\n",
        "".join(f"#define A{k} A{k + 1} x x\n" for k in range(7000))
        + "A0 " * 20
        + "\n",
        "#define A "
        + ("x" * 100 + " ") * 500
        + "\n#define B "
        + "A " * 500
        + "\nint a = B;\n",
    ],
    ids=["arguments", "spelled", "pasted", "chain", "long"],
)
def test_macros_that_make_much_work_are_stopped(text):
    done = preprocess(text)
    assert [p.reason for p in done.problems] == ["macro_too_large"]


def test_a_header_that_is_too_large_ends_the_run_at_once():
    big = "#define f(x) x\n" + "f(" * 64 + "a " * 20_000 + ")" * 64 + "\n"
    done = expand('#include "big.h"\n' * 40, {"big.h": big})
    assert [p.reason for p in done.problems] == ["macro_too_large"]
    assert len(done.files) == 2


def test_what_is_remembered_passes_the_bound_where_a_fresh_reading_does():
    headers = {
        "big.h": "#define BIG "
        + "x " * 1_200
        + "\n",  # a call counts some 7,200
        "fill.h": "int z = BIG;\n" * 6,
        "k.h": "int a;\nint q =\n  1 +\n BIG + BIG;\n",
    }
    text = (
        '#include "big.h"\n'
        + '#include "fill.h"\n' * 4
        + '#include "k.h"\n' * 3
    )
    cache = HeaderCache()
    expand(
        '#include "big.h"\n#include "fill.h"\n#include "k.h"\n', headers, cache
    )
    warm = expand(text, headers, cache)
    cold = expand(text, headers)
    [problem] = cold.problems
    assert (problem.reason, problem.file) == ("macro_too_large", "k.h")
    assert (problem.line, problem.column) == (4, 8)  # the second BIG
    assert warm.problems == cold.problems
    assert warm.used == cold.used


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 35 + "1" + ")" * 35,
        "(" * 5000 + "1",
        "(1" + "<<63" * 20 + ")/1",
        "!" * 5000,
    ],
)
def test_odd_conditions_are_read_or_refused(condition):
    done = preprocess(f"#if {condition}\n#endif\n")
    assert {p.reason for p in done.problems} <= {"bad_directive"}


def test_blanks_that_keep_tokens_apart_come_from_nowhere():
    done = preprocess("#define E\nint a= b -E- c;\n")
    for k, character in enumerate(done.text):
        exact = done.sources.exact[bisect_right(done.sources.places, k) - 1]
        assert not exact or done.original[done.origin(k)] == character


def test_an_exponential_macro_is_stopped():
    levels = "".join(
        f"#define A{k} {f'A{k - 1} ' * 10}\n" for k in range(1, 12)
    )
    done = preprocess(
        f"#define A0 x\n{levels}double f(double x) {{ return A11; }}"
    )
    assert [p.reason for p in done.problems] == ["macro_too_large"]


HEADERS = {
    "/p/a.h": (
        '#pragma once\n#include "b.h"\n#define A (B + 1)\n#include <math.h>\nstatic'
        " double twice(double v) { return 2 * v; }\n"
    ),
    "/p/b.h": "#ifndef B_H\n#define B_H\n#define B 4\n#endif\n",
    "/p/item.h": "double TAG(double x) { return x * A; }\n",
    "/p/loose.h": "#endif\n#if 1\nint loose;\n",
}


def include(name, angled, asking):
    path = f"/p/{name}"
    return (path, HEADERS[path]) if path in HEADERS else None


def test_own_headers_are_followed_where_they_are_handed_over():
    text = (
        '#include "a.h"\n#include "a.h"\n#include <b.h>\n#include "gone.h"\ndouble'
        " f(double x) { return A * twice(x); }\n"
    )
    done = preprocess(text, include)
    assert not done.problems
    assert (
        squeeze(done.text)
        == "static double twice(double v) { return 2 * v; } double f(double x) { return"
        " (4 + 1) * twice(x); }"
    )
    assert [name for name, _, _ in done.includes] == ["math.h", "gone.h"]
    at = done.origin(done.text.index("double f"))
    assert (done.file_of(at).path, done.position(at)) == ("", (5, 1))
    at = done.origin(done.text.index("static"))
    assert (done.file_of(at).path, done.position(at)) == ("/p/a.h", (5, 1))


def test_a_header_may_be_read_twice_with_other_macros():
    text = (
        '#include "a.h"\n#define TAG one\n#include "item.h"\n#undef TAG\n#define TAG'
        ' two\n#include "item.h"\n'
    )
    assert "double two(double x) { return x * (4 + 1); }" in squeeze(
        preprocess(text, include).text
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("#define A 1", "#define A 2", "A = 1; A = 2;"),
        ("#define A B", "#define A B\n#define B 3", "A = B; A = 3;"),
        (
            "#define A C(a, b)\n#define C(x, y) x##y",
            "#define ab 4",
            "A = ab; A = 4;",
        ),
        ("#define A", "#undef A\n#define A()", "A = ; A = A;"),
        ("#define A 1", "", "A = 1; A = 1;"),
    ],
)
def test_what_was_expanded_before_is_remembered_only_where_it_is_the_same(
    first, second, expected
):
    headers = {"v.h": '"A" = A;\n'}
    text = f'{first}\n#include "v.h"\n{second}\n#include "v.h"\n'
    cache = HeaderCache()
    expand(text, headers, cache)
    done = expand(text, headers, cache)
    assert squeeze(done.text).replace('"', "") == expected
    cold = expand(text, headers)
    assert done.used == cold.used
    assert done.sources.origins == cold.sources.origins
    assert done.sources.places == cold.sources.places
    assert {done.file_of(offset).path for offset, _ in done.used} == {"v.h"}


def test_a_header_that_is_refused_leaves_its_includer_in_order():
    headers = {
        "bad.h": "#define F(a) a\nint u = F(1;\n",
        "good.h": "int good;\n",
    }
    text = '#include "bad.h"\n#include "good.h"\nint last;\n'
    done = expand(text, headers)
    [problem] = done.problems
    assert (problem.reason, problem.file) == ("macro_call", "bad.h")
    assert squeeze(done.text).endswith("int good; int last;")
    assert done.file_of(done.origin(done.text.index("int last"))).path == ""


def test_a_header_that_is_repeated_counts_like_one_that_is_read():
    big = {"big.h": "int x;\n" * 100_000}
    done = expand('#include "big.h"\n' * 4, big)
    assert [p.reason for p in done.problems] == ["source_too_large"] * 2
    assert len(done.files) == 3
    pair = {"p.h": '#include "q.h"\n', "q.h": "int q;\n", "odd.h": ""}
    done = expand('#include "odd.h"\n' + '#include "p.h"\n' * 500, pair)
    [problem] = done.problems
    assert (problem.reason, problem.file) == ("too_many_includes", "p.h")


def test_headers_are_bounded():
    done = expand('#include "self.h"\n', {"self.h": '#include "self.h"\n'})
    assert done.problems[0].reason == "too_many_includes"
    big = "int x;\n" * 100_000
    text = '#include "1"\n#include "2"\n#include "3"\n'
    done = expand(text, {"1": big, "2": big, "3": big})
    assert [p.reason for p in done.problems] == ["source_too_large"]


def test_conditionals_end_with_their_file():
    done = preprocess(
        '#if 1\n#include "loose.h"\nint kept;\n#endif\nint last;', include
    )
    # a header's own mistakes matter to those who need what it did not define
    assert done.problems == []
    assert squeeze(done.text) == "int loose; int kept; int last;"
