"""`nsc runs`: what an output folder keeps of a program's runs.

In: a folder. Out: a summary, JSON or CSV. Non-goals: the file (nsc.runs).
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nsc.errors import InputError

if TYPE_CHECKING:
    from nsc.runs import Kept


def runs(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="The folder that nsc compile wrote to.",
            show_default=False,
        ),
    ],
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON alone on stdout.")
    ] = False,
    csv_: Annotated[
        bool, typer.Option("--csv", help="Print every run as a row of CSV.")
    ] = False,
) -> None:
    """Print the runs of a program that are kept, failed ones with their reason.

    Example: nsc runs out/ --csv
    """
    from nsc.runs import kept_runs

    if json_ and csv_:
        raise InputError("--json and --csv exclude each other; leave one out")
    found = kept_runs(folder)
    if json_:
        print(json.dumps([_as_json(kept) for kept in found], indent=1))
    elif csv_:
        found = [kept for kept in found if not kept.identity.differs] or found
        if len(found) > 1:
            names = ", ".join(kept.identity.program for kept in found)
            raise InputError(
                f"--csv expects the runs of one program; {folder} keeps those of"
                f" {len(found)} ({names}), which --json tells apart"
            )
        _print_csv(found[0])
    else:
        print("\n".join(_summary(kept) for kept in found))


def _summary(kept: Kept) -> str:
    from nsc.runs import spelled

    identity = kept.identity
    differs = f" with {identity.differs}" if identity.differs else ""
    n = len(kept.x)
    mean = float(kept.seconds.mean()) if n else 0.0
    lines = [
        f"{identity.program}{differs}: {n:,} runs of {spelled(mean)}, in all"
        f" {spelled(float(kept.seconds.sum()))}; program {identity.digest[:16]}",
        f"  inputs {', '.join(identity.inputs)}",
        f"  outputs {', '.join(identity.outputs)}",
        *(
            f"  seed {seed}: {count:,} runs"
            for seed, count in Counter(kept.seeds.tolist()).items()
        ),
    ]
    reasons = Counter(why.reason for why in kept.failed.values())
    for reason, count in reasons.items():
        first = min(k for k, v in kept.failed.items() if v.reason == reason)
        where = ", ".join(f"{v:.6g}" for v in kept.x[first])
        lines.append(f"  failed: {count:,} {reason}, for example at ({where})")
    if kept.dropped:
        lines.append(
            f"  {kept.dropped} bytes at the end were written in part; the next"
            " compilation drops them"
        )
    return "\n".join(lines)


def _as_json(kept: Kept) -> dict[str, Any]:
    identity = kept.identity
    return {
        "program": identity.program,
        "differs": identity.differs,
        "digest": identity.digest,
        "inputs": identity.inputs,
        "outputs": identity.outputs,
        "bytes_dropped": kept.dropped,
        "runs": [
            {
                "x": kept.x[k].tolist(),
                "y": [v if math.isfinite(v) else None for v in kept.y[k]],
                "seconds": float(kept.seconds[k]),
                "seed": int(kept.seeds[k]),
                "failed": _reason(kept, k) or None,
            }
            for k in range(len(kept.x))
        ],
    }


def _print_csv(kept: Kept) -> None:
    identity = kept.identity
    writer = csv.writer(sys.stdout, lineterminator="\n")
    outputs = [
        f"{name}_out" if name in identity.inputs else name
        for name in identity.outputs
    ]
    last = ["seconds", "seed", "failed"]
    writer.writerow([*identity.inputs, *outputs, *last])
    for k, (x, y) in enumerate(zip(kept.x, kept.y, strict=True)):
        why = _reason(kept, k)
        values = [repr(float(v)) for v in (*x, *y)]
        writer.writerow(
            [*values, f"{kept.seconds[k]:.6g}", int(kept.seeds[k]), why]
        )


def _reason(kept: Kept, k: int) -> str:
    why = kept.failed.get(k)
    if why is None:
        return ""
    return f"{why.reason}: {why.detail}" if why.detail else why.reason
