"""Bit-fields hold what fits, as numbers and in what is built."""

import numpy as np
import pytest

from nsc.errors import DomainError, SourceError
from nsc.graph import Unsupported, evaluate
from nsc.program import draw_inputs, parse_program
from nsc.sandbox import build, run, signature_disagreements

FLAGS = (
    "struct flags { unsigned on : 1, mode : 3; int : 0; unsigned : 3;"
    " int lo : 4, : 2, hi : 5; _Bool q : 1; double gain; };\n"
)
DEEP = FLAGS + (
    "struct deep { struct flags in[2]; struct { short t : 9; unsigned char z; }; };\n"
)
READS = FLAGS + (
    "double f(struct flags s) { return s.on ? s.gain * s.mode : s.lo + s.hi - s.q; }"
)
WRITES = FLAGS + (
    "void f(struct flags *s, double x) { s->mode++; s->lo = x * 100;"
    " s->hi += s->mode; s->q = x > 0; s->gain *= s->lo; }"
)
NESTED = DEEP + (
    "struct flags f(struct flags s, struct deep *d) {\n"
    "  struct flags k = {1, 9, -9, 17, 2, .5}; static const struct flags c[] ="
    " {{.mode = 12}, {.lo = 8}};\n"
    "  d->in[1].mode = s.mode * 3; d->t -= 200; d->t--; k.lo = s.lo;\n"
    "  k.hi = (s.hi << 1) + c[0].mode; k.gain = c[1].lo + (s.mode ^= 5);\n"
    "  return k; }"
)
PROMOTED = (
    "struct s { unsigned u : 5; unsigned w : 32; signed char c : 7; };\n"
    "double f(struct s v) { return (v.u - 20 < 0) + 2 * (~v.u < 0)"
    " + (v.w - 1 > 5u) * 10.0 + (v.c >> 1) + v.u / 3 + v.c % 4; }"
)
# (text, ranges of integers, inputs, what gcc makes of them)
KNOWN = [
    (
        READS,
        {},
        [(1, 5, -8, 3, 0, 0.5), (0, 7, -8, 15, 1, 1.0), (0, 0, 7, -16, 0, 0)],
        [[2.5], [6.0], [-9.0]],
    ),
    (
        WRITES,
        {},
        [(7, 14, 0.5, 0.03), (3, 15, -0.5, -0.99), (2, -16, 1.0, 0.079)],
        [
            [0, 3, 14, 1, 1.5],
            [4, -3, -13, 0, 1.5],
            [3, 7, -13, 1, 7.0],
        ],
    ),
    (
        NESTED,
        {"d.t": (-256, 255)},
        [(1, 5, -8, 15, 1, 0.5, -100), (0, 7, 3, -16, 0, 0, 255)],
        [
            [1, 1, -8, 2, 1, -8.0, 7, 211],
            [1, 1, 3, 4, 1, -6.0, 5, 54],
        ],
    ),
    (
        PROMOTED,
        {"v.w": (1, 1000)},
        [(19, 1, -64), (31, 7, 63), (0, 6, -3)],
        [[-23.0], [56.0], [-2.0]],
    ),
]


def program_of(text, ranges):
    return parse_program(text, function="f", ranges=ranges)


def normalised(program, x):
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    return 2 * (x - lo) / (hi - lo) - 1


@pytest.mark.parametrize(("text", "ranges", "inputs", "known"), KNOWN)
def test_what_gcc_computes(text, ranges, inputs, known):
    program = program_of(text, ranges)
    x = np.array(inputs, float)
    (built,) = build([program.unit])
    np.testing.assert_array_equal(run(built, x).outputs, known)
    assert not isinstance(program.dag, Unsupported), program.dag
    found = evaluate(program.dag, normalised(program, x))
    np.testing.assert_allclose(found, known, atol=1e-9)


@pytest.mark.parametrize(("text", "ranges", "inputs", "known"), KNOWN)
def test_a_dag_computes_what_the_program_does(text, ranges, inputs, known):
    program = program_of(text, ranges)
    x = draw_inputs(program, 300, generator=np.random.default_rng(0))
    (built,) = build([program.unit])
    found = evaluate(program.dag, normalised(program, x))
    np.testing.assert_allclose(found, run(built, x).outputs, atol=1e-9)


@pytest.mark.parametrize(("text", "ranges", "inputs", "known"), KNOWN)
def test_runs_agree_with_the_signature(text, ranges, inputs, known):
    program = program_of(text, ranges)
    x = draw_inputs(program, 100, generator=np.random.default_rng(1))
    assert signature_disagreements([program], [x], seed=0) == [[]]


def test_the_range_of_a_narrow_field_is_its_width():
    program = program_of(READS, {})
    limits = list(zip(program.domain.lo, program.domain.hi, strict=True))
    assert limits == [(0, 1), (0, 7), (-8, 7), (-16, 15), (0, 1), (-1, 1)]


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({"s.mode": (0, 8)}, "a whole number from 0 to 7"),
        ({"s.lo": (-9, 0)}, "a whole number from -8 to 7"),
        ({"s.mode": (9, 9)}, "a whole number from 0 to 7"),
    ],
)
def test_a_range_is_checked_against_the_width(ranges, said):
    with pytest.raises(DomainError, match=said):
        program_of(READS, ranges)


def test_a_wide_field_needs_a_range():
    with pytest.raises(DomainError, match="'v.w' "):
        program_of(PROMOTED, {})


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("double b : 3;", "'double' is no integer"),
        ("enum e b : 2;", "an enumeration is signed"),
        ("E b : 2;", "an enumeration is signed"),
        ("long long b : 33;", "more than 32 bits"),
        ("int b : 33;", "has 1 to 32 bits; found 33"),
        ("_Bool b : 2;", "has 1 to 1 bits; found 2"),
        ("int b : 0;", "has 1 to 32 bits; found 0"),
    ],
)
def test_what_compilers_differ_in_is_refused(member, said):
    text = (
        "enum e { A, B };\ntypedef enum { C, D } E;\n"
        f"struct s {{\n  double a;\n  {member} }};\n"
        "double f(struct s v) { return v.a; }"
    )
    with pytest.raises(SourceError) as caught:
        program_of(text, {})
    first = caught.value.problems[0]
    assert first.reason == "bit_field"
    assert said in first.message


def test_the_size_of_a_struct_with_bit_fields_has_no_dag():
    text = FLAGS + (
        "double f(struct flags s) { return s.gain * sizeof(struct flags); }"
    )
    dag = program_of(text, {}).dag
    assert isinstance(dag, Unsupported) and dag.reason == "dynamic_size"


def test_a_label_is_no_field_without_a_name():
    text = (
        "double f(double x) { int k = x > 0 ? 3 : 2; switch (k) { case 3: x = 1;"
        ' default: 3; } const char *s = "{int : 3;"; return x + !s; }'
    )
    assert program_of(text, {}).n_inputs == 1
