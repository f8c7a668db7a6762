"""A report -> one self-contained page.

In: the report as JSON. Out: HTML text with inline CSS and SVG, no script, no external
resource. Every text that came from a user is escaped.
"""

from __future__ import annotations

import math
import re
from html import escape
from pathlib import Path

from nsc.report.numbers import duration, number
from nsc.report.svg import Axis, Figure, axis_for, heat_map

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
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


def html_page(report: dict) -> str:
    """Write the page of one compilation."""
    sections = [
        _title(report),
        _tiles(report),
        _notes(report),
        "<h2>Program and surrogate</h2>",
        _each_output(report),
        _comparison(report),
        "<h2>Learning</h2>",
        _learning(report),
        "<h2>Before any training</h2>",
        _zero_shot(report),
        "<h2>What was done</h2>",
        _done(report),
        "<h2>The program</h2>",
        _code(report),
    ]
    name = escape(report["function"])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}:'
        " neural surrogate</title>"
        '<meta name="viewport" content="width=device-width,'
        f' initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def _title(r: dict) -> str:
    bound = r["test"]["bound"]
    sentence = (
        bound["sentence"] + "."
        if bound
        else "Too few verification inputs for a distribution-free bound."
    )
    return (
        f"<h1>{escape(r['function'])}</h1><p class='mono"
        f" soft'>{escape(r['signature'])}</p>"
        f"<p>{escape(sentence[0].upper() + sentence[1:])}</p>"
    )


def _tiles(r: dict) -> str:
    test = r["test"]
    ns = r["ns_per_call"]
    tiles = [
        (number(test["rmse"]), "rmse on fresh inputs"),
        (number(test["nmse"]), "nmse (mse / variance)"),
        (number(test["max_abs"]), "largest error seen"),
        (str(sum(r["program_runs"].values())), "program runs in all"),
        (duration(r["time_s"]["total"]), "from text to report"),
    ]
    if ns["original"]:
        tiles.append(
            (
                f"{ns['surrogate']:.0f} ns",
                f"a call; the original takes {ns['original']:.0f} ns",
            )
        )
    return (
        "<div class='tiles'>"
        + "".join(
            f"<div class='tile'><b>{escape(a)}</b><span>{escape(b)}</span></div>"
            for a, b in tiles
        )
        + "</div>"
    )


def _notes(r: dict) -> str:
    return "".join(f"<p class='note'>{escape(note)}</p>" for note in r["notes"])


def _each_output(r: dict) -> str:
    """Tabulate the errors of each output, where there are several: they may differ in
    scale.
    """
    if not r["test"]["outputs"]:
        return ""
    bound = r["test"]["bound"]
    held = f"{100 * (1 - bound['fraction']):g} % of inputs stay below" if bound else ""
    titles = ["output", "rmse", "nmse", "largest error", *([held] if bound else [])]
    head = "".join(
        f"<th{' class=n' * (k > 0)}>{escape(title)}</th>"
        for k, title in enumerate(titles)
    )
    rows = ""
    for name, alone in zip(r["outputs"], r["test"]["outputs"], strict=True):
        figures = [
            alone["rmse"],
            alone["nmse"],
            alone["max_abs"],
            *([alone["bound"]["error"]] if bound else []),
        ]
        rows += (
            f"<tr><td>{escape(name)}</td>"
            + "".join(f"<td class='n'>{number(v)}</td>" for v in figures)
            + "</tr>"
        )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _comparison(r: dict) -> str:
    figures = []
    data = r["figures"]
    for plot in data["curves"]:
        seen = [row[r["outputs"].index(plot["output"])] for row in data["truth"]]
        least = LEAST_SPAN * (max(seen) - min(seen))
        x = axis_for(plot["x"], plot["input"])
        y = axis_for(plot["program"] + plot["surrogate"], plot["output"], least=least)
        figure = Figure(plot["title"], Axis(min(plot["x"]), max(plot["x"]), x.label), y)
        figure.line(plot["x"], plot["program"], "a", "program")
        figures.append(
            figure.line(plot["x"], plot["surrogate"], "b dashed", "surrogate").svg()
        )
    for plot in data["heat_maps"]:
        values = [
            v
            for part in ("program", "surrogate")
            for row in plot[part]
            for v in row
            if math.isfinite(v)
        ]
        lo = min(values)
        hi = max(values)
        figures += [
            heat_map(
                f"{plot['output']}: {part}", plot[part], lo, hi, (plot["x"], plot["y"])
            )
            for part in ("program", "surrogate")
        ]
    for k, name in enumerate(r["outputs"]):
        truth = [row[k] for row in data["truth"]]
        predicted = [row[k] for row in data["predicted"]]
        axis = axis_for(truth, "program")
        figure = Figure(
            f"{name}: predicted against true", axis, Axis(axis.lo, axis.hi, "surrogate")
        )
        figures.append(
            figure.line([axis.lo, axis.hi], [axis.lo, axis.hi], "b")
            .points(truth, predicted, "a")
            .svg()
        )
    edges = data["histogram"]["edges"]
    counts = data["histogram"]["counts"]
    top = Axis(0, max([*counts, 1]) * 1.08, "inputs")
    figures.append(
        Figure("Error, surrogate - program", Axis(edges[0], edges[-1], "error"), top)
        .bars(edges, counts, "a")
        .svg()
    )
    return f"<div class='figures'>{''.join(figures)}</div>"


def _learning(r: dict) -> str:
    curves = []
    for k, member in enumerate(r["finetune"]):
        train = member["train_loss"]
        held = member["validation_loss"] if r["program_runs"]["validation"] else []
        steps = list(range(len(train)))
        title = "Loss (mse of standardised outputs)" + (
            f", network {k + 1}" if len(r["finetune"]) > 1 else ""
        )
        figure = Figure(
            title,
            Axis(0, max(len(steps) - 1, 1), "step"),
            axis_for(train + held, "loss", log=True),
        )
        figure = figure.line(steps, train, "a", "train")
        curves.append(
            (figure.line(steps, held, "b", "validation") if held else figure).svg()
        )
    return (
        f"<div class='figures'>{''.join(curves)}</div>"
        if curves
        else "<p>Zero-shot: no training.</p>"
    )


def _zero_shot(r: dict) -> str:
    words = {
        "compnet": "compiled from the text",
        "distill": "distilled from the program's own values",
        "random": "random, as torch.nn.Linear draws them",
    }
    rows = "".join(
        f"<tr><td>{words[name]}</td><td class='n'>{number(v['mse'])}</td><td"
        f" class='n'>{number(v['nmse'])}</td></tr>"
        for name, v in r["zero_shot"].items()
    )
    head = (
        "<tr><th>initial parameters</th><th class='n'>mse</th><th"
        " class='n'>nmse</th></tr>"
    )
    return f"<table>{head}{rows}</table><p>{escape(_choice(r))}</p>"


def _choice(r: dict) -> str:
    """Say what the text promised, and which start won."""
    said = []
    if r["expected_zero_shot_nmse"]:
        said.append(
            "Before any run, an nmse of"
            f" {', '.join(map(number, r['expected_zero_shot_nmse']))} was expected."
        )
    winners = dict.fromkeys(f["winner"] for f in r["finetune"])
    if r["program_runs"]["validation"]:
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


def _done(r: dict) -> str:
    runs = ", ".join(f"{v} {k}" for k, v in r["program_runs"].items())
    times = ", ".join(f"{k} {duration(v)}" for k, v in r["time_s"].items())
    domain = ", ".join(
        f"{k} in [{lo:g}, {hi:g}]" for k, (lo, hi) in r["domain"].items()
    )
    rows = [
        ("domain", domain),
        ("outputs", ", ".join(r["outputs"])),
        ("topology", r["topology"]),
        ("initial", r["initial"]),
        ("optimizer", r["optimizer"]),
        ("budget", str(r["budget"])),
        ("program runs", runs),
        ("time", times),
        ("seed", str(r["seed"])),
    ]
    return (
        "<table>"
        + "".join(f"<tr><td>{a}</td><td>{escape(b)}</td></tr>" for a, b in rows)
        + "</table>"
    )


def _code(r: dict) -> str:
    if not r["program"]["text"]:
        return "<p>A Python callable; it has no C text.</p>"
    coloured = []
    at = 0
    text = r["program"]["text"]
    for token in _C_TOKEN.finditer(text):
        coloured.append(escape(text[at : token.start()]))
        inner = escape(token.group()).replace(
            "\n", f"</span>\n<span class='{token.lastgroup}'>"
        )
        coloured.append(f"<span class='{token.lastgroup}'>{inner}</span>")
        at = token.end()
    lines = ("".join(coloured) + escape(text[at:])).rstrip("\n").split("\n")
    numbered = "\n".join(
        f"<span class='g'>{k:>3}  </span>{line}"
        for k, line in enumerate(lines, start=1)
    )
    return f"<pre>{numbered}</pre>"
