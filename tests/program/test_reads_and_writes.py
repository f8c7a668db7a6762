"""Every kind of node that C can have in a function has a rule, or is refused by name."""

import pytest
import tree_sitter_c
from tree_sitter import Language

from nsc.errors import SourceError
from nsc.program import list_functions, parse_program
from nsc.program.rules import RULES
from nsc.syntax import plain_tree, walk

# They stand around functions, in directives (of which expanded text has none), or are
# no C: functions inside functions.
OUTSIDE_BODIES = set(
    """
        declaration_list function_definition linkage_specification preproc_arg
        preproc_call preproc_def preproc_defined preproc_directive preproc_elif
        preproc_elifdef preproc_else preproc_function_def preproc_if preproc_ifdef
        preproc_include preproc_params system_lib_string translation_unit
    """.split()
)


def kinds_of_the_grammar() -> set[str]:
    language = Language(tree_sitter_c.language())
    return {
        str(language.node_kind_for_id(number))
        for number in range(language.node_kind_count)
        if language.node_kind_is_named(number)
        and language.node_kind_is_visible(number)
    }


def test_every_kind_has_a_rule_or_stands_outside_of_bodies():
    assert kinds_of_the_grammar() - RULES.keys() == OUTSIDE_BODIES


def test_no_rule_is_for_a_kind_that_the_grammar_lacks():
    assert RULES.keys() - kinds_of_the_grammar() == {"ERROR"}


STATEMENTS = """
    ; {} int a; double b = x, c[2] = {x, 1}; b = c[0];
    if (x > 0) b = 1; else b = 2;
    for (int i = 0; i < 3; i++) continue;
    for (;;) break;
    while (b > 0) b--;
    do { b += 1; } while (b < 3);
    switch (a) { case 1: break; default: b = 0; }
    goto end;
    typedef double real; struct s { double q; int w[2]; } s; union u { int k; } u;
    enum { A, B = 3 };
    b = (real)x + (int){1} + sizeof a + sizeof(int) + -b * !a - ~a;
    struct s t = {.q = x, .w[1] = 2}; int w[3] = {[1] = 2};
    b = (a = 1, x); b = x ? 1 : 2; b = 'a' + '\\n'; b = s.q + (&s)->q; b = *&b;
    const char *m = "a\\n" "b"; register volatile int r; static const unsigned long l = 1;
    b = _Alignof(double); m = 0; _Alignas(16) int al; double (*fp)(double, int), *const cp = 0;
    end: if (b > 0) return b;
"""


def test_all_of_c_is_read():
    text = f"double f(const double *p, double x) {{ {STATEMENTS} return *p; }}"
    assert {n.type for n in walk(plain_tree(text)) if n.is_named} >= {
        "compound_literal_expression",
        "initializer_pair",
        "labeled_statement",
        "subscript_designator",
        "comma_expression",
    }
    (found,) = list_functions(text)
    assert found.signature is not None, found.problems
    assert [leaf.name for leaf in found.signature.inputs] == ["p", "x"]


@pytest.mark.parametrize(
    "helper", ["", "static double k(double *q) { return *q; }\n"]
)
def test_a_kind_without_a_rule_is_refused_where_it_stands(helper):
    text = (
        helper
        + "double f(double *p) {\n  double g(void) { return 1; }\n  return *p;\n}"
    )
    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f")
    problem = {p.reason: p for p in caught.value.problems}[
        "unsupported_syntax"
    ]
    assert "'function definition' is not supported" in problem.message
    assert problem.line == text[: text.index("double g")].count("\n") + 1


def test_a_kind_without_a_rule_in_a_callee_is_refused_there():
    header = "static double h(double *p) {\n  double g(void) { return 1; }\n return *p; }\n"
    text = '#include "h.h"\ndouble f(double *p) {\n  return h(p);\n}'

    def include(name, angled, asks):
        return name, header

    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f", include=include)
    found = {(p.reason, p.file, p.line) for p in caught.value.problems}
    assert ("unsupported_syntax", "h.h", 2) in found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('asm("nop" : "=r"(*p) : "0"(p[1]));', "uses_asm"),
        ("[[gnu::vector_size(16)]] double y = *p;", "uses_attributes"),
        ("*p = _Generic(*p, double: 1);", "uses_generic"),
        ("*p = offsetof(struct s, m);", "uses_offsetof"),
        ("*p = +;", "syntax_error"),
    ],
)
def test_what_is_refused_anyway_is_refused_for_that(body, reason):
    (found,) = list_functions(f"void f(double *p) {{ {body} }}")
    assert reason in {problem.reason for problem in found.problems}
    assert "unsupported_syntax" not in {
        problem.reason for problem in found.problems
    }
