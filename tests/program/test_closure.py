"""A function needs exactly what it uses, in file order."""

import pytest

from nsc.errors import SourceError
from nsc.program import Program, list_programs, parse_program


def closed(text: str, **options) -> Program:
    return parse_program(text, function="f", **options)


def problems(text: str, **options) -> list[str]:
    with pytest.raises(SourceError) as caught:
        closed(text, **options)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("before", "body", "names"),
    [
        ("static double g(double x) { return x; }", "return x;", ("f",)),
        (
            "static double g(double x) { return x; }",
            "return g(x);",
            ("g", "f"),
        ),
        (
            "static const double K = 2, L = 3;",
            "return K * x;",
            ("K", "L", "f"),
        ),
        (
            "typedef double a; typedef a b;",
            "b y = x; return y;",
            ("a", "b", "f"),
        ),
        ("enum { A = 2 }; enum { B = A };", "return B * x;", ("A", "B", "f")),
        ("enum { A = 2 };", "int A = 1; return A * x;", ("f",)),
        (
            "struct s { double q; };",
            "struct s v = {x}; return v.q;",
            ("s", "f"),
        ),
        (
            "static double h(double x) { return x; }"
            "static double g(double x) { return h(x); }",
            "return g(x);",
            ("h", "g", "f"),
        ),
    ],
)
def test_what_is_used_and_nothing_else(before, body, names):
    assert (
        closed(f"{before}\ndouble f(double x) {{ {body} }}").globals_ == names
    )


def test_definitions_take_their_prototypes_along():
    text = (
        "static double g(double);\ndouble f(double x) { return g(x); }\n"
        "static double g(double x) { return x; }\n"
    )
    assert [piece.names for piece in closed(text).pieces] == [
        ("g",),
        ("f",),
        ("g",),
    ]


def test_headers_are_those_included_and_those_needed():
    text = "#include <stdio.h>\nint f(int32_t n) { return fabs(n) > 1; }"
    program = closed(text, ranges={"n": (0, 3)})
    assert program.headers == ("stdio.h", "stdint.h", "math.h")
    assert program.text.startswith("#include <stdio.h>\n#include <stdint.h>\n")


def test_builtins_come_from_the_header_of_their_name():
    text = "double f(double x) { return __builtin_fabs(x); }"
    assert closed(text).headers == ("math.h",)


def test_macros_are_kept_that_the_items_call():
    text = (
        "#define TWICE(a) (2 * (a))\n#define FOUR(a) TWICE(TWICE(a))\n#define NO 1\n"
        "double f(double x) { return FOUR(x); }"
    )
    program = closed(text)
    assert "#define TWICE" in program.text and "#define FOUR" in program.text
    assert "NO" not in program.text and "FOUR" not in program.source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "double f(double x) { return g(x); }",
            "the function 'g' is not defined in this file",
        ),
        (
            "double f(double x) { return K; }",
            "the name 'K' is not defined in this file",
        ),
        (
            "double f(double x) { T y = x; return y; }",
            "the type 'T' is not defined in this file",
        ),
        (
            "double g(double); double f(double x) { return g(x); }",
            "the function 'g' is declared, but its definition is in another file:"
            " paste it here, or guess it by name with text_only=True",
        ),
        (
            "extern double K; double f(double x) { return K; }",
            "the name 'K' is declared, but its definition is in another file: paste it"
            " here, make it an input with inputs={'K': (LO, HI)}, or fix it with"
            " fix={'K': VALUE}",
        ),
        (
            "extern const double K; double f(double x) { return K; }",
            "the name 'K' is declared, but its definition is in another file: paste it"
            " here",
        ),
        (
            "double f(double x) { return fork(); }",
            "'fork' is not available to a surrogate",
        ),
        (
            '#include "a.h"\ndouble f(double x) { return K; }',
            "the name 'K' is not defined in this file; it may come from a.h: give its"
            " folder with include=['DIR']",
        ),
    ],
)
def test_what_is_missing_is_named(text, message):
    assert problems(text) == [message]


def test_what_is_missing_is_said_once_a_place_in_the_order_of_the_text():
    text = "static double g(double x) { return B; }\ndouble f(double x) { return A + g(C); }"
    assert [m.split("'")[1] for m in problems(text)] == ["B", "A", "C"]


def test_functions_may_be_missing_on_request():
    text = (
        "double g(double);\ndouble f(double x) { return g(x) + g(1) + h(x); }"
    )
    program = closed(text, partial=True)
    assert program.bodiless == ("g", "h")
    assert "double g(double);" in program.source
    assert problems(
        "double f(double x) { return g(x) + K; }", partial=True
    ) == ["the name 'K' is not defined in this file"]


def test_a_missing_function_may_be_why_there_is_no_output():
    (listed,) = list_programs("void f(double x) { store(x); }")
    assert [p.reason for p in listed.problems] == ["unknown_function"]
    assert listed.missing == ("store",)
    (listed,) = list_programs("void f(double x) { x = 1; }")
    assert [p.reason for p in listed.problems] == ["no_output"]


@pytest.mark.parametrize(
    "announced",
    [
        "extern int rand(void);",
        "int rand(void);",
        "int *a, (rand)(void), b = 0;",
        "extern int (*rand)(void);",
        "rt rand;",
        "int k = 3; rt *p, rand;",
        "typedef int local(void); local rand;",
    ],
)
def test_what_a_body_announces_is_outside_of_it(announced):
    text = (
        "typedef int rt(void);\ndouble f(double x) { %s return x + rand(); }"
    )
    assert problems(text % announced) == [
        "'rand' is not available to a surrogate"
    ]


def test_bodies_may_announce_what_is_there():
    text = "static const int k = 3;\ndouble g(double);\ndouble f(double x) { extern const"
    text += " int k; double g(double), y = x; return g(y) * k; }"
    text += "\ndouble g(double y) { return y; }"
    assert closed(text).globals_ == ("k", "g", "f")
    standard = "double f(double x) { double sin(double); return sin(x); }"
    assert closed(standard).headers == ("math.h",)
    [missing] = problems(
        "double f(double x) { extern int hidden; return x + hidden; }"
    )
    assert missing.startswith("the name 'hidden' is not defined")


def test_types_of_functions_may_be_pointed_to():
    text = "typedef double fn(double);\nstatic double twice(double y) { return 2 * y; }"
    text += "\nstatic double at(fn *g, double y) { fn *h = g; return h(y); }"
    assert closed(
        f"{text}\ndouble f(double x) {{ return at(twice, x); }}"
    ).globals_


def test_a_local_variable_may_have_the_name_of_what_is_forbidden():
    text = "double f(double time) { double read = time, *write = &read; return *write; }"
    assert closed(text).globals_ == ("f",)


@pytest.mark.parametrize(
    "name", ["nsc_function", "nsc_entry", "nsc_x", "nsc_weight_1"]
)
def test_names_of_ours_are_nobodys(name):
    for text in (
        f"double {name}(double x) {{ return x; }} double f(double x) {{ return {name}(x); }}",
        f"double f(double x) {{ extern double {name}(double); return {name}(x); }}",
    ):
        assert f"'{name}' is a name of nsc's own; rename it" in problems(text)
