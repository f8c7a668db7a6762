"""The case study's rows -> a document: the paper's table beside ours, three figures.

In: what run_study returned. Out: a Document; files in a folder.
Non-goals: measuring.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsc.host import write_whole
from nsc.report import (
    Axis,
    Document,
    Figure,
    Picture,
    Section,
    TableOf,
    document_figures,
    document_markdown,
    document_page,
)

Row = dict[str, Any]
NAME = "llvm_mca"
_BY_APPLICATION = "adaptation by application"
# of the poster's table; its error is against measured timings
PUBLISHED = (
    ("the paper: llvm-mca -O3", "25.0 % (of measurements)", "1,742", "1.0"),
    (
        "the paper: its surrogate",
        "27.1 % (of measurements)",
        "2,820",
        "1.6",
    ),
)
_LEAD = (
    "llvm-mca simulates how a processor runs a basic block. Surrogates of it are"
    " compiled from its scheduling tables and its answers, then adapted to measured"
    " blocks.",
    "MAPE is the mean of |predicted - true| / true on blocks that nothing learned from:"
    " in compilation true is what the newest llvm-mca says, in adaptation what was"
    " measured on a Haswell. Speeds are CPU seconds of one thread.",
)


def study_document(found: dict[str, Any]) -> Document:
    """Make a document of a study's rows.

    Args:
        found: what run_study returned.
    """
    sections: list[Section] = []
    if "compile" in found:
        sections.append(_compilation(found["compile"]))
    if "adapt" in found:
        sections.append(_adaptation(found["adapt"]))
    if "optimize" in found:
        sections.append(_optimization(found["optimize"]))
    quick = ("Quick: few blocks, short training.",) if found["quick"] else ()
    return Document(
        "llvm-mca: compile, adapt and optimize a simulator",
        _LEAD,
        (),
        tuple(sections),
        quick,
    )


def write_page(found: dict[str, Any], folder: Path) -> None:
    """Write the document as Markdown and as one page, its figures beside.

    Args:
        found: what run_study returned.
        folder: is made if it is not there.
    """
    document = study_document(found)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{NAME}.md", document_markdown(document))
    write_whole(folder / f"{NAME}.html", document_page(document))
    for name, drawn in document_figures(document).items():
        if isinstance(drawn, str):
            write_whole(folder / name, drawn)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _compilation(rows: Sequence[Row]) -> Section:
    timed = [row for row in rows if "blocks_per_s" in row]
    speeds = tuple(
        (
            row["name"],
            _percent(row["mape"]),
            f"{row['blocks_per_s']:,.0f}",
            f"{row['times_stock']:.1f}",
        )
        for row in timed
    )
    head = ("", "MAPE", "blocks/s", "x fastest stock")
    quoted = frozenset(range(len(PUBLISHED)))
    tables = (
        TableOf("Error and speed", head, PUBLISHED + speeds, quoted),
        _labels_table(rows),
        *_applications_table(rows),
    )
    pictures = (
        Picture("llvm_mca_speed", _speed_figure(timed)),
        Picture("llvm_mca_labels", _labels_figure(rows)),
    )
    return Section("Surrogate compilation", (), tables, pictures)


def _learned(rows: Sequence[Row], start: str) -> list[Row]:
    return [row for row in rows if row.get("start") == start]


def _labels_table(rows: Sequence[Row]) -> TableOf:
    tabled = _learned(rows, "tables")
    random = _learned(rows, "random")
    body = tuple(
        (f"{a['labels']:,}", _percent(a["mape"]), _percent(b["mape"]))
        for a, b in zip(tabled, random, strict=True)
    )
    head = ("labels", "start: LLVM's tables", "start: random")
    return TableOf("The structured model by labels, MAPE", head, body)


def _applications_table(rows: Sequence[Row]) -> list[TableOf]:
    """List applications that judge what learned from the others, if there are any."""
    chosen = [row for row in rows if row["kind"] == "application"]
    body = tuple(
        (
            row["application"],
            f"{row['blocks']:,}",
            _percent(row["tables_mape"]),
            _percent(row["mape"]),
        )
        for row in chosen
    )
    if not chosen:
        return []
    head = (
        "judged by",
        "blocks",
        "LLVM's tables",
        f"{chosen[0]['labels']:,} labels of the others",
    )
    title = "Applications that nothing learned from, MAPE"
    return [TableOf(title, head, body)]


def _speed_figure(timed: Sequence[Row]) -> Figure:
    figure = Figure(
        "Error against speed",
        Axis(1e3, 1.5e6, "blocks per second", log=True),
        Axis(0.0, 0.15, "MAPE"),
    )
    kinds = {
        "extrapolated": ("c0", "two short runs, extrapolated"),
        "transformer": ("c1", "transformers"),
        "speed": ("c2", "structured model"),
    }
    for kind, (colour, title) in kinds.items():
        chosen = [row for row in timed if row["kind"] == kind]
        speeds = [row["blocks_per_s"] for row in chosen]
        figure.points(speeds, [row["mape"] for row in chosen], colour)
        figure.keys.append((colour, title))
    return figure


def _labels_figure(rows: Sequence[Row]) -> Figure:
    figure = Figure(
        "Error against labels (0 is drawn at 10)",
        Axis(10, 2e5, "labels", log=True),
        Axis(0.0, 0.5, "MAPE"),
    )
    for start, colour in (("tables", "c2"), ("random", "c0")):
        chosen = _learned(rows, start)
        labels = [max(10, row["labels"]) for row in chosen]
        errors = [row["mape"] for row in chosen]
        figure.line(labels, errors, colour, f"start: {start}")
        figure.points(labels, errors, colour)
    return figure


def _adaptation(found: Sequence[Row]) -> Section:
    rows = [row for row in found if row.get("kind") != _BY_APPLICATION]
    methods = list(dict.fromkeys(row["method"] for row in rows))
    sizes = list(dict.fromkeys(row["blocks"] for row in rows))
    cells = {(row["method"], row["blocks"]): _interval(row) for row in rows}
    body = tuple(
        (method, *(cells[method, size] for size in sizes))
        for method in methods
    )
    head = ("", *(f"{size} blocks" for size in sizes))
    table = TableOf("MAPE of measured blocks, 95 % intervals", head, body)
    figure = Figure(
        "Error against measurements",
        Axis(0, max(sizes) * 1.05, "measured blocks to learn from"),
        Axis(0.1, 0.36, "MAPE"),
    )
    for k, method in enumerate(_drawn(rows)):
        chosen = [row for row in rows if row["method"] == method]
        blocks = [row["blocks"] for row in chosen]
        errors = [row["mape"] for row in chosen]
        figure.line(blocks, errors, f"c{k % 7}", method)
        figure.points(blocks, errors, f"c{k % 7}")
    splits = len(rows[0]["splits"])
    few = min(len(row["splits"]) for row in rows)
    first = f" (of transformers the first {few} of them)" * (few < splits)
    note = (
        f"Means over {splits} random splits, the same for all methods{first}; intervals"
        " are a bootstrap over splits, which share blocks: differences between methods"
        " are surer than the intervals look.",
    )
    picture = Picture("llvm_mca_adaptation", figure)
    tables = (table, *_adapted_applications(found))
    return Section("Surrogate adaptation", note, tables, (picture,))


def _drawn(rows: Sequence[Row]) -> list[str]:
    """Choose the methods of the figure: of two that are alike one, no mere starts."""
    curves: dict[str, tuple[float, ...]] = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        curve = tuple(r["mape"] for r in rows if r["method"] == method)
        is_start = method.startswith("surrogate of") or method.endswith(
            (", as compiled", ", scratch")
        )
        if not is_start and curve not in curves.values():
            curves[method] = curve
    return [m for m in curves if f"{m}, store forwarding" not in curves]


def _adapted_applications(found: Sequence[Row]) -> list[TableOf]:
    """List applications that judge what was adapted to the others, if there are any."""
    rows = [row for row in found if row.get("kind") == _BY_APPLICATION]
    names = list(dict.fromkeys(row["application"] for row in rows))
    cells = {
        (row["method"], row["application"]): f"{100 * row['mape']:.1f}"
        for row in rows
    }
    methods = list(dict.fromkeys(row["method"] for row in rows))
    body = tuple(
        (method, *(cells[method, name] for name in names))
        for method in methods
    )
    title = (
        "MAPE of measured blocks of an application that nothing learned from"
    )
    return [TableOf(title, ("", *names), body)] if rows else []


def _optimization(rows: Sequence[Row]) -> Section:
    body = tuple(
        (
            row["method"],
            f"{row['evaluations']:,}",
            f"{100 * row['tuned']:.1f}",
            f"{100 * row['judged']:.1f} [{100 * row['least']:.1f},"
            f" {100 * row['most']:.1f}]",
        )
        for row in rows
    )
    head = ("", "evaluations", "tuned blocks, %", "unseen blocks, %")
    title = (
        "MAPE of measured blocks; in brackets the least and the most of splits"
    )
    searches = {r["method"]: r for r in rows if r["kind"] == "search"}
    most = max(len(row["curve"]) for row in searches.values())
    figure = Figure(
        "Error of unseen blocks against evaluations",
        Axis(1, max(most, 2), "simulations of the tuned blocks", log=True),
        Axis(0.1, 0.4, "MAPE of unseen blocks"),
    )
    for k, (method, row) in enumerate(searches.items()):
        at = list(range(1, len(row["curve"]) + 1))
        figure.line(at, row["curve"], f"c{k % 7}", method)
    note = (
        f"Means over {rows[0]['seeds']} random splits into blocks that tune and blocks"
        " that judge, the same for all methods. What is tuned are the latencies that"
        " llvm-mca 19 gives to groups of instructions which its model treats alike, whole"
        " numbers; the objective is the MAPE of the tuned blocks and 0.0005 for each cycle"
        " away from a default. Evaluations are simulations of all tuned blocks.",
    )
    picture = Picture("llvm_mca_optimization", figure)
    return Section(
        "Surrogate optimization",
        note,
        (TableOf(title, head, body),),
        (picture,),
    )


def _interval(row: Row) -> str:
    low = 100 * row["low"]
    high = 100 * row["high"]
    return f"{100 * row['mape']:.1f} [{low:.1f}, {high:.1f}]"
