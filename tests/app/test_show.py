"""`nsc show`: what it lists, and commands that compile what it lists."""

import json
import shlex

import pytest

from nsc.app import main

TEXT = """
#include <stdint.h>
static double gain = 1.0;
void set_gain(double g) { gain = g; }
double amplify(double x) { return gain * x; }
double mean_square(const double *v, int n) {
  double s = 0;
  for (int i = 0; i < n; i++) s += v[i] * v[i];
  return s / n;
}
int whole(int a, short b[2], uint8_t c) { return a + b[0] + b[1] + c; }
void polar(double *re, double x) { *re = x; }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "some file.c"
    path.write_text(TEXT)
    return path


def shown(file, capsys, *flags: str) -> dict[str, dict]:
    assert main(["show", str(file), "--json", *flags]) == 0
    return {f["function"]: f for f in json.loads(capsys.readouterr().out)}


def test_each_candidate_comes_with_its_command(file, capsys):
    found = shown(file, capsys)
    head = f"nsc compile {shlex.quote(str(file))} --function"
    assert found["amplify"]["command"] == f"{head} amplify"
    assert found["whole"]["command"] == f"{head} whole --domain a=0:10,b=0:10"
    assert found["mean_square"]["command"] == ""
    assert any(
        "'gain' is held at 1.0" in note for note in found["amplify"]["notes"]
    )
    assert main(["show", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--function whole --domain a=0:10,b=0:10" in said
    assert "note: the file-level variable 'gain'" in said


def test_it_takes_what_compile_takes(file, capsys):
    flags = [
        "--array",
        "v=3",
        "--fix",
        "n=3",
        "--input",
        "gain=0:2",
        "--out",
        "re",
    ]
    found = shown(file, capsys, *flags)
    assert found["mean_square"]["inputs"] == ["v[0]", "v[1]", "v[2]"]
    assert found["mean_square"]["command"].endswith(
        "--function mean_square --array v=3 --fix n=3"
    )
    assert found["amplify"]["inputs"] == ["x", "gain"]
    assert found["polar"]["command"].endswith("--function polar --out re")


@pytest.mark.parametrize("name", ["amplify", "mean_square", "whole"])
def test_the_commands_compile(name, file, tmp_path, capsys):
    flags = ["--array", "v=3", "--fix", "n=3", "--input", "gain=0:2"]
    command = shown(file, capsys, *flags)[name]["command"]
    words = shlex.split(command)[1:]
    assert (
        main(
            [*words, "--budget", "0", "--no-timing", "-o", str(tmp_path / "o")]
        )
        == 0
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--array", "q=3"], "has a parameter or reads a variable 'q'"),
        (["--fix", "n"], "--fix expects NAME=VALUE"),
        (["--fix", "c=256"], "a whole number from 0 to 255); found 256"),
    ],
)
def test_what_fits_nothing_is_refused(flags, message, file, capsys):
    assert main(["show", str(file), *flags]) == 2
    assert message in capsys.readouterr().err
