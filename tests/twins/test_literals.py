"""The numbers of a text, and where each of them ends up."""

import pytest
from dear_programs import DOMAINS, dear, small

from nsc.twins.literals import literals_of

NESTED = """
#define N 64 /* cells */
#define PADDED (N + 2)
#define H (1.0 / N)
enum { SWEEPS = 40, MORE };
static const double TOLERANCE = 1e-9;
double f(double x) {
  double u[PADDED];
  int n = 12;
  for (int i = 0; i < PADDED; i++) u[i] = x * H;
  for (int k = 0; k < SWEEPS + n; k++) u[k] += TOLERANCE * 0x10;
  return u[N / 2];
}
"""


def by_name(program):
    return {each.name: each for each in literals_of(program).all if each.name}


@pytest.mark.parametrize("name", DOMAINS)
def test_the_numbers_of_every_program_are_found(name):
    found = literals_of(dear(name))
    assert found is not None
    text = found.program.text
    assert all(
        float(text[each.start : each.end].rstrip("fFlLuU")) == each.value
        for each in found.all
    )


def test_a_macros_number_is_used_wherever_it_is_expanded():
    named = by_name(small(NESTED))
    assert named["N"].value == 64
    assert len(named["N"].uses) == 4  # an extent, a bound, H and the index
    assert len(named["SWEEPS"].uses) == 1
    assert named["TOLERANCE"].value == 1e-9
    assert named["n"].value == 12


def test_other_numbers_make_another_program_with_the_same_signature():
    program = small(NESTED)
    literals = literals_of(program)
    places = {each.name: k for k, each in enumerate(literals.all)}
    coarser = literals.changed({places["N"]: 16, places["TOLERANCE"]: 1e-3})
    assert "double u[(16 + 2)]" in coarser.source
    assert "TOLERANCE = 0.001" in coarser.source
    assert coarser.signature == program.signature
    assert coarser.domain == program.domain


def test_where_the_text_alone_does_not_tell_its_source_is_read():
    """The macro is defined outside of the text, as -D does."""
    from nsc.program import parse_program

    program = parse_program(
        "double f(double x) { for (int i = 0; i < N; i++) x *= 0.5; return x; }",
        defines={"N": "500"},
    )
    literals = literals_of(program)
    assert [each.value for each in literals.all] == [0, 500, 0.5]
    assert "i < 20" in literals.changed({1: 20}).source


def test_suffixes_stay():
    program = small(
        "float f(float x) { for (unsigned i = 0u; i < 90u; i++) x *= 0.5f;"
        " return x; }"
    )
    literals = literals_of(program)
    coarser = literals.changed({1: 30, 2: 0.25})
    assert "i < 30u" in coarser.source and "0.25f" in coarser.source
