"""The documentation: links lead somewhere, and all there is is named."""

import re
import sys
from pathlib import Path

import pytest
from typer.main import get_command

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))

import links  # noqa: E402
import notebooks  # noqa: E402
import rooms  # noqa: E402

PAGES = sorted(
    str(p.relative_to(ROOT))
    for p in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
MAX_README_LINES = 120


def shown() -> str:
    """Return all pages' text."""
    return "\n".join((ROOT / page).read_text() for page in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    assert links.wrong_links(page, (ROOT / page).read_text()) == []


def test_wrong_links_are_found():
    text = "[a](no.md) [b](system.md#no) [c](system.md#rooms) [d](http://x)"
    text += "\n`[e](no.md)`\n```c\n[f](no.md)\n```\n[g](../README.md) ![h](data:image/png;base64,A)"
    assert links.wrong_links("docs/x.md", text) == [
        "docs/x.md: no.md",
        "docs/x.md: system.md#no",
        "docs/x.md: http://x",
    ]


def test_every_page_stands_in_the_contents():
    contents = (ROOT / "mkdocs.yml").read_text()
    named = set(re.findall(r"([\w/-]+\.md)$", contents, re.MULTILINE))
    pages = {p.removeprefix("docs/") for p in PAGES if p.startswith("docs/")}
    pages |= {
        f"notebooks/{p.stem}.md" for p in notebooks.FOLDER.glob("*.ipynb")
    }
    assert pages == named - {"rooms/index.md"}


def test_every_verb_is_named():
    from nsc.app.verbs import app

    text = shown()
    verbs = get_command(app).commands
    assert [v for v in verbs if f"nsc {v}" not in text] == []


def test_every_room_has_a_page_with_a_paragraph():
    pages = rooms.pages()
    source = ROOT / "src" / "nsc"
    found = {p.parent.name for p in source.glob("*/__init__.py")}
    found |= {p.stem for p in source.glob("*.py") if p.stem[0] != "_"}
    assert {f"rooms/{room}.md" for room in found} == set(pages) - {
        "rooms/index.md"
    }
    said = rooms.paragraphs((ROOT / "docs" / "system.md").read_text())
    assert found - set(said) == set()


def test_the_figure_of_rooms_has_each_room_once():
    table = {"a": ("b", "c"), "b": ("c",), "c": ()}
    assert rooms.levels(table) == {"a": 2, "b": 1, "c": 0}
    assert rooms.reduced(table) == [("a", "b"), ("b", "c")]
    assert rooms.figure(table).count("<rect") == 3


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= MAX_README_LINES
