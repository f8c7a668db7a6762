"""Put the experiment's tables into the model card, between its markers.

Run: .venv/bin/python experiments/data_efficiency/card.py [-o docs/model-card.md]
"""

import argparse
import json
import re
from pathlib import Path

from nsc.finetune import PAPER_DATA_SIZES

RESULTS = Path(__file__).parent / "results"
SHOWN = {
    "adam": (
        "compnet",
        "mismatched",
        "nearest",
        "bert",
        "bert on DAGs",
        "distill",
    ),
    "lm": ("compnet", "with predictions", "distill", "auto", "random of 8"),
}


def zero_shot(groups: dict[str, dict]) -> list[str]:
    columns = [
        name
        for name in next(iter(groups.values()))
        if name not in ("programs", "median", "interval")
    ]
    rows = [["group", "programs", *columns, "compnet's median", "95 %"]]
    for group, row in groups.items():
        means = [f"{row[name]:.3g}" for name in columns]
        rows.append(
            [
                group,
                str(row["programs"]),
                *means,
                f"{row['median']:.3g}",
                _interval(row),
            ]
        )
    return _table(rows)


def finetuned(result: dict, optimizer: str) -> list[str]:
    rows = [
        [
            "programs",
            "start",
            *(f"{100 * share:g} %" for share in PAPER_DATA_SIZES),
            "all",
            "95 %",
        ]
    ]
    for name, found in result.items():
        if not name.startswith(f"{optimizer}, "):
            continue
        for start in SHOWN[optimizer]:
            cells = [
                found.get(f"{start}, {share}")
                for share in (*(f"{s:g}" for s in PAPER_DATA_SIZES), "all")
            ]
            if not any(cells):
                continue
            means = [
                "-" if cell is None else f"{cell['geometric_mean']:.3g}"
                for cell in cells
            ]
            rows.append(
                [
                    name.removeprefix(f"{optimizer}, "),
                    start,
                    *means,
                    _interval(cells[-1]) if cells[-1] else "-",
                ]
            )
    return _table(rows)


def parrot(found: dict[str, list[float]]) -> list[str]:
    rows = [
        [
            "start",
            "program",
            *(f"{100 * share:g} %" for share in PAPER_DATA_SIZES),
            "all",
        ]
    ]
    rows += [
        [*name.split(", "), *(f"{v:.3g}" for v in row)]
        for name, row in found.items()
        if name[:4] != "base"
    ]
    return _table(rows)


def _interval(row: dict) -> str:
    low, high = row["interval"]
    return f"{low:.3g}-{high:.3g}"


def _table(rows: list[list[str]]) -> list[str]:
    head, *rest = ("| " + " | ".join(row) + " |" for row in rows)
    return [head, "|---" * len(rows[0]) + "|", *rest]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(__file__).parents[2] / "docs" / "model-card.md",
    )
    options = parser.parse_args()
    result = json.loads((RESULTS / "results.json").read_text())
    parts = {name: finetuned(result, name) for name in SHOWN} | {
        "zero-shot": zero_shot(result["zero_shot"]),
        "parrot": parrot(json.loads((RESULTS / "parrot.json").read_text())),
    }
    card = options.output.read_text()
    for name, lines in parts.items():
        block = "\n".join([f"<!-- {name} -->", "", *lines, "", "<!-- end -->"])
        card, count = re.subn(
            rf"<!-- {name} -->.*?<!-- end -->",
            lambda _, b=block: b,
            card,
            flags=re.DOTALL,
        )
        if not count:
            raise SystemExit(
                f"{options.output} has no part <!-- {name} --> ... <!-- end -->"
            )
    options.output.write_text(card)


if __name__ == "__main__":
    main()
