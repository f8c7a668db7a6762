"""A document of tables and figures: as Markdown with figures beside it, as one page.

In: a `Document`. Out: Markdown, HTML text with inline CSS and SVG (no script, no
external resource), figures as files of their own. Text is escaped.
Non-goals: what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from nsc.report.page import page_of
from nsc.report.photos import Photos
from nsc.report.svg import Drawing


@dataclass(frozen=True)
class TableOf:
    """A table of text; the first column names rows, the others are numbers.

    Args:
        quoted: numbers of rows that are somebody else's.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    quoted: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A figure.

    Args:
        name: of its file, without its suffix.
        drawing: what draws it.
    """

    name: str
    drawing: Drawing | Photos

    @property
    def file_name(self) -> str:
        """The name of its file: drawings are SVG, photographs PNG."""
        suffix = "png" if isinstance(self.drawing, Photos) else "svg"
        return f"{self.name}.{suffix}"


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it.

    Args:
        notes: sentences that say what the numbers are.
    """

    title: str
    notes: tuple[str, ...] = ()
    tables: tuple[TableOf, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Document:
    """A title, what leads in, the most important numbers, sections.

    Args:
        tiles: (value, what it is).
        warnings: what a reader must not overlook.
    """

    title: str
    lead: tuple[str, ...]
    tiles: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()


def document_page(document: Document) -> str:
    """Write one self-contained HTML page."""
    lead = "".join(f"<p>{escape(line)}</p>" for line in document.lead)
    warnings = "".join(
        f"<p class='note'>{escape(line)}</p>" for line in document.warnings
    )
    tiles = "".join(
        f"<div class='tile'><b>{escape(value)}</b>"
        f"<span>{escape(what)}</span></div>"
        for value, what in document.tiles
    )
    body = (
        f"<h1>{escape(document.title)}</h1>{lead}{warnings}"
        f"<div class='tiles'>{tiles}</div>"
        f"{''.join(map(_section, document.sections))}"
    )
    return page_of(document.title, body)


def _section(section: Section) -> str:
    notes = "".join(f"<p class='soft'>{escape(n)}</p>" for n in section.notes)
    pictures = "".join(p.drawing.svg() for p in section.pictures)
    drawn = f"<div class='figures wide'>{pictures}</div>" if pictures else ""
    tables = "".join(map(_table, section.tables))
    return f"<h2>{escape(section.title)}</h2>{notes}{drawn}{tables}"


def _table(table: TableOf) -> str:
    first, *rest = table.head
    titles = "".join(f"<th class='n'>{escape(t)}</th>" for t in rest)
    rows = ""
    for number, (name, *cells) in enumerate(table.rows):
        kind = " class='quoted'" if number in table.quoted else ""
        values = "".join(f"<td class='n'>{escape(c)}</td>" for c in cells)
        rows += f"<tr{kind}><td>{escape(name)}</td>{values}</tr>"
    return (
        f"<h3>{escape(table.title)}</h3><div class='scroll'><table>"
        f"<tr><th>{escape(first)}</th>{titles}</tr>{rows}</table></div>"
    )


def document_markdown(document: Document) -> str:
    """Write Markdown; figures are files beside it (`document_figures`)."""
    lines = [f"# {document.title}", ""]
    for line in (*document.lead, *document.warnings):
        lines += [line, ""]
    for value, what in document.tiles:
        lines.append(f"- {value}: {what}")
    for section in document.sections:
        lines += ["", f"## {section.title}", ""]
        for note in section.notes:
            lines += [note, ""]
        for picture in section.pictures:
            title = picture.drawing.title
            lines += [f"![{title}]({picture.file_name})", ""]
        for table in section.tables:
            lines += [f"### {table.title}", "", *_markdown(table), ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown(table: TableOf) -> Iterator[str]:
    yield _line(table.head)
    yield "|---" + "|---:" * (len(table.head) - 1) + "|"
    yield from map(_line, table.rows)


def _line(cells: Sequence[str]) -> str:
    kept = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(kept)} |"


def document_figures(document: Document) -> dict[str, str | bytes]:
    """Return each figure as an SVG or PNG file, by the file's name."""
    return {
        picture.file_name: picture.drawing.file()
        for section in document.sections
        for picture in section.pictures
    }
