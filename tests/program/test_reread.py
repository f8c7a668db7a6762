"""A program again, with other numbers in its text."""

from nsc.program import parse_program, with_text

TEXT = """
#include <math.h>
#define N 64
typedef struct { double low, high; } range;
static double width(range r) { return fabs(r.high - r.low); }
double f(double x, double y) {
  range r = {x, y};
  double s = 0;
  for (int i = 0; i < N; i++) s += width(r) / N;
  return s;
}
"""


def program():
    return parse_program(TEXT, ranges={"x": (0, 2), "y": (1, 3)})


def test_the_same_text_is_the_same_program():
    assert with_text(program(), program().text) == program()


def test_other_numbers_keep_everything_else():
    ours = program()
    other = with_text(ours, ours.text.replace("64", "8"))
    assert "i < 8" in other.source and "/ 8" in other.source
    assert (other.signature, other.domain) == (ours.signature, ours.domain)
    assert other.headers == ours.headers
    assert [p.names for p in other.pieces] == [p.names for p in ours.pieces]


def test_what_is_another_program_is_refused():
    ours = program()
    assert with_text(ours, ours.text.replace("width", "size")) is None
    assert with_text(ours, ours.text.replace("fabs", "unknown")) is None
    assert with_text(ours, "double g(double x) { return x; }") is None
    assert with_text(ours, "#error none\n") is None
