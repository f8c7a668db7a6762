"""The commands of README that adapt and optimise do what it says."""

import json
import re
import shlex
from pathlib import Path

import pytest

from nsc.app.cli import main

ROOT = Path(__file__).parents[1]


def words_of(verb: str) -> list[str]:
    """Return the first command of README with a verb, on an example."""
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    found = re.search(rf"^    nsc ({verb} examples/.*)$", text, re.MULTILINE)
    assert found is not None
    return shlex.split(found.group(1))


def run(verb: str, folder: Path) -> dict:
    words = words_of(verb)
    words[words.index("-o") + 1] = str(folder)
    assert main(words) == 0
    return json.loads((folder / "report.json").read_text())


@pytest.mark.slow
def test_adapt(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    report = run("adapt", tmp_path)
    held_out = report["held_out_rmse"]
    assert held_out["adapted"] < held_out["program"]


def test_optimize(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    report = run("optimize", tmp_path)
    assert report["confirmed"]
    best = report["best"]
    assert best["value"] < 0.26
    assert sum(best["inputs"].values()) >= 1
