"""Exported C: golden text, compiled and run natively, equal to the Python surrogate."""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deploy_cases import CASES, case

import nsc
from nsc.deploy import (
    BatchOptions,
    build_native,
    c_source,
    native,
    run_selftest,
    surrogate_name,
    time_per_call,
)
from nsc.deploy.c_sigmoid import (
    EVEN_DOUBLE,
    EVEN_SINGLE,
    ODD_DOUBLE,
    ODD_SINGLE,
)
from nsc.errors import BuildError, InputError
from nsc.program import as_returned, draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", CASES)
def test_golden(name, update_golden):
    program, surrogate, options = case(name)
    found = c_source(surrogate, program, notes=["A note."], **options)
    path = GOLDEN / f"{name}.c"
    if update_golden:
        path.write_text(found)
    assert found == path.read_text()


@pytest.mark.parametrize("name", CASES)
def test_selftest_passes_natively(name):
    program, surrogate, options = case(name)
    x = draw_inputs(program, 16, generator=np.random.default_rng(0))
    text = c_source(surrogate, program, selftest_inputs=x, **options)
    calls_original = options.get("guard") and not options.get("drop_in")
    assert run_selftest(text, original=program if calls_original else None)


@pytest.mark.parametrize(
    "text",
    [
        "float f(float x) { return x; }",
        "void f(float x, float y[3]) { y[0] = x; y[1] = -x; y[2] = 1; }",
    ],
)
def test_floats_that_are_computed_in_double_pass_their_own_test(text):
    program = parse_program(text, out=["y"] if "y" in text else [])
    surrogate = nsc.compile(program, budget=100, timing=False)
    x = draw_inputs(program, 16, generator=np.random.default_rng(0))
    for gradient in (False, True):
        batch = BatchOptions(gradient=gradient)
        exported = c_source(
            surrogate, program, selftest_inputs=x, real="double", batch=batch
        )
        assert run_selftest(exported)


@pytest.mark.parametrize(
    "kind", ["unsigned char", "int", "unsigned long long"]
)
@pytest.mark.parametrize("beside", ["", ", float *also"])
def test_integers_are_cut_off_at_the_ends_of_their_type(
    kind, beside, tmp_path
):
    also = "*also = 0;" if beside else ""
    program = parse_program(
        f"{kind} f(double x{beside}) {{ {also} return x; }}"
    )
    topology = Topology((1, program.n_outputs))
    w = np.zeros(topology.n_parameters)
    w[0] = 1e30  # the first output is 1e30 x
    names = (
        tuple(leaf.name for leaf in leaves)
        for leaves in (program.signature.inputs, program.signature.outputs)
    )
    surrogate = Surrogate(
        (Member(topology, w),), np.array([-1.0]), np.array([1.0]), *names
    )
    x = np.array([[-1.0], [0.0], [1.0]])
    least, zero, largest = as_returned(program, surrogate.evaluate(x))[:, 0]
    leaf = program.signature.outputs[0].type
    assert (least, zero) == (leaf.limits[0], 0) and largest == pytest.approx(
        2.0 ** (leaf.bits - leaf.signed) - 1
    )
    assert run_selftest(c_source(surrogate, program, selftest_inputs=x))


def test_the_timed_program_can_open_nothing():
    program = parse_program("double f(double x) { return x; }")
    spy = (
        "extern int open(const char *, int, ...);\ndouble g(double x) { return"
        ' open("/etc/hostname", 0) + x; }\n'
    )
    with pytest.raises(BuildError, match="did not finish"):
        time_per_call(program, spy, "g", np.zeros((4, 1)))


@pytest.mark.parametrize(
    "body",
    [
        'write(2, "aaaaaaaaaaaaaaaa", 16);',  # at most what a kernel lets pass
        'for (int k = 0; k < 400; k++) write(1, "9", 1);',
        'write(1, "", 1);',  # "done", before it is
        'write(1, "1e400 Infinity nan\\n", 19);',
        "_exit(0);",
        "for (;;) {}",
    ],
)
def test_what_the_timed_program_says_is_not_believed(body, monkeypatch):
    limits = replace(native._RUN, wall_s=3)
    monkeypatch.setattr(native, "_RUN", limits)
    program = parse_program("double f(double x) { return x; }")
    spy = (
        "extern long write(int, const void *, unsigned long);\n"
        f"extern void _exit(int);\ndouble g(double x) {{ {body} return x; }}\n"
    )
    with pytest.raises(BuildError, match="did not finish"):
        time_per_call(program, spy, "g", np.zeros((4, 1)))


def test_names_of_the_timer_are_nobodys():
    text = "double call(double bool, double unix, double linux) { return bool + unix; }"
    program = parse_program(text)
    timing = time_per_call(
        program,
        "double call_surrogate(double a, double b, double c) { return a + b; }",
        "call_surrogate",
        np.array([[0.5, 0.25, 0.0]]),
    )
    assert timing.outputs.tolist() == [[0.75]] and timing.original > 0


def test_quick_calls_are_timed_by_the_thousand():
    program = parse_program("double f(double x) { return x; }")
    text = "double g(double x) { return x + 1; }"
    timing = time_per_call(program, text, "g", np.array([[0.0], [0.5]]))
    assert 0 < timing.original < 500 and 0 < timing.surrogate < 500


def test_other_sizes_are_timed_beside():
    program = parse_program("double f(double x) { return x; }")
    slow = (
        "double g(double x) { for (int k = 0; k < 4000; k++) x = x / (x + 1.5);"
        " return x; }"
    )
    text = "double g(double x) { return x + 1; }"
    x = np.array([[0.0], [0.5]])
    timing = time_per_call(program, text, "g", x, sizes=(text, slow))
    same, slower = timing.sizes
    assert timing.surrogate < slower and same < slower
    assert timing.outputs.tolist() == x.tolist()


def test_slow_programs_are_timed():
    program = parse_program(
        "double f(double x) { for (int k = 0; k < 2000000; k++) x += 1 / (k + 2.0 + x);"
        " return x; }"
    )
    timing = time_per_call(
        program,
        "double g(double x) { return x; }",
        "g",
        np.array([[0.0], [0.5]]),
    )
    assert (
        timing.original > 1e5 > timing.surrogate
        and timing.outputs.shape == (2, 1)
    )


def test_the_selftest_can_fail():
    program, surrogate, _ = case("scalar_double")
    x = draw_inputs(program, 16, generator=np.random.default_rng(0))
    text = c_source(surrogate, program, selftest_inputs=x)
    first = text.index("nsc_bias_3[1] = {") + len("nsc_bias_3[1] = {")
    assert not run_selftest(text[:first] + "1 + " + text[first:])


@pytest.mark.needs("gcc")
@pytest.mark.parametrize(
    "name",
    [
        "scalar_double",
        "float_pointers",
        "struct_in_out",
        "bit_fields",
        "old_style",
    ],
)
def test_strict_c99_without_warnings(name, tmp_path):
    program, surrogate, options = case(name)
    (tmp_path / "s.c").write_text(c_source(surrogate, program, **options))
    command = [
        "gcc",
        "-std=c99",
        "-pedantic",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O2",
        "-c",
        "s.c",
    ]
    subprocess.run(command, cwd=tmp_path, check=True)


@pytest.mark.parametrize("outside", ["clip", "original", "warn", "nan"])
def test_what_a_type_cannot_hold_is_not_tested(outside, tmp_path):
    text = "double f(_Bool b, unsigned u, short n) { return b + u + n; }"
    ranges = {"u": (0, 9), "n": (-32768, 32767)}
    program = parse_program(text, ranges=ranges)
    topology = Topology((3, 2, 1))
    member = Member(topology, random_parameters(topology, seed=0))
    lo, hi = np.array([(0, 1), (0, 9), (-32768, 32767)], float).T
    surrogate = Surrogate((member,), lo, hi, ("b", "u", "n"), ("return",))
    (tmp_path / "s.c").write_text(
        c_source(surrogate, program, outside=outside)
    )
    command = "gcc -std=c99 -Wall -Wextra -Werror -O2 -c s.c".split()
    subprocess.run(command, cwd=tmp_path, check=True)


def test_the_guard_calls_the_original_outside(tmp_path):
    program, surrogate, options = case("guarded")
    main = """#include <stdio.h>
    double f_surrogate(double x); double f(double x) { return x * x; }
    int main(void) { return !(f_surrogate(3.0) == 9.0 && f_surrogate(0.5) != 0.25); }"""
    binary = build_native(
        {"s.c": c_source(surrogate, program, **options), "main.c": main},
        tmp_path,
    )
    assert subprocess.run([binary]).returncode == 0
    assert surrogate_name(program, drop_in=True) == "f"


def test_what_stands_in_the_head_comment():
    program, surrogate, _ = case("scalar_double")
    head = c_source(surrogate, program, notes=["First.", "", "Second."]).split(
        "*/"
    )[0]
    assert head.splitlines() == [
        "/*",
        " * f_surrogate: a neural surrogate of f, written by nsc.",
        " *",
        " * Topology: 9-3-3-1 sigmoid.",
        " * Domain:",
        " *   x in [0, 10]",
        " *   y in [-1, 1]",
        " *",
        " * First.",
        " *",
        " * Second.",
        " ",
    ]


def test_what_the_original_calls_must_be_declared_to_embed_it():
    text = "double f(double x) { return lerp(x, 1, 0.5); }"
    program = parse_program(text, partial=True)
    topology = Topology((1, 1))
    surrogate = Surrogate(
        (Member(topology, np.zeros(2)),),
        np.zeros(1),
        np.ones(1),
        ("x",),
        ("return",),
    )
    with pytest.raises(
        InputError, match="^guard needs the original.*'lerp': declare"
    ):
        c_source(surrogate, program, guard=True, drop_in=True)


@pytest.mark.parametrize(
    ("even", "odd", "error"),
    [(EVEN_DOUBLE, ODD_DOUBLE, 1.3e-14), (EVEN_SINGLE, ODD_SINGLE, 1e-10)],
)
def test_powers_of_two_are_as_good_as_said(even, odd, error):
    f = np.linspace(-0.5, 0.5, 20001)
    e = np.polynomial.Polynomial([*even, 1.0])(f * f)
    fo = f * np.polynomial.Polynomial(odd)(f * f)
    assert np.abs((e + fo) / (e - fo) / 2**f - 1).max() < error


# 2^f on |f| <= 1/2, of f^0, f^1, ...
EXP2_SINGLE = (
    1.0,
    0.6931469775988579,
    0.24022242085172812,
    0.05550733743691219,
    0.009671512648928984,
    0.0013264727065248338,
)


def test_finetuning_in_single_precision_has_coefficients_for_it():
    f = np.linspace(-0.5, 0.5, 20001)
    found = np.polynomial.Polynomial(EXP2_SINGLE)(f)
    assert np.abs(found / 2**f - 1).max() < 1.3e-7
    csrc = Path(nsc.__file__).parent / "finetune"
    texts = [
        p.read_text()
        for p in csrc.rglob("*")
        if p.suffix in (".c", ".h", ".py")
    ]
    text = "\n".join(texts)
    assert all(repr(value) in text for value in EXP2_SINGLE)
