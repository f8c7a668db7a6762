"""Expanded text -> file-scope items, whatever files it was put together from."""

import pytest

from nsc.syntax import Item, Module, facts_of, parse_module
from nsc.text import preprocess


def module_of(text: str, **headers: str) -> Module:
    def include(name, angled, asks):
        key = name.replace(".", "_")
        return (name, headers[key]) if key in headers else None

    expanded = preprocess(text, include)
    assert not expanded.problems
    return parse_module(expanded)


def only(text: str) -> Item:
    (part,) = (part for _, part in module_of(text).parts)
    (item,) = part.items
    return item


@pytest.mark.parametrize(
    ("text", "kind", "defines"),
    [
        ("double f(double x) { return x; }", "function", ("f",)),
        ("double f(double x);", "prototype", ("f",)),
        ("double *f(double x);", "prototype", ("f",)),
        ("double (*f)(double x);", "variable", ("f",)),
        ("static const double K = 1, L = 2;", "variable", ("K", "L")),
        ("extern const double K;", "extern", ("K",)),
        ("extern const double K = 1;", "variable", ("K",)),
        (
            "typedef struct v { double x; } vec, *vecp;",
            "type",
            ("vec", "vecp", "v"),
        ),
        ("struct v { double x; };", "type", ("v",)),
        ("enum e { A, B };", "type", ("e", "A", "B")),
        ("union u { int i; float f; };", "type", ("u",)),
        ("struct v { double x; } origin;", "variable", ("origin", "v")),
    ],
)
def test_items_are_known_by_what_they_define(text, kind, defines):
    item = only(text)
    assert (item.kind, item.defines) == (kind, defines)
    assert item.name == defines[0]


def test_an_item_ends_behind_its_semicolon():
    text = "struct v { double x; };\nint n;"
    (v,) = module_of(text).named("v")
    assert text[v.start : v.end] == "struct v { double x; };"


def test_constants_are_told_from_variables():
    assert only("static const double K = 1;").constant
    assert not only("static double K = 1;").constant


def test_linkage_blocks_are_looked_into():
    module = module_of(
        'extern "C" { double f(double x) { return x; } int n; }'
    )
    assert [f.name for f in module.functions] == ["f"] and module.named("n")


def test_names_are_found_in_file_order():
    module = module_of("double f(double); double f(double x) { return x; }")
    assert [item.kind for item in module.named("f")] == [
        "prototype",
        "function",
    ]
    assert module.function("f") == module.named("f")[1]
    assert module.named("g") == [] and module.function("g") is None


def test_callees_are_functions_of_this_file():
    module = module_of(
        "#include <math.h>\nstatic double g(double x) { return sin(x); }\n"
        "double h(double);\ndouble f(double x) { return g(x) + h(x); }"
    )
    f = module.function("f")
    assert f is not None and module.callees(f) == {"g"}


HEADER = "typedef double real;\nstatic real twice(real x) { return 2 * x; }\n"


def test_a_header_is_parsed_once_for_all_files():
    first = module_of(
        '#include "a.h"\nreal f(real x) { return twice(x); }', a_h=HEADER
    )
    second = module_of('int n;\n#include "a.h"\nint m;', a_h=HEADER)
    one, two = first.function("twice"), second.function("twice")
    assert one is not None and two is not None
    assert one.node == two.node and one.start != two.start
    for module, item in ((first, one), (second, two)):
        text = module.expanded.text[item.start : item.end]
        assert text == "static real twice(real x) { return 2 * x; }"
    assert facts_of(one) is facts_of(two)


def test_types_of_one_file_settle_what_is_a_cast_in_another():
    module = module_of(
        '#include "a.h"\ndouble f(double *b) { return (real) * b; }',
        a_h=HEADER,
    )
    f = module.function("f")
    assert f is not None and "real" in facts_of(f).used


def test_a_file_in_the_middle_of_a_declaration_divides_nothing():
    text = 'static const double t[] = {\n#include "t.h"\n};\nint n;'
    module = module_of(text, t_h="1.0, 2.0\n")
    (table,) = module.named("t")
    assert table.kind == "variable" and module.named("n")


def test_what_is_told_once_is_remembered_by_who_tells_it():
    asked = []

    def length(node) -> int:
        asked.append(node)
        return node.end_byte

    def first(node) -> int:
        return node.start_byte

    item = only("int n = 12;")
    assert item.once(length) == item.at(100).once(length) == 11
    assert item.once(first) == 0 and len(asked) == 1
    assert item.at(100).start == 100 and item.at(100).at(0) == item


def test_the_scope_of_a_module_has_the_types_of_all_its_parts():
    module = module_of('#include "a.h"\nenum { N = 3 };', a_h=HEADER)
    assert "real" in module.scope.typedefs and module.scope.constants == {
        "N": 3
    }
