"""A program's text is as its author wrote it, but for what conditionals leave out; read
again, it is the same program.
"""

import pytest

from nsc.program import parse_program

FDLIBM = """#include "fdlibm.h"
#ifdef __STDC__
static const double
#else
static double
#endif
C =  5.4, /* 27/5 */
D = -7.0;
#ifdef __STDC__
\tdouble cube_root(double x)
#else
\tdouble cube_root(x)
\tdouble x;
#endif
{
\treturn C * x + D;
}
"""
FDLIBM_WRITTEN = """static const double
C =  5.4, /* 27/5 */
D = -7.0;

\tdouble cube_root(double x)
{
\treturn C * x + D;
}
"""
INSIDE = """#define WIDE 3
double f(double x) {
#if WIDE > 2   // as configured
  x *= 2;
#  ifdef NEVER
  x *= 3;
#  endif
#else
  x *= 5;
#endif
  return x; /* done */
}
"""
INSIDE_WRITTEN = """double f(double x) {
  x *= 2;
  return x; /* done */
}
"""
DEFINED_INSIDE = """double f(double x) {
#ifndef SCALE
#  define SCALE 4
#endif
#pragma omp simd
  return SCALE * x;
}
double g(double x) { return SCALE + f(x); }
"""


@pytest.mark.parametrize(
    ("text", "written"), [(FDLIBM, FDLIBM_WRITTEN), (INSIDE, INSIDE_WRITTEN)]
)
def test_branches_not_taken_are_left_out(text, written):
    assert parse_program(text).text == written.replace("\tdouble", "double")


def test_a_name_that_elsewhere_decides_a_branch_decides_it_no_more():
    header = "#define WITH_OFFSET 1\n"
    text = (
        '#include "config.h"\ndouble f(double x) {\n#ifdef WITH_OFFSET\n  x +='
        " 1;\n#endif\n  return x;\n}\n"
    )
    program = parse_program(
        text, include=lambda name, angled, asks: (name, header)
    )
    assert (
        "x += 1" in program.text
        and parse_program(program.text).normalised == program.normalised
    )


def test_a_macro_that_is_defined_inside_stays_there():
    program = parse_program(DEFINED_INSIDE, function="g")
    assert program.text.count("define SCALE") == 1 and program.text.index(
        "SCALE 4"
    ) < program.text.index("double g")
    assert (
        parse_program(program.text, function="g").normalised
        == program.normalised
    )


def test_a_header_in_the_middle_of_a_function_is_written_expanded():
    body = "  BASE t = *a + *b;\n  *c = t * t;\n"
    text = (
        "void f(double *a, double *b, double *c)\n{\n#define BASE double\n#include"
        ' "body.h"\n#undef BASE\n}\n'
    )
    program = parse_program(
        text, include=lambda name, angled, asks: (name, body)
    )
    assert "double t = *a + *b;" in program.text
    assert parse_program(program.text).normalised == program.normalised


def test_a_table_in_a_file_of_its_own():
    text = (
        'static const double table[] = {\n#include "table.inc"\n};\ndouble f(double x)'
        " { return x * table[1]; }\n"
    )
    program = parse_program(
        text, include=lambda name, angled, asks: (name, "1.5, 2.5,\n")
    )
    assert parse_program(program.text).normalised == program.normalised


def test_a_parameter_may_be_named_as_its_struct():
    text = (
        "struct range { float lo, hi; };\nfloat spread(struct range const range) {"
        " return range.hi - range.lo; }\n"
    )
    assert "float lo, hi" in parse_program(text).text
