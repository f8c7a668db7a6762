"""Exported C: golden text, compiled and run natively, equal to the Python surrogate."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from nsc.deploy import (
    build_native,
    c_source,
    run_selftest,
    surrogate_name,
    time_per_call,
)
from nsc.errors import BuildError
from nsc.program import Program, as_returned, draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = {
    "scalar_double": (
        "double f(double x, double y) { return x * y; }",
        {"x": (0, 10)},
        {},
    ),
    "float_pointers": (
        "void f(float x, float *re, float *im) { *re = x; *im = -x; }",
        {},
        {},
    ),
    "array_in": (
        "float f(const float w[2][2]) { return w[0][0] - w[1][1]; }",
        {"w": (0, 255)},
        {},
    ),
    "struct_in_out": (
        (
            "typedef struct { double x, y; } vec; vec f(vec a, const vec *b) { vec r ="
            " {a.x*b->x, a.y+b->y}; return r; }"
        ),
        {},
        {},
    ),
    "integer_out": (
        "int f(double x, int n) { return (int)(x * n); }",
        {"n": (1, 9)},
        {},
    ),
    "guarded": ("double f(double x) { return x * x; }", {}, {"guard": True}),
    "drop_in": (
        (
            "#include <math.h>\n#define SQ(a) ((a)*(a))\nstatic double g(double a) {"
            " return SQ(a); }\ndouble f(double x, double h1, double j) { return g(x) +"
            " h1 * j; }"
        ),
        {"j": (2, 3)},
        {"guard": True, "drop_in": True},
    ),
    "tanh": ("double f(double x) { return x; }", {}, {"activation": "tanh"}),
    "relu": ("float f(float x) { return x; }", {}, {"activation": "relu"}),
    "split": (
        "void f(double x, double *a, double *b) { *a = x; *b = x; }",
        {},
        {"split": True},
    ),
}


def case(name: str) -> tuple[Program, Surrogate, dict]:
    """Make a program and a surrogate with random parameters, rounded so that golden
    files are short.
    """
    text, ranges, options = CASES[name]
    options = dict(options)
    program = parse_program(text, function="f", ranges=ranges)
    split, activation = (
        options.pop("split", False),
        options.pop("activation", "sigmoid"),
    )
    topology = Topology((9, 3, 3, 1 if split else program.n_outputs), activation)
    members = tuple(
        Member(topology, np.round(random_parameters(topology, seed=k) * 4, 2))
        for k in range(program.n_outputs if split else 1)
    )
    names = (
        tuple(leaf.name for leaf in leaves)
        for leaves in (program.signature.inputs, program.signature.outputs)
    )
    return (
        program,
        Surrogate(
            members, np.array(program.domain.lo), np.array(program.domain.hi), *names
        ),
        options,
    )


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
    text = c_source(surrogate, program, selftest=x, **options)
    if options.get("guard") and not options.get("drop_in"):
        text += "\ndouble f(double x) { return x * x; }\n"
    assert run_selftest(text)


@pytest.mark.parametrize("kind", ["unsigned char", "int", "unsigned long long"])
@pytest.mark.parametrize("beside", ["", ", float *also"])
def test_integers_are_cut_off_at_the_ends_of_their_type(kind, beside, tmp_path):
    also = "*also = 0;" if beside else ""
    program = parse_program(f"{kind} f(double x{beside}) {{ {also} return x; }}")
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
    least, zero, largest = as_returned(program, surrogate(x))[:, 0]
    leaf = program.signature.outputs[0].type
    assert (least, zero) == (leaf.limits[0], 0) and largest == pytest.approx(
        2.0 ** (leaf.bits - leaf.signed) - 1
    )
    assert run_selftest(c_source(surrogate, program, selftest=x))


def test_the_timed_program_can_open_nothing():
    program = parse_program("double f(double x) { return x; }")
    spy = (
        "extern int open(const char *, int, ...);\ndouble g(double x) { return"
        ' open("/etc/hostname", 0) + x; }\n'
    )
    with pytest.raises(BuildError, match="did not finish"):
        time_per_call(program, spy, "g", np.zeros((4, 1)))


def test_slow_programs_are_timed():
    program = parse_program(
        "double f(double x) { for (int k = 0; k < 2000000; k++) x += 1 / (k + 2.0 + x);"
        " return x; }"
    )
    timing = time_per_call(
        program, "double g(double x) { return x; }", "g", np.array([[0.0], [0.5]])
    )
    assert timing.original > 1e5 > timing.surrogate and timing.outputs.shape == (2, 1)


def test_the_selftest_can_fail():
    program, surrogate, _ = case("scalar_double")
    x = draw_inputs(program, 16, generator=np.random.default_rng(0))
    text = c_source(surrogate, program, selftest=x)
    first = text.index("nsc_bias_3[1] = {") + len("nsc_bias_3[1] = {")
    assert not run_selftest(text[:first] + "1 + " + text[first:])


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("name", ["scalar_double", "float_pointers", "struct_in_out"])
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


def test_the_guard_calls_the_original_outside(tmp_path):
    program, surrogate, options = case("guarded")
    main = """#include <stdio.h>
    double f_surrogate(double x); double f(double x) { return x * x; }
    int main(void) { return !(f_surrogate(3.0) == 9.0 && f_surrogate(0.5) != 0.25); }"""
    binary = build_native(
        {"s.c": c_source(surrogate, program, **options), "main.c": main}, tmp_path
    )
    assert subprocess.run([binary]).returncode == 0
    assert surrogate_name(program, drop_in=True) == "f"


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize("name", ["struct_in_out", "tanh", "relu", "split"])
def test_onnx_agrees(name, tmp_path):
    from nsc.deploy import save_onnx

    program, surrogate, _ = case(name)
    x = draw_inputs(program, 30, generator=np.random.default_rng(0))
    assert save_onnx(surrogate, tmp_path / "s.onnx", x) < 1e-12
