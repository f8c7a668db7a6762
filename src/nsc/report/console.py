"""What the terminal shows: functions of a file, progress, and the summary of a
compilation.

In: plain data. Out: rich renderables. Non-goals: computing anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console, Group
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from nsc.report.drawn import said_of_drawn
from nsc.report.error_bars import said_of_error_bars
from nsc.report.numbers import counts, duration, number, ranges, share
from nsc.report.schema import Described, DraftReport, Errors, Report
from nsc.report.sizes import better_form
from nsc.report.speed import verdict
from nsc.report.twin import said_of_twin

LOG_SECONDS = 15
# how a note begins that stands in the first line, too
BEATEN = "worse than a simple fit"


@contextmanager
def console_progress(
    console: Console,
) -> Iterator[Callable[[str, float], None]]:
    """Show one line that says what is happening.

    Where the output is no terminal, a line is printed every quarter of a minute.

    Yields:
        A callable: what is happening, and the fraction of it that is done.
    """
    if not console.is_terminal:
        yield _Log(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda what, fraction: bar.update(
            task, description=escape(what), completed=fraction
        )


class _Log:
    """Prints what it is told, but not too often."""

    def __init__(self, console: Console):
        self.console = console
        self.last = time.monotonic()

    def __call__(self, what: str, fraction: float) -> None:
        if time.monotonic() - self.last >= LOG_SECONDS:
            self.last = time.monotonic()
            self.console.print(
                f"{fraction:4.0%} {what}", markup=False, highlight=False
            )


@dataclass(frozen=True)
class FunctionLine:
    """One function of a file, as it is listed.

    Args:
        prototype, inputs, outputs: of candidates; else None and ().
        closure_functions, closure_lines: how much a candidate needs.
        problems: why it is no candidate.
        command: that compiles a candidate.
        notes: what its user should know.
    """

    name: str
    line: int
    prototype: str | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    closure_functions: int = 0
    closure_lines: int = 0
    problems: tuple[str, ...] = ()
    command: str = ""
    notes: tuple[str, ...] = ()


def functions_text(functions: Sequence[FunctionLine], path: str) -> Group:
    """List functions: the candidates as functions of scalars, then the others.

    Args:
        path: of the file they are in.
    """
    candidates = [f for f in functions if not f.problems]
    refused = [f for f in functions if f.problems]
    lines = [line for f in candidates for line in _candidate(f)]
    if not lines:
        lines = [Text(f"{path}: no function can become a surrogate")]
    if refused:
        lines.append(Text("not candidates:"))
    lines += [line for f in refused for line in _refused(f)]
    return Group(*lines)


def _candidate(f: FunctionLine) -> list[Text]:
    lines = _count(f.closure_lines, "line")
    functions = _count(f.closure_functions, "function")
    names = f"{', '.join(f.inputs)} -> {', '.join(f.outputs)}"
    view = f"{names}   closure: {lines}, {functions}"
    return [
        Text.assemble(
            (f"{f.line:>5}  ", "dim"), (f.prototype or f.name, "bold")
        ),
        Text(f"       {view}", style="dim"),
        *[Text(f"       {f.command}", style="dim")] * bool(f.command),
        *(Text(f"       note: {note}", style="yellow") for note in f.notes),
    ]


def _refused(f: FunctionLine) -> list[Text]:
    head = Text.assemble((f"{f.line:>5}  ", "dim"), f.name)
    return [head, *(Text(f"       {p}", style="yellow") for p in f.problems)]


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


MAX_OUTPUTS = 8  # that are summarised one by one


def console_summary(
    report: Report, out: Path, *, starts: Mapping[str, str]
) -> Group:
    """Summarise a compilation in a dozen lines.

    Args:
        out: the folder that was written to.
        starts: what the summary calls each initialiser, in the order to name them.
    """
    table = _interface(report)
    _add_starts(table, report, starts)
    _add_errors(table, report)
    _add_costs(table, report)
    how = f"{report.topology}, {report.initial} start, {report.optimizer}"
    return _summary(report, out, table, how)


def _add_starts(
    table: Table, report: Report, starts: Mapping[str, str]
) -> None:
    """Say what surrogates were worth before any training, and which start won."""
    found = [
        f"{number(report.zero_shot[name].nmse)} {words}"
        for name, words in starts.items()
        if name in report.zero_shot
    ]
    table.add_row("zero-shot", f"nmse {', '.join(found)}")
    if report.expected_zero_shot_nmse:
        expected = ", ".join(map(number, report.expected_zero_shot_nmse))
        table.add_row("", f"expected from the text: nmse {expected}")
    if report.finetune:
        title = "best start" if report.program_runs["validation"] else "start"
        winners = dict.fromkeys(f.winner for f in report.finetune)
        table.add_row(title, ", ".join(winners))


def _add_errors(table: Table, report: Report) -> None:
    """Say how wrong the surrogate is, in all and output by output."""
    test = report.test
    table.add_row("verified", _errors(test))
    if test.bound:
        table.add_row("", Text(test.bound.sentence))
    if report.error_bars:
        said = said_of_error_bars(report.error_bars, report.outputs)
        table.add_row("error bars", Text(said))
    alone = list(zip(report.outputs, test.outputs, strict=False))
    for name, errors in alone[:MAX_OUTPUTS]:
        table.add_row("", f"{name}: {_errors(errors)}")
    if len(alone) > MAX_OUTPUTS:
        table.add_row(
            "", f"{len(alone) - MAX_OUTPUTS} more outputs: report.json"
        )


def _errors(errors: Errors) -> str:
    said = (
        f"rmse {number(errors.rmse)}, nmse {number(errors.nmse)},"
        f" largest error {number(errors.max_abs)}"
    )
    if errors.wrong is None:
        return said
    return f"{said}; {share(errors.wrong)} of answers are another integer"


def _add_costs(table: Table, report: Report) -> None:
    """Say what it took: program runs, seconds, and nanoseconds a call."""
    table.add_row("program runs", counts(report.program_runs))
    if report.check_runs:
        table.add_row("check runs", counts(report.check_runs))
    if report.twin:
        table.add_row("twin", said_of_twin(report.twin))
    ns = report.ns_per_call
    if ns.original:
        each = f"{ns.surrogate:.1f} ns (the original {ns.original:.1f} ns)"
        if ns.batch:
            each += f"; a row of a batch {ns.batch:.1f} ns"
        table.add_row("a call", each)
        table.add_row(
            "speed", verdict(ns, report.time_s["total"], report.test.nmse)
        )
    better = better_form(report)
    if better:
        table.add_row("form", better)
    total = duration(report.time_s["total"])
    finetuning = duration(report.time_s["finetune"])
    table.add_row("time", f"{total}, of it {finetuning} finetuning")


def draft_summary(report: DraftReport, out: Path) -> Group:
    """Summarise a compilation that ran nothing."""
    table = _interface(report)
    expected = ", ".join(map(number, report.expected_zero_shot_nmse))
    table.add_row("expected", f"nmse {expected}")
    table.add_row("verified", "no: nothing was run")
    table.add_row("time", duration(report.time_s["total"]))
    return _summary(
        report, out, table, f"{report.topology}, from the text alone"
    )


def _interface(report: Described) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("inputs", ranges(report.domain))
    if report.drawn:
        table.add_row("", Text(said_of_drawn(report.drawn)))
    table.add_row("outputs", ", ".join(report.outputs))
    return table


def _summary(
    report: Report | DraftReport, out: Path, table: Table, how: str
) -> Group:
    table.add_row("written", f"{out}/ " + ", ".join(report.files))
    head = Text.assemble((report.function, "bold"), f"  {how}")
    first = [n for n in report.notes if n.startswith(BEATEN)]
    worst = [
        Text(f"{report.function} is {n}", style="bold red") for n in first
    ]
    notes = [Text(f"note: {n}", style="yellow") for n in report.notes]
    return Group(*worst, head, table, *notes)


class Improvement(Protocol):
    """Zero-shot improvements of a group of programs over random initialisation."""

    @property
    def group(self) -> str: ...
    @property
    def programs(self) -> int: ...
    @property
    def compnet(self) -> float: ...
    @property
    def compnet_median(self) -> float: ...
    @property
    def true_mean(self) -> float: ...
    @property
    def mismatched(self) -> float: ...
    @property
    def base(self) -> float: ...
    @property
    def median_nmse(self) -> float: ...


_EVALUATION_COLUMNS = (
    "group",
    "programs",
    "CompNet",
    "median",
    "true mean",
    "mismatched",
    "base",
    "median nmse",
)


def evaluation_table(rows: Sequence[Improvement]) -> Table:
    """Show improvements by group: geometric means, medians, controls."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in _EVALUATION_COLUMNS:
        table.add_column(
            title, justify="left" if title == "group" else "right"
        )
    for row in rows:
        figures = (
            row.compnet,
            row.compnet_median,
            row.true_mean,
            row.mismatched,
            row.base,
            row.median_nmse,
        )
        table.add_row(row.group, str(row.programs), *map(number, figures))
    return table
