"""The fuzzer of exports runs, and it tells an export that does something else."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks" / "fuzz"
pytestmark = pytest.mark.needs("gcc")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Compile one program, with the fuzzer's modules at hand."""
    sys.path.insert(0, str(FOLDER))
    import exports
    from memory import Argument, Case, Row

    text = (
        "double kept(double x, double *o)"
        " { if (x > 0) o[1] = x; return x + o[0]; }\n"
    )
    arguments = (
        Argument("x", "double x", "double", "value"),
        Argument("o", "double *o", Row("double", 4), "array"),
    )
    case = Case(0, "kept", text, arguments)
    yield exports.made_of(case, tmp_path_factory.mktemp("fuzz"))
    sys.path.remove(str(FOLDER))


def faults_of(made, folder, old="", new=""):
    from dataclasses import replace

    from compare import compared
    from native import export_file, library, original_file

    from nsc.sandbox import build

    changed = replace(made, exported=made.exported.replace(old, new))
    exported = export_file(made.case, changed.exported, made.function)
    files = {"o.c": original_file(made.case), "e.c": exported}
    built, refused = library({0: files}, folder)
    assert not refused
    [sandboxed] = build([made.program.unit])
    return "; ".join(compared(changed, built, sandboxed, 0).faults)


def test_what_nsc_asks_for_is_given(made):
    import exports
    from memory import Argument, Case, Row

    text = "double f(int n, double *o) { return o[n] + n; }\n"
    arguments = (
        Argument("n", "int n", "int", "value"),
        Argument("o", "double *o", Row("double", 4), "array", 4),
    )
    reading = exports.reading_of(Case(0, "f", text, arguments))
    assert reading["arrays"] == {"o": 4}
    assert reading["ranges"] == {"n": exports.WHOLE}


def test_a_faithful_export_has_no_faults(made, tmp_path):
    assert faults_of(made, tmp_path) == ""


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("o[2] = x; return nsc_result", "written and no output: ['o[2]']"),
        ("return nsc_result + o[3]", "depends on what is no input"),
        ("return nsc_result + 1e-6", "the export is not the network"),
        (
            "static double calls; return nsc_result + calls++",
            "a second call gives something else",
        ),
    ],
)
def test_faults_are_told(made, tmp_path, new, fault):
    told = faults_of(made, tmp_path, "return nsc_result", new)
    assert fault in told


def test_an_output_that_is_left_out_is_told(made, tmp_path):
    told = faults_of(made, tmp_path, "o[1] = nsc_y[1]", "(void)0")
    assert "the export is not the network: o[1]" in told


@pytest.mark.slow
def test_random_programs_have_no_faults():
    command = [sys.executable, "exports.py", "--seed", "0", "--programs", "5"]
    done = subprocess.run(
        [*command, "--workers", "1"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 programs" in done.stdout
