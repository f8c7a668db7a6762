"""Adapt van der Waals' critical volume to measured ones, and draw what came of it.

    python examples/case_study/adapt.py -o out/ --figures docs/figures/case_study

In: critical_volume.c, critical_volume.csv. Out: out/ as `nsc adapt` writes it, figures.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

import nsc
from nsc.app.adapt_report import figure_of, summary
from nsc.report import Figure, axis_for

HERE = Path(__file__).parent
PROGRAM = HERE / "critical_volume.c"
DATA = HERE / "critical_volume.csv"
OWN = ("tc", "pc")
EXTRA = ("mass",)  # of a mole, which van der Waals' formula does not know
OUTPUT = "vc"


def rows(count: int | None = None) -> dict[str, np.ndarray]:
    """Read the measurements; `count` of them, spread over the file, for a quick try."""
    with DATA.open() as file:
        found = list(csv.DictReader(file))
    step = 1 if count is None else len(found) // count
    columns = (*OWN, *EXTRA, OUTPUT)
    return {
        name: np.array([float(row[name]) for row in found[::step]])
        for name in columns
    }


def parity(title: str, data: dict[str, np.ndarray], said: dict) -> Figure:
    """Draw what is said against what was measured, in cm3/mol."""
    measured = data[OUTPUT]
    axis = axis_for(list(measured), "measured, cm3/mol")
    figure = Figure(title, axis, axis_for(list(measured), "said, cm3/mol"))
    ends = [float(measured.min()), float(measured.max())]
    figure.line(ends, ends, "c10", "as measured")
    for kind, y in said.items():
        figure.points(list(measured), list(y), kind)
    return figure


def adapted(out: Path, count: int | None = None, **options) -> nsc.Surrogate:
    return nsc.adapt(
        PROGRAM,
        rows(count),
        inputs=[*OWN, *EXTRA],
        outputs=[OUTPUT],
        folder=out,
        **options,
    )


def draw(out: Path, figures: Path, surrogate: nsc.Surrogate) -> None:
    figures.mkdir(parents=True, exist_ok=True)
    report = json.loads((out / "report.json").read_text())
    curve = report["by_output"][OUTPUT]["curve"]
    if curve is not None:
        text = figure_of(OUTPUT, curve).file()
        (figures / "errors.svg").write_text(text)
    data = rows()
    program = nsc.load(out / "program" / "surrogate.safetensors")
    own = np.stack([data[name] for name in OWN], axis=1)
    every = np.stack([data[name] for name in (*OWN, *EXTRA)], axis=1)
    # not all rows are in the domain, which the rows of the adaptation span
    for name, title, y in (
        ("van_der_waals", "van der Waals", program.evaluate(own)[:, 0]),
        (
            "adapted",
            "adapted (fitted to these rows)",
            surrogate.evaluate(every)[:, 0],
        ),
    ):
        figure = parity(
            title, data, {"b": y} if name == "van_der_waals" else {"a": y}
        )
        (figures / f"{name}.svg").write_text(figure.file())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--figures", type=Path)
    given = parser.parse_args()
    surrogate = adapted(given.output)
    print(summary(surrogate.report or {}, given.output))
    if given.figures is not None:
        draw(given.output, given.figures, surrogate)


if __name__ == "__main__":
    main()
