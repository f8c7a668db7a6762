"""What is published: the version in one place, a wheel that needs no source tree."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nsc

ROOT = Path(__file__).parents[1]
PUBLISHED = ("src", "pyproject.toml", "README.md", "LICENSE")
PROGRAM = "#include <math.h>\ndouble f(double a) { return exp(-a * a); }\n"


def newest_python() -> str:
    """Return the newest Python of this machine; this one where none is newer."""
    done = subprocess.run(
        [ROOT / ".ci" / "newest_python"], capture_output=True, text=True
    )
    return done.stdout.strip() or sys.executable


def run(words: list[str], folder: Path) -> str:
    """Run a command as a user would, who has no source tree."""
    own = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
    done = subprocess.run(
        words,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k not in own},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build a wheel of a copy, in which nothing of earlier builds lies."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "nsc"
    copy.mkdir()
    for name in PUBLISHED:
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, copy)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    run([*pip, str(copy), "-w", str(folder)], folder)
    [made] = folder.glob("*.whl")
    return made


def test_the_version_stands_in_one_place():
    stated = re.findall(
        r"^version: ?(.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE
    )
    assert stated == [nsc.__version__]
    assert nsc.__version__ in (ROOT / "CHANGELOG.md").read_text()
    assert 'attr = "nsc.__version__"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_package(wheel):
    source = ROOT / "src"
    wanted = {
        str(p.relative_to(source))
        for p in (source / "nsc").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    found = set(zipfile.ZipFile(wheel).namelist())
    assert wanted - found == set()
    assert wheel.name == f"nsc-{nsc.__version__}-py3-none-any.whl"


@pytest.mark.slow
@pytest.mark.parametrize("which", ["oldest", "newest"])
def test_a_wheel_compiles_without_the_source_tree(wheel, which, tmp_path):
    python = sys.executable if which == "oldest" else newest_python()
    if which == "newest" and python == sys.executable:
        pytest.skip("needs a Python newer than 3.11, which is not installed")
    run([python, "-m", "venv", "v"], tmp_path)
    run(["v/bin/pip", "install", "--quiet", str(wheel)], tmp_path)
    assert run(["v/bin/nsc", "--version"], tmp_path).split() == [
        "nsc",
        nsc.__version__,
    ]
    (tmp_path / "f.c").write_text(PROGRAM)
    said = run(
        ["v/bin/nsc", "compile", "f.c", "-o", "out", "--json"], tmp_path
    )
    assert json.loads(said)["test"]["nmse"] < 1e-4
    where = run(
        ["v/bin/python", "-c", "import nsc; print(nsc.__file__)"], tmp_path
    )
    assert where.startswith(str(tmp_path / "v"))
    assert (tmp_path / "out" / "surrogate.c").exists()
