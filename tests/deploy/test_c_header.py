"""The header of exported C declares what the file defines, for C and C++."""

import shutil
import subprocess

import numpy as np
import pytest
from deploy_cases import CASES, case

from nsc.deploy import BatchOptions, ExportJob, c_source, header_source
from nsc.program import draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

NEEDS_CPP = pytest.mark.skipif(
    shutil.which("g++") is None, reason="needs g++, which is not installed"
)
MAIN = """
#include "surrogate.h"
#include <stdio.h>
int main(void) {
  double x[4] = {0.5, -0.5, 0.25, 1.0}, y[2], g[4];
  const double a[2] = {0.5, 0.25}, b[2] = {-0.5, 1.0};
  const double *ins[2] = {a, b};
  double z[2], *outs[1] = {z};
  f_surrogate_n(x, y, 2);
  f_surrogate_soa(ins, outs, 2);
  f_surrogate_grad(x, g, 2);
  printf("%.17g %.17g %.17g %.17g\\n", f_surrogate(0.5, -0.5), y[0], z[0], g[0]);
  return 0;
}
"""


def job_of():
    program = parse_program("double f(double x, double y) { return x * y; }")
    topology = Topology((2, 4, 1))
    surrogate = Surrogate(
        (Member(topology, random_parameters(topology, seed=0)),),
        -np.ones(2),
        np.ones(2),
        ("x", "y"),
        ("return",),
    )
    x = draw_inputs(program, 20, generator=np.random.default_rng(0))
    return ExportJob(surrogate, program, x, batch=BatchOptions(gradient=True))


@pytest.mark.needs("gcc")
@NEEDS_CPP
@pytest.mark.parametrize(
    "compiler", [["gcc", "-x", "c"], ["g++", "-x", "c++"]]
)
def test_all_entries_can_be_called_by_the_header(compiler, tmp_path):
    job = job_of()
    text = c_source(job.surrogate, job.program, batch=job.batch)
    (tmp_path / "surrogate.c").write_text(f'#include "surrogate.h"\n{text}')
    (tmp_path / "surrogate.h").write_text(header_source(job))
    (tmp_path / "main.c").write_text(MAIN)
    build = ["gcc", "-Wall", "-Werror", "-O1", "-c", "surrogate.c"]
    subprocess.run(build, cwd=tmp_path, check=True)
    flags = ["-Wall", "-Werror", "main.c", "-x", "none", "surrogate.o"]
    subprocess.run([*compiler, *flags, "-o", "main"], cwd=tmp_path, check=True)
    done = subprocess.run(
        ["./main"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    scalar, rows, arrays, slope = map(float, done.stdout.split())
    x = np.array([0.5, -0.5])
    [expected] = job.surrogate(x)
    for found in (scalar, rows, arrays):
        assert abs(found - expected) < 1e-12
    assert abs(slope - job.surrogate.gradient(x)[0]) < 1e-11


@NEEDS_CPP
@pytest.mark.needs("gcc")
@pytest.mark.parametrize("name", CASES)
def test_a_header_stands_by_itself(name, tmp_path):
    program, surrogate, options = case(name)
    x = np.zeros((1, program.n_inputs))
    job = ExportJob(surrogate, program, x, **options)
    (tmp_path / "h.c").write_text(header_source(job))
    for language in ("c", "c++"):
        command = ["gcc", "-x", language, "-Wall", "-Werror", "-fsyntax-only"]
        subprocess.run([*command, "h.c"], cwd=tmp_path, check=True)
