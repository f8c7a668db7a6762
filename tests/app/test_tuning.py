"""Constants of C text become variables of the same value, on the same lines."""

import pytest

from nsc.app.tuning import constants_of, with_variables
from nsc.errors import InputError

TEXT = """#define A 3 /* three */
  # define B (-2.5f)
static const double C = 0x10;
const unsigned int D = 010u;
enum kind { E = 4, F };
// #define G 7
#define H(x) ((x) * 2)
#define I "#define J 1"
double f(double x) {
  double step = 0.5;
  return x * A + B + C + D + E + F + step;
}
"""


def test_constants_are_found_with_values_and_types():
    found = constants_of(TEXT)
    values = {name: (c.value, c.type) for name, c in found.items() if c.value}
    assert values == {
        "A": (3, "int"),
        "B": (-2.5, "float"),
        "C": (16, "double"),
        "D": (8, "unsigned int"),
        "E": (4, "int"),
    }
    assert not {"step", "H", "I", "G", "J"} & set(found)


def test_variables_stand_on_the_same_lines():
    text, chosen = with_variables(TEXT, ["A", "B", "C", "D", "E", "x"], "f.c")
    lines = text.splitlines()
    assert lines[0] == "static int A = 3; /* three */"
    assert lines[1] == "static float B = (-2.5f);"
    assert lines[2] == "static double C = 0x10;"
    assert lines[3] == "static unsigned int D = 010u;"
    expected = "enum kind { nsc_enumerator_E = 4, F }; static int E = 4;"
    assert lines[4] == expected
    assert lines[5:] == TEXT.splitlines()[5:]
    assert set(chosen) == {"A", "B", "C", "D", "E"}


@pytest.mark.parametrize(
    "text, said",
    [
        (
            "#define A (B + 1)\n",
            "f.c:1:1: tune expects a constant that is a number",
        ),
        ("#define A 1\n#if A > 0\n#endif\n", "f.c:2:1: 'A' cannot be tuned"),
        ("#define A 1\n#undef A\n#define A 2\n", "cannot be tuned"),
    ],
)
def test_what_no_variable_stands_for_is_refused(text, said):
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        with_variables(text, ["A"], "f.c")
