"""Do more runs ever end worse? Every example over a row of budgets and seeds.

Run: .venv/bin/python benchmarks/surrogates/monotone.py [--budgets 10 20 50 ...] [--seeds 10]
[--only NAME ...] [--json FILE]

Every program of examples/ with its flags is compiled by the defaults; nmse is the
verified one, on fresh inputs. The bars: from one budget to the next the median of a
program's nmse rises by at most 1.5 (nmse at least 1e-6), and no run ends with an nmse
above 1. The exit code says whether they hold. With --json rows are kept after each
program and budget, and what is there is not run again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

import nsc
from nsc.program import Program, parse_program, parse_ranges

EXAMPLES = Path(__file__).parents[2] / "examples"
BUDGETS = (10, 20, 50, 100, 200, 500, 1024)
FLOOR = 1e-6
MOST_RISE = 1.5
WORST = 1.0


@dataclass(frozen=True)
class Row:
    """One compilation."""

    program: str
    budget: int
    seed: int
    nmse: float
    topology: str
    winners: tuple[str, ...]
    sizes: tuple[tuple[str, float | None], ...]
    is_warned: bool
    seconds: float


def program_of(path: Path) -> Program:
    """Read an example with the flags of its first line."""
    text = path.read_text()
    words = text.splitlines()[0].removeprefix("// nsc:").split()
    flags = dict(zip(words[::2], words[1::2], strict=True))
    return parse_program(
        text,
        path=path.name,
        function=flags.get("--function"),
        ranges=parse_ranges(flags.get("--domain", "")),
    )


def compiled(program: Program, budget: int, seed: int) -> Row:
    """Compile a program once."""
    started = time.perf_counter()
    report = nsc.compile(
        program, budget=budget, seed=seed, timing=False
    ).report
    nmse = report["test"]["nmse"]
    return Row(
        program.name,
        budget,
        seed,
        np.inf if nmse is None else nmse,
        report["topology"],
        tuple(f["winner"] for f in report["finetune"]),
        tuple(
            (size["topology"], size["error"])
            for each in report.get("sizes", ())
            for size in each
        ),
        any(note.startswith("worse than") for note in report["notes"]),
        round(time.perf_counter() - started, 2),
    )


def faults(rows: list[Row]) -> Iterator[str]:
    """Say where a bar does not hold."""
    for name in dict.fromkeys(row.program for row in rows):
        medians = medians_of(rows, name)
        for (less, before), (more, after) in pairwise(medians.items()):
            if after > MOST_RISE * before:
                yield (
                    f"{name}: {less} to {more} runs: {before:.1e} to"
                    f" {after:.1e}, {after / before:.1f} times"
                )
    for row in rows:
        if not row.nmse <= WORST:
            yield (
                f"{row.program}: {row.budget} runs, seed {row.seed}: nmse"
                f" {row.nmse:.2g}{' (told)' if row.is_warned else ''}"
            )


def medians_of(rows: list[Row], program: str) -> dict[int, float]:
    """Return the median nmse of a program by budget, at least the floor."""
    by_budget: dict[int, list[float]] = {}
    for row in rows:
        if row.program == program:
            by_budget.setdefault(row.budget, []).append(row.nmse)
    return {
        budget: max(FLOOR, float(np.median(by_budget[budget])))
        for budget in sorted(by_budget)
    }


def table(rows: list[Row]) -> Iterator[str]:
    """Draw medians."""
    budgets = sorted({row.budget for row in rows})
    yield f"{'median nmse':14}" + "".join(f"{b:>9}" for b in budgets)
    for name in dict.fromkeys(row.program for row in rows):
        medians = medians_of(rows, name)
        cells = (
            f"{medians[b]:9.1e}" if b in medians else " " * 9 for b in budgets
        )
        yield f"{name:14}" + "".join(cells)


def kept(path: Path | None) -> list[Row]:
    """Read rows that an earlier run left."""
    if path is None or not path.exists():
        return []
    return [
        Row(
            **{
                **row,
                "winners": tuple(row["winners"]),
                "sizes": tuple(map(tuple, row["sizes"])),
            }
        )
        for row in json.loads(path.read_text())
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--budgets", type=int, nargs="+", default=BUDGETS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = kept(args.json)
    done = {(row.program, row.budget, row.seed) for row in rows}
    for path in sorted(EXAMPLES.glob("*.c")):
        if args.only and path.stem not in args.only:
            continue
        program = program_of(path)
        for budget in args.budgets:
            for seed in range(args.seeds):
                if (program.name, budget, seed) not in done:
                    rows.append(compiled(program, budget, seed))
            if args.json:
                text = json.dumps([asdict(row) for row in rows], indent=1)
                args.json.write_text(text + "\n")
    print("\n".join(table(rows)))
    found = list(faults(rows))
    print("\n".join(found) or "both bars hold")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
