"""The notebooks run, and print what is stored in them."""

import copy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))

import blocks  # noqa: E402
import notebooks  # noqa: E402

PATHS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
MAX_BYTES = 100_000


@pytest.mark.slow
@pytest.mark.needs("nbclient")
@pytest.mark.needs("ipykernel")
@pytest.mark.needs("matplotlib")
@pytest.mark.filterwarnings("default")  # those of the kernel's own
@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
def test_a_notebook_prints_what_is_stored(path, tmp_path):
    import nbformat

    stored = nbformat.read(path, as_version=4)
    ran = notebooks.executed(copy.deepcopy(stored), tmp_path)
    assert blocks.is_same(notebooks.printed(stored), notebooks.printed(ran))


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
def test_a_notebook_is_small_and_has_been_executed(path):
    assert path.stat().st_size < MAX_BYTES
    page = notebooks.as_page(path)
    assert page.startswith("# ")
    assert "```text\n" in page
    assert str(ROOT) not in path.read_text()


def test_there_are_three():
    assert len(PATHS) == 3
