"""The command line as a user meets it, in-process."""

import json
import subprocess
import sys

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.sources import header_reader
from nsc.errors import InputError, OracleError
from nsc.program import parse_program

WAVE = "#include <math.h>\ndouble wave(double x, double y) { return sin(3*x) * y; }\n"


@pytest.fixture
def wave(tmp_path):
    path = tmp_path / "wave.c"
    path.write_text(WAVE)
    return path


def test_compile_writes_everything(wave, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        main(["compile", str(wave), "--budget", "200", "-o", str(out), "--json"]) == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert report["function"] == "wave"
    assert (
        report["program_runs"]["train"] == 160
        and report["program_runs"]["validation"] == 40
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


def test_the_same_seed_gives_the_same_bits():
    a = nsc.compile(WAVE, budget=60, seed=3)
    b = nsc.compile(WAVE, budget=60, seed=3)
    c = nsc.compile(WAVE, budget=60, seed=4)
    assert np.array_equal(a.members[0].w, b.members[0].w)
    assert not np.array_equal(a.members[0].w, c.members[0].w)


def test_budget_zero_is_zero_shot():
    surrogate = nsc.compile(WAVE, budget=0)
    assert surrogate.report["program_runs"]["train"] == 0
    assert (
        surrogate.report["test"]["mse"]
        == surrogate.report["zero_shot"]["compnet"]["mse"]
    )


def test_outputs_in_one_network_or_split():
    text = "void f(float x, float *s, float *c) { *s = x*x; *c = -x; }"
    joint = nsc.compile(text, budget=100)
    assert [str(m.topology) for m in joint.members] == ["9-4-4-2"]
    split = nsc.compile(text, budget=100, split=True)
    assert [str(m.topology) for m in split.members] == ["9-4-4-1", "9-4-4-1"]
    assert split(np.array([[0.5]])) == pytest.approx(np.array([[0.25, -0.5]]), abs=0.02)


def test_a_domain_is_in_the_users_units():
    surrogate = nsc.compile(
        "double f(double t) { return 2*t + 100; }",
        domain={"t": (1000, 1010)},
        budget=100,
    )
    assert surrogate(np.array([1005.0])) == pytest.approx([2110], rel=1e-4)


def test_target_error_grows_until_met():
    surrogate = nsc.compile(WAVE, budget=32, target_error=2e-3)
    report = surrogate.report
    assert report["target_reached"] and report["test"]["rmse"] <= 2e-3
    assert len(report["rounds"]) > 1


def test_a_time_limit_ends_between_rounds():
    report = nsc.compile(
        WAVE, budget=64, target_error=1e-6, time_limit=1e-9, timing=False
    ).report
    assert (
        len(report["rounds"]) == 1
        and sum(report["program_runs"][use] for use in ("train", "validation")) == 64
    )
    assert any("the time limit of 1e-09 s is over" in n for n in report["notes"])


def test_python_callables_are_programs():
    program = nsc.Program.from_callable(
        lambda x: np.hypot(x[:, 0], x[:, 1]),
        ["a", "b"],
        ranges={"a": (0, 3), "b": (0, 4)},
        name="length",
    )
    surrogate = nsc.compile(program, budget=300)
    assert surrogate(np.array([[3.0, 4.0]])) == pytest.approx(
        np.array([[5.0]]), rel=0.02
    )


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (["int"], ["return"], "names of C variables, .* found 'int'"),
        (["a", "a"], ["return"], "must differ; found 'a' twice"),
        (["a"], ["nsc_x", "b"], "found 'nsc_x'"),
        (["\u00e9"], ["return"], "found '\u00e9'"),
    ],
)
def test_names_of_a_callable_are_names_in_c(inputs, outputs, message):
    with pytest.raises(InputError, match=message):
        nsc.Program.from_callable(lambda x: x[:, :1], inputs, outputs=outputs)


def test_integer_outputs_stay_in_their_type_and_are_verified_as_they_are_returned():
    text = (
        "unsigned char f(double x) { return x < 0 ? 0 : x > 1 ? 255 : (unsigned"
        " char)(255 * x); }"
    )
    surrogate = nsc.compile(text, budget=200, domain={"x": (-1, 2)}, timing=False)
    raw = surrogate(np.linspace(-1, 2, 500)[:, None])
    assert raw.min() < 0 or raw.max() > 255  # what a cast would wrap around
    assert float(surrogate.report["test"]["max_abs"]).is_integer()


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("double f(double x) { long n = (long)(x * 4e9); return n / 1e9; }", True),
        ("double f(double x) { return sizeof(long) * x; }", True),
        ("double f(double x) { return x < 0 ? -1 : 1e6 * x * x; }", False),
    ],
)
def test_what_this_machine_computes_otherwise_is_told(text, is_told, wave, tmp_path):
    wave.write_text(text)
    assert (
        main(["compile", str(wave), "-o", str(tmp_path / "out"), "--budget", "50"]) == 0
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
        (WAVE, ["--budget", "-1"], "budget must be 0"),
        (WAVE, ["--domain", "q=0:1"], "'q' is not an input of wave; inputs are x, y"),
        (WAVE, ["--domain", "x=2"], "--domain expects NAME=LO:HI"),
        (WAVE, ["--initial", "magic"], "one of auto, compnet, distill, random"),
        (WAVE, ["--topology", "1-4-1"], "needs 2 or more inputs"),
        (WAVE, ["--target-error", "0"], "above 0"),
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
            [],
            "ran longer than its fuel",
        ),
        (
            "double f(double x) { return g(x); }",
            [],
            "wave.c:1:29: the function 'g' is not defined",
        ),
        ("int x;", [], "no function definition"),
    ],
)
def test_bad_input_is_explained(wave, tmp_path, capsys, text, arguments, message):
    wave.write_text("#include <math.h>\n" * ("sqrt" in text) + text)
    out = tmp_path / "out"
    assert main(["compile", str(wave), "-o", str(out), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not out.exists() or not list(out.iterdir())


def test_missing_files_and_unwritable_folders(wave, tmp_path, capsys):
    assert main(["compile", str(tmp_path / "none.c")]) == 2
    assert "no such file" in capsys.readouterr().err
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(["compile", str(wave), "-o", str(blocked / "out")]) == 2
    assert "cannot write to" in capsys.readouterr().err
    (tmp_path / "b.c").write_bytes(b"\0\1")
    assert main(["compile", str(tmp_path / "b.c")]) == 2
    assert "binary" in capsys.readouterr().err


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
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_own_headers_are_found_beside_the_file_and_with_i(tmp_path, capsys):
    (tmp_path / "lib").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "lib" / "scale.h").write_text("#define SCALE 2.0\n")
    (tmp_path / "src" / "shift.h").write_text("#define SHIFT 1.0\n")
    path = tmp_path / "src" / "f.c"
    path.write_text(
        '#include "shift.h"\n#include <scale.h>\ndouble f(double x) { return SCALE * x'
        " + SHIFT; }\n"
    )
    assert main(["show", str(path)]) == 0
    assert (
        "f.c:3:" in (shown := capsys.readouterr().out)
        and "'SCALE'" in shown
        and "SHIFT" not in shown
    )
    out = ["-o", str(tmp_path / "out"), "--budget", "20", "--json"]
    assert main(["compile", str(path), "-I", str(tmp_path / "lib"), *out]) == 0
    assert (
        nsc.compile(path, include=[tmp_path / "lib"], budget=0).report["function"]
        == "f"
    )
    assert main(["compile", str(path), "-D", "SCALE=3", *out]) == 0
    assert main(["compile", str(path), "-D", "3", *out]) == 2
    assert "-D expects NAME" in capsys.readouterr().err
    assert main(["compile", str(path), "-I", str(tmp_path / "none"), *out]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_headers_outside_the_named_folders_are_not_opened(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "secret.h").write_text("#define SECRET 2.0\n")
    (tmp_path / "src" / "link.h").symlink_to(tmp_path / "secret.h")
    (tmp_path / "src" / "notes.txt").write_text("private")
    include = header_reader(tmp_path / "src" / "f.c")
    for name in (
        "../secret.h",
        str(tmp_path / "secret.h"),
        "link.h",
        "/etc/hostname",
        "notes.txt",
        "a\0b",
        "x" * 5000,
        ".",
        "",
    ):
        assert include(name, False, "") is None, name
    assert header_reader(None)("secret.h", False, "") is None
    assert (
        header_reader(tmp_path / "src" / "f.c", [tmp_path])("link.h", False, "")
        is not None
    )


PARTIAL = (
    "double fast_sin(double);\ndouble wave(double x, double y) { return fast_sin(3*x) *"
    " y; }\n"
)


def test_text_only_runs_nothing_and_guesses_what_is_missing(
    tmp_path, capsys, monkeypatch
):
    path, out = tmp_path / "partial.c", tmp_path / "out"
    path.write_text(PARTIAL)
    assert main(["compile", str(path), "-o", str(out)]) == 2
    assert "--text-only" in capsys.readouterr().err and not out.exists()
    monkeypatch.setattr("nsc.app.pipeline.ProgramOracle", None)  # the sandbox
    assert main(["compile", str(path), "-o", str(out), "--text-only", "--json"]) == 0
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


def test_an_oracle_runs_what_the_sandbox_cannot():
    surrogate = nsc.compile(
        PARTIAL, oracle=lambda x: np.sin(3 * x[:, 0]) * x[:, 1], budget=100
    )
    assert (
        surrogate.report["zero_shot"]["compnet"]["nmse"]
        < 0.1 * surrogate.report["zero_shot"]["random"]["nmse"]
    )
    assert (
        surrogate.report["test"]["nmse"] < 0.05
        and surrogate.report["program_runs"]["train"] == 80
    )
    for wrong, message in [
        ({"text_only": True, "target_error": 0.1}, "--target-error"),
        ({"text_only": True, "initial": "random"}, "--initial random"),
        ({"text_only": True, "oracle": np.sin}, "leave one of them out"),
    ]:
        with pytest.raises(InputError, match=message):
            nsc.compile(PARTIAL, **wrong)
    with pytest.raises(InputError, match="which has no body here"):
        nsc.compile(parse_program(PARTIAL, partial=True))


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (lambda x: np.zeros((len(x), 2)), "expected 4096 x 1"),
        (lambda x: 1.0, "expected 4096 x 1"),
        (lambda x: 1j * x, "complex"),
        (lambda x: "no", "no array of numbers"),
        (lambda x: x / 0.0, "NaN or infinity"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_oracles_are_checked(outputs, message):
    with pytest.raises(OracleError, match=message):
        nsc.compile("double f(double x) { return x*x; }", oracle=outputs, budget=0)


def test_oracles_may_spoil_their_inputs_and_reuse_their_outputs():
    buffer = np.empty((8192, 1))

    def oracle(x):
        x *= 2
        buffer[: len(x)] = x[:, :1] * x[:, 1:]
        return buffer[: len(x)]

    surrogate = nsc.compile(
        "double f(double x, double y) { return 4*x*y; }", oracle=oracle, budget=200
    )
    x = np.random.default_rng(1).uniform(-1, 1, (500, 2))
    error = surrogate(x)[:, 0] - 4 * x[:, 0] * x[:, 1]
    assert np.sqrt(np.mean(error**2)) < 3 * surrogate.report["test"]["rmse"] < 0.1


@pytest.mark.parametrize(
    "options", [{"seed": -1}, {"budget": -1}, {"verification": 0}, {"optimizer": "sgd"}]
)
def test_numbers_are_checked_before_anything_is_done(options):
    with pytest.raises(InputError):
        nsc.compile("double f(double x) { return x; }", text_only=True, **options)


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
    assert main(command) == 2 and "calls 'lerp': declare it" in capsys.readouterr().err


def test_a_network_too_large_to_fit_starts_at_random():
    surrogate = nsc.compile(WAVE, topology="2-64-64-1", optimizer="adam", budget=10)
    assert "too many to fit" in surrogate.report["notes"][0]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (
            "#include <math.h>\ndouble f(double x) { return sin(9 * x); }",
            ["--domain", "x=-100:100"],
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


def test_bytes_have_a_range_and_stand_in_arrays(wave, tmp_path):
    wave.write_text(
        "#include <stdint.h>\nvoid f(uint8_t y, uint8_t rgb[2]) { rgb[0] = y; rgb[1] ="
        " 255 - y; }\nint g(const unsigned char *p, int n) { return p[0] + p[n]; }"
    )
    surrogate = nsc.compile(str(wave), function="f", budget=100, timing=False)
    assert surrogate.input_names == ("y",) and (surrogate.lo[0], surrogate.hi[0]) == (
        0,
        255,
    )
    with pytest.raises(InputError, match="'p' points to characters; .* --array p=N"):
        nsc.compile(str(wave), function="g")


def test_outputs_whose_squares_overflow_are_refused():
    with pytest.raises(
        OracleError, match="squares of that overflow; scale its outputs"
    ):
        nsc.compile("double f(double x) { return 1e200 * x; }")


def test_outputs_that_cancel_are_written_as_onnx(wave, tmp_path):
    wave.write_text("unsigned f(unsigned x) { x *= 0x9E3779B9u; return x >> 31 >> 1; }")
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"domain": "x=0:1"}, "a domain maps names to"),
        ({"domain": {"x": 3}}, "the range of 'x' must be two numbers"),
        ({"domain": {"x": ("a", "b")}}, "the range of 'x' must be two numbers"),
        ({"domain": {"x": (0, 1, 2)}}, "the range of 'x' must be two numbers"),
        ({"budget": "10"}, "budget must be a whole number; found '10'"),
        ({"budget": 10.5}, "budget must be a whole number"),
        ({"seed": None}, "seed must be a whole number"),
        ({"topology": [9, 4, 4, 1]}, "topology must be widths like '9-4-4-1'"),
        ({"oracle": 3}, "oracle= must be callable"),
        ({"include": "nowhere"}, "-I nowhere: there is no such folder"),
    ],
)
def test_values_of_other_types_are_explained(options, message):
    with pytest.raises(InputError, match=message):
        nsc.compile("double f(double x) { return x; }", **options)


def test_things_that_are_no_programs_are_explained(tmp_path):
    with pytest.raises(
        InputError,
        match=(
            "found function; a callable becomes a program with"
            " nsc.Program.from_callable"
        ),
    ):
        nsc.compile(lambda x: x)
    with pytest.raises(InputError, match="nsc.embed takes a Program"):
        nsc.embed("f.c")
    with pytest.raises(InputError, match="lists of names"):
        nsc.Program.from_callable(lambda x: x, "ab")
    surrogate = nsc.compile("double f(double x) { return x; }", budget=20, timing=False)
    with pytest.raises(InputError, match="cannot write .*nowhere"):
        surrogate.save(tmp_path / "nowhere" / "s.safetensors")


def test_a_header_that_is_not_there_is_told(wave, tmp_path, capsys):
    wave.write_text(
        '#include "config.h"\ndouble f(double x) {\n#ifdef FAST\n  return x;\n#endif\n '
        " return x * x;\n}\n"
    )
    assert (
        main(
            ["compile", str(wave), "-o", str(tmp_path / "out"), "--no-timing", "--json"]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] == [
        "config.h was not found, and is left out: give its folder with -I DIR"
    ]
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "config.h").write_text("#define FAST\n")
    folder = str(tmp_path / "inc")
    assert (
        main(
            [
                "compile",
                str(wave),
                "-I",
                folder,
                "-o",
                str(tmp_path / "out"),
                "--no-timing",
                "--json",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] == []


def test_an_assertion_that_fails_is_named(wave, tmp_path, capsys):
    wave.write_text(
        "#include <assert.h>\n#include <math.h>\ndouble f(double x) { assert(x >= 0);"
        " return sqrt(x); }"
    )
    assert main(["compile", str(wave), "-o", str(tmp_path / "out")]) == 2
    assert (
        "printed something, as an assertion does that fails" in capsys.readouterr().err
    )
