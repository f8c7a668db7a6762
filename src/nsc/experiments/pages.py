"""Results -> tables, figures and a page: RESULTS/report.

In: a folder of results. Out: report.md, report.html, SVG and PNG files. Non-goals: running
anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.experiments.ablations import arms_table
from nsc.experiments.names import factor
from nsc.experiments.protocol import Protocol
from nsc.experiments.results import Result, read_results
from nsc.experiments.starts import STARTS
from nsc.experiments.suites import SUITES
from nsc.experiments.tables import pictures_of, tables_of
from nsc.host import replacing, write_whole
from nsc.report import (
    Document,
    Section,
    document_figures,
    document_markdown,
    document_page,
)

FOLDER = "report"
SHOWN = ("compnet", "bert", "distill")  # one of them has tiles
_LEAD = (
    "Improvement of a start: the mean over trials of what random initialisation ends"
    " with, divided by the mean of what this start ends with, for each program and"
    " share of its examples. Means over programs and shares are geometric. Intervals"
    " are 95 %: a bootstrap over programs and the trials of each.",
    "Published columns and hollow marks: the preprint (architecture 1-4-4-2, its own"
    " programs) and what the abstract of ICML 2024 says; neither's data, weights or"
    " code are public, so that the programs are not the same.",
)


def write_report(folder: Path) -> list[Path]:
    """Write the report of all results in a folder.

    Returns:
        The page and the Markdown file.

    Raises:
        StoreError: no results there, or damaged ones.
        InputError: nothing can be written there.
    """
    document = document_of(read_results(folder))
    target = folder / FOLDER
    texts: dict[str, str | bytes] = {
        "report.html": document_page(document),
        "report.md": document_markdown(document),
        **document_figures(document),
    }
    try:
        target.mkdir(exist_ok=True)
        for name, text in texts.items():
            _write(target / name, text)
    except OSError as error:
        raise InputError(
            f"cannot write to {target}: {error.strerror}"
        ) from None
    return [target / "report.html", target / "report.md"]


def _write(path: Path, content: str | bytes) -> None:
    if isinstance(content, str):
        write_whole(path, content)
        return
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def document_of(results: Sequence[Result]) -> Document:
    """Put results into a document."""
    sections = tuple(_section(result, results) for result in results)
    return Document(
        "What a start is worth",
        lead=_LEAD,
        tiles=tuple(_tiles(results)),
        sections=sections,
        warnings=tuple(dict.fromkeys(_warnings(results))),
    )


def _tiles(results: Iterable[Result]) -> Iterable[tuple[str, str]]:
    for result in results:
        for name in SHOWN:
            if name in result.others:
                found = result.sureness(name).over_programs()
                suite = SUITES[result.suite["suite"]].title
                what = f"{result.experiment.title.lower()}, {suite}"
                told = f"{what}, {result.optimizer}: {name}"
                yield f"{factor(found.improvement)}×", told
                break


def _warnings(results: Iterable[Result]) -> Iterable[str]:
    for result in results:
        if result.head["protocol"]["is_quick"]:
            yield (
                "Quick: fewer trials, epochs and programs than the papers' protocol, on"
                " programs of the package. These numbers are no results."
            )
        missing = [n for n in ("random", *result.others) if _misses(result, n)]
        if missing:
            yield (
                f"{_title(result)}: not done yet for {', '.join(missing)}; what is"
                " missing counts nowhere. The same nsc bench goes on."
            )


def _misses(result: Result, name: str) -> bool:
    """Say whether a run lacks trials."""
    values = result.runs[name].values
    found = result.head["protocol"]
    protocol = Protocol(**{**found, "sizes": tuple(found["sizes"])})
    is_drawn = STARTS[name].is_drawn
    wanted = [is_drawn or "topology" not in p for p in result.programs]
    lacks = bool(np.isnan(values[wanted]).any())
    return lacks or values.shape[2] < len(result.experiment.trials(protocol))


def _title(result: Result) -> str:
    suite = SUITES[result.suite["suite"]].title
    optimizer = {"adam": "Adam", "lm": "Levenberg-Marquardt"}[result.optimizer]
    return f"{result.experiment.title}, {suite}, {optimizer}"


def _section(result: Result, results: Sequence[Result]) -> Section:
    """Put a result into a section, beside the other arm where it has one."""
    return Section(
        _title(result),
        notes=tuple(_notes(result)),
        tables=(*arms_table(result, results), *tables_of(result)),
        pictures=tuple(pictures_of(result)),
    )


def _notes(result: Result) -> Iterable[str]:
    protocol = result.head["protocol"]
    counts = result.suite["counts"]
    left = ", ".join(f"{n} left out ({why})" for why, n in counts.items() if n)
    yield (
        f"{_counted(len(result.programs))} ({result.suite['source']}"
        f"{'; ' if left else ''}{left}). Digest {result.suite['digest']}."
    )
    steps = protocol["steps"]
    if result.experiment.about:
        yield from result.experiment.about
        trials = result.runs["random"].trials
        yield f"{trials} trials; {steps} steps. {_floor_text(result)}"
        return
    if result.experiment.measure_targets is None:
        yield (
            f"{protocol['trials']} trials, each with a subset of the examples and a"
            f" split 80:20 of its own; {steps} steps; the test loss where validation"
            " was best. With Adam both are measured every third epoch, the test loss"
            " where validation is at its best so far."
        )
    else:
        yield (
            f"Target: the mean final test loss of {protocol['time_trials']} random"
            f" starts after {steps} steps on all examples. Epochs until the test loss"
            f" is at most that, of {protocol['time_trials']} trials (random: further"
            f" ones), capped at {steps}; fewer than"
            f" {result.floor:g} count as {result.floor:g}, the"
            " resolution of the measurement."
        )
    if result.experiment.measure_targets is None:
        yield _floor_text(result)


def _counted(count: int) -> str:
    return "1 program" if count == 1 else f"{count} programs"


def _floor_text(result: Result) -> str:
    floor = result.floor
    return f"What is below {floor:g} counts as {floor:g} (mean {result.experiment.unit})."
