"""Ranges hold what nodes take; bounds keep labels exact."""

import random

import numpy as np
import pytest

from nsc.graph import OPS, Builder, Unsupported, evaluate
from nsc.program import parse_program
from nsc.refusal import Refusal
from nsc.symbolic import dag_of_definitions, definitions_of
from nsc.syntax import Domain

X = np.random.default_rng(2).uniform(-1, 1, (300, 3))
UNARY = [
    op
    for op in OPS
    if op
    in "NEG SQRT SIN COS TAN EXP LOG ABS ATAN TANH FLOOR ROUND TRUNC CBRT ERF SQ NOT".split()
]
BINARY = [
    op
    for op in OPS
    if op in "ADD SUB MUL DIV POW ATAN2 MIN MAX FMOD LT EQ AND OR".split()
]


@pytest.mark.parametrize("seed", range(40))
def test_values_stay_in_their_ranges(seed):
    r, b = random.Random(seed), Builder(3, prune=True)
    nodes = [b.input(k) for k in range(3)] + [b.literal(v) for v in (-2.0, 0.5, 3.0)]
    while len(nodes) < 60:
        op, n = r.choice([(r.choice(UNARY), 1), (r.choice(BINARY), 2), ("SEL", 3)])
        try:
            nodes.append(b.make(op, *r.choices(nodes[-25:] + nodes[:3], k=n)))
        except Refusal:
            continue
        if b.op(nodes[-1]) == "NAN":
            nodes.pop()
    for node in nodes:
        low, high = b.range(node)
        values = evaluate(b.finish([node]), X)[:, 0]
        assert low < -1e300 or not np.isnan(values).any(), b.nodes[node]
        values = values[np.isfinite(values)]
        slack = 1e-9 * max(1.0, *np.abs(values), 0.0)
        assert (values >= low - slack).all() and (values <= high + slack).all(), (
            b.nodes[node]
        )


def test_what_gives_labels_is_never_cut_off():
    text = "double f(double x) { while (x < 4) x += 1.1 + sin(x); return x; }"
    program = parse_program("#include <math.h>\n" + text)
    assert program.dag.bounded
    found = dag_of_definitions(
        definitions_of(text), program.signature, Domain((-1.0,), (1.0,))
    )
    assert isinstance(found, Unsupported) and found.reason == "data_dependent_loop"


def test_values_that_grow_without_bound_are_no_defect():
    for text in (
        "double f(double x) { while (x < 5 + x * x) x = x * 1.5 + 4; return x; }",
        (
            "#include <math.h>\ndouble f(double x) { for (double s = 1; s < 9 + x; s +="
            " 1) x = sinh(x * x + 9); return x; }"
        ),
    ):
        dag = parse_program(text).dag
        assert isinstance(dag, Unsupported) and dag.reason == "data_dependent_loop"
