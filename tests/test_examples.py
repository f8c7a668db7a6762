"""What the README and examples/ show works as shown."""

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.deploy import run_selftest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.c"))
README = (ROOT / "README.md").read_text()
flags_of = runpy.run_path(str(ROOT / "examples" / "demo.py"))["flags_of"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_compile_and_are_worth_it(path, tmp_path, capsys):
    arguments = [
        "compile",
        str(path),
        *flags_of(path),
        "--budget",
        "600",
        "-o",
        str(tmp_path),
        "--json",
    ]
    assert main(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["test"]["nmse"] < 0.02
    assert run_selftest((tmp_path / "surrogate.c").read_text())
    loaded = nsc.load(tmp_path / "surrogate.safetensors")
    assert loaded(np.tile(loaded.lo, (3, 1))).shape == (
        3,
        len(report["outputs"]),
    )


@pytest.fixture
def in_a_copy(tmp_path, monkeypatch):
    (tmp_path / "examples").mkdir()
    for path in EXAMPLES:
        (tmp_path / "examples" / path.name).write_text(path.read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")


def test_sessions_of_the_readme(in_a_copy, capsys):
    blocks = re.split(r"^```", README, flags=re.MULTILINE)[1::2]
    shown = "\n".join(b for b in blocks if b.startswith("\n$ "))
    sessions = re.findall(
        r"^\$ nsc (.*)\n((?:(?!\$).*\n)*)", shown, re.MULTILINE
    )
    assert len(sessions) >= 4
    for command, output in sessions:
        assert main(shlex.split(command)) == 0
        printed = _without_speed(capsys.readouterr().out)
        expected = output.strip("\n").splitlines()
        for mine, theirs in zip(
            printed.splitlines(), expected, strict=bool(expected)
        ):
            assert _words(mine) == _words(theirs), command


def _without_speed(printed: str) -> str:
    """Leave out a note that depends on how busy the machine is."""
    return re.sub(
        r"^note: the surrogate is slower.*\n(.*original.*\n|\d.*ns\n)?",
        "",
        printed,
        flags=re.MULTILINE,
    )


def _words(line: str) -> list[str]:
    """A line's words, without the figures that differ between machines."""
    return re.findall(
        r"[^\W\d]{2,}", re.sub(r"\d[\d.e-]*( ms| ns| s)?|inf", "", line)
    )


def test_python_of_the_readme(in_a_copy):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 0.01
    assert Path("luma.safetensors").exists()


def test_files_that_the_readme_names_exist():
    names = re.findall(r"\]\(([\w/.-]+)\)", README) + re.findall(
        r"`((?:src|tests|docs|examples|benchmarks)/[\w/.]*)`", README
    )
    assert len(names) > 5
    assert [n for n in names if not (ROOT / n).exists()] == []


def test_a_python_function_shows_its_surrogate():
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "python" / "beam.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    verified, bound, surrogate, original = done.stdout.splitlines()
    assert float(verified.split()[-1]) < 1e-3
    assert bound.startswith("with 99 % confidence at most")
    assert surrogate.startswith("surrogate ") and original.endswith(" mm")
