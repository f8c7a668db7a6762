"""What C leaves open inside a domain is told, whether or not calls are timed."""

import json

import pytest

import nsc
from nsc.app import main
from nsc.app.checks import notes_on_open_behaviour
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle

PICK = (
    "static const double table[5] = {1, 2, 4, 8, 16};\n"
    "double pick(int i) { return table[i]; }\n"
)


def notes(text: str, **options) -> tuple[str, ...]:
    program = parse_program(text, **options)
    return notes_on_open_behaviour(program, ProgramOracle(program.unit), 0)


@pytest.mark.parametrize("timing", [True, False])
def test_a_read_behind_a_table_is_told(timing):
    surrogate = nsc.compile(
        PICK, domain={"i": (0, 10)}, budget=50, timing=timing
    )
    told = [n for n in surrogate.report["notes"] if "outside an array" in n]
    assert len(told) == 1
    assert (
        "for example at (i = 10)" in told[0]
        and "restrict the domain" in told[0]
    )


def test_the_command_line_tells_it_too(tmp_path, capsys):
    file = tmp_path / "pick.c"
    file.write_text(PICK)
    words = ["compile", str(file), "--domain", "i=0:10", "--budget", "50"]
    assert main([*words, "--no-timing", "-o", str(tmp_path / "out")]) == 0
    found = json.loads((tmp_path / "out" / "report.json").read_text())["notes"]
    assert any("reads or writes outside an array" in note for note in found)


def test_inside_its_table_nothing_is_told():
    assert notes(PICK, ranges={"i": (0, 4)}) == ()


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (
            "int f(int a) { return 1 << a; }",
            {"ranges": {"a": (0, 40)}},
            "(a = 40)",
        ),
        (
            "int f(int a) { return 7 / a; }",
            {"ranges": {"a": (0, 1e9)}},
            "zero at (a = 0)",
        ),
        (
            "int f(int a) { return a * a; }",
            {"ranges": {"a": (0, 1e6)}},
            "overflows",
        ),
        (
            "double f(double x) { return 1 / x; }",
            {"ranges": {"x": (0, 1)}},
            "(x = 0)",
        ),
        (
            "float f(float x) { long i = *(long *)&x; return i >> 40; }",
            {},
            "more bytes than an object has",
        ),
        ("int f(double x) { return (int)(x * 1e10); }", {}, "cannot hold it"),
        (
            "double f(double x) { double z = 2; double *p = x == 1 ? 0 : &z; return *p; }",
            {},
            "on 1 of 450 inputs the program read or wrote through a null pointer, for"
            " example at (x = 1)",
        ),
        (
            "double f(double x) { double z; if (x < 1) z = x; return z; }",
            {},
            "on 1 of 450 inputs the program read a variable before it was written",
        ),
        (
            "double f(double x) { double z = 2; double *p = x > 0 ? 0 : &z;"
            " return *p == 77 ? 5 : x; }",
            {},
            "the program reads or writes through a null pointer, or takes",
        ),
        (
            "double f(const double *v, int n) {"
            " double s = 0; for (int i = 0; i < n; i++) s += v[i]; return s; }",
            {"ranges": {"n": (0, 9)}, "arrays": {"v": 8}},
            "outside an array",
        ),
        (
            "double f(int i) { double t[3] = {1, 2, 3}; double *p = t; return p[i]; }",
            {"ranges": {"i": (-1, 2)}},
            "(i = -1)",
        ),
    ],
)
def test_each_kind_is_told_with_an_example(text, options, told):
    assert any(told in note for note in notes(text, **options))


def test_rare_corners_are_tried():
    text = "int f(int a, int b) { return a == 1000000 && b == -1000000 ? 1 / (a + b) : 0; }"
    (note,) = notes(text, ranges={"a": (0, 1000000), "b": (-1000000, 0)})
    assert "divides an integer by zero" in note
    assert "(a = 1e+06, b = -1e+06)" in note


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("double f(double x) { return x + sizeof(void *); }", True),
        ("double f(double x) { double *p = &x; return sizeof p * x; }", True),
        ("struct s { char *name; double v; }; double f(double x)"
         " { struct s a = {0}; return x + sizeof(a); }", True),
        ("static int n(double v[4]) { return sizeof(v) / sizeof(v[0]); }"
         " double f(double x) { double v[4] = {x}; return n(v) + v[0]; }", True),
        ("double f(double x) { double *p = &x; return *p + sizeof *p + sizeof(p[0]); }", False),
        ("static const char *const names[] = {\"a\", \"b\"};"
         " double f(double x) { return x * (sizeof names / sizeof *names); }", False),
        ("double f(double x) { unsigned long n = x * x * 4e9; return n + sizeof(long); }", False),
        ("double f(double x) { double s = 0, v[4] = {x}; for (size_t i = 0;"
         " i < sizeof v / sizeof *v; i++) s += v[i]; return s; }", False),
    ],
)  # fmt: skip
def test_a_pointer_of_other_bits_is_told_where_it_matters(text, is_told):
    found = notes(text, function="f")
    told = [n for n in found if "pointers have 32 bits in the sandbox" in n]
    assert bool(told) == is_told
