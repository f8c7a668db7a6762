"""Fixed inputs through `nsc.compile`, the command line, and exported C that runs."""

import json
import subprocess

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.host import zig_command

POWER = (
    "double power(double x, int n) {"
    " double y = 1; for (int i = 0; i < n; i++) y *= x; return y; }\n"
)
CALLER = """
#include <stdio.h>
double %(name)s(double x, int n);
int main(void) {
  printf("%%.9g %%.9g %%.9g", %(name)s(0.5, 2), %(name)s(0.5, 3), %(name)s(7.0, 2));
  return 0;
}
"""


def called(folder, name: str, *more) -> list[float]:
    """Build exported C with a caller, and return what three calls give."""
    (folder / "caller.c").write_text(CALLER % {"name": name})
    program = folder / "caller"
    texts = [
        str(folder / "surrogate.c"),
        str(folder / "caller.c"),
        *map(str, more),
    ]
    command = [*zig_command(), "cc", "-w", *texts, "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    told = subprocess.run(
        [program], check=True, capture_output=True, text=True
    )
    return [float(word) for word in told.stdout.split()]


def test_a_fixed_input_is_none_of_the_surrogates():
    surrogate = nsc.compile(POWER, fix={"n": 2}, budget=200, timing=False)
    assert surrogate.input_names == ("x",)
    assert surrogate(np.array([0.5])) == pytest.approx([0.25], abs=0.02)
    (note,) = [n for n in surrogate.report["notes"] if "fixed" in n]
    assert note.startswith("n is fixed at 2")


@pytest.mark.parametrize("flag", [["--fix", "n=2"], ["--domain", "n=2"]])
def test_without_a_guard_other_values_are_ignored(flag, tmp_path, capsys):
    file = tmp_path / "power.c"
    file.write_text(POWER)
    out = tmp_path / "out"
    words = ["compile", str(file), *flag, "--budget", "200", "-o", str(out)]
    assert main([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["inputs"] == ["x"]
    assert report["ns_per_call"]["original"] > 0
    text = (out / "surrogate.c").read_text()
    assert "double power_surrogate(double x, int n) {" in text
    assert "Made for these values; others are ignored:\n *   n = 2\n" in text
    square, same, _ = called(out, "power_surrogate")
    assert square == pytest.approx(0.25, abs=0.02)
    assert same == square


@pytest.mark.parametrize("is_drop_in", [True, False])
def test_a_guard_leaves_other_values_to_the_original(is_drop_in, tmp_path):
    file = tmp_path / "power.c"
    file.write_text(POWER)
    out = tmp_path / "out"
    words = [
        "compile",
        str(file),
        "--fix",
        "n=2",
        "--guard",
        "--budget",
        "200",
    ]
    words += ["--drop-in"] * is_drop_in
    assert main([*words, "-o", str(out)]) == 0
    assert (
        "the original is called for others"
        in (out / "surrogate.c").read_text()
    )
    name = "power" if is_drop_in else "power_surrogate"
    square, cube, far = called(out, name, *[file] * (not is_drop_in))
    assert square == pytest.approx(0.25, abs=0.02)
    assert (cube, far) == (0.125, 49)


def test_text_alone_can_be_compiled_with_a_fixed_input():
    surrogate = nsc.compile(POWER, fix={"n": 2}, text_only=True)
    assert surrogate.input_names == ("x",)
    assert any("n is fixed at 2" in note for note in surrogate.report["notes"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--fix", "n"],
            "--fix expects NAME=VALUE, separated by commas; found 'n'",
        ),
        (["--fix", "m=1"], "'m' is not an input of power"),
        (
            ["--fix", "n=1.5"],
            "whole number from -2147483648 to 2147483647); found 1.5",
        ),
        (["--fix", "n=1", "--domain", "n=0:2"], "--fix must not name 'n'"),
        (["--fix", "n=1,x=1"], "--fix must leave power an input"),
    ],
)
def test_wrong_values_are_refused(flags, message, tmp_path, capsys):
    file = tmp_path / "power.c"
    file.write_text(POWER)
    assert (
        main(["compile", str(file), *flags, "-o", str(tmp_path / "out")]) == 2
    )
    assert message in capsys.readouterr().err


def test_a_program_has_its_fixed_inputs():
    program = nsc.parse_program(POWER, fix={"n": 2})
    with pytest.raises(
        nsc.errors.InputError, match="already has its function"
    ):
        nsc.compile(program, fix={"n": 3})
