"""File-level variables through `nsc.compile`, the command line, and exported C."""

import json
import subprocess

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.host import zig_command

GAIN = """static double gain = 1.0;
void set_gain(double g) { gain = g; }
double amplify(double x) { return gain * x + 1.0; }
"""
CALLER = """
#include <stdio.h>
double gain;
double %(name)s(double x);
int main(void) {
  gain = 0.5; printf("%%.9g ", %(name)s(0.5));
  gain = 2; printf("%%.9g ", %(name)s(0.5));
  gain = 9; printf("%%.9g", %(name)s(0.5));
  return 0;
}
"""


@pytest.fixture
def amplify(tmp_path):
    path = tmp_path / "amplify.c"
    path.write_text(GAIN)
    return path


def compiled(path, capsys, *flags: str) -> dict:
    words = ["compile", str(path), "--function", "amplify", "--budget", "200"]
    assert (
        main([*words, "-o", str(path.parent / "out"), "--json", *flags]) == 0
    )
    return json.loads(capsys.readouterr().out)


def called(folder, name: str, *more: str) -> list[float]:
    """Build exported C with a caller that has the variable, and run it."""
    (folder / "caller.c").write_text(CALLER % {"name": name})
    program = folder / "caller"
    texts = [str(folder / "surrogate.c"), str(folder / "caller.c"), *more]
    command = [*zig_command(), "cc", "-w", *texts, "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    told = subprocess.run(
        [program], check=True, capture_output=True, text=True
    )
    return [float(word) for word in told.stdout.split()]


def test_a_frozen_variable_is_told():
    surrogate = nsc.compile(GAIN, function="amplify", budget=50, timing=False)
    assert any("'gain' is held at 1.0" in n for n in surrogate.report["notes"])


def test_an_input_variable_is_one_of_the_surrogates():
    surrogate = nsc.compile(
        GAIN,
        function="amplify",
        inputs={"gain": (0.5, 2)},
        budget=400,
        timing=False,
    )
    assert surrogate.input_names == ("x", "gain")
    assert surrogate(np.array([0.5, 2.0])) == pytest.approx([2.0], abs=0.02)
    assert not any("held" in n for n in surrogate.report["notes"])


def test_exported_c_reads_the_variable(amplify, tmp_path, capsys):
    report = compiled(amplify, capsys, "--input", "gain=0.5:2")
    assert report["inputs"] == ["x", "gain"]
    assert report["ns_per_call"]["original"] > 0
    low, high, _ = called(tmp_path / "out", "amplify_surrogate")
    assert (low, high) == pytest.approx((1.25, 2.0), abs=0.02)


def test_a_guard_reads_it_too(amplify, tmp_path, capsys):
    amplify.write_text(
        GAIN.replace("static double gain = 1.0", "extern double gain")
    )
    original = tmp_path / "original.c"
    original.write_text(amplify.read_text())
    amplify.write_text(GAIN.removeprefix("static "))
    compiled(amplify, capsys, "--input", "gain=0.5:2", "--guard")
    found = called(tmp_path / "out", "amplify_surrogate", str(original))
    assert found[:2] == pytest.approx([1.25, 2.0], abs=0.02)
    assert found[2] == 5.5


def test_a_fixed_variable_is_ignored(amplify, tmp_path, capsys):
    report = compiled(amplify, capsys, "--fix", "gain=1.5")
    assert report["inputs"] == ["x"]
    assert any("gain is fixed at 1.5" in note for note in report["notes"])
    text = (tmp_path / "out" / "surrogate.c").read_text()
    assert "gain = 1.5" in text
    assert "extern" not in text.replace('extern "C"', "")
    assert called(tmp_path / "out", "amplify_surrogate")[0] == pytest.approx(
        1.75, abs=0.02
    )


def test_the_original_is_not_embedded_with_a_copy_of_a_variable(
    amplify, capsys
):
    words = [
        "compile",
        str(amplify),
        "--function",
        "amplify",
        "--budget",
        "50",
    ]
    words += ["-o", str(amplify.parent / "out"), "--guard", "--drop-in"]
    assert main([*words, "--input", "gain=0:1"]) == 2
    assert "--guard must be left out with --drop-in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (
            "gain",
            "--input expects NAME=LO:HI, separated by commas; found 'gain'",
        ),
        ("x=0:1", "--input must name file-level variables"),
    ],
)
def test_wrong_variables_are_refused(flag, message, amplify, capsys):
    words = ["compile", str(amplify), "--function", "amplify", "--input", flag]
    assert main([*words, "-o", str(amplify.parent / "out")]) == 2
    assert message in capsys.readouterr().err


def test_exported_c_writes_the_variable(amplify, tmp_path, capsys):
    amplify.write_text(
        "static double gain;\n"
        "double amplify(double x) { gain = gain + x; return 2 * gain; }\n"
    )
    flags = ["--input", "gain=-1:3", "--out", "gain"]
    report = compiled(amplify, capsys, *flags)
    assert report["outputs"] == ["return", "gain"]
    out = tmp_path / "out"
    (out / "caller.c").write_text(
        "#include <stdio.h>\ndouble gain = 0.5; double amplify_surrogate(double x);\n"
        'int main(void) { double y = amplify_surrogate(0.5); printf("%g %g", y, gain);'
        " return 0; }\n"
    )
    program = out / "caller"
    texts = [str(out / "surrogate.c"), str(out / "caller.c")]
    command = [*zig_command(), "cc", "-w", *texts, "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    told = subprocess.run(
        [program], check=True, capture_output=True, text=True
    )
    assert list(map(float, told.stdout.split())) == pytest.approx(
        [2, 1], abs=0.02
    )


EXTERN = """typedef struct { double low, high; } Band;
extern double temperature, other;
extern double temperature;
extern Band band[2];
extern double *table;
double scaled(double x) { return x * temperature + band[1].low; }
double looked_up(double x) { return table[0] * x; }
"""


def test_a_variable_that_is_only_declared_can_be_given_a_value(
    tmp_path, capsys
):
    path = tmp_path / "extern.c"
    path.write_text(EXTERN)
    words = ["compile", str(path), "--function", "scaled", "--budget", "300"]
    words += ["-o", str(tmp_path / "out"), "--no-timing"]
    given = ["--input", "temperature=0:1", "--fix", "band=0.5"]
    assert main([*words, *given]) == 0
    surrogate = nsc.load(tmp_path / "out" / "surrogate.safetensors")
    assert surrogate.input_names == ("x", "temperature")
    assert surrogate([0.5, 0.5])[0] == pytest.approx(0.75, abs=0.02)
    text = (tmp_path / "out" / "surrogate.c").read_text()
    assert "extern double temperature;" in text
    capsys.readouterr()
    assert main(words) == 2
    message = capsys.readouterr().err
    assert "--input temperature=LO:HI, or fix it with --fix temp" in message


def test_what_cannot_be_given_is_not_advised(tmp_path, capsys):
    path = tmp_path / "extern.c"
    path.write_text(EXTERN)
    assert main(["compile", str(path), "--function", "looked_up"]) == 2
    message = capsys.readouterr().err
    assert "'table' is declared, but" in message and "--input" not in message
    path.write_text(
        "static float *window; static float table[2000]; float k;"
        "void prepare(float *w) { window = w; table[0] = w[0]; k = *w; }"
        "float f(float x) { return window ? x : x * k; }"
        "float g(float x) { return table[(int)(x * 1999.0f)] + x; }"
    )
    assert main(["show", str(path)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "--input k=LO:HI" in shown
    assert "'window' is held at 0" in shown and "'table' is held at" in shown
    assert "--input window" not in shown and "--input table" not in shown
