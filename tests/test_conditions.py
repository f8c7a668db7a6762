"""Conditions between inputs: what they mean in numpy and in C, and what is refused."""

import subprocess

import numpy as np
import pytest

from nsc.conditions import FUNCTIONS, parse_condition
from nsc.errors import DomainError
from nsc.host import zig_command

NAMES = ("a", "b", "v[1]", "p.x", "lambda")
X = np.random.default_rng(0).normal(0, 3, (400, len(NAMES))).round(1)
A, B, V, P, L = X.T

MEANT = {
    "a < b": A < B,
    "a<=b&&b<v[1]": (A <= B) & (B < V),
    "a < b || p.x > 0 && a > 1": (A < B) | ((P > 0) & (A > 1)),
    "!(a < b)": ~(A < B),
    "lambda != 0": L != 0,
    "lambda": L != 0,
    "!lambda": L == 0,
    "a + b * 2 - 1e-1 > .5": A + B * 2 - 0.1 > 0.5,
    "a - b - v[1] < 0": A - B - V < 0,
    "a / 2 / (b + 0.05) < 1": A / 2 / (B + 0.05) < 1,
    "-a < - - b": -A < B,
    "7 / 2 == 3.5": np.full(len(X), True),
    "(a < b) && (b < 2)": (A < B) & (B < 2),
    "fabs(a) + abs(b) < 3": abs(A) + abs(B) < 3,
    "max(a, min(b, v[1])) > 0": np.fmax(A, np.fmin(B, V)) > 0,
    "sqrt(a) < 1": (A >= 0) & (A < 1),
    "hypot(a, b) <= n": np.hypot(A, B) <= 4,
}


@pytest.mark.parametrize("text", MEANT)
def test_a_condition_means_what_c_means_by_it(text):
    with np.errstate(all="ignore"):
        expected = MEANT[text]
    found = parse_condition(text, NAMES, {"n": 4.0})
    np.testing.assert_array_equal(found.holds(X), expected)


def test_the_c_of_conditions_says_the_same(tmp_path):
    calls = [
        f"{name}(fabs(a)" + ", 1.5" * (f.arguments - 1) + ") < b"
        for name, f in FUNCTIONS.items()
    ]
    texts = [*MEANT, *calls]
    conditions = [parse_condition(text, NAMES, {"n": 4.0}) for text in texts]
    inputs = [f"x[{k}]" for k in range(len(NAMES))]
    body = "\n".join(
        f'  printf("%d", !!({c.term.in_c(inputs)}));' for c in conditions
    )
    rows = X[:50]
    numbers = ", ".join(
        "{" + ", ".join(map(repr, row)) + "}" for row in rows.tolist()
    )
    (tmp_path / "c.c").write_text(
        "#include <math.h>\n#include <stdio.h>\n"
        f"static void tell(const double *x) {{\n{body}\n}}\n"
        f"static const double X[][{len(NAMES)}] = {{{numbers}}};\n"
        f"int main(void) {{ for (int k = 0; k < {len(rows)}; k++) tell(X[k]);"
        " return 0; }\n"
    )
    program = tmp_path / "c"
    command = [*zig_command(), "cc", str(tmp_path / "c.c"), "-lm", "-o"]
    subprocess.run([*command, str(program)], check=True, capture_output=True)
    told = subprocess.run(
        [program], check=True, capture_output=True, text=True
    )
    expected = np.stack([c.holds(rows) for c in conditions], axis=1)
    assert told.stdout == "".join(map(str, expected.astype(int).ravel()))


REFUSED = {
    "a <": "column 4: expected an input, a number or '('; found the end",
    "a < b < 1": "column 7: two comparisons in a row: write a < b && b < c",
    "a + 1": "column 6: it is a number: compare it",
    "q < 1": "column 1: 'q' is not an input; inputs are a, b",
    "!a < b": "'<' takes numbers, and here it has a condition: mind",
    "(a < b) * 2 < 1": "'*' takes numbers",
    "-(a < b)": "'-' takes numbers",
    "a < (b": "column 7: expected ')'; found the end",
    "f(a) < 1": "column 1: no function 'f'; there are abs",
    "a < 1 && pow(a) < 1": "column 10: 'pow' takes 2; found 1",
    "a = b": "column 3: expected a name, a number or an operator; found '='",
    "a < __import__('os')": "column 5: no function '__import__'",
    "a < 'x'": "column 5: expected a name",
    "a < b; b": "column 6: expected a name",
    "a < b b": "column 7: expected an operator, or the end; found 'b'",
    "a < 1e999": "column 5: no double holds 1e999",
    "": "column 1: expected an input",
    "(" * 40 + "a": "nested more than 32 deep",
    "-" * 40 + "a < 1": "nested more than 32 deep",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_condition_is_said(text):
    with pytest.raises(DomainError) as caught:
        parse_condition(text, NAMES, {})
    assert str(caught.value).startswith("where must be a condition between")
    assert REFUSED[text] in str(caught.value)


@pytest.mark.parametrize("text", [3, None, "a < b && " * 99])
def test_other_things_are_no_conditions(text):
    with pytest.raises(DomainError, match="^where must"):
        parse_condition(text, NAMES, {})
