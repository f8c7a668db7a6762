"""What a compilation leaves: all of its files, or none."""

import json

import numpy as np
import pytest

import nsc
from nsc.app import (
    CompileOptions,
    ExportOptions,
    compile_file,
    main,
    write_results,
)
from nsc.deploy import EXPORTERS
from nsc.errors import BuildError, InputError
from nsc.report import DraftReport, Report, from_json, to_json
from nsc.surrogate import Member, Surrogate, Topology

SMALL = CompileOptions(budget=20, verification=200)
NAMES = [
    "surrogate.safetensors",
    *(e.file_name for e in EXPORTERS.values() if e.is_default),
    "surrogate.h",
    "report.json",
    "report.html",
]


def surrogate() -> Surrogate:
    member = Member(Topology((1, 1)), np.array([2.0, 0.0]))
    return Surrogate((member,), -np.ones(1), np.ones(1), ("x",), ("y",))


def test_every_file_and_every_copy_of_the_report(wave, tmp_path):
    out = tmp_path / "out"
    report = compile_file(wave, out, SMALL, timing=False)
    assert isinstance(report, Report) and report.figures is None
    assert sorted(p.name for p in out.iterdir()) == sorted(NAMES)
    assert list(report.files) == NAMES
    inside = nsc.load(out / "surrogate.safetensors").report
    assert inside == json.loads(json.dumps(to_json(report)))
    written = json.loads((out / "report.json").read_text())
    assert written.pop("figures")["heat_maps"]
    assert written == inside


def test_what_is_written_can_be_read_back(wave, tmp_path):
    compile_file(wave, tmp_path, SMALL, timing=False)
    text = (tmp_path / "report.json").read_text()
    report = from_json(json.loads(text))
    assert json.dumps(to_json(report), indent=1) == text
    assert report.function == "wave" and len(report.figures.truth) == 200


def test_a_draft_has_no_page_and_none_is_left(wave, tmp_path):
    (tmp_path / "report.html").write_text("of an earlier compilation")
    (tmp_path / "mine.txt").write_text("not ours")
    options = CompileOptions(text_only=True)
    report = compile_file(wave, tmp_path, options)
    assert isinstance(report, DraftReport)
    assert list(report.files) == [n for n in NAMES if n != "report.html"]
    found = {p.name for p in tmp_path.iterdir()} - {"wave.c"}
    assert found == {*report.files, "mine.txt"}
    assert list(report.time_s) == ["compile", "total"]
    assert (
        from_json(json.loads((tmp_path / "report.json").read_text())) == report
    )


def test_export_options_reach_the_c(wave, tmp_path):
    compile_file(
        wave, tmp_path, SMALL, ExportOptions(drop_in=True, guard=True)
    )
    text = (tmp_path / "surrogate.c").read_text()
    assert (
        "#define wave wave_original" in text
        and "return wave_original(x, y)" in text
    )
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["exported_function"] == "wave"


def test_an_export_that_fails_leaves_nothing(wave, tmp_path, monkeypatch):
    def differ(self, job):
        raise BuildError("onnxruntime differs")

    monkeypatch.setattr(type(EXPORTERS["onnx"]), "render", differ)
    monkeypatch.setattr("nsc.app.finish.is_available", lambda e: True)
    out = tmp_path / "out"
    with pytest.raises(BuildError, match="onnxruntime differs"):
        compile_file(wave, out, SMALL, timing=False)
    assert not out.exists()


def test_a_tool_that_is_missing_costs_its_file_alone(
    wave, tmp_path, monkeypatch
):
    missing = {name for name, e in EXPORTERS.items() if e.tools}
    monkeypatch.setattr("nsc.app.finish.is_available", lambda e: not e.tools)
    report = compile_file(wave, tmp_path, SMALL, timing=False)
    assert missing == {"onnx"} and "surrogate.onnx" not in report.files
    assert (tmp_path / "surrogate.c").exists()
    assert not (tmp_path / "surrogate.onnx").exists()


@pytest.mark.needs("onnxruntime")
def test_a_format_that_cannot_follow_a_policy_is_not_written(wave, tmp_path):
    (tmp_path / "surrogate.onnx").write_text("of an earlier compilation")
    options = ExportOptions(outside="raise")
    report = compile_file(wave, tmp_path, SMALL, options, timing=False)
    [note] = [note for note in report.notes if "onnx" in note]
    assert note.startswith(
        "no surrogate.onnx was written: a graph cannot refuse inputs"
    )
    assert "surrogate.onnx" not in report.files
    assert not (tmp_path / "surrogate.onnx").exists()


def test_files_are_written_together(tmp_path):
    write_results(tmp_path, surrogate(), {"a.txt": b"one"}, stale=["b.txt"])
    assert (tmp_path / "a.txt").read_bytes() == b"one"
    assert nsc.load(tmp_path / "surrogate.safetensors")(np.ones(1)) == 2.0
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_half_is_left_where_writing_fails(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    with pytest.raises(InputError, match="cannot write to .*: "):
        write_results(tmp_path, surrogate(), {"no/such/folder.txt": b""})
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]


def test_figures_run_the_program_where_they_say(wave, tmp_path):
    report = compile_file(wave, tmp_path, SMALL, timing=False)
    assert report.program_runs["figures"] == 36 * 36  # a map over two inputs
    figures = from_json(
        json.loads((tmp_path / "report.json").read_text())
    ).figures
    [heat] = figures.heat_maps
    assert (heat.output, heat.x, heat.y) == ("return", "x", "y")
    corner = np.sin(3 * -1.0) * -1.0
    assert heat.program[0][0] == pytest.approx(corner)
    assert len(heat.program) == len(heat.surrogate[0]) == 36


@pytest.mark.parametrize(
    ("inputs", "curves"),
    [("double x", 1), ("double x, double y, double z", 3)],
)
def test_curves_along_each_input(inputs, curves, tmp_path):
    path = tmp_path / "f.c"
    path.write_text(f"double f({inputs}) {{ return 2 * x; }}")
    report = compile_file(path, tmp_path, SMALL, timing=False)
    assert report.program_runs["figures"] == 121 * curves
    figures = from_json(
        json.loads((tmp_path / "report.json").read_text())
    ).figures
    assert len(figures.curves) == curves and figures.heat_maps == ()
    first = figures.curves[0]
    assert first.title.startswith("return along x")
    assert ("mid-range" in first.title) == (curves > 1)
    assert first.x[0] == -1.0 and first.x[-1] == 1.0
    assert first.program == pytest.approx([2 * x for x in first.x])
    assert sum(figures.histogram.counts) == 200
    assert len(figures.histogram.edges) == len(figures.histogram.counts) + 1


def test_runs_of_checks_are_counted_by_themselves(wave, tmp_path):
    report = compile_file(wave, tmp_path, SMALL, timing=False)
    # 128 inputs are run four times, to see whether the program remembers, and 256 with
    # two contents of memory
    assert report.check_runs["signature"] == 4 * 128 + 2 * 256
    # with checks built in, and without, with two contents of memory
    corners = 4
    assert report.check_runs["undefined behaviour"] == 3 * (448 + corners)
    # all that is learnt from runs with other contents, too
    once = sum(report.program_runs.values())
    assert report.check_runs["memory"] == once
    page = (tmp_path / "report.html").read_text()
    in_all = once + sum(report.check_runs.values())
    assert f"<b>{in_all}</b><span>program runs in all" in page


def test_what_is_given_an_oracle_is_not_checked():
    text = "double g(double);\ndouble f(double x) { return g(x); }"
    report = nsc.compile(text, oracle=lambda x: 2 * x, budget=20).report
    assert report["check_runs"] == {}


def test_twelve_curves_are_enough(tmp_path):
    names = [f"x{k}" for k in range(14)]
    path = tmp_path / "f.c"
    path.write_text(
        f"double f({', '.join(f'double {n}' for n in names)}) {{ return x0; }}"
    )
    report = compile_file(path, tmp_path, SMALL, timing=False)
    assert report.program_runs["figures"] == 121 * 12


def test_a_program_that_fails_on_the_edge_goes_without_curves(tmp_path):
    """1 / (x + 1) is infinite at -1 alone, where curves begin and no draw falls."""
    path = tmp_path / "f.c"
    path.write_text("double f(double x) { return 1 / (x + 1.0); }")
    report = compile_file(path, tmp_path, SMALL, timing=False)
    assert report.program_runs["figures"] == 0
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["figures"]["curves"] == [] and written["figures"]["truth"]
    assert (
        "<h2>Program and surrogate</h2>"
        in (tmp_path / "report.html").read_text()
    )


def test_json_on_stdout_is_the_report(wave, tmp_path, capsys):
    words = [
        "compile",
        str(wave),
        "-o",
        str(tmp_path),
        "--budget",
        "20",
        "--json",
    ]
    assert main([*words, "--no-timing"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == nsc.load(tmp_path / "surrogate.safetensors").report
    assert printed["schema"] == 1
