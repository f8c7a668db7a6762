"""The default topology beside the papers': verified error and nanoseconds on the examples.

.venv/bin/python benchmarks/surrogates/default.py [--budget 1024] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from nsc.app.cli import main as nsc_main

EXAMPLES = Path(__file__).parents[2] / "examples"
FLOOR = 1e-9  # nmse below which it is no matter which is better
TOPOLOGIES = ("auto", "covering")


def main() -> None:
    """Compile each example both ways, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=1024)
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    rows = [row(path, a.budget) for path in sorted(EXAMPLES.glob("*.c"))]
    print(
        f"{'example':14} {'topology':>10} {'nmse':>9} {'9-4-4-1':>9} ns, both   s, both"
    )
    for found in rows:
        new, old = (found[t] for t in TOPOLOGIES)
        print(
            f"{found['example']:14} {new['topology']:>10} {new['nmse']:9.2g}"
            f" {old['nmse']:9.2g} {new['ns']:5.1f} {old['ns']:5.1f}"
            f" {new['seconds']:5.2f} {old['seconds']:5.2f}"
        )
    errors, times = (
        np.exp(
            np.mean(
                [
                    np.log(
                        max(r["auto"][what], least)
                        / max(r["covering"][what], least)
                    )
                    for r in rows
                ]
            )
        )
        for what, least in (("nmse", FLOOR), ("ns", 0.1))
    )
    print(f"geometric means, new over old: nmse {errors:.3g}, ns {times:.3g}")
    if a.json:
        a.json.write_text(json.dumps(rows, indent=2) + "\n")


def row(path: Path, budget: int) -> dict:
    """Compile one example with each topology."""
    return {"example": path.stem} | {
        t: compiled(path, t, budget) for t in TOPOLOGIES
    }


def compiled(path: Path, topology: str, budget: int) -> dict:
    """Compile an example with the flags of its first line."""
    first = path.read_text().splitlines()[0]
    words = shlex.split(first.removeprefix("// nsc:"))
    with TemporaryDirectory() as folder:
        given = ["--topology", topology, "--budget", str(budget), "-o", folder]
        code = nsc_main(["compile", str(path), *words, *given])
        assert code == 0, path
        report = json.loads((Path(folder) / "report.json").read_text())
    return {
        "topology": report["topology"],
        "nmse": report["test"]["nmse"],
        "ns": report["ns_per_call"]["surrogate"],
        "seconds": report["time_s"]["total"],
    }


if __name__ == "__main__":
    main()
