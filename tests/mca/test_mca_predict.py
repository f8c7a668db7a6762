"""From a file to cycles, by the command line and the shipped surrogates; no LLVM."""

import json
import math

import pytest

from nsc.app.cli import main
from nsc.mca import MODELS, shipped
from nsc.mca.predict import WEIGHTS

TEXT = """\
# LLVM-MCA-BEGIN adds
  addq %rax, %rbx
  addq %rbx, %rax
# LLVM-MCA-END
# LLVM-MCA-BEGIN strange
  frobnicate %rax
# LLVM-MCA-END
# LLVM-MCA-BEGIN half
  imulq %rax, %rax
  frobnicate %rax
# LLVM-MCA-END
"""


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "block.s"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("model", MODELS)
def test_predict_tells_a_row_a_block(text, capsys, model):
    assert main(["mca", "predict", str(text), "--model", model, "--json"]) == 0
    adds, strange, half = json.loads(capsys.readouterr().out)
    assert adds["name"] == "adds"
    # two additions that wait for each other: two cycles an iteration
    assert math.isclose(adds["cycles"], 200, rel_tol=0.25)
    assert strange["cycles"] is None
    assert "no instruction of it is known" in strange["refused"]
    assert half["unknown"] == 1
    assert half["cycles"] > 200


def test_predict_prints_a_line_a_block(text, capsys):
    assert main(["mca", "predict", str(text)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("  adds")
    assert lines[1].strip().startswith("-  strange: ")
    assert lines[2].endswith("(1 of 2 instructions unknown)")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--model", "best"],
            "must be one of compiled, adapted or a file .safetensors; found 'best'",
        ),
        ([], "cannot read"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path, capsys, words, told):
    missing = str(tmp_path / "none.s")
    assert main(["mca", "predict", missing, *words]) == 2
    assert told in capsys.readouterr().err


def test_blocks_are_written_as_parquet_or_csv(text, tmp_path, capsys):
    out = str(tmp_path / "blocks.txt")
    assert main(["mca", "blocks", str(text), "-o", out]) == 2
    assert "must end in .parquet or .csv" in capsys.readouterr().err


def test_shipped_files_are_small():
    for model in MODELS:
        assert (WEIGHTS / f"{model}.safetensors").stat().st_size <= 1_000_000
        assert shipped(model)[0].about
