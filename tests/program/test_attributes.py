"""Attributes that change what is computed are refused by name, where they stand."""

import pytest

from nsc.errors import Problem, SourceError
from nsc.program import parse_program

BUMP = "static void bump(double *p) { *p += 1; }\n"


def problems(text: str) -> list[Problem]:
    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            BUMP + "double f(double x) {\n"
            "double t __attribute__((cleanup(bump))) = x; return t; }",
            "cleanup",
        ),
        (
            "struct __attribute__((packed)) p { char c; double d; };\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "packed",
        ),
        (
            "struct p { char c; double d; } __attribute__((unused, __packed__));\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "__packed__",
        ),
        (
            "typedef double v2 __attribute__((vector_size(16)));\n"
            "double f(double x) { v2 a = {x, 2 * x}; return a[1]; }",
            "vector_size",
        ),
        (
            "#define ODD __attribute__((mode(QI)))\n"
            "double f(double x) { int ODD n = (int)(x * 300); return n; }",
            "mode",
        ),
        (
            "struct p { char c; double d __attribute__((aligned(32))); };\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "aligned",
        ),
        (
            "struct [[gnu::packed]] p { char c; double d; };\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "packed",
        ),
        (
            "typedef __declspec(align(32)) struct { double d; } p;\n"
            "double f(double x) { return x * sizeof(p); }",
            "align",
        ),
        (
            "static double k __attribute__((weird)) = 2;\n"
            "double f(double x) { return x * k; }",
            "weird",
        ),
        (
            "typedef __attribute__((vector_size(16))) double v2;\n"
            "double f(double x) { v2 a = {x, 2 * x}; return a[1]; }",
            "vector_size",
        ),
        (
            "struct q { double d; };\n"
            "__attribute__((aligned(64))) struct p { double d; };\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "aligned",
        ),
        (
            "typedef float v4[3] __attribute__((aligned(16)));\n"
            "struct p { v4 a; double d; };\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "aligned",
        ),
        (
            "double f(double x) { double t __attribute__((aligned(64))) = x;\n"
            "return t * _Alignof(t); }",
            "aligned",
        ),
        (
            "double f(double x) {\n"
            "double t __attribute__((aligned(64), mode(DF))) = x; return t; }",
            "mode",
        ),
        (
            "double f(double x) { double a __attribute__((aligned(64))) = x;\n"
            "double t __attribute__((odd)) = a; return t; }",
            "odd",
        ),
        (
            "#pragma pack(push, 1)\nstruct p { char c; double d; };\n"
            "#pragma pack(pop)\n"
            "double f(double x) { return x * sizeof(struct p); }",
            "#pragma pack",
        ),
    ],
)
def test_is_refused_by_name(text, name):
    found = problems(text)
    assert [p.reason for p in found if p.reason == "uses_attributes"], found
    assert any(f"'{name}'" in p.message and p.line for p in found), found


@pytest.mark.parametrize(
    "before",
    [
        "struct __attribute__((packed)) p { char c; };",
        "#pragma pack(1)\n#pragma pack()\nstruct p { char c; };",
        "static double g(double) __attribute__((const));\n",
        "static __inline __attribute__((always_inline, unused)) double h(double x)"
        " { return x; }",
        "typedef float v4[4] __attribute__((aligned(16)));",
        "static const double k[4] __attribute__((aligned(64))) = {1, 2, 3, 4};",
    ],
)
def test_what_is_not_used_or_harmless_is_no_matter(before):
    text = before + "\ndouble f(double x) { return 2 * x; }"
    assert parse_program(text, function="f").n_inputs == 1


def test_where_an_array_lies_changes_no_value():
    program = parse_program(
        "typedef float v4[4] __attribute__((aligned(16)));\n"
        "#define LINE __attribute__((__aligned__(64)))\n"
        "static const float k[2] LINE = {2, 3};\n"
        "void f(const v4 in, v4 out) {\n"
        "  float LINE sum[1] = {in[0] + in[1]};\n"
        "  for (int c = 0; c < 4; c++) out[c] = sum[0] * k[c & 1]; }",
        function="f",
    )
    assert (program.n_inputs, program.n_outputs) == (4, 4)
