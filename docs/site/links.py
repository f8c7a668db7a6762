"""Where the links of the documentation lead.

In: Markdown pages of this repository. Out: the repository's path that a link means, the
links that lead nowhere. Non-goals: what is at an address of the network.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)((?:\s+\"[^\"]*\")?\))")
FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2\s*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(
    r"^#{1,6} +(.+?)(?: *\{ *#([\w-]+) *\})? *$", re.MULTILINE
)
OBJECT = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)  # of the API
ADDRESS = re.compile(r"https?://[\w.-]+\.\w{2,}(?:[/?#][^\s]*)?$")


def without_code(text: str) -> str:
    """Leave out fenced blocks and code in lines, which have no links."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", text))


def links_of(text: str) -> Iterator[str]:
    """List where a page's links lead, as they are written."""
    for found in LINK.finditer(without_code(text)):
        yield found.group(2)


def is_address(link: str) -> bool:
    return link.startswith(("http:", "https:", "mailto:", "data:"))


def resolved(page: str, link: str) -> tuple[str, str]:
    """Find what a link of a page means.

    Args:
        page: the page's path in the repository, as "docs/howto/c.md".
        link: a relative link, as "../start.md#python".

    Returns:
        The path in the repository, and the anchor, which may be empty.
    """
    path, _, anchor = link.partition("#")
    if not path:
        return page, anchor
    return posixpath.normpath(
        posixpath.join(posixpath.dirname(page), path)
    ), anchor


def anchors_of(text: str) -> set[str]:
    """List the anchors of a page's headings, as mkdocs makes them."""
    found = set(OBJECT.findall(text))
    for words, own in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(
            r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
        )
        found.add(own or re.sub(r"[-\s]+", "-", plain.strip().lower()))
    return found


def wrong_links(page: str, text: str, root: Path = ROOT) -> list[str]:
    """List the links of a page that lead nowhere.

    Args:
        page: the page's path in the repository.
        text: what is in it.
        root: the repository.
    """
    wrong = []
    for link in links_of(text):
        if is_address(link):
            is_right = bool(ADDRESS.match(link)) or link[0] != "h"
        else:
            is_right = _exists(page, link, root)
        if not is_right:
            wrong.append(f"{page}: {link}")
    return wrong


def _exists(page: str, link: str, root: Path) -> bool:
    path, anchor = resolved(page, link)
    if path.startswith("docs/rooms/"):  # made when the site is
        return (
            (root / "src" / "nsc" / Path(path).stem).exists()
            or (root / "src" / "nsc" / f"{Path(path).stem}.py").exists()
            or path == "docs/rooms/index.md"
        )
    target = root / path
    if path.startswith("docs/notebooks/") and not target.exists():
        target = target.with_suffix(".ipynb")
    if not target.exists():
        return False
    return not anchor or anchor in anchors_of(target.read_text())
