"""Error bars through `nsc.compile`, the command line and exported C."""

import json
import subprocess
from functools import cache

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.deploy import ExportJob, std_source
from nsc.errors import BuildError, InputError
from nsc.host import zig_command
from nsc.program import draw_inputs, parse_program
from nsc.report import from_json

# rough where x is above one half
ROUGH = (
    "#include <math.h>\ntypedef struct { float x; int k; } in;\n"
    "void rough(const in *a, double y, double *sum, float *product)"
    " { *sum = a->x + y + (a->x > 0.5f ? 0.3 * sin(40 * y) : 0);"
    " *product = a->x * a->k; }\n"
)
RANGES = {"a.k": (0, 5)}
CALLER = """#include <stdio.h>
typedef struct { float x; int k; } in;
void rough_surrogate_std(const in *a, double y, double *sum, float *product,
  double *std);
int main(void) { in a = {0.25f, 3}; double std[2];
  rough_surrogate_std(&a, -0.5, NULL, NULL, std);
  printf("%.17g %.17g", std[0], std[1]); return 0; }
"""


OPTIONS = {"domain": RANGES, "budget": 150, "restarts": 0}
OPTIONS |= {"topology": "9-8-2", "timing": False}


@cache
def compiled(folder):
    return nsc.compile(ROUGH, folder=folder, error_bars=True, **OPTIONS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def made(folder):
    """Compile once, within a test: only there few runs do not teach."""
    return compiled(folder), folder


def test_intervals_hold_on_fresh_inputs(made):
    surrogate, folder = made
    bars = json.loads((folder / "report.json").read_text())["error_bars"]
    assert bars["judged_on"] == bars["calibrated_on"] == 2048
    assert np.abs(np.array(bars["held"]) - 0.95).max() < 0.02
    program = parse_program(ROUGH, ranges=RANGES)
    x = draw_inputs(program, 3000, generator=np.random.default_rng(9))
    y, std = surrogate.predict(x, return_std=True)
    rough = np.where(x[:, 0] > 0.5, 0.3 * np.sin(40 * x[:, 2]), 0)
    truth = np.stack([x[:, 0] + x[:, 2] + rough, x[:, 0] * x[:, 1]], axis=1)
    held = (np.abs(y - truth) <= 1.96 * std).mean(axis=0)
    assert np.abs(held - 0.95).max() < 0.025
    assert "95 % interval held on" in (folder / "report.html").read_text()


def test_a_loaded_surrogate_and_its_c_are_as_unsure(made):
    surrogate, folder = made
    x = np.array([[0.25, 3.0, -0.5]])
    _, std = surrogate.predict(x, return_std=True)
    again = nsc.load(folder / "surrogate.safetensors")
    assert again.predict(x, return_std=True)[1].tobytes() == std.tobytes()
    (folder / "caller.c").write_text(CALLER)
    files = [str(folder / n) for n in ("caller.c", "surrogate_std.c")]
    command = [*zig_command(), "cc", "-std=c99", "-Wall", "-Werror", *files]
    command += ["-lm", "-o", str(folder / "x")]
    subprocess.run(command, check=True, capture_output=True)
    told = subprocess.run(
        [folder / "x"], check=True, capture_output=True, text=True
    )
    found = [float(word) for word in told.stdout.split()]
    np.testing.assert_allclose(found, std[0], rtol=1e-9)


def test_c_that_is_wrong_is_not_written(made, monkeypatch):
    surrogate, _ = made
    program = parse_program(ROUGH, ranges=RANGES)
    x = np.array([[0.25, 3.0, -0.5]])
    monkeypatch.setattr(
        "nsc.deploy.c_std._deviation", lambda bars, k: "sqrt(1.0001 * nsc_sum)"
    )
    with pytest.raises(BuildError, match="nothing was written"):
        std_source(ExportJob(surrogate, program, x))


def test_the_same_seed_gives_the_same_bits_and_network(made):
    surrogate, _ = made
    again = nsc.compile(ROUGH, error_bars=True, **OPTIONS)
    assert again.error_bars.scale.tobytes() == (
        surrogate.error_bars.scale.tobytes()
    )
    without = nsc.compile(ROUGH, **OPTIONS)
    assert without.members[0].w.tobytes() == again.members[0].w.tobytes()
    assert "error_bars" not in without.report
    with pytest.raises(InputError, match="error_bars=True"):
        without.predict(np.zeros((1, 3)), return_std=True)


def test_the_command_line_says_how_often_they_held(wave, tmp_path, capsys):
    words = ["compile", str(wave), "--budget", "60", "--no-timing"]
    words += ["--topology", "9-4-1", "--split", "--error-bars"]
    assert main([*words, "-o", str(tmp_path / "o")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "error bars the 95 % interval held on" in shown
    assert "surrogate_std.c" in shown
    report = json.loads((tmp_path / "o/report.json").read_text())
    assert from_json(report).error_bars.networks == 4
    # what another compilation does not write does not stay
    words.remove("--error-bars")
    assert main([*words, "-o", str(tmp_path / "o")]) == 0
    assert not (tmp_path / "o/surrogate_std.c").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--budget", "0"], "--error-bars needs a budget of 8 or more"),
        (["--verification", "39"], "--error-bars needs 40 or more inputs"),
        (["--text-only"], "--error-bars must be left out with --text-only"),
    ],
)
def test_too_few_runs_are_refused(flags, said, wave, tmp_path, capsys):
    words = ["compile", str(wave), "--error-bars", *flags]
    assert main([*words, "-o", str(tmp_path / "o")]) == 2
    assert said in capsys.readouterr().err


def test_a_domain_of_few_inputs_is_refused(capsys):
    text = "int f(int a, _Bool b) { return b ? a : -a; }"
    with pytest.raises(InputError, match="which is all there are"):
        nsc.compile(text, domain={"a": (0, 9)}, error_bars=True)
