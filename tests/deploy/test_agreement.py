"""What is exported is what was verified, whatever its domain and its names."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

import nsc
from nsc.app import CompileOptions, compile_file
from nsc.deploy import EXPORTERS, ExportJob, arithmetic, is_available
from nsc.deploy.rounding import (
    corners,
    in_float,
    is_single,
    rounding_bound,
)
from nsc.errors import BuildError
from nsc.program import as_returned, draw_inputs, parse_program, scalar_entry
from nsc.surrogate import Member, Surrogate, Topology, random_parameters


def job_of(text: str, ranges=None, *, scale: float = 1.0) -> ExportJob:
    program = parse_program(text, ranges=ranges)
    topology = Topology((program.n_inputs, 4, program.n_outputs))
    w = random_parameters(topology, seed=1) * scale
    names = (
        tuple(leaf.name for leaf in leaves)
        for leaves in (program.signature.inputs, program.signature.outputs)
    )
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    surrogate = Surrogate((Member(topology, w),), lo, hi, *names)
    x = draw_inputs(program, 200, generator=np.random.default_rng(0))
    return ExportJob(surrogate, program, x)


EAST = "float east(float lon) { return (lon + 122.4194f) * 88000.0f; }"


def test_a_narrow_range_far_from_zero_loses_nothing(tmp_path):
    path = tmp_path / "east.c"
    path.write_text(EAST)
    ranges = {"lon": (-122.41955, -122.41925)}
    report = compile_file(
        path, tmp_path, CompileOptions(budget=200), ranges=ranges, timing=False
    )
    assert report.test.max_abs < 0.1
    surrogate = nsc.load(tmp_path / "surrogate.safetensors")
    program = parse_program(EAST, ranges=ranges)
    job = ExportJob(surrogate, program, np.empty((0, 1)))
    x = draw_inputs(program, 2000, generator=np.random.default_rng(3))
    data = (tmp_path / "surrogate.c").read_bytes()
    exported = EXPORTERS["c"].evaluate(job, data, x)
    assert np.abs(exported - surrogate(x)).max() < 1e-4


@pytest.mark.parametrize("kind", ["float", "double"])
@pytest.mark.parametrize("ratio", [1e3, 1e7])
def test_centres_far_from_zero(kind, ratio):
    job = job_of(
        f"{kind} f({kind} x) {{ return x; }}", {"x": (ratio - 4, ratio + 4)}
    )
    exporter = EXPORTERS["c"]
    y = exporter.evaluate(job, exporter.render(job), job.x)
    assert np.abs(y - job.surrogate(job.x)).max() < (
        1e-6 if kind == "float" else 1e-9
    )


def test_an_output_too_small_for_its_type_is_zero():
    """Found by fuzzing: a double that became 0 in a float was "beyond rounding"."""
    text = "void f(double x, double *a, float *b) { *a = x; *b = x; }"
    job = job_of(text, scale=1e-95)
    exporter = EXPORTERS["c"]
    y = exporter.evaluate(job, exporter.render(job), job.x)
    assert not y[:, 1].any()
    assert y[:, 0].all()


def test_a_centre_that_is_moved_is_found_out():
    job = job_of(EAST, {"lon": (-122.41955, -122.41925)})
    exporter = EXPORTERS["c"]
    text = exporter.render(job).decode()
    moved = text.replace(
        "((double)lon + 122.4194", "(lon + 122.4194f + 0 * 122.4194"
    )
    assert moved != text
    with pytest.raises(
        BuildError, match=r"differs from the verified network: return"
    ):
        exporter.check(job, moved.encode())


def test_single_precision_gives_way_where_it_would_cost():
    job = job_of("float f(float x) { return x; }")
    outputs = job.program.signature.outputs
    assert arithmetic(job.surrogate, outputs, job.x) == "float"
    # 1e7 h - 1e7 h + h / 2: in float nothing is left of it
    w = np.array([1.0, 1.0, 0.0, 0.0, 1e7, -1e7 + 0.5, 0.0])
    cancels = Surrogate(
        (Member(Topology((1, 2, 1), "tanh"), w),),
        -np.ones(1),
        np.ones(1),
        ("x",),
        ("y",),
    )
    assert arithmetic(cancels, outputs, job.x) == "double"
    # unless what is verified is no better
    assert arithmetic(cancels, outputs, job.x, np.array([1e3])) == "float"
    exporter = EXPORTERS["c"]
    double = ExportJob(cancels, job.program, job.x, error=np.array([1e-6]))
    y = exporter.evaluate(double, exporter.render(double), job.x)
    assert np.abs(y - cancels(job.x)).max() < 1e-4


def test_integers_that_no_float_holds_are_computed_in_double():
    text = "float f(%s *n, float x) { *n += 3; return x; }"
    for kind, real in (("unsigned", "double"), ("short", "float")):
        program = parse_program(text % kind, ranges={"n": (0, 30000)})
        assert is_single(program.signature.outputs) == (real == "float")


def test_corners_are_of_the_inputs_types():
    program = parse_program(
        "double f(double x, float y, int n, _Bool b, unsigned char c)"
        "{ return x + y + n + b + c; }",
        ranges={"y": (0.1, 0.7), "n": (-2.5, 3.5), "c": (0, 9)},
    )
    inside, outside = corners(program), corners(program, beyond=True)
    assert len(inside) == 32
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    assert (inside >= lo).all() and (inside <= hi).all()
    assert (inside[:, 1] == inside[:, 1].astype(np.float32)).all()
    assert set(inside[:, 2]) == {-2, 3} and set(outside[:, 2]) == {-3, 4}
    assert set(outside[:, 4]) == {0, 10} and set(outside[:, 3]) == {0, 1}
    assert outside[:, 0].min() == np.nextafter(-1, -2)
    many = ", ".join(f"double x{k}" for k in range(20))
    large = parse_program(f"double f({many}) {{ return x0 + x19; }}")
    assert corners(large).shape == (256, 20)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_bound_on_rounding_is_one(activation):
    generator = np.random.default_rng(5)
    topology = Topology((3, 8, 8, 2), activation)
    w = generator.normal(size=topology.n_parameters) * 3
    surrogate = Surrogate(
        (Member(topology, w),),
        -np.ones(3),
        np.ones(3),
        ("a", "b", "c"),
        ("y", "z"),
    )
    x = generator.uniform(-1, 1, (500, 3))
    lost = np.abs(in_float(surrogate, x) - surrogate.evaluate(x))
    bound = rounding_bound(surrogate, x, "float")
    assert (lost <= bound).all() and bound.max() < 1e-2


MAIN = """#include <stdio.h>
%s
%s
int main(void) {
  double x[%d], y[%d];
  while (fread(x, sizeof x, 1, stdin) == 1) {
    nsc_called(x, y);
    fwrite(y, sizeof y, 1, stdout);
  }
  return 0;
}
"""


@pytest.mark.needs("gcc")
@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (EAST, {"lon": (-122.41955, -122.41925)}),
        ("double f(double x, int n) { return x * n; }", {"n": (-5, 90)}),
        ("int above(double x, double y) { return x * x + y * y < 0.5; }", {}),
        (
            "void f(float x, float *a, float *b) { *a = x; *b = 2 * x; }",
            {"x": (9, 10)},
        ),
        (
            "float f(unsigned *phase, float x)"
            " { *phase += 12345; return x * (*phase >> 20); }",
            {"phase": (0, 4294967295)},
        ),
    ],
)
def test_natively_it_computes_the_same_on_10000_inputs(text, ranges, tmp_path):
    """By a compiler that shares nothing with the sandbox's, and is its user's."""
    job = job_of(text, ranges, scale=3)
    program = job.program
    exported = (
        EXPORTERS["c"].render(job).decode().partition("#ifdef NSC_SELFTEST")[0]
    )
    entry = scalar_entry(
        program.signature, f"{program.name}_surrogate", "nsc_called"
    )
    sizes = (program.n_inputs, program.n_outputs)
    (tmp_path / "s.c").write_text(MAIN % (exported, entry, *sizes))
    command = ["gcc", "-O2", "-march=native", "s.c", "-lm", "-o", "s"]
    subprocess.run(command, cwd=tmp_path, check=True)
    drawn = draw_inputs(program, 10_000, generator=np.random.default_rng(2))
    x = np.concatenate(
        [drawn, corners(program), corners(program, beyond=True)]
    )
    raw = subprocess.run(
        [tmp_path / "s"], input=x.tobytes(), capture_output=True, check=True
    ).stdout
    y = np.frombuffer(raw).reshape(len(x), program.n_outputs)
    expected = as_returned(program, job.surrogate.evaluate(x))
    assert np.abs(y - expected).max() <= 1e-5 * np.abs(expected).max()


CONSTANT = """
void first(float c[2]) { c[1] = 0.0f * c[0]; c[0] = c[0] * c[0]; }
void denormal(double x, double out[2]) { out[0] = x * x; out[1] = 1e-310; }
void odd(float x, int *n, float *y) { *n = 16777217; *y = x * x; }
"""


@pytest.mark.parametrize(
    ("function", "value"),
    [("first", 0.0), ("denormal", 1e-310), ("odd", 16777217.0)],
)
def test_an_output_that_is_always_the_same_beside_one_that_varies(
    function, value, tmp_path
):
    path = tmp_path / "constant.c"
    path.write_text(CONSTANT)
    report = compile_file(
        path,
        tmp_path,
        CompileOptions(budget=256),
        function=function,
        timing=False,
    )
    assert report.test.max_abs < 1.0
    surrogate = nsc.load(tmp_path / "surrogate.safetensors")
    y = surrogate(np.linspace(-1, 1, 9)[:, None] * np.ones(len(surrogate.lo)))
    column = 0 if function == "odd" else 1
    assert (y[:, column] == value).all()


@pytest.mark.parametrize("size", [0.0, 1e-320, 1e-46, 1e-40, 1e-37])
def test_an_output_that_underflows_is_exported(size):
    job = job_of("void f(float x, float *y, float *z) { *y = x; *z = 0.0f; }")
    [member] = job.surrogate.members
    layers = member.topology.layers(member.w)
    weight, bias = layers[-1]
    weight[1] *= size
    bias[1] *= size
    w = member.topology.join([*layers[:-1], (weight, bias)])
    surrogate = replace(job.surrogate, members=(Member(member.topology, w),))
    tiny = replace(job, surrogate=surrogate, error=np.array([1e-3, 0.0]))
    for exporter in filter(is_available, EXPORTERS.values()):
        assert exporter.render(tiny)
