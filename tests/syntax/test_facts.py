"""What an item says by itself."""

import pytest

from nsc.syntax import Item, facts_of, parse_module
from nsc.text import preprocess


def item_of(text: str) -> Item:
    return parse_module(preprocess(text)).parts[0][1].items[-1]


def used(text: str) -> set[str]:
    return set(facts_of(item_of(text)).used)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("double f(double x) { double y = x; return g(y) + K; }", {"g", "K"}),
        ("real f(vec v) { return v.x; }", {"real", "vec"}),
        ("double f(struct range range) { return range.hi; }", {"range"}),
        ("double f(void) { struct s { int a; } v; return v.a; }", set()),
        ("double f(void) { enum { A, B = K }; return A; }", {"K"}),
        ("int f(size_t n) { return n; }", {"size_t"}),
        ("int f(int n) { here: if (n) goto here; return true; }", {"true"}),
        (
            "double f(double x) { typedef double real; real y = x; return y; }",
            set(),
        ),
    ],
)
def test_names_that_come_from_outside(text, names):
    assert used(text) - {"f"} == names


def test_a_table_of_numbers_is_not_looked_into_but_one_of_names_is():
    assert used("static const double t[] = {1e5, 0x1p3, -2.0f};") == set()
    assert used("static const double t[] = {1.0, K};") == {"K"}


def test_calls_are_as_written():
    facts = facts_of(
        item_of("double f(double x) { return g(h(x)) + s.m(x); }")
    )
    assert facts.calls == {"g", "h", "s.m"}


@pytest.mark.parametrize(
    ("body", "branches"),
    [
        ("return x;", False),
        ("return x > 0;", False),
        ("return x ? 1 : 2;", True),
        ("return a && b;", True),
        ("while (x) x--; return x;", True),
        ("switch (x) { default: return 1; }", True),
    ],
)
def test_branches(body, branches):
    assert facts_of(item_of(f"int f(int x) {{ {body} }}")).branches is branches


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('int f(int x) { asm("nop"); return x; }', "uses_asm"),
        ("int f(int x) { return _Generic(x, int: 1); }", "uses_generic"),
        ("int f(int x) { return offsetof(struct s, m); }", "uses_offsetof"),
        ("int f(volatile int x) { return x; }", "uses_volatile"),
        ("volatile int x;", "uses_volatile"),
    ],
)
def test_constructs_that_are_refused_wherever_they_stand(text, reason):
    assert [r.reason for r in facts_of(item_of(text)).refused] == [reason]


def test_a_volatile_local_is_allowed():
    assert (
        facts_of(item_of("int f(int x) { volatile int y = x; }")).refused == ()
    )


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ("x = 1;", []),
        ("int y; y = 1; (y)++;", []),
        ("g = 1;", ["writes_global"]),
        ("g.a[2].b += 1;", ["writes_global"]),
        ("(g)--;", ["writes_global"]),
        ("extern double g; g = 1;", ["writes_global"]),
        ("static const int *n; n = p;", ["keeps_state"]),
        ("static const int *const n = 0; *p = *n;", []),
        ("p->a = 1; *p = 2;", []),
        ("static int n; n++;", ["keeps_state"]),
        ("static const int n = 1;", []),
    ],
)
def test_writes_that_outlive_a_call(body, reasons):
    writes = facts_of(item_of(f"void f(int x, int *p) {{ {body} }}")).writes
    assert [refusal.reason for _, refusal in writes] == reasons
