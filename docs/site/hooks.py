"""What mkdocs is told besides mkdocs.yml: pages that are made, files of the repository.

In: the pages below docs/. Out: pages for rooms; links to files outside docs/ lead to
copies of them in the site, so that it works without a network. Non-goals: what the pages
say.
"""

import posixpath
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))

import links  # noqa: E402
import notebooks  # noqa: E402
import rooms  # noqa: E402

COPIES = "repository"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages of rooms and notebooks, and what pages link to outside docs/."""
    for uri, text in rooms.pages().items():
        files.append(File.generated(config, uri, content=text))
    for path in sorted(notebooks.FOLDER.glob("*.ipynb")):
        uri = f"notebooks/{path.stem}.md"
        text = notebooks.as_page(path)
        files.append(File.generated(config, uri, content=text))
    waiting = [f for f in files if f.is_documentation_page()]
    while waiting:
        page = waiting.pop()
        for path in _outside(page):
            uri = _site_uri(path)
            if files.get_file_from_path(uri):
                continue
            made = File.generated(
                config, uri, abs_src_path=str(links.ROOT / path)
            )
            files.append(made)
            if made.is_documentation_page():
                waiting.append(made)
    return files


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Write links to the repository's files as links to their copies."""
    own = page.file.src_uri

    def rewritten(found) -> str:
        link = found.group(2)
        if links.is_address(link) or link.startswith("#"):
            return found.group(0)
        path, anchor = links.resolved(_repository_path(own), link)
        uri = _site_uri(path)
        near = posixpath.relpath(uri, posixpath.dirname(own) or ".")
        end = f"#{anchor}" if anchor else ""
        return found.group(1) + near + end + found.group(3)

    return links.LINK.sub(rewritten, markdown)


def _repository_path(uri: str) -> str:
    """Say which file of the repository a page of the site is."""
    if uri.startswith(COPIES + "/"):
        return uri[len(COPIES) + 1 :]
    return "docs/" + uri


def _site_uri(path: str) -> str:
    """Say where a file of the repository is in the site."""
    if path.startswith("docs/"):
        return path[len("docs/") :]
    return f"{COPIES}/{path}"


def _outside(page: File) -> list[str]:
    """List the files outside docs/ that a page links to."""
    own = _repository_path(page.src_uri)
    targets = [
        links.resolved(own, link)[0]
        for link in links.links_of(page.content_string)
        if not links.is_address(link)
    ]
    return [
        t
        for t in dict.fromkeys(targets)
        if not t.startswith("docs/") and (links.ROOT / t).is_file()
    ]
