"""Which formats are written: --export, and `export=` in Python."""

import json
from typing import get_args

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.flag_types import Export
from nsc.deploy import EXPORTERS
from nsc.errors import InputError

EXPORT_HELP = get_args(Export)[1].help
SMALL = {
    "budget": 20,
    "verification": 200,
    "topology": "2-2-1",
    "timing": False,
}
ALWAYS = {"surrogate.safetensors", "surrogate.c", "surrogate.h"}
REPORTS = {"report.json", "report.html"}
WORDS = "--budget 20 --verification 200 --no-timing --topology 2-2-1".split()


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def test_formats_that_are_asked_for_are_written(wave, tmp_path):
    out = tmp_path / "out"
    words = ["compile", str(wave), "-o", str(out), "--export", "python"]
    assert main([*words, *WORDS]) == 0
    assert names_in(out) == {*ALWAYS, *REPORTS, "surrogate.py"}
    files = json.loads((out / "report.json").read_text())["files"]
    assert "surrogate.py" in files


def test_c_alone_can_be_asked_for(wave, tmp_path):
    nsc.compile(wave, folder=tmp_path / "out", export="c", **SMALL)
    assert names_in(tmp_path / "out") == {*ALWAYS, *REPORTS}


def test_exported_python_gives_what_the_surrogate_gives(wave, tmp_path):
    surrogate = nsc.compile(
        wave, folder=tmp_path / "out", export=["python", "c"], **SMALL
    )
    text = (tmp_path / "out" / "surrogate.py").read_text()
    made: dict = {"__name__": "surrogate"}
    exec(text, made)
    x = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    expected = surrogate(x)
    found = [made["wave_surrogate"](*row) for row in x]
    assert np.allclose(found, expected[:, 0], rtol=1e-12, atol=1e-14)
    assert np.allclose(made["wave_surrogate_n"](x), expected, atol=1e-12)
    assert "verified rmse" in made["__doc__"]


def test_integer_c_is_written_and_the_report_says_how_exact_it_is(
    wave, tmp_path
):
    out = tmp_path / "out"
    nsc.compile(wave, folder=out, export="q15,q31", **SMALL)
    integers = {"surrogate_q15.c", "surrogate_q31.c"}
    assert names_in(out) == {*ALWAYS, *REPORTS, *integers}
    notes = json.loads((out / "report.json").read_text())["notes"]
    for name in integers:
        [note] = [n for n in notes if n.startswith(name)]
        assert "Integers against the network" in note
        assert "the network's verified rmse" in note
    nsc.compile(wave, folder=out, export="c", **SMALL)
    assert names_in(out) == {*ALWAYS, *REPORTS}


def test_formats_that_do_not_exist_are_refused_with_a_list(
    wave, tmp_path, capsys
):
    words = ["compile", str(wave), "-o", str(tmp_path / "out")]
    assert main([*words, "--export", "c,cobol"]) == 2
    said = capsys.readouterr().err
    assert "--export must be of c, onnx, python" in said.replace("\n", " ")
    assert "found 'cobol'" in said.replace("\n", " ")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="found none"):
        nsc.compile(wave, folder=tmp_path, export=[])
    with pytest.raises(InputError, match="found 3"):
        nsc.compile(wave, folder=tmp_path, export=3)


def test_help_lists_all_formats():
    assert EXPORT_HELP.startswith("Formats beside C: ")
    listed = EXPORT_HELP.partition(": ")[2].partition(";")[0]
    assert listed.split(", ") == [name for name in EXPORTERS if name != "c"]


def test_formats_need_a_folder(wave):
    with pytest.raises(InputError, match="export must come with a folder"):
        nsc.compile(wave, export="python", **SMALL)


def test_what_a_format_cannot_do_is_refused_before_anything_is_run(
    wave, tmp_path, capsys
):
    out = tmp_path / "out"
    words = ["compile", str(wave), "-o", str(out), "--guard"]
    assert main([*words, "--export", "python"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--export must be left without python: it cannot call" in said
    assert not out.exists()


def test_a_command_that_is_missing_is_named(wave, tmp_path, monkeypatch):
    exporter = EXPORTERS["python"]
    monkeypatch.setattr(
        type(exporter), "commands", ("nosuchtool (apt install x)",)
    )
    with pytest.raises(
        InputError, match=r"python: it needs nosuchtool \(apt inst"
    ):
        nsc.compile(wave, folder=tmp_path / "out", export="python", **SMALL)
    assert not (tmp_path / "out").exists()


def test_files_of_an_earlier_compilation_go_and_a_users_own_stay(
    wave, tmp_path
):
    first = tmp_path / "first"
    nsc.compile(wave, folder=first, export="python", **SMALL)
    nsc.compile(wave, folder=first, export="c", **SMALL)
    assert "surrogate.py" not in names_in(first)
    (first / "surrogate.py").write_text("mine = 1\n")
    nsc.compile(wave, folder=first, export="c", **SMALL)
    assert (first / "surrogate.py").read_text() == "mine = 1\n"


def test_rows_and_measurements_take_formats_too(tmp_path):
    x = np.linspace(0, 1, 60)
    rows = {"x": x, "y": 2 * x + 0.1 * x**2}
    nsc.fit(rows, "y", names=["x"], folder=tmp_path / "fit", export=["python"])
    assert "surrogate.py" in names_in(tmp_path / "fit")
    with pytest.raises(InputError, match="outside must be another"):
        nsc.fit(
            rows, "y", folder=tmp_path, outside="original", export="python"
        )


@pytest.mark.slow
def test_adapt_writes_the_formats_that_are_asked_for(tmp_path):
    text = "double f(double x) { return 2 * x; }"
    known = nsc.compile(text, domain={"x": (0, 1)}, budget=30, timing=False)
    x = np.linspace(0, 1, 12)
    folder = tmp_path / "adapted"
    nsc.adapt(
        known,
        {"x": x, "y": 2.1 * x + 0.05},
        outputs=["y"],
        splits=0,
        folder=folder,
        export="python",
    )
    assert {"surrogate.py", "surrogate.c"} <= names_in(folder)
    assert "surrogate.onnx" not in names_in(folder)
