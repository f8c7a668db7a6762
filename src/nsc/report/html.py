"""A report -> one self-contained page.

In: a `Report` with its figures. Out: HTML text with inline CSS and SVG, one script that
evaluates the surrogate, no external resource. Every text that came from a user is escaped.
Non-goals: reports of what nothing has verified, which have no page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from nsc.report.drawn import said_of_drawn
from nsc.report.error_bars import said_of_error_bars
from nsc.report.live import live_policy, live_section
from nsc.report.numbers import counts, duration, number, ranges, share
from nsc.report.page import page_of
from nsc.report.schema import Curve, Figures, HeatMap, Histogram, Report, Row
from nsc.report.sizes import forms_table, ladder_figures
from nsc.report.speed import said_of_speed
from nsc.report.svg import Axis, Figure, axis_for, heat_map
from nsc.report.twin import said_of_twin

# of an output's range: where it hardly varies along an input, errors are not blown up
LEAST_SPAN = 0.05
_C_TOKEN = re.compile(
    r"(?P<c>//[^\n]*|/\*.*?\*/)"
    r"|(?P<l>\"(?:\\.|[^\"\n])*\"|\b\d[\w.]*)"
    r"|(?P<k>#\s*\w+|\b(?:auto|break|case|char|const|continue|default|do|double|else"
    r"|enum|extern|float|for|if|inline|int|long|return|short|signed|sizeof|static"
    r"|struct|switch|typedef|unsigned|void|while)\b)",
    re.DOTALL,
)


def html_page(
    report: Report,
    *,
    starts: Mapping[str, str],
    network: Mapping[str, Any] | None = None,
) -> str:
    """Write the page of one compilation.

    Args:
        starts: what the page calls each initialiser of `report.zero_shot`.
        network: the surrogate as plain values, to be tried on the page; None leaves
            that out.

    Raises:
        ValueError: the report has no figures.
    """
    if report.figures is None:
        raise ValueError("a page needs a report with figures")
    sections = [
        _title(report),
        _tiles(report),
        _notes(report),
        "<h2>Program and surrogate</h2>",
        _each_output(report),
        _comparison(report.outputs, report.figures),
        live_section(network) if network else "",
        "<h2>Learning</h2>",
        _learning(report),
        _size_and_form(report),
        "<h2>Before any training</h2>",
        _zero_shot(report, starts),
        "<h2>What was done</h2>",
        _done(report),
        "<h2>The program</h2>",
        _code(report.program.text),
    ]
    title = f"{report.function}: neural surrogate"
    return page_of(title, "".join(sections), live_policy() if network else "")


def _title(r: Report) -> str:
    sentence = "Too few verification inputs for a distribution-free bound."
    if r.test.bound:
        sentence = f"{r.test.bound.sentence}."
    capitalised = sentence[0].upper() + sentence[1:]
    return (
        f"<h1>{escape(r.function)}</h1>"
        f"<p class='mono soft'>{escape(r.signature)}</p>"
        f"<p>{escape(capitalised)}</p>"
        f"{_error_bars(r)}"
    )


def _error_bars(r: Report) -> str:
    """Say how often stated intervals held, where there are any."""
    if r.error_bars is None:
        return ""
    said = said_of_error_bars(r.error_bars, r.outputs)
    return f"<p>Error bars: {escape(said)}.</p>"


def _tiles(r: Report) -> str:
    ns = r.ns_per_call
    checks = r.check_runs or {}
    in_all = sum(r.program_runs.values()) + sum(checks.values())
    kind = "all" if r.drawn and r.drawn.all else "fresh"
    tiles = [
        (number(r.test.rmse), f"rmse on {kind} inputs"),
        (number(r.test.nmse), "nmse (mse / variance)"),
        (number(r.test.max_abs), "largest error seen"),
        (str(in_all), "program runs in all"),
        (duration(r.time_s["total"]), "from text to report"),
    ]
    if r.test.wrong is not None:
        behind_errors = 3
        said = "of answers wrong: other integers, by as much as the errors say"
        tiles.insert(behind_errors, (share(r.test.wrong), said))
    if ns.original:
        original = f"a call; the original takes {ns.original:.0f} ns"
        tiles.append((f"{ns.surrogate:.0f} ns", original))
        if ns.batch:
            tiles.append((f"{ns.batch:.1f} ns", "a row of a batch"))
    written = "".join(
        f"<div class='tile'><b>{escape(value)}</b><span>{escape(what)}</span></div>"
        for value, what in tiles
    )
    return f"<div class='tiles'>{written}</div>"


def _notes(r: Report) -> str:
    return "".join(f"<p class='note'>{escape(note)}</p>" for note in r.notes)


def _each_output(r: Report) -> str:
    """Tabulate each output's errors, where there are several: scales may differ."""
    if not r.test.outputs:
        return ""
    bound = r.test.bound
    titles = ["rmse", "nmse", "largest error"]
    if bound and bound.fraction:
        held = 100 * (1 - bound.fraction)
        titles.append(f"{held:g} % of inputs stay below")
    has_wrong = r.test.wrong is not None
    if has_wrong:
        titles.append("answers wrong")
    rows = ""
    for name, errors in zip(r.outputs, r.test.outputs, strict=True):
        figures = [errors.rmse, errors.nmse, errors.max_abs]
        if bound and bound.fraction:
            figures.append(errors.bound.error if errors.bound else None)
        cells = [*map(number, figures), *[share(errors.wrong)] * has_wrong]
        rows += f"<tr><td>{escape(name)}</td>{_numbers(cells)}</tr>"
    columns = "".join(f"<th class=n>{escape(title)}</th>" for title in titles)
    return f"<table><tr><th>output</th>{columns}</tr>{rows}</table>"


def _numbers(values: Iterable[str]) -> str:
    """Write the cells of numbers."""
    return "".join(f"<td class='n'>{value}</td>" for value in values)


def _comparison(outputs: tuple[str, ...], data: Figures) -> str:
    """Draw where program and surrogate agree."""
    truths = [_column(data.truth, k) for k in range(len(outputs))]
    figures = [_curve(c, truths[outputs.index(c.output)]) for c in data.curves]
    for plot in data.heat_maps:
        figures += _heat_maps(plot)
    for k, name in enumerate(outputs):
        figures.append(_scatter(name, truths[k], _column(data.predicted, k)))
    figures.append(_histogram(data.histogram))
    return f"<div class='figures'>{''.join(figures)}</div>"


def _column(rows: tuple[Row, ...], k: int) -> list[float]:
    return [row[k] for row in rows]


def _curve(plot: Curve, truth: list[float]) -> str:
    """Draw program and surrogate along one input; `truth` tells the output's range."""
    least = LEAST_SPAN * (max(truth) - min(truth))
    # an axis of negative numbers has no logarithms; there points lie as they are
    is_log = bool(plot.is_log) and min(plot.x) > 0
    label = f"{plot.input} (logarithmic)" if is_log else plot.input
    x = Axis(min(plot.x), max(plot.x), label, is_log)
    values = [v for v in plot.program + plot.surrogate if v is not None]
    y = axis_for(values, plot.output, least=least)
    figure = Figure(plot.title, x, y)
    figure.line(plot.x, plot.program, "a", "program")
    figure.line(plot.x, plot.surrogate, "b dashed", "surrogate")
    return figure.svg()


def _heat_maps(plot: HeatMap) -> list[str]:
    """Draw program and surrogate in the same colours."""
    parts = {"program": plot.program, "surrogate": plot.surrogate}
    values = [v for rows in parts.values() for row in rows for v in row]
    finite = [v for v in values if v is not None and math.isfinite(v)]
    lo = min(finite)
    hi = max(finite)
    return [
        heat_map(f"{plot.output}: {part}", rows, lo, hi, (plot.x, plot.y))
        for part, rows in parts.items()
    ]


def _scatter(name: str, truth: list[float], predicted: list[float]) -> str:
    """Draw what was predicted against what is true, and the line where both agree."""
    x = axis_for(truth, "program")
    ends = [x.lo, x.hi]
    figure = Figure(
        f"{name}: predicted against true", x, Axis(x.lo, x.hi, "surrogate")
    )
    figure.line(ends, ends, "b")
    figure.points(truth, predicted, "a")
    return figure.svg()


def _histogram(data: Histogram) -> str:
    """Draw how errors are spread."""
    x = Axis(data.edges[0], data.edges[-1], "error")
    y = Axis(0, max([*data.counts, 1]) * 1.08, "inputs")
    figure = Figure("Error, surrogate - program", x, y)
    figure.bars(data.edges, data.counts, "a")
    return figure.svg()


def _learning(r: Report) -> str:
    """Draw the losses of each network."""
    if not r.finetune:
        return "<p>Zero-shot: no training.</p>"
    has_validation = bool(r.program_runs["validation"])
    curves = []
    for k, network in enumerate(r.finetune):
        title = "Loss (mse of standardised outputs)"
        if len(r.finetune) > 1:
            title += f", network {k + 1}"
        held = network.validation_loss if has_validation else ()
        curves.append(_losses(title, network.train_loss, held))
    return f"<div class='figures'>{''.join(curves)}</div>"


def _size_and_form(r: Report) -> str:
    """Draw the sizes that were tried, and tabulate what other forms would cost."""
    said = ladder_figures(r) + forms_table(r)
    return f"<h2>Size and form</h2>{said}" if said else ""


def _losses(title: str, train: Row, held: Row) -> str:
    steps = list(range(len(train)))
    x = Axis(0, max(len(steps) - 1, 1), "step")
    figure = Figure(title, x, axis_for(train + held, "loss", log=True))
    figure.line(steps, train, "a", "train")
    if held:
        figure.line(steps, held, "b", "validation")
    return figure.svg()


def _zero_shot(r: Report, starts: Mapping[str, str]) -> str:
    """Tabulate what initial parameters were worth."""
    head = (
        "<tr><th>initial parameters</th>"
        "<th class='n'>mse</th><th class='n'>nmse</th></tr>"
    )
    rows = "".join(
        f"<tr><td>{starts[name]}</td>{_numbers([number(v.mse), number(v.nmse)])}</tr>"
        for name, v in r.zero_shot.items()
    )
    return f"<table>{head}{rows}</table><p>{escape(_choice(r))}</p>"


def _choice(r: Report) -> str:
    """Say what the text promised, and which start won."""
    said = []
    if r.expected_zero_shot_nmse:
        expected = ", ".join(map(number, r.expected_zero_shot_nmse))
        said.append(f"Before any run, an nmse of {expected} was expected.")
    winners = list(dict.fromkeys(f.winner for f in r.finetune))
    if r.program_runs["validation"]:
        said.append(
            "Of the starts that raced, the best on validation was:"
            f" {', '.join(winners)}."
        )
    elif any(w.endswith("with predictions") for w in winners):
        said.append(
            "The runs were too few to choose a start by: all were learned from, beside"
            " what the text predicts."
        )
    return " ".join(said)


def _done(r: Report) -> str:
    """Tabulate the choices, and what they cost."""
    runs = counts(r.program_runs)
    checks = counts(r.check_runs or {}) or "none"
    times = ", ".join(f"{what} {duration(s)}" for what, s in r.time_s.items())
    rows = [
        ("domain", ranges(r.domain)),
        *([("inputs", said_of_drawn(r.drawn))] if r.drawn else []),
        ("outputs", ", ".join(r.outputs)),
        ("topology", r.topology),
        ("initial", r.initial),
        ("optimizer", r.optimizer),
        ("budget", str(r.budget)),
        ("program runs", runs),
        ("check runs", checks),
        *([("twin", said_of_twin(r.twin))] if r.twin else []),
        ("time", times),
        *_speed(r),
        ("seed", str(r.seed)),
    ]
    cells = (
        f"<tr><td>{what}</td><td>{escape(how)}</td></tr>" for what, how in rows
    )
    return f"<table>{''.join(cells)}</table>"


def _speed(r: Report) -> list[tuple[str, str]]:
    ns = r.ns_per_call
    if not ns.original:
        return []
    return [("a call", said_of_speed(ns, r.time_s["total"], r.test.nmse))]


def _code(text: str) -> str:
    """Number a program's lines, and colour its tokens."""
    if not text:
        return "<p>A Python callable; it has no C text.</p>"
    lines = _coloured(text).rstrip("\n").split("\n")
    numbered = "\n".join(
        f"<span class='g'>{k:>3}  </span>{line}"
        for k, line in enumerate(lines, start=1)
    )
    return f"<pre>{numbered}</pre>"


def _coloured(text: str) -> str:
    """Put comments, literals and keywords into spans; none goes over a line's end."""
    coloured = []
    at = 0
    for token in _C_TOKEN.finditer(text):
        begin = f"<span class='{token.lastgroup}'>"
        inner = escape(token.group()).replace("\n", f"</span>\n{begin}")
        coloured += [
            escape(text[at : token.start()]),
            f"{begin}{inner}</span>",
        ]
        at = token.end()
    return "".join(coloured) + escape(text[at:])
