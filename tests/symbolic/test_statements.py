"""Statements: each program is set beside the same in Python, input by input."""

import math

import numpy as np
import pytest
from closed import body, points, read, values

from nsc.graph import Dag, Unsupported

WIDE = ((-4, 4),)


def agrees(statements, python, ranges=WIDE, names="x"):
    """Fail where a body computes something else than a Python function."""
    u, x = points(ranges)
    found = values(read(body(statements, names), ranges), u)
    np.testing.assert_allclose(found, [python(*row) for row in x], atol=1e-12)


def test_both_sides_of_a_branch_are_kept_apart():
    def python(x):
        y = 1.0
        if x > 0:
            y = 2 * x
        elif x > -1:
            y += x
        return y

    agrees(
        "double y = 1; if (x > 0) y = 2 * x; else if (x > -1) y += x; return y;",
        python,
    )


def test_a_branch_that_is_known_is_taken_alone():
    dag = read(body("if (1) return x; else return sin(x);"))
    assert isinstance(dag, Dag) and len(dag) == 1


def test_what_follows_a_return_runs_where_there_was_none():
    def python(x):
        y = x
        if x > 1:
            return y
        y += 3
        if x < -1:
            return 10 * y
        return -y

    text = "double y = x; if (x > 1) return y; y += 3; if (x < -1) return 10 * y; return -y;"
    agrees(text, python)


def test_a_block_hides_names_and_leaves_its_assignments():
    agrees(
        "double y = x; { double y = 7; y++; } { y *= 2; } return y;",
        lambda x: 2 * x,
    )


def test_a_for_loop_with_a_known_count_is_unrolled():
    agrees(
        "double s = 0; for (int i = 1; i <= 5; i++) s += i * x; return s;",
        lambda x: 15 * x,
    )


def test_a_while_loop_tests_first_and_a_do_loop_afterwards():
    agrees("int n = 0; while (n) n++; return x + n;", lambda x: x)
    agrees("int n = 0; do n++; while (n < 0); return x + n;", lambda x: x + 1)


def test_continue_goes_to_the_step():
    agrees(
        "double s = 0; for (int i = 0; i < 6; i++) { if (i % 2) continue; s += i; }"
        " return s * x;",
        lambda x: 6 * x,
    )


def test_break_leaves_the_inner_loop_alone():
    agrees(
        "double s = 0; for (int i = 0; i < 3; i++) for (int j = 0; ; j++)"
        " { if (j == i) break; s += 1; } return s + x;",
        lambda x: 3 + x,
    )


def test_a_break_that_depends_on_an_input_keeps_counters_known():
    def python(x):
        total = x
        for i in range(5):
            if total > 3:
                break
            total += i
        return total

    text = "double s = x; for (int i = 0; i < 5; i++) { if (s > 3) break; s += i; } return s;"
    agrees(text, python)


def test_a_continue_that_depends_on_an_input():
    def python(x):
        total = 0.0
        for i in range(4):
            total += 1
            if x > i - 1:
                continue
            total += x
        return total

    text = (
        "double s = 0; for (int i = 0; i < 4; i++) { s += 1; if (x > i - 1) continue;"
        " s += x; } return s;"
    )
    agrees(text, python)


def test_a_return_inside_a_loop_ends_the_function():
    def python(x):
        for i in range(-3, 3):
            if x < i:
                return float(i)
        return x

    text = "for (int i = -3; i < 3; i++) if (x < i) return i; return x;"
    agrees(text, python)


def python_switch(k, x):
    if k == 0:
        return 1.0
    if k == 1:
        x = x + 5
    if k in (1, 2):
        return x
    return -1.0


SWITCH = (
    "switch ((int)y) { case 0: return 1; default: x = -1; break; case 1: x += 5;"
    " case 2: break; } return x;"
)


def test_cases_fall_through_and_the_default_comes_last():
    agrees(
        SWITCH,
        lambda x, y: python_switch(math.trunc(y), x),
        ranges=((-4, 4), (-3.9, 3.9)),
        names="xy",
    )


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_a_known_selector_takes_one_case(k):
    dag = read(body(SWITCH.replace("(int)y", str(k))), WIDE)
    u, x = points(WIDE)
    expected = [python_switch(k, value) for value in x[:, 0]]
    np.testing.assert_allclose(values(dag, u), expected)
    assert "SEL" not in str(dag) and len(dag) <= 5


def test_a_switch_without_a_default_may_do_nothing():
    agrees("switch (3) { case 1: x = 0; } return x;", lambda x: x)


def test_what_surely_comes_after_a_jump_is_never_looked_at():
    agrees("return x; return unknown(x);", lambda x: x)
    agrees("while (1) { break; unknown(x); } return x;", lambda x: x)


def test_static_variables_keep_their_values_between_calls():
    text = (
        "static double next(void) { static int n = 5; n++; return n; }"
        "double f(double x) { return next() + 10 * next() + x; }"
    )
    u, x = points(WIDE)
    np.testing.assert_allclose(values(read(text, WIDE), u), 6 + 70 + x[:, 0])


def test_calls_pass_by_value_and_recursion_that_ends_is_followed():
    text = (
        "static double power(double v, int n) { v = n ? v * power(v, n - 1) : 1;"
        " return v; } double f(double x) { return power(x, 4) + x; }"
    )
    u, x = points(WIDE)
    expected = x[:, 0] ** 4 + x[:, 0]
    np.testing.assert_allclose(values(read(text, WIDE), u), expected)


def test_global_variables_are_seen_and_changed_by_calls():
    text = (
        "double scale = 2; enum { STEP = 3 }; static void grow(void) { scale += STEP; }"
        "double f(double x) { grow(); grow(); return scale * x; }"
    )
    u, x = points(WIDE)
    np.testing.assert_allclose(values(read(text, WIDE), u), 8 * x[:, 0])


# loops whose end depends on an input


def test_a_range_that_settles_the_test_gives_an_exact_dag():
    dag = read(body("while (x < 4) x += 1; return x;"), ((-1, 1),))
    assert isinstance(dag, Dag) and dag.is_exact and not dag.bounded

    def python(x):
        while x < 4:
            x += 1
        return x

    u, x = points(((-1, 1),))
    np.testing.assert_allclose(values(dag, u), [python(v) for v in x[:, 0]])


def test_a_loop_that_stays_open_is_cut_off_and_says_so():
    text = body(
        "double s = x; while (s > 0.001) s = s * sin(s + 1); return s;"
    )
    dag = read(text, ((0.1, 1),))
    assert isinstance(dag, Dag) and dag.bounded and not dag.is_exact


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ("for (;;) x += 1; return x;", "long_loop"),
        ("for (int i = 0; i < 257; i++) x += i; return x;", "long_loop"),
        (
            "while (x < 5 + x * x) x = x * 1.5 + 4; return x;",
            "data_dependent_loop",
        ),
    ],
)
def test_loops_without_a_small_bound_are_refused(statements, reason):
    dag = read(body(statements), WIDE)
    assert isinstance(dag, Unsupported) and dag.reason == reason
    assert "no small constant bound" in dag.message


def test_256_trips_are_still_followed():
    agrees(
        "for (int i = 0; i < 256; i++) x += i; return x;",
        lambda x: x + 255 * 128,
    )


@pytest.mark.parametrize(
    ("text", "reason", "message", "line", "column"),
    [
        (
            "static double g(double v) { return g(v + 1); }\n"
            "double f(double x) { return g(x); }",
            "unbounded_recursion",
            "calls of 'g' nest deeper than 24",
            1,
            36,
        ),
        (
            "static double g(double v) { return v; }\n"
            "double f(double x) { return g(x, 1); }",
            "argument_count",
            "'g' takes 1 arguments",
            2,
            29,
        ),
        (
            "static void g(double v) { }\n"
            "double f(double x) {\n  x = g(x); return x; }",
            "void_value",
            "the value of a void function is used",
            3,
            3,
        ),
        (
            "double f(double x) {\n  int n = x;\n  double v[] = n; return v[0]; }",
            "dynamic_size",
            "the length of 'v' is not known",
            3,
            3,
        ),
        (
            "double f(double x) {\n  return x + nothing; }",
            "unknown_name",
            "'nothing' has no known value",
            2,
            14,
        ),
        (
            "double f(double x) {\n  (x + 1) = 2; return x; }",
            "not_an_lvalue",
            "this cannot be assigned to or pointed at",
            2,
            4,
        ),
    ],
)
def test_refusals_say_what_and_where(text, reason, message, line, column):
    dag = read(text)
    assert dag == Unsupported(reason, message, line, column)
