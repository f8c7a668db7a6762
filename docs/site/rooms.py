"""A page for each room of the package, and the figure of who imports whom.

In: docs/system.md, the docstrings of src/nsc. Out: Markdown pages, by path. Non-goals:
prose of their own; what is said of a room is said in system.md and in its files.
"""

import ast
import re
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "nsc"
BOX_WIDTH = 112
BOX_HEIGHT = 30
ROW_HEIGHT = 76
COLUMNS = 7


def paragraphs(system: str) -> dict[str, str]:
    """Return what the map says of each room, room -> Markdown."""
    part = system.split("\n## Rooms\n")[1].split("\n## ")[0]
    items = re.split(r"^- ", part, flags=re.MULTILINE)[1:]
    found = {}
    for item in items:
        named = re.match(r"`(\w+)/`: (.*)", item, re.DOTALL)
        if named:
            found[named.group(1)] = re.sub(r"\s*\n\s*", " ", named.group(2))
    ground = next(i for i in items if i.startswith("Ground: "))
    for said in re.sub(r"\s*\n\s*", " ", ground[len("Ground: ") :]).split(
        "; "
    ):
        named = re.match(r"`(\w+)\.py`, (.*)", said)
        if named:
            found[named.group(1)] = named.group(2).strip()
    return found


def may_import(system: str) -> dict[str, tuple[str, ...]]:
    """Read the table of who may import whom, room -> rooms."""
    part = system.split("\n| room | may import |\n")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (\w+) \| ([\w, -]+) \|$", part, re.MULTILINE)
    return {
        room: tuple(n for n in names.split(", ") if n.isidentifier())
        for room, names in rows
    }


def first_line(path: Path) -> str:
    """Return the first line of a file's docstring."""
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    return said.split("\n")[0]


def docstring(room: str) -> str:
    return ast.get_docstring(ast.parse(_door(room).read_text())) or ""


def files_of(room: str) -> list[Path]:
    """List a room's Python files, without its door."""
    folder = SOURCE / room
    return sorted(
        p
        for p in folder.rglob("*.py")
        if p.stat().st_size and p.name != "__init__.py"
    )


def pages() -> dict[str, str]:
    """Make all pages, "rooms/graph.md" -> Markdown."""
    system = (ROOT / "docs" / "system.md").read_text()
    said = paragraphs(system)
    table = may_import(system)
    made = {f"rooms/{room}.md": _page(room, said, table) for room in table}
    made["rooms/index.md"] = _index(said, table)
    return made


def _door(room: str) -> Path:
    folder = SOURCE / room
    return folder / "__init__.py" if folder.is_dir() else SOURCE / f"{room}.py"


def _linked(rooms: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"[{r}]({r}.md)" for r in rooms) or "no room"


def _page(
    room: str, said: dict[str, str], table: dict[str, tuple[str, ...]]
) -> str:
    importers = [r for r, names in table.items() if room in names]
    doc, _, details = docstring(room).partition("\n")
    parts = [
        f"# {room}",
        doc,
        escape(details.strip(), quote=False),
        f"May import {_linked(table[room])}. Imported by {_linked(importers)}.",
        "## What is where",
        re.sub(r"\]\((\w)", r"](../\1", said.get(room, "")),
    ]
    files = files_of(room)
    if files:
        rows = [
            f"| `{p.relative_to(SOURCE / room)}` | {_cell(first_line(p))} |"
            for p in files
        ]
        parts += ["## Files", "\n".join(["| file | |", "|---|---|", *rows])]
    return "\n\n".join(p for p in parts if p) + "\n"


def _cell(text: str) -> str:
    return escape(text, quote=False).replace("|", "\\|")


def _index(said: dict[str, str], table: dict[str, tuple[str, ...]]) -> str:
    rows = [
        f"| [{r}]({r}.md) | {_cell(docstring(r).split(chr(10))[0])} |"
        for r in table
    ]
    return (
        "\n\n".join(
            [
                "# Rooms",
                "Folders of `src/nsc`, and files beside them, are rooms: a room imports"
                " another room, never its files. The table that says which may is in"
                " [the map](../system.md#who-may-import-whom), and a test holds it. Drawn"
                " below, without what follows from other lines:",
                f'<div class="figure">{figure(table)}</div>',
                "\n".join(["| room | |", "|---|---|", *rows]),
            ]
        )
        + "\n"
    )


def levels(table: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """Say how many rooms lie below each, on the longest way down."""
    found: dict[str, int] = {}

    def level(room: str) -> int:
        if room not in found:
            found[room] = 1 + max(
                (level(n) for n in table.get(room, ())), default=-1
            )
        return found[room]

    for room in table:
        level(room)
    return found


def reduced(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Leave out imports that follow from others: a -> c where a -> b -> c."""

    def below(room: str) -> set[str]:
        near = set(table.get(room, ()))
        return near.union(*(below(n) for n in near))

    return [
        (room, name)
        for room, names in table.items()
        for name in names
        if not any(name in below(other) for other in names if other != name)
    ]


def figure(table: dict[str, tuple[str, ...]]) -> str:
    """Draw the rooms, whoever is imported below who imports it, as SVG."""
    at, height = _places(table)
    lines = [_line(at[a], at[b]) for a, b in reduced(table)]
    boxes = [_box(room, *place) for room, place in at.items()]
    width = COLUMNS * (BOX_WIDTH + 18)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" role="img" aria-label="Which room imports which">'
        + "".join(lines + boxes)
        + "</svg>"
    )


def _places(
    table: dict[str, tuple[str, ...]],
) -> tuple[dict[str, tuple[float, float]], int]:
    """Place rooms in rows by level, the highest first; wide rows are cut."""
    of = levels(table)
    rows = []
    for wanted in range(max(of.values()), -1, -1):
        row = [r for r in table if of[r] == wanted]
        rows += [row[i : i + COLUMNS] for i in range(0, len(row), COLUMNS)]
    width = COLUMNS * (BOX_WIDTH + 18)
    at = {}
    for number, row in enumerate(rows):
        step = width / len(row)
        for column, room in enumerate(row):
            at[room] = (step * (column + 0.5), 24 + number * ROW_HEIGHT)
    return at, 24 + len(rows) * ROW_HEIGHT - ROW_HEIGHT // 2


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    top = start[1] + BOX_HEIGHT / 2
    bottom = end[1] - BOX_HEIGHT / 2
    middle = (top + bottom) / 2
    return (
        f'<path d="M{start[0]:.0f} {top:.0f} C{start[0]:.0f} {middle:.0f}'
        f' {end[0]:.0f} {middle:.0f} {end[0]:.0f} {bottom:.0f}" fill="none"'
        ' stroke="currentColor" stroke-opacity="0.35"/>'
    )


def _box(room: str, x: float, y: float) -> str:
    left = x - BOX_WIDTH / 2
    top = y - BOX_HEIGHT / 2
    return (
        f'<a href="{room}/"><rect x="{left:.0f}" y="{top:.0f}" width="{BOX_WIDTH}"'
        f' height="{BOX_HEIGHT}" rx="5" class="room"/><text x="{x:.0f}"'
        f' y="{y + 5:.0f}" text-anchor="middle" fill="currentColor"'
        f' font-size="14">{room}</text></a>'
    )
