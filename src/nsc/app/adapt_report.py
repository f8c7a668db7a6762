"""What came of an adaptation, in numbers and in words: JSON, a page, the console.

In: `Adaptation` of each output, what was adapted to what. Out: a dict for JSON, HTML,
text. Non-goals: computing errors (nsc.adaptation).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsc.adaptation import (
    FORMS,
    LINES,
    Adaptation,
    Curve,
    HeldOut,
    root_mean_square,
)
from nsc.report import (
    Document,
    Figure,
    Picture,
    Section,
    TableOf,
    axis_for,
    document_page,
)

PATTERN = "adaptation"
SCHEMA = 1
MOST_APART = 0.3  # of the held-out error, that a network may be from the blend
HELD_OUT = ("program", "scratch", "adapted")
_SAID = {
    "program": "the program itself",
    "scratch_network": "a network from scratch",
    "scratch_process": "a Gaussian process from scratch",
    "adapted": "adapted",
}
_KINDS = {
    "program": "b dashed",
    "scratch_network": "c10",
    "scratch_process": "c11",
    "adapted": "a",
}


@dataclass(frozen=True)
class Described:
    """What was adapted to what.

    Args:
        n_rows: of the table.
        n_measurements: rows with different inputs.
        inputs: columns, those that the program does not know last.
        extra: those.
        runs: of the program, to compile it.
        surrogate_error: root mean squared difference of its surrogate from it at the
            measurements, of each output.
        noise: standard deviation of outputs on the same inputs; None without repeats.
    """

    program: str
    data: str
    n_rows: int
    n_measurements: int
    inputs: tuple[str, ...]
    extra: tuple[str, ...]
    outputs: tuple[str, ...]
    runs: int
    seed: int
    surrogate_error: tuple[float, ...]
    noise: tuple[float, ...] | None
    notes: tuple[str, ...]


def described(
    facts: Described, found: Sequence[Adaptation], *, seed: int
) -> dict[str, Any]:
    """Put everything into plain values."""
    outputs: dict[str, Any] = {}
    for k, (name, each) in enumerate(zip(facts.outputs, found, strict=True)):
        repeats = None if facts.noise is None else facts.noise[k]
        outputs[name] = _output(each, repeats, facts.surrogate_error[k], seed)
    forms = list(dict.fromkeys(each.form for each in found))
    return {
        "schema": SCHEMA,
        "pattern": PATTERN,
        "program": facts.program,
        "program_name": Path(facts.program).stem or "program",
        "data": facts.data,
        "rows": facts.n_measurements,
        "table_rows": facts.n_rows,
        "inputs": list(facts.inputs),
        "extra_inputs": list(facts.extra),
        "outputs": list(facts.outputs),
        "form": " + ".join(forms),
        "held_out_rmse": _together([each.held_out for each in found]),
        "program_runs": facts.runs,
        "seed": facts.seed,
        "by_output": outputs,
        "notes": [
            *facts.notes,
            *_notes_on_the_program(facts.outputs, found),
            *_notes_on_networks(facts.outputs, found),
        ],
    }


def _notes_on_the_program(
    names: Sequence[str], found: Sequence[Adaptation]
) -> list[str]:
    """Say where the program itself is nearer to what was measured."""
    return [
        f"{name}: the program itself is nearer to the measurements (held-out rmse"
        f" {each.held_out.rmse('program'):.3g}) than what was adapted"
        f" ({each.held_out.rmse('adapted'):.3g}): use it as it is"
        for name, each in zip(names, found, strict=True)
        if each.held_out.rmse("program") < each.held_out.rmse("adapted")
    ]


def _notes_on_networks(
    names: Sequence[str], found: Sequence[Adaptation]
) -> list[str]:
    """Say where a network loses what measurements told."""
    return [
        f"{name}: the network is {each.apart:.3g} (root mean squared) from what it was"
        " to hold; compile the program with a wider topology"
        for name, each in zip(names, found, strict=True)
        if each.apart > MOST_APART * each.held_out.rmse("adapted")
    ]


def _together(found: Sequence[HeldOut]) -> dict[str, float]:
    """Return errors over all outputs."""
    return {
        line: root_mean_square(
            np.concatenate([getattr(each, line) for each in found])
        )
        for line in HELD_OUT
    }


def _output(
    each: Adaptation,
    repeats: float | None,
    surrogate_error: float,
    seed: int,
) -> dict[str, Any]:
    """Describe one output."""
    noise = each.noise if repeats is None else repeats
    return {
        "form": each.form,
        "form_said": each.said,
        "parts": each.parts,
        "forms_tried": dict(
            sorted(each.tried.items(), key=lambda pair: pair[1])
        ),
        "held_out_rmse": {line: each.held_out.rmse(line) for line in HELD_OUT},
        "held_out_interval": {
            line: list(each.held_out.interval(line, seed)) for line in HELD_OUT
        },
        "noise": noise,
        "noise_from": "repeats" if repeats is not None else "process",
        "network_apart": each.apart,
        "surrogate_apart": surrogate_error,
        "curve": None if each.curve is None else _curve(each.curve),
    }


def _curve(curve: Curve) -> dict[str, Any]:
    """Return each line's median, and where 80 % of the splits lie."""
    found: dict[str, Any] = {"sizes": list(curve.sizes), "lines": {}}
    for line in LINES:
        errors = curve.rmse[line]
        lo, middle, hi = np.quantile(errors, (0.1, 0.5, 0.9), axis=1)
        found["lines"][line] = {
            "rmse": middle.tolist(),
            "lo": lo.tolist(),
            "hi": hi.tolist(),
        }
    found["splits"] = int(curve.rmse["adapted"].shape[1])
    return found


def to_report(report: Mapping[str, Any], *, short: bool = False) -> str:
    """Return a report as JSON; the short one is without curves."""
    kept = dict(report)
    if short:
        kept["by_output"] = {
            name: {k: v for k, v in each.items() if k != "curve"}
            for name, each in report["by_output"].items()
        }
    return json.dumps(kept, indent=1)


def page(report: Mapping[str, Any]) -> str:
    """Write the page of a report."""
    errors = report["held_out_rmse"]
    tiles = tuple(
        (f"{errors[line]:.3g}", f"held-out rmse, {said}")
        for line, said in (
            ("program", "the program itself"),
            ("scratch", "from scratch"),
            ("adapted", "adapted"),
        )
    )
    lead = (
        f"{report['program']}, adapted to {report['rows']:,} measurements of"
        f" {', '.join(report['outputs'])} ({report['data']}).",
        f"Inputs: {', '.join(report['inputs'])}.",
    )
    return document_page(
        Document(
            f"{report['program']}, adapted",
            lead,
            tiles,
            tuple(
                _section(name, each)
                for name, each in report["by_output"].items()
            ),
            tuple(report["notes"]),
        )
    )


def _section(name: str, each: Mapping[str, Any]) -> Section:
    curve = each["curve"]
    pictures: tuple[Picture, ...] = ()
    if curve is not None:
        pictures = (Picture(f"{PATTERN}_{name}", figure_of(name, curve)),)
    return Section(name, _notes(each, curve), _tables(each), pictures)


def _notes(
    each: Mapping[str, Any], curve: Mapping[str, Any] | None
) -> tuple[str, ...]:
    parts = ", ".join(
        f"{FORMS[form].said} ({100 * part:.0f} %)"
        for form, part in each["parts"].items()
    )
    said = [
        f"What was blended: {parts}. The network is within"
        f" {each['network_apart']:.2g} (root mean squared) of that.",
        "Held-out errors are of measurements that nothing had learned from, the choice"
        " of the form included (nested cross-validation); intervals hold 90 % of"
        " resampled measurements.",
        noise_said(each),
    ]
    if curve is not None:
        said.append(
            f"The figure: medians of {curve['splits']} random splits, each judged on the"
            " same quarter of the measurements whatever was learned from; thin lines"
            " hold 80 % of the splits. Its adapted line is the blend, before it is one"
            " network."
        )
    return tuple(said)


def noise_said(each: Mapping[str, Any]) -> str:
    """Say how good anything can be."""
    noise = each["noise"]
    if noise is None:
        return "How noisy measurements are was not told by anything."
    how = {
        "repeats": "by measurements that have the same inputs",
        "process": "as a Gaussian process estimates it",
    }[each["noise_from"]]
    told = {
        "repeats": "No function of these inputs can be held to less than that.",
        "process": "It is an estimate of what no function of these inputs explains.",
    }[each["noise_from"]]
    return f"Noise: {noise:.3g} (standard deviation, {how}). {told}"


def _tables(each: Mapping[str, Any]) -> tuple[TableOf, ...]:
    rows = tuple(
        (line, f"{each['held_out_rmse'][line]:.3g}", _interval(each, line))
        for line in HELD_OUT
    )
    tried = tuple(
        (FORMS[form].said, f"{error:.3g}")
        for form, error in each["forms_tried"].items()
    )
    return (
        TableOf("Held-out errors", ("", "rmse", "90 % interval"), rows),
        TableOf(
            "Forms, by errors at measurements left out of each",
            ("form", "rmse"),
            tried,
        ),
    )


def _interval(each: Mapping[str, Any], line: str) -> str:
    lo, hi = each["held_out_interval"][line]
    return f"{lo:.3g} to {hi:.3g}"


def figure_of(name: str, curve: Mapping[str, Any]) -> Figure:
    """Draw errors against the number of measurements."""
    sizes = [float(size) for size in curve["sizes"]]
    lines = curve["lines"]
    ends = [v for line in lines.values() for v in (*line["lo"], *line["hi"])]
    figure = Figure(
        f"error of {name} against the number of measurements",
        axis_for(sizes, "measurements learned from", log=_is_wide(sizes, 8)),
        axis_for(
            [v for v in ends if math.isfinite(v)],
            "rmse",
            log=_is_wide(ends, 40),
        ),
    )
    for line, said in _SAID.items():
        kind = _KINDS[line]
        figure.line(sizes, lines[line]["rmse"], kind, said)
        for end in ("lo", "hi"):
            figure.line(sizes, lines[line][end], f"{kind} thin")
    return figure


def _is_wide(values: Sequence[float], factor: float) -> bool:
    """Say whether values need a logarithmic axis."""
    kept = [v for v in values if math.isfinite(v)]
    return min(kept) > 0 and max(kept) > factor * min(kept)


def summary(report: Mapping[str, Any], folder: Path) -> str:
    """Write what the console shows."""
    errors = report["held_out_rmse"]
    lines = [
        f"{report['program']}, adapted to {report['rows']:,} measurements of"
        f" {', '.join(report['outputs'])}",
        f"  held-out rmse   the program {errors['program']:.3g}, from scratch"
        f" {errors['scratch']:.3g}, adapted {errors['adapted']:.3g}",
    ]
    for name, each in report["by_output"].items():
        lo, hi = each["held_out_interval"]["adapted"]
        lines.append(
            f"  {name:<15} {each['form_said']}; adapted {lo:.3g} to {hi:.3g} (90 %)"
        )
        lines.append(f"  {'':<15} {noise_said(each)}")
    lines += [f"  note            {note}" for note in report["notes"]]
    names = ", ".join(report.get("files", ()))
    lines.append(f"  wrote           {folder}: {names}")
    return "\n".join(lines)
