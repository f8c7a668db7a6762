"""Exported C does with inputs outside the domain what Python's surrogates do."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from test_c_batch import GRADIENT, job_of

from nsc.conditions import parse_condition
from nsc.deploy import EXPORTERS
from nsc.errors import InputError
from nsc.program import scalar_entry

PROGRAMS = {
    "double": (
        "double f(double x, double y) { return x * y; }",
        {"x": (2, 5)},
    ),
    "float": (
        "void f(float x, float y, float *a, float *b) { *a = x; *b = y; }",
        {"y": (100, 101)},
    ),
    "int": ("double f(double x, int n) { return x * n; }", {"n": (1, 9)}),
}

MAIN = """%s
%s
#include <stdio.h>
int main(void) {
  enum { N = %d, I = %d, O = %d };
  static double x[N * I], y[N * O];
  static %s bx[N * I], by[N * O];
  if (fread(x, sizeof x, 1, stdin) != 1) return 1;
  for (int r = 0; r < N; r++) nsc_called(x + r * I, y + r * O);
  fwrite(y, sizeof y, 1, stdout);
  for (int k = 0; k < N * I; k++) bx[k] = x[k];
  f_surrogate_n(bx, by, N);
  for (int k = 0; k < N * O; k++) y[k] = by[k];
  fwrite(y, sizeof y, 1, stdout);
  return 0;
}
"""


def rows_of(job):
    """Return inputs, some outside, some on the edge, one NaN; `n i`."""
    lo, hi = job.surrogate.lo, job.surrogate.hi
    x = np.concatenate([job.x[:40], [lo, hi], job.x[:3], job.x[:3]])
    x[3, 0] = lo[0] - 7.5
    x[11, 1] = hi[1] + 12
    x[-1, 0] = np.nan
    return np.float64(np.float32(x)) if "float" in job.program.text else x


def run(job, x, tmp_path):
    text = EXPORTERS["c"].render(job).decode().partition("#ifdef NSC_SELF")[0]
    program = job.program
    entry = scalar_entry(program.signature, "f_surrogate", "nsc_called")
    kind = "float" if program.text.startswith("void f(float") else "double"
    sizes = (len(x), program.n_inputs, program.n_outputs)
    (tmp_path / "s.c").write_text(MAIN % (text, entry, *sizes, kind))
    flags = ["-O1", "-Wall", "-Werror", "-DNSC_ONE_TARGET"]
    command = ["gcc", *flags, "s.c", "-lm", "-o", "s"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return subprocess.run(
        [tmp_path / "s"], input=x.tobytes(), capture_output=True
    )


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("outside", ["clip", "nan", "warn"])
@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.filterwarnings("ignore:outside the domain")
def test_scalar_and_batch_do_as_python_does(kind, outside, tmp_path):
    job = job_of(*PROGRAMS[kind], outside=outside)
    x = rows_of(job)
    done = run(job, x, tmp_path)
    assert done.returncode == 0
    found = np.frombuffer(done.stdout).reshape(2, len(x), -1)
    expected = job.surrogate(x, outside=outside)
    scale = np.nanmax(np.abs(expected))
    slack = {"float": 2e-5, "double": 1e-9, "int": 1e-9}[kind] * scale
    for each in found:
        np.testing.assert_allclose(each, expected, rtol=0, atol=slack)
    said = b"f: inputs outside the domain of its surrogate\n"
    assert done.stderr == (said if outside == "warn" else b"")


@pytest.mark.needs("gcc")
@pytest.mark.skipif(sys.platform == "win32", reason="abort() is a signal")
def test_raise_aborts(tmp_path):
    job = job_of(*PROGRAMS["int"], outside="raise")
    inside = job.x[:20]
    done = run(job, inside, tmp_path)
    assert done.returncode == 0 and done.stderr == b""
    far = inside.copy()
    far[7, 0] = 1e9
    done = run(job, far, tmp_path)
    assert done.returncode < 0 and b"outside the domain" in done.stderr


@pytest.mark.needs("gcc")
def test_conditions_and_derivatives(tmp_path):
    text, ranges = PROGRAMS["double"]
    job = job_of(text, ranges, outside="nan", batch=GRADIENT)
    condition = parse_condition("hypot(x, y) < 4", ("x", "y"), {})
    drawing = replace(job.program.drawing, conditions=(condition,))
    job = replace(
        job,
        program=replace(job.program, drawing=drawing),
        surrogate=replace(job.surrogate, conditions=(condition,)),
    )
    x = rows_of(job)
    done = run(job, x, tmp_path)
    found = np.frombuffer(done.stdout).reshape(2, len(x), -1)
    expected = job.surrogate(x, outside="nan")
    assert 5 < np.isnan(expected).sum() < 40
    for each in found:
        np.testing.assert_allclose(each, expected, rtol=0, atol=1e-9)


def test_what_cannot_be_is_refused():
    text = "int f(double x) { return x > 0; }"
    with pytest.raises(
        InputError, match="^outside must be .*'nan' .* int, whi"
    ):
        EXPORTERS["c"].render(job_of(text, outside="nan"))
    for outside in ("clip", "raise"):
        job = job_of(*PROGRAMS["double"], outside=outside, batch=GRADIENT)
        with pytest.raises(
            InputError, match="^gradient must be left out with"
        ):
            EXPORTERS["c"].render(job)


def test_the_head_says_what_is_done():
    text, ranges = PROGRAMS["double"]
    for outside, said in {"clip": "nearest inputs", "nan": "NaN"}.items():
        file = EXPORTERS["c"].render(job_of(text, ranges, outside=outside))
        assert f"Outside the domain: {said}" in file.decode().replace(
            "the nearest", "nearest"
        )
    assert b"Outside" not in EXPORTERS["c"].render(job_of(text, ranges))
