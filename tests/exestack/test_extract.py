"""Every function is a candidate, or dropped for a reason that has a name."""

import pytest

from nsc.errors import InputError
from nsc.exestack.programs.execute import execute
from nsc.exestack.programs.extract import Candidate, Dropped, extract, judge
from nsc.exestack.programs.profile import PROFILES, profile_named
from nsc.exestack.sources.text import SourceText
from nsc.record import Record, shared_inputs

PAPER = profile_named("exestackcpn")
WIDE = profile_named("wide")
PREPRINT = profile_named("hybertnet")


def looked_at(text, profile=PAPER):
    made, dropped = extract(SourceText("origin", "p/f.c", text), profile)
    assert all(isinstance(c, Candidate) for c in made)
    return {c.program.name for c in made}, {
        d.function: d.reason for d in dropped
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("double f(double x) { return g(x); }", "front_end:unknown_function"),
        ("double f(double x) { return K * x; }", "front_end:unknown_name"),
        (
            "double f(double x) { strange y = x; return y; }",
            "front_end:unknown_type",
        ),
        (
            'double f(double x) { scanf("%lf", &x); return x; }',
            "front_end:uses_io",
        ),
        (
            'double f(double x) { __asm__("nop"); return x; }',
            "front_end:uses_asm",
        ),
        ("double f(double x) { return x * rand(); }", "front_end:uses_random"),
        (
            "double f(double x) { return f(x / 2); }",
            "front_end:unbounded_recursion",
        ),
        (
            "double f(double x) { static double n; return n += x; }",
            "front_end:keeps_state",
        ),
        (
            "double n;\ndouble f(double x) { return n += x; }",
            "front_end:writes_global",
        ),
        ("void f(double x) { }", "file:no_scalar_function"),
        ("int f(int n) { return n; }", "file:no_scalar_function"),
        ("double f(double *x) { return *x; }", "file:no_scalar_function"),
        (
            "long double f(long double x) { return x; }",
            "file:no_scalar_function",
        ),
        (
            "namespace n { double f(double x) { return x; } }",
            "file:c_plus_plus",
        ),
        ("int x;", "file:no_function"),
    ],
)
def test_reasons_of_the_papers_profile(text, reason):
    made, dropped = looked_at(text)
    assert made == set() and list(dropped.values()) == [reason]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("int f(double x) { return x > 0; }", "not_float"),
        ("void f(double x) { }", "front_end:no_output"),
        (
            "double f(int n, double x) { return n * x; }",
            "file:no_floating_point",
        ),
    ],
)
def test_reasons_of_the_wide_profile(text, reason):
    made, dropped = looked_at(text, WIDE)
    assert made == set() and list(dropped.values()) == [reason]


def test_a_function_may_have_nine_inputs():
    nine = ", ".join(f"double x{k}" for k in range(9))
    made, _ = looked_at(f"double f({nine}) {{ return x0 + x8; }}")
    assert made == {"f"}
    text = f"double f({nine}, double y) {{ return x0 + y; }}"
    assert looked_at(text)[1] == {"f": "too_many_inputs"}
    assert looked_at(text, PREPRINT)[0] == {"f"}


def test_a_long_function_is_dropped_where_the_profile_counts():
    body = "".join(f"x = x * {k}.5 + 1; " for k in range(100))
    text = f"double f(double x) {{ {body} return x; }}"
    assert looked_at(text)[1] == {"f": "too_long"}
    assert looked_at(text, WIDE)[0] == {"f"}


def test_pointers_and_structs_are_for_the_wide_profile():
    text = (
        "typedef struct { double x, y; } point;\n"
        "double length(point p) { return p.x * p.x + p.y * p.y; }\n"
        "void swap(double a, double b, double *x, double *y) { *x = b; *y = a; }\n"
        "double plain(double x) { return x * x; }\n"
    )
    made, dropped = looked_at(text)
    assert made == {"plain"} and dropped == {
        "length": "not_scalar",
        "swap": "not_scalar",
    }
    assert looked_at(text, WIDE) == ({"length", "swap", "plain"}, {})


def test_a_file_that_does_not_parse_costs_one_function():
    text = "double f(double x) { return x; }\ndouble g(double x) { return x +; }\n"
    made, dropped = looked_at(text)
    assert made == {"f"} and dropped == {"g": "front_end:syntax_error"}


def test_a_directive_that_would_open_a_file_costs_the_file():
    text = '#embed "/etc/hostname"\ndouble f(double x) { return x; }\n'
    made, dropped = looked_at(text)
    assert made == set() and dropped == {"": "file:forbidden_directive"}


def test_what_is_dropped_says_where_it_was():
    source = SourceText(
        "origin", "p/f.c", "double f(double x) { return g(x); }"
    )
    _, (dropped,) = extract(source, PAPER)
    assert (dropped.origin, dropped.path) == ("origin", "p/f.c")
    assert judge(SourceText("o", "f.c", "int x;"), PAPER) == Dropped(
        "o", "f.c", "", "file:no_function"
    )


def test_profiles_are_named():
    assert set(PROFILES) == {"exestackcpn", "hybertnet", "wide"}
    with pytest.raises(
        InputError, match="unknown profile 'narrow'; known are exestackcpn"
    ):
        profile_named("narrow")


# execution


def executed(text, profile=PAPER):
    made, _ = extract(
        SourceText("origin", "p/f.c", "#include <math.h>\n" + text), profile
    )
    return {
        (r.name.rsplit(":", 1)[1] if isinstance(r, Record) else r.function): r
        for r in execute(made, profile)
    }


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("return sqrt(x);", "not_finite"),
        ("return 1 / (x - x);", "not_finite"),
        ("return 100 * x;", "too_large_output"),
        ("while (x < 2) x = x * 0.5; return x;", "out_of_fuel"),
        ("double v[3] = {0}; return v[(int)(9 * x * x)];", "aborted"),
        ("volatile int z = 0; return x + 7 / z;", "division_by_zero"),
    ],
)
def test_how_a_run_may_end(body, outcome):
    (found,) = executed(f"double f(double x) {{ {body} }}").values()
    assert isinstance(found, Dropped) and found.reason == outcome
    assert body in found.text


def test_outputs_are_those_of_the_shared_inputs():
    (found,) = executed(
        "double f(double x, double y) { return x - 2 * y; }"
    ).values()
    x = shared_inputs()
    assert found.outputs.shape == (2048, 1) and found.box == ((-1.0, 1.0),) * 2
    assert abs(found.outputs[:, 0] - (x[:, 0] - 2 * x[:, 1])).max() < 1e-6


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ("return x;", ()),
        ("return 0.25;", ("constant",)),
        ("return 1 + x * 1e-5;", ("near_constant",)),
        ("return 40 * x;", ("rescaled",)),
        ("return 1000;", ("constant", "rescaled")),
    ],
)
def test_flags_tell_what_is_odd(body, flags):
    (found,) = executed(f"double f(double x) {{ {body} }}", WIDE).values()
    assert found.flags == flags


@pytest.mark.parametrize(
    ("factor", "scale"),
    [("9.5", ()), ("10.5", (2.0,)), ("79", (8.0,)), ("81", (16.0,))],
)
def test_outputs_are_divided_by_the_smallest_power_of_two(factor, scale):
    (found,) = executed(
        f"double f(double x) {{ return {factor} * x; }}", WIDE
    ).values()
    assert found.scale == scale
    assert abs(found.outputs).max() < 10
    expected = float(factor) * shared_inputs()[:, 0]
    assert abs(found.raw_outputs[:, 0] - expected).max() < 1e-4
