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
    ],
)
def test_what_is_not_used_or_harmless_is_no_matter(before):
    text = before + "\ndouble f(double x) { return 2 * x; }"
    assert parse_program(text, function="f").n_inputs == 1
