"""Which elements are read and written is found by running, whatever a text says.

Signatures are stated by name here, right ones and wrong ones, so that no test depends
on what is inferred.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nsc.program import (
    Piece,
    Program,
    Unit,
    draw_inputs,
    parse_program,
    probe_of,
)
from nsc.sandbox import Built, build, remembering, signature_disagreements
from nsc.sandbox.roles import Roles, disagreements
from nsc.syntax import Domain

COPY = """#include <string.h>
void copy(const float a[3], float o[3]) {
  float t[3];
  for (int i = 0; i < 3; i++) t[i] = a[i] * a[i];
  memcpy(o, t, sizeof t);
}"""
BASIS = """static void cross(const float a[3], const float b[3], float o[3]) {
  o[0] = a[1] * b[2] - a[2] * b[1];
  o[1] = a[2] * b[0] - a[0] * b[2];
  o[2] = a[0] * b[1] - a[1] * b[0];
}
void basis(const float u[3], const float v[3], float r[3][3]) {
  for (int i = 0; i < 3; i++) r[0][i] = u[i];
  cross(u, v, r[2]);
  cross(r[2], u, r[1]);
}"""
STRETCH = """struct m22 { double a, b, c, d; };
static void multiply(struct m22 *out, const struct m22 *x, const struct m22 *y) {
  struct m22 r;
  r.a = x->a * y->a + x->b * y->c;
  r.b = x->a * y->b + x->b * y->d;
  r.c = x->c * y->a + x->d * y->c;
  r.d = x->c * y->b + x->d * y->d;
  *out = r;
}
void stretch(struct m22 *m, double s) {
  struct m22 t = {s, 0, 0, s};
  multiply(m, &t, m);
}"""
HOLD = "void hold(double *state, double u) { if (u > 0) *state = u; }"
ROOT = """int root_of(double a, double *root) {
  if (a < 0) return -1;
  *root = a * a;
  return 0;
}"""
SQUARE = """void square(double m[2][2]) {
  double r[2][2] = {{0}};
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++)
      for (int k = 0; k < 2; k++) r[i][j] += m[i][k] * m[k][j];
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) m[i][j] = r[i][j];
}"""
TURN = """typedef struct { float x, y; int n; } point;
float turn(point *p) { float x = p->x; p->x = -p->y; p->y = x; return x; }"""
COUNT = "double count(int *n, double x) { *n += 1; return x; }"
CLAMP = "void clamp(double *x) { if (*x > 0.5) *x = 0.5; }"
ROW = (
    "float row(const float m[2][3], float k) { return m[1][0] * k + m[1][2]; }"
)
MAT = [f"m[{i}][{j}]" for i in (0, 1) for j in (0, 1)]
A = [f"a[{k}]" for k in range(3)]
O = [f"o[{k}]" for k in range(3)]  # noqa: E741
UV = [f"{p}[{k}]" for p in "uv" for k in range(3)]
R = [f"r[{i}][{j}]" for i in range(3) for j in range(3)]
M = ["m.a", "m.b", "m.c", "m.d"]


def stated(
    text: str, inputs: Sequence[str], outputs: Sequence[str]
) -> Program:
    """Return a file's last function with the signature that is stated."""
    name = _functions(text)[-1]
    arrays = {"v": 2} if "*v" in text else {}
    ranges = {"n": (0, 9)} if "int *n" in text else {}
    program = parse_program(text, function=name, arrays=arrays, ranges=ranges)
    probe = probe_of(program)
    leaves = {cell.leaf.name: cell.leaf for cell in probe.cells}
    leaves |= {leaf.name: leaf for leaf in program.signature.inputs}
    leaves |= {leaf.name: leaf for leaf in probe.result}
    signature = replace(
        program.signature,
        inputs=tuple(leaves[name] for name in inputs),
        outputs=tuple(leaves[name] for name in outputs),
    )
    wide = [leaf.type.kind == "int" for leaf in signature.inputs]
    domain = Domain(
        tuple(0.0 if w else -1.0 for w in wide),
        tuple(9.0 if w else 1.0 for w in wide),
    )
    return replace(program, signature=signature, domain=domain)


def _functions(text: str) -> list[str]:
    heads = [
        line.split("(")[0].split()
        for line in text.splitlines()
        if ") {" in line
    ]
    return [head[-1].lstrip("*") for head in heads if len(head) > 1]


def found(program: Program) -> dict[str, set[str]]:
    x = draw_inputs(program, 128, generator=np.random.default_rng(1))
    by_kind: dict[str, set[str]] = {}
    for each in signature_disagreements([program], [x], seed=0)[0]:
        by_kind.setdefault(each.kind, set()).add(each.element)
    return by_kind


RIGHT = {
    "copy": (COPY, A, O),
    "basis": (BASIS, UV, R),
    "stretch": (STRETCH, [*M, "s"], M),
    "hold": (HOLD, ["state", "u"], ["state"]),
    "root_of": (ROOT, ["a", "root"], ["return", "root"]),
    "square": (SQUARE, MAT, MAT),
    "turn": (TURN, ["p.x", "p.y"], ["return", "p.x", "p.y"]),
    "count": (COUNT, ["n", "x"], ["return", "n"]),
    "clamp": (CLAMP, ["x"], ["x"]),
    "never changed here": (
        "void wrap(double *x, double *y) { if (*x > 2) *x -= 2; *y = *x; }",
        ["x"],
        ["x", "y"],
    ),
    "row": (ROW, ["m[1][0]", "m[1][2]", "k"], ["return"]),
    "more inputs than are read": (
        ROW,
        ["m[0][0]", "m[1][0]", "m[1][2]", "k"],
        ["return"],
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_passes(case):
    assert found(stated(*RIGHT[case])) == {}


WRONG = {
    "copy": (COPY, A, O[:1], {"hidden_output": {*O[1:]}}),
    "basis": (BASIS, [*UV, *R[3:]], R[:3], {"hidden_output": {*R[3:]}}),
    "stretch": (STRETCH, ["s"], M, {"hidden_input": {*M}}),
    "hold": (HOLD, ["u"], ["state"], {"kept_value": {"state"}}),
    "root_of": (ROOT, ["a"], ["return", "root"], {"kept_value": {"root"}}),
    "square": (SQUARE, MAT[:3], MAT, {"hidden_input": {MAT[3]}}),
    "turn": (
        TURN,
        ["p.x"],
        ["return", "p.x", "p.y"],
        {"hidden_input": {"p.y"}},
    ),
    "an integer": (COUNT, ["x"], ["return", "n"], {"hidden_input": {"n"}}),
    "an integer output": (
        COUNT,
        ["n", "x"],
        ["return"],
        {"hidden_output": {"n"}},
    ),
    "never written": (
        TURN,
        ["p.x", "p.y"],
        ["return", "p.x", "p.y", "p.n"],
        {"never_written": {"p.n"}},
    ),
    "clamp": (
        "void clamp(double *x, double y) { if (*x > 0.5) *x = 0.5; }",
        ["y"],
        ["x"],
        {"hidden_input": {"x"}, "kept_value": {"x"}},
    ),
    "row": (ROW, ["m[1][0]", "k"], ["return"], {"hidden_input": {"m[1][2]"}}),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found(case):
    text, inputs, outputs, expected = WRONG[case]
    assert found(stated(text, inputs, outputs)) == expected


def test_what_lies_behind_the_last_element_is_found():
    text = "double f(const double *v) { return v[0] + v[1] + v[2]; }"
    program = parse_program(text, arrays={"v": 2})
    assert found(program) == {"past_end": {"v[2]"}}


def test_the_example_shows_it():
    program = stated(HOLD, ["u"], ["state"])
    x = np.array([[0.5], [-0.25]])
    (only,) = signature_disagreements([program], [x], seed=0)[0]
    assert only.example == (-0.25,)


def test_failures_are_no_evidence():
    text = """#include <stdlib.h>
void f(double *p, double x) { if (*p < 0) abort(); *p = x; }"""
    program = stated(text, ["x"], ["p"])
    assert found(program) == {}


def test_what_no_single_cell_explains_is_found():
    program = stated(HOLD, ["u"], ["state"])
    cells = np.full(len(probe_of(program).cells), -1)
    roles = Roles(cells, cells, cells, heeded=1, ran=2)
    (only,) = disagreements(
        probe_of(program), roles, np.array([[0.5], [0.25]])
    )
    assert only.kind == "stray_memory"
    assert only.example == (0.25,)


def test_more_cells_than_can_be_filled_are_not_passed_over():
    fields = ", ".join(f"t{k}[200]" for k in range(11))
    text = f"struct big {{ double {fields}; }};"
    program = parse_program(
        f"{text} double f(struct big *p) {{ return p->t0[0]; }}"
    )
    assert probe_of(program) is None
    assert found(program) == {"unchecked": {"p"}}


def test_programs_share_modules():
    programs = [stated(HOLD, ["u"], ["state"]), stated(*RIGHT["basis"])] * 2
    programs.insert(1, parse_program("double g(double x) { return x; }"))
    inputs = [
        draw_inputs(p, 16, generator=np.random.default_rng(0))
        for p in programs
    ]
    counts = [
        len(f) for f in signature_disagreements(programs, inputs, seed=0)
    ]
    assert counts == [1, 0, 0, 1, 0]


def unit_of_text(text: str) -> Built:
    entry = "void e(const double *x, double *y) { y[0] = f(x[0]); }"
    pieces = (Piece(("k", "f"), text), Piece(("e",), entry))
    (built,) = build([Unit(("math.h",), pieces, "e", 1, 1)])
    assert isinstance(built, Built)
    return built


@pytest.mark.parametrize(
    ("text", "remembers"),
    [
        (
            "static double k;"
            " double f(double x) { double *p = &k; *p += 1; return x + k; }",
            True,
        ),
        ("static int k; double f(double x) { if (!k) { k = 1; return 0; }"
         " return x; }", True),
        ("static double k;"
         " double f(double x) { if (!k) k = sqrt(2); return x * k; }", False),
        ("static int k; double f(double x) { return x / 0.0; }", False),
    ],
)  # fmt: skip
def test_what_a_program_remembers_shows(text, remembers):
    x = np.linspace(-1, 1, 21)[:, None]
    assert (remembering(unit_of_text(text), x) is not None) == remembers
