"""What keeps closed C from being a function of scalars: named, where it stands."""

import pytest

from nsc.errors import Problem, SourceError
from nsc.program import Listed, list_functions, list_programs, parse_program


def problems(text: str, **options) -> list[Problem]:
    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f", **options)
    return list(caught.value.problems)


def reasons(text: str) -> list[str]:
    return [problem.reason for problem in problems(text)]


RING = "static double {0}(double x) {{ return {1}; }}\n"


@pytest.mark.parametrize(
    ("calls", "recurs"),
    [
        ({"g": "h(x)", "h": "g(x)"}, ["g", "h"]),
        ({"g": "h(x)", "h": "x > 0 ? g(x - 1) : x"}, []),
        ({"g": "g(x)"}, ["g"]),
        ({"g": "h(x)", "h": "h(x)"}, ["h"]),
        ({"g": "h(x) + x", "h": "x"}, []),
    ],
)
def test_recursion_needs_a_condition_on_its_way(calls, recurs):
    prototypes = "".join(f"static double {name}(double);" for name in calls)
    bodies = "".join(RING.format(name, body) for name, body in calls.items())
    text = f"{prototypes}\n{bodies}double f(double x) {{ return g(x); }}"
    if not recurs:
        assert parse_program(text, function="f").name == "f"
        return
    found = problems(text)
    assert {problem.reason for problem in found} == {"unbounded_recursion"}
    assert [problem.message.split("'")[1] for problem in found] == recurs


@pytest.mark.parametrize(
    ("before", "body", "expected"),
    [
        ("int n;", "n = 1; return x;", ["writes_global"]),
        ("int n[3];", "*n = 1; return x;", ["writes_global"]),
        ("int n[3];", "*(n + 1) += 2; return x;", ["writes_global"]),
        ("int n[3];", "(*n)++; return x;", ["writes_global"]),
        ("int n[3];", "int *e = n; *e++ = 1; return x;", ["writes_global"]),
        (
            "int n[3];",
            "int *e; e = x > 0 ? &n[1] : n + 1; e[1] = 1; return x;",
            ["writes_global"],
        ),
        ("int n[3];", "const int *e = n; e++; return x + e[0];", []),
        ("int n;", "int a[3], *e = a + n; *e = 1; return x + a[0];", []),
        (
            "#include <string.h>\nint n[3];",
            "int a[3] = {0}; memcpy(a, n, 8); memset(n + 1, 0, 4); return x;",
            ["writes_global"],
        ),
        ("struct { int a; } n[3];", "n->a = 1; return x;", ["writes_global"]),
        ("int n;", "int n; n = 1; return x;", []),
        ("enum { n };", "n = 1; return x;", []),
        (
            "struct { double a[2]; } s;",
            "s.a[1] += x; return x;",
            ["writes_global"],
        ),
        ("", "static int k; k++; return x + k;", ["keeps_state"]),
        ("", "static double k; return k += x;", ["keeps_state"]),
        ("", "static int k; k++; return x;", []),
        ("", "static int k; k = 1; return x + k;", []),
        ("static int n;", "n++; return x + n;", ["writes_global"]),
        ("static int n;", "n = 1; return x + n;", []),
        ("", "static const int k = 2; return k * x;", []),
        (
            "static void set(void) { n = 1; } int n;",
            "set(); return x;",
            ["writes_global"],
        ),
    ],
)
def test_nothing_outlives_a_call(before, body, expected):
    text = f"{before}\ndouble f(double x) {{ {body} }}"
    found = list_functions(text)[-1]
    assert [problem.reason for problem in found.problems] == expected


PUT = """double g[3]; double h(void);
static void put(double *e, double v) { *e = v; }
static void put_next(double *e, double v) { put(e + 1, v); }
static double first(const double *e) { return e[0]; }
static double *where(void) { return g; }
"""


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ("put(g, x); return x;", 22),
        ("put(&g[1], x); return x;", 22),
        ("put_next(g, x); return x;", 22),
        ("double *p = g; p++; put(p, 1); return x;", 42),
        ("double *p = x > 0 ? g : 0; if (p) *p = x; return x;", 56),
        ("*where() = x; return x;", 22),
        ("extern double g[3]; g[0] = x; return x;", 42),
        ("return x * first(g) + first(&g[1]) + where()[2];", 0),
        ("double g[3]; put(g, x); put_next(g, x); return g[0];", 0),
    ],
)
def test_a_pointer_to_a_file_level_variable_is_followed(body, column):
    text = f"{PUT}double f(double x) {{ {body} }}"
    if not column:
        assert parse_program(text, function="f").name == "f"
        return
    (found,) = problems(text)
    assert (found.reason, found.line) == ("writes_global", 6)
    assert found.column == column and "'g'" in found.message
    assert "out=['g']" in found.message


TABLE = """double a, b; static double *tables[2] = {&a, &b};
double f(double x) { double *e = tables[x > 0.5]; *e = x; return x * 2; }
"""


def test_a_table_of_pointers_is_not_what_they_point_to():
    variables = parse_program(TABLE, function="f").static_variables
    assert {(v.name, v.is_written, v.is_followed) for v in variables} == {
        ("tables", False, True),
        ("a", False, False),
        ("b", False, False),
    }


def test_what_a_file_level_pointer_points_to_is_not_the_pointer():
    text = """static double z; static double *p = &z;
double f(double x) { *p = x; return x + 1; }"""
    variables = parse_program(text, function="f").static_variables
    assert {(v.name, v.is_written, v.is_followed) for v in variables} == {
        ("p", False, True),
        ("z", False, False),
    }


def test_a_pointer_to_const_may_change():
    text = """static const double t[2] = {1, 2};
double f(double x) { static const double *p; double r = p ? *p : 0;
  p = x > 0 ? t + 1 : t; return r + x; }"""
    (found,) = parse_program(text, function="f").static_variables
    assert (found.name, found.is_written) == ("p", True)


def test_a_syntax_error_is_quoted_shortly():
    (found,) = problems("double f(double x) { return x @ 1; }")
    assert found.reason == "syntax_error"
    assert "this is not C as nsc reads it: '" in found.message
    long = "double f(double x) { return x; @ " + "y " * 60 + "}"
    assert len(problems(long)[0].message) < 100


def test_a_syntax_error_may_come_from_a_header_that_is_not_there():
    (found,) = problems(
        '#include "odd.h"\ndouble f(double x) { ODD(x) return x +; }'
    )
    assert (
        "a macro may be missing, from odd.h: give its folder with include=['DIR']"
        in found.message
    )


def test_problems_are_in_the_order_of_the_text_each_reason_once_a_place():
    text = (
        "static double g(double x) { static int n; n++; return n * rand(); }\n"
        "double f(double x) { return g(x) + K; }"
    )
    assert reasons(text) == ["keeps_state", "uses_random", "unknown_name"]
    assert [(p.line, p.column) for p in problems(text)] == [
        (1, 43),
        (1, 59),
        (2, 36),
    ]


LIST = """
static double helper(double x) { return x; }
double good(double x) { return helper(x); }
int whole(int n) { return n; }
double broken(double x) { return x +; }
double dirty(double x) { static int n; n++; return x + n; }
double open(double *p, double n) { return p[(int)n]; }
double lost(double x) { return nowhere(x); }
"""


def listed(**options) -> dict[str, Listed]:
    return {found.name: found for found in list_programs(LIST, **options)}


def test_a_listing_stops_at_the_first_kind_of_problem():
    found = listed()
    assert [name for name in found if found[name].program] == [
        "helper",
        "good",
    ]
    why = {name: [p.reason for p in found[name].problems] for name in found}
    assert why["broken"] == ["syntax_error"] and why["dirty"] == [
        "keeps_state"
    ]
    assert why["open"] == ["dynamic_size"] and why["lost"] == [
        "unknown_function"
    ]
    assert why["whole"] == [] and found["whole"].signature is not None
    assert found["lost"].missing == ("nowhere",)


def test_a_listing_closes_only_what_is_wanted():
    assert list(listed(only=["good"])) == ["good"]
    found = listed(fits=lambda signature: signature.function == "good")
    assert [name for name in found if found[name].program] == ["good"]
    heads = []

    def may_fit(result, parameters):
        heads.append((result, parameters))
        return False

    assert all(
        each.signature is None for each in listed(may_fit=may_fit).values()
    )
    assert heads[0] == ("static double ", ["double x"])


def test_an_overview_is_plain_values():
    found = {each.name: each for each in list_functions(LIST)}
    assert found["good"].as_json("a.c") == {
        "function": "good",
        "line": 3,
        "prototype": "double good(double x)",
        "inputs": ["x"],
        "outputs": ["return"],
        "closure_functions": 2,
        "closure_lines": 3,
        "notes": [],
        "problems": [],
        "command": "nsc compile a.c --function good",
    }
    (said,) = found["lost"].as_json("a.c")["problems"]
    assert said == (
        "a.c:8:32: the function 'nowhere' is not defined in this file"
        " [unknown_function]"
    )
