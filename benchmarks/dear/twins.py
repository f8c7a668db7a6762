"""What coarse twins are worth where few runs of a dear program may be had.

    python benchmarks/dear/twins.py [--budget 16] [--seeds 3] [--only heat,plate]

In: the programs of tests/twins/programs. Out: JSON on standard output, a line a program:
the verified nmse of its surrogate with a twin and without, their ratio, what was
reduced, and what it cost; a last line has geometric means. Non-goals: speed-up.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from nsc.app.options import CompileOptions
from nsc.app.pipeline import Compiled, compile_program
from nsc.program import parse_program
from nsc.report import Twin, said_of_twin

PROGRAMS = Path(__file__).parents[2] / "tests" / "twins" / "programs"
VERIFICATION = 512
FLOOR = 1e-12  # of an nmse, in ratios
RANGES: dict[str, dict[str, tuple[float, float]]] = json.loads(
    (PROGRAMS / "domains.json").read_text()
)


def main() -> None:
    """Compile every program with twins and without, from the same runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--topology", default=None)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    only = chosen.only.split(",") if chosen.only else sorted(RANGES)
    rows = [
        _measured(name, chosen.budget, chosen.seeds, chosen.topology)
        for name in only
    ]
    with_twin = [row.ratio for row in rows if any(row.reduced)]
    means = {
        "programs": len(rows),
        "with_a_twin": len(with_twin),
        "ratio": _geometric(with_twin),
        "worst_seed": max(row.worst_seed for row in rows),
    }
    print(json.dumps(means))


@dataclass(frozen=True)
class Row:
    """What came of one program: geometric means over seeds.

    Args:
        ratio: of the nmse with a twin over that without.
        worst_seed: the largest of a seed.
        seconds_more: that twins took.
        reduced: by seed what was reduced; "" where there is no twin.
        said: by seed what is said of it.
    """

    program: str
    nmse_with: float
    nmse_without: float
    ratio: float
    worst_seed: float
    seconds_more: float
    reduced: list[str]
    said: list[str]


def _measured(name: str, budget: int, seeds: int, topology: str | None) -> Row:
    """Compile one program by every seed, and print what came of it."""
    text = (PROGRAMS / f"{name}.c").read_text()
    program = parse_program(text, path=f"{name}.c", ranges=RANGES[name])
    pairs: list[tuple[float, float]] = []
    twins: list[Twin] = []
    seconds = 0.0
    for seed in range(seeds):
        options = CompileOptions(
            budget=budget,
            seed=seed,
            topology=topology,
            verification=VERIFICATION,
        )
        started = time.perf_counter()
        found = compile_program(program, options, timing=False)
        middle = time.perf_counter()
        plain = replace(options, twins=False)
        without = compile_program(program, plain, timing=False)
        seconds += 2 * middle - started - time.perf_counter()
        pairs.append((_nmse(found), _nmse(without)))
        assert found.evidence is not None
        twins.append(found.evidence.twin or Twin(why_none="not looked for"))
    ratios = [found / without for found, without in pairs]
    row = Row(
        program=name,
        nmse_with=_geometric([found for found, _ in pairs]),
        nmse_without=_geometric([without for _, without in pairs]),
        ratio=_geometric(ratios),
        worst_seed=max(ratios),
        seconds_more=seconds / seeds,
        reduced=[twin.reduced for twin in twins],
        said=[said_of_twin(twin) for twin in twins],
    )
    print(json.dumps(asdict(row)), flush=True)
    return row


def _nmse(compiled: Compiled) -> float:
    assert compiled.evidence is not None
    return max(compiled.evidence.compilation.verification.nmse, FLOOR)


def _geometric(values: Sequence[float]) -> float:
    return float(np.exp(np.log(values).mean())) if values else 1.0


if __name__ == "__main__":
    main()
