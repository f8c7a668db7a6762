"""The case study runs as docs/case_study.md says, in small."""

import re
import runpy
from pathlib import Path

import nsc
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "examples" / "case_study"
QUICK = {
    "forms.STRENGTHS": (1e-3,),
    "forms.SCRATCH_STRENGTHS": (1e-2,),
    "forms.RANDOM_STARTS": 1,
    "choice.FOLDS": 3,
    "judge.OUTER_FOLDS": 2,
    "distil.POINTS": 100,
    "distil.STEPS": 20,
}


def test_the_program_is_van_der_waals():
    text = (STUDY / "critical_volume.c").read_text()
    program = parse_program(text, ranges={"tc": (200, 800), "pc": (1e6, 1e7)})
    [[found]] = ProgramOracle(program.unit)([[300.0, 4e6]])
    assert abs(found - 1e6 * 3 * 8.314462618 * 300 / (8 * 4e6)) < 1e-9 * found


def test_the_case_study_runs(tmp_path, monkeypatch):
    for name, value in QUICK.items():
        monkeypatch.setattr(f"nsc.adaptation.{name}", value)
    study = runpy.run_path(str(STUDY / "adapt.py"))
    found = study["adapted"](
        tmp_path, 35, budget=64, topology="2-6-1", splits=1, timing=False
    )
    study["draw"](tmp_path, tmp_path / "figures", found)
    errors = found.report["held_out_rmse"]
    assert errors["adapted"] < 0.5 * errors["program"]
    assert found.report["extra_inputs"] == ["mass"]
    drawn = {path.name for path in (tmp_path / "figures").iterdir()}
    assert drawn == {"errors.svg", "van_der_waals.svg", "adapted.svg"}
    assert nsc.load(tmp_path / "surrogate.safetensors").output_names == ("vc",)


def test_figures_and_files_that_the_page_names_exist():
    page = ROOT / "docs" / "case_study.md"
    names = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert names
    missing = [name for name in names if not (page.parent / name).exists()]
    assert not missing
