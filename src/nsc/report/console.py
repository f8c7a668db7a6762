"""What the terminal shows: functions of a file, progress, and the summary of a
compilation.

In: plain data. Out: rich renderables. Non-goals: computing anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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

from nsc.report.numbers import duration, number

LOG_SECONDS = 15


@contextmanager
def console_progress(console: Console) -> Iterator[Callable[[str, float], None]]:
    """Show one line that says what is happening; yields a callable (what, fraction
    done).

    Where the output is no terminal, a line is printed every quarter of a minute.
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
            self.console.print(f"{fraction:4.0%} {what}", markup=False, highlight=False)


def functions_text(functions: list[dict], path: str) -> Group:
    """List functions: the candidates with their scalar view, then the others with their
    reasons.
    """
    lines: list[Text] = []
    for f in functions:
        if f["problems"]:
            continue
        closure = (
            f"{_count(f['closure_lines'], 'line')},"
            f" {_count(f['closure_functions'], 'function')}"
        )
        lines.append(
            Text.assemble((f"{f['line']:>5}  ", "dim"), (f["prototype"], "bold"))
        )
        view = (
            f"{', '.join(f['inputs'])} -> {', '.join(f['outputs'])}   closure:"
            f" {closure}"
        )
        lines.append(Text(f"       {view}", style="dim"))
    others: list[Text] = []
    for f in functions:
        if f["problems"]:
            others.append(Text.assemble((f"{f['line']:>5}  ", "dim"), f["function"]))
            others += [Text(f"       {p}", style="yellow") for p in f["problems"]]
    if not lines:
        lines = [Text(f"{path}: no function can become a surrogate")]
    return Group(*lines, *([Text("not candidates:"), *others] if others else []))


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


MAX_OUTPUTS = 8  # that are summarised one by one
_INITIAL = {"compnet": "from the text", "distill": "distilled", "random": "at random"}


def console_summary(report: dict, out: Path) -> Group:
    """Summarise a compilation in a dozen lines."""
    test = report["test"]
    ns = report["ns_per_call"]
    runs = report["program_runs"]
    zero = report["zero_shot"]
    table = _interface(report)
    found = [
        f"{number(zero[name]['nmse'])} {words}"
        for name, words in _INITIAL.items()
        if name in zero
    ]
    table.add_row("zero-shot", f"nmse {', '.join(found)}")
    if report["expected_zero_shot_nmse"]:
        table.add_row(
            "",
            "expected from the text: nmse"
            f" {', '.join(map(number, report['expected_zero_shot_nmse']))}",
        )
    if report["finetune"]:
        table.add_row(
            "best start" if runs["validation"] else "start",
            ", ".join(dict.fromkeys(f["winner"] for f in report["finetune"])),
        )
    table.add_row(
        "verified",
        f"rmse {number(test['rmse'])}, nmse {number(test['nmse'])}, largest error"
        f" {number(test['max_abs'])}",
    )
    if test["bound"]:
        table.add_row("", test["bound"]["sentence"])
    for name, alone in list(zip(report["outputs"], test["outputs"], strict=False))[
        :MAX_OUTPUTS
    ]:
        largest = f", largest error {number(alone['max_abs'])}"
        table.add_row(
            "",
            f"{name}: rmse {number(alone['rmse'])}, nmse"
            f" {number(alone['nmse'])}{largest}",
        )
    if len(test["outputs"]) > MAX_OUTPUTS:
        table.add_row(
            "", f"{len(test['outputs']) - MAX_OUTPUTS} more outputs: report.json"
        )
    table.add_row("program runs", ", ".join(f"{v} {k}" for k, v in runs.items()))
    if ns["original"]:
        table.add_row(
            "a call", f"{ns['surrogate']:.1f} ns (the original {ns['original']:.1f} ns)"
        )
    times = report["time_s"]
    table.add_row(
        "time",
        f"{duration(times['total'])}, of it {duration(times['finetune'])} finetuning",
    )
    return _summary(
        report,
        out,
        table,
        f"{report['topology']}, {report['initial']} start, {report['optimizer']}",
    )


def draft_summary(report: dict, out: Path) -> Group:
    """Summarise a compilation that ran nothing."""
    table = _interface(report)
    table.add_row(
        "expected", f"nmse {', '.join(map(number, report['expected_zero_shot_nmse']))}"
    )
    table.add_row("verified", "no: nothing was run")
    table.add_row("time", duration(report["time_s"]["total"]))
    return _summary(report, out, table, f"{report['topology']}, from the text alone")


def _interface(report: dict) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row(
        "inputs",
        ", ".join(
            f"{k} in [{lo:g}, {hi:g}]" for k, (lo, hi) in report["domain"].items()
        ),
    )
    table.add_row("outputs", ", ".join(report["outputs"]))
    return table


def _summary(report: dict, out: Path, table: Table, how: str) -> Group:
    table.add_row("written", f"{out}/ " + ", ".join(report["files"]))
    head = Text.assemble((report["function"], "bold"), f"  {how}")
    notes = [Text(f"note: {n}", style="yellow") for n in report["notes"]]
    return Group(head, table, *notes)


def evaluation_table(rows: list[dict]) -> Table:
    """Show zero-shot improvements over random initialisation: geometric means, medians,
    controls.
    """
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in (
        "group",
        "programs",
        "CompNet",
        "median",
        "true mean",
        "mismatched",
        "base",
        "median nmse",
    ):
        table.add_column(title, justify="left" if title == "group" else "right")
    for r in rows:
        means = (
            r["compnet"],
            r["compnet_median"],
            r["true_mean"],
            r["mismatched"],
            r["base"],
            r["median_nmse"],
        )
        table.add_row(r["group"], str(r["programs"]), *(number(v) for v in means))
    return table
