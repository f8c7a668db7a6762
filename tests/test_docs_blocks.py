"""Every block of the start page and the how-tos runs, and prints what is shown."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))

import blocks  # noqa: E402

PAGES = [
    ROOT / "docs" / "start.md",
    ROOT / "docs" / "when.md",
    *sorted((ROOT / "docs" / "howto").glob("*.md")),
]
PAGE = """
```python title="say.py"
import sys

print("one 1.5 s")
print("two")
print("three")
sys.exit(len(sys.argv) - 1)
```

<!-- exit 1 -->
```console
$ python say.py
{first}
$ python \\
  say.py x
{second}
```

<!-- needs a_tool_that_nobody_has -->
```console
$ python say.py x
not looked at
```
"""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_runs_and_prints_what_it_shows(page, tmp_path):
    text = page.read_text()
    absent = [b.missing for b in blocks.blocks_of(text) if b.missing]
    assert blocks.run_page(text, tmp_path) == text
    if absent:
        pytest.skip(f"a part was left out, for {absent}")


@pytest.mark.parametrize(
    "shown", ["one 2.75 s\ntwo\nthree", "...\nthree", "one\n...\nthree", "..."]
)
def test_figures_may_differ_and_lines_be_left_out(shown, tmp_path):
    text = PAGE.format(first=shown, second="...")
    assert blocks.run_page(text, tmp_path) == text


@pytest.mark.parametrize("shown", ["one\ntwo", "one\n...\nfour", "two\n..."])
def test_other_words_are_found_out(shown, tmp_path):
    text = PAGE.format(first=shown, second="...")
    right = PAGE.format(first="one 1.5 s\ntwo\nthree", second="...")
    assert blocks.run_page(text, tmp_path) == right


def test_figures_alone_are_missed_too():
    assert blocks.is_same("0.217", "0.218\n")
    assert not blocks.is_same("", "0.218\n")
    assert blocks.is_same("", " 12% finetuning\n")


def test_another_exit_code_is_found_out(tmp_path):
    text = PAGE.format(first="...", second="...").replace("say.py x", "say.py")
    with pytest.raises(blocks.Differs, match="ended with 0, not 1"):
        blocks.run_page(text, tmp_path)


def test_pages_with_code_have_a_block_that_is_run():
    for page in PAGES:
        found = blocks.blocks_of(page.read_text())
        runs = [b for b in found if b.kind == "console"]
        assert runs or page.name == "index.md"
