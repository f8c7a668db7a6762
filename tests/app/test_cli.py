"""The command line as a user meets it, in-process."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.initial import INITIALISERS

WAVE = "#include <math.h>\ndouble wave(double x, double y) { return sin(3*x) * y; }\n"
PARTIAL = (
    "double fast_sin(double);\ndouble wave(double x, double y) { return fast_sin(3*x) *"
    " y; }\n"
)


def test_compile_writes_everything(wave, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        main(
            ["compile", str(wave), "--budget", "600", "-o", str(out), "--json"]
        )
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert report["function"] == "wave"
    assert (
        report["program_runs"]["train"] == 480
        and report["program_runs"]["validation"] == 120
    )
    assert report["program_runs"]["verification"] == 4096
    assert set(report["zero_shot"]) == {"compnet", "random"}
    assert report["test"]["nmse"] < 0.05
    assert report["ns_per_call"]["original"] > 0
    names = {p.name for p in out.iterdir()}
    assert {
        "surrogate.safetensors",
        "surrogate.c",
        "report.json",
        "report.html",
    } <= names
    assert not [n for n in names if n.startswith(".")]
    loaded = nsc.load(out / "surrogate.safetensors")
    x = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    error = loaded(x)[:, 0] - np.sin(3 * x[:, 0]) * x[:, 1]
    assert np.sqrt(np.mean(error**2)) < 3 * report["test"]["rmse"]
    assert loaded.report["function"] == "wave"


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (
            "double f(double x) { long n = (long)(x * 4e9); return n / 1e9; }",
            False,
        ),
        ("double f(double x) { return sizeof(long) * x; }", False),
        ("double f(double x) { return sizeof(void *) * x; }", True),
        ("double f(double x) { return x < 0 ? -1 : 1e6 * x * x; }", False),
    ],
)
def test_what_this_machine_computes_otherwise_is_told(
    text, is_told, wave, tmp_path
):
    wave.write_text(text)
    assert (
        main(
            [
                "compile",
                str(wave),
                "-o",
                str(tmp_path / "out"),
                "--budget",
                "50",
            ]
        )
        == 0
    )
    notes = json.loads((tmp_path / "out" / "report.json").read_text())["notes"]
    assert any("built for this machine" in note for note in notes) == is_told


@pytest.mark.parametrize("timing", [True, False])
def test_what_cannot_be_timed_is_written_all_the_same(timing, tmp_path, wave):
    # a pointer has 32 bits where programs are verified, 64 where they are timed
    wave.write_text(
        "#include <stdlib.h>\ndouble f(double x) { if (sizeof(void *) == 8) abort();"
        " return x * x; }"
    )
    assert (
        main(
            [
                "compile",
                str(wave),
                "-o",
                str(tmp_path),
                "--budget",
                "50",
                f"--{'no-' * (not timing)}timing",
            ]
        )
        == 0
    )
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["ns_per_call"] == {"original": None, "surrogate": None}
    assert any("not timed" in note for note in report["notes"]) == timing


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (WAVE, ["--function", "nope"], "no function 'nope'"),
        (
            WAVE,
            ["--domain", "q=0:1"],
            "'q' is not an input of wave; inputs are x, y",
        ),
        (WAVE, ["--domain", "x=2:"], "--domain expects NAME=LO:HI"),
        (WAVE, ["--topology", "9-x-1"], "9-x-1"),
        (WAVE, ["--activation", "sine"], "sine"),
        (WAVE, ["--optimizer", "sgd"], "sgd"),
        (
            WAVE,
            ["--array", "v=0"],
            "--array expects NAME=N, separated by commas",
        ),
        (WAVE, ["-D", "1=2"], "-D expects NAME or NAME=VALUE; found '1=2'"),
        (
            WAVE,
            ["--target-error", "0.1", "--time-limit", "nan"],
            "above 0 seconds; found nan",
        ),
        (
            WAVE,
            ["--text-only", "--budget", "8"],
            "runs nothing to learn from; leave out --budget",
        ),
        (
            WAVE,
            ["--time-limit", "10"],
            "ends the search for a target error",
        ),
        (
            "int f(int n) { return n; }",
            ["--domain", "n=0.2:0.8"],
            "'n' holds no whole number; found 0.2:0.8",
        ),
        ("double f(double x) { return sqrt(x); }", [], "NaN or infinity on"),
        (
            "double f(double x) { return (int)(9 * x) / (int)(2 * x); }",
            [],
            "divided an integer by zero",
        ),
        (
            "double f(double x) { while (x < 2) x -= 1; return x; }",
            ["--call-limit", "0.2"],
            "ran longer than 0.2 s on 1 of the first 1 inputs",
        ),
        (
            "double f(double x) { return g(x); }",
            [],
            "wave.c:1:29: the function 'g' is not defined",
        ),
        ("int x;", [], "no function definition"),
    ],
)
def test_bad_input_is_explained(
    wave, tmp_path, capsys, text, arguments, message
):
    wave.write_text("#include <math.h>\n" * ("sqrt" in text) + text)
    out = tmp_path / "out"
    assert main(["compile", str(wave), "-o", str(out), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not out.exists() or not list(out.iterdir())


def test_show(wave, capsys):
    assert main(["show", str(wave), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["inputs"] == ["x", "y"] and found[0]["problems"] == []
    assert main(["show", str(wave)]) == 0
    assert "double wave(double x, double y)" in capsys.readouterr().out


@pytest.mark.parametrize("statement", ["import nsc", "import nsc.app.cli"])
def test_import_is_light(statement):
    heavy = (
        "torch",
        "onnxruntime",
        "matplotlib",
        "pyarrow",
        "sklearn",
        "numpy",
        "wasmtime",
    )
    code = f"{statement}; import sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_text_only_runs_nothing_and_guesses_what_is_missing(
    tmp_path, capsys, monkeypatch
):
    path, out = tmp_path / "partial.c", tmp_path / "out"
    path.write_text(PARTIAL)
    assert main(["compile", str(path), "-o", str(out)]) == 2
    assert "--text-only" in capsys.readouterr().err and not out.exists()
    monkeypatch.setattr("nsc.app.running.ProgramOracle", None)  # the sandbox
    assert (
        main(["compile", str(path), "-o", str(out), "--text-only", "--json"])
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert (
        report["text_only"]
        and "test" not in report
        and "read as sin" in report["notes"][0]
    )
    assert {p.name for p in out.iterdir()} == set(
        report["files"]
    ) and "report.html" not in report["files"]
    assert "Not verified" in (out / "surrogate.c").read_text()
    x = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1]
    assert (
        np.mean((nsc.load(out / "surrogate.safetensors")(x)[:, 0] - y) ** 2)
        < 0.1 * y.var()
    )
    assert main(["compile", str(path), "-o", str(out), "--text-only"]) == 0
    assert "nothing was run" in capsys.readouterr().out


def test_a_draft_leaves_no_page_of_an_earlier_compilation(wave, tmp_path):
    out = tmp_path / "out"
    assert (
        main(["compile", str(wave), "--budget", "20", "-o", str(out)]) == 0
        and (out / "report.html").exists()
    )
    assert (
        main(["compile", str(wave), "--text-only", "-o", str(out)]) == 0
        and not (out / "report.html").exists()
    )


def test_embedding_the_original_needs_what_it_calls_declared(tmp_path, capsys):
    path = tmp_path / "f.c"
    path.write_text("double f(double x) { return lerp(x, 1, 0.5); }")
    command = [
        "compile",
        str(path),
        "--text-only",
        "--guard",
        "--drop-in",
        "-o",
        str(tmp_path / "out"),
    ]
    assert (
        main(command) == 2
        and "calls 'lerp': declare it" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (
            "#include <math.h>\ndouble f(double x) { return sin(9 * x); }",
            ["--domain", "x=-100:100"],
            "than a constant",
        ),
        (
            "#include <math.h>\ndouble f(double x) { return sin(900*x) + x; }",
            [],
            "hardly better than",
        ),
        ("double f(double x) { return x; }", [], ""),
    ],
)
def test_a_surrogate_that_is_hardly_better_than_a_constant_is_told(
    text, arguments, message, wave, tmp_path, capsys
):
    wave.write_text(text)
    assert (
        main(
            [
                "compile",
                str(wave),
                "-o",
                str(tmp_path / "out"),
                "--no-timing",
                "--json",
                *arguments,
            ]
        )
        == 0
    )
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert (message in " ".join(notes)) and (message or not notes)


def test_outputs_that_cancel_are_written_as_onnx(wave, tmp_path):
    wave.write_text(
        "unsigned f(unsigned x) { x *= 0x9E3779B9u; return x >> 31 >> 1; }"
    )
    assert (
        main(
            [
                "compile",
                str(wave),
                "--domain",
                "x=0:1000",
                "-o",
                str(tmp_path / "out"),
                "--no-timing",
            ]
        )
        == 0
    )


def test_an_assertion_that_fails_is_named(wave, tmp_path, capsys):
    wave.write_text(
        "#include <assert.h>\n#include <math.h>\ndouble f(double x) { assert(x >= 0);"
        " return sqrt(x); }"
    )
    assert main(["compile", str(wave), "-o", str(tmp_path / "out")]) == 2
    assert (
        "aborted, as an assertion does that fails" in capsys.readouterr().err
    )


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"nsc {nsc.__version__}\n"


def test_shells_can_complete_verbs_and_options():
    def completed(words: str, number: int) -> list[str]:
        asked = {
            "_NSC_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(number),
        }
        code = "import sys; from nsc.app import main; sys.exit(main([]))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=os.environ | asked,
        )
        return done.stdout.split()

    assert completed("nsc co", 1) == ["compile"]
    assert "--budget" in completed("nsc compile --b", 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["complie"], "No such command 'complie'"),
        (["compile", "a.c", "--fast"], "No such option"),
        (
            ["compile", "a.c", "--budget", "many"],
            "Invalid value for '--budget'",
        ),
        (
            ["train", "--data", "d", "-o", "o", "--encoder", "x"],
            "--encoder expects dag",
        ),
        (
            [
                "train",
                "--data",
                "d",
                "-o",
                "o",
                "--seconds",
                "9",
                "--reads",
                "dag",
            ],
            "--reads, --seconds: only with --encoder bert",
        ),
        (
            [
                "train",
                "--data",
                "d",
                "-o",
                "o",
                "--encoder",
                "bert",
                "--batch",
                "9",
            ],
            "--batch: only with --encoder dag",
        ),
        (
            "train --data d -o o --baseline x".split(),
            "--baseline must be one of pretrained, maml,",
        ),
        (
            "train --data d -o o --baseline maml --batch 9 --bf16".split(),
            "--batch, --bf16: leave out with --baseline",
        ),
        (
            "train --data d -o o --compnet x".split(),
            "--compnet: leave out without --baseline nearest",
        ),
        (
            "train --data d -o o --baseline pretrained --seed -1".split(),
            "--seed must be 0 or more; found -1",
        ),
        (
            "train --data nowhere -o o --baseline pretrained".split(),
            "there is no shard of records at nowhere",
        ),
        (["evaluate", "--data", "nowhere"], "nowhere"),
        (["data", "info", "nowhere"], "nowhere"),
        (["show", "nowhere.c"], "nowhere.c: expected a C file; no such file"),
    ],
)
def test_wrong_commands_are_explained(words, message, capsys):
    assert main(words) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_functions_that_are_no_candidates_are_shown_with_their_reasons(
    wave, capsys
):
    wave.write_text(
        "int f(int n, ...) { return n; }\nint g(int n) { return n; }"
    )
    assert main(["show", str(wave)]) == 0
    shown = capsys.readouterr().out
    assert shown.index("int g(int n)") < shown.index("not candidates:")
    assert "wave.c:1:" in shown


def test_help_names_every_initialiser(capsys):
    assert main(["compile", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in INITIALISERS)
