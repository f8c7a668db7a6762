"""What a CompNet gains from more programs, and what a seed changes.

    python experiments/training_size.py --data data/exestack -o data/training-size

trains one CompNet for each share of the training records, and one for each seed on all of
them, with the same steps; judges each on the validation split; prints rows and writes them
as JSON. An interrupted run goes on. Five times five minutes of a core.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SHARES = (0.01, 0.1, 1.0)
SEEDS = (0, 1, 2)
STEPS = 1400
PROGRAMS = 30_000  # grown from the records
JUDGED = ("validation", "test")  # which training must not meet


def main() -> None:
    """Train, judge and tell."""
    a = _arguments()
    runs = [(share, 0) for share in SHARES] + [(1.0, s) for s in SEEDS[1:]]
    rows = []
    for share, seed in runs:
        name = f"share-{share:g}-seed-{seed}"
        records = _some_records(a.data, a.output / f"records-{share:g}", share)
        train = str(a.output / f"records-{share:g}" / "train")
        weights = a.output / name / "compnet.safetensors"
        _nsc(
            *("train", "--data", train, "-o", str(weights.parent)),
            *("--seed", str(seed), "--steps", str(STEPS)),
            *("--programs", str(PROGRAMS)),
        )
        judged = _improvement(a.data / "validation", weights)
        rows.append(
            {"share": share, "records": records, "seed": seed} | judged
        )
        print(json.dumps(rows[-1]), flush=True)
    (a.output / "result.json").write_text(json.dumps(rows, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    return parser.parse_args()


def _some_records(data: Path, target: Path, share: float) -> int:
    """Write a share of the training records, drawn one by one; return how many."""
    generator = np.random.default_rng(0)
    train = target / "train"
    train.mkdir(parents=True, exist_ok=True)
    count = 0
    for shard in sorted((data / "train").glob("*.parquet")):
        table = pq.read_table(shard)
        drawn = generator.random(len(table)) < share
        count += int(drawn.sum())
        if drawn.any():
            kept = table.filter(pa.array(drawn))
            pq.write_table(kept, train / shard.name, compression="zstd")
    for name in JUDGED:
        beside = target / name
        if not beside.exists():
            beside.symlink_to((data / name).resolve())
    return count


def _nsc(*arguments: str) -> str:
    command = [sys.executable, "-m", "nsc", *arguments]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _improvement(records: Path, weights: Path) -> dict[str, float]:
    """Judge a CompNet on held-out records."""
    told = _nsc(
        *("evaluate", "--data", str(records)),
        *("--compnet", str(weights), "--json"),
    )
    rows = json.loads(told)
    (whole,) = (
        row
        for row in rows
        if row["group"] == "all" and row["start"] == "compnet"
    )
    return {
        "geometric_mean": whole["geometric_mean"],
        "median": whole["median"],
    }


if __name__ == "__main__":
    main()
