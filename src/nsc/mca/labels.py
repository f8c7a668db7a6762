"""Labels that are kept: what llvm-mca said of blocks, in a file that grows.

In: blocks, a Simulation, a folder. Out: cycles; only blocks not asked before are run.
A line a block, written as soon as its process ends: an interrupted run goes on.
Non-goals: running llvm-mca (oracle).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.mca.oracle import REGIONS, Simulation, simulated_cycles

_HEAD = "# nsc labels 1: "


def kept_cycles(
    blocks: Sequence[str],
    how: Simulation,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, wanted: None,
) -> np.ndarray:
    """Ask for the cycles of blocks, but for those that a folder knows.

    Args:
        blocks: assembly in AT&T syntax.
        how: the tool and its options.
        folder: where labels are kept, a file for each tool and its options.
        progress: told how many are done, of how many.

    Returns:
        Total cycles of each (n), NaN where llvm-mca refuses the block.

    Raises:
        HostError: the tool does not run.
        InputError: the folder cannot be written, or its file is another's.
    """
    path = _file(folder, how)
    known = _read(path, how)
    keys = [_key(block) for block in blocks]
    missing = list(dict.fromkeys(
        k for k, key in enumerate(keys) if key not in known))  # fmt: skip
    for start in range(0, len(missing), REGIONS):
        progress(start, len(missing))
        part = missing[start : start + REGIONS]
        cycles = simulated_cycles([blocks[k] for k in part], how)
        fresh = {keys[k]: float(c) for k, c in zip(part, cycles, strict=True)}
        _append(path, how, fresh)
        known |= fresh
    return np.array([known[key] for key in keys])


def _key(block: str) -> str:
    return hashlib.blake2b(block.encode(), digest_size=12).hexdigest()


def _file(folder: Path, how: Simulation) -> Path:
    name = hashlib.blake2b(how.identity.encode(), digest_size=6).hexdigest()
    return folder / f"labels-{name}.tsv"


def _read(path: Path, how: Simulation) -> dict[str, float]:
    """Read what is kept; a line that a kill tore is not there."""
    if not path.exists():
        return {}
    head, *lines = path.read_text().splitlines()
    if head != _HEAD + how.identity:
        raise InputError(
            f"{path} must hold labels of {how.identity}; found {head}"
        )
    found: dict[str, float] = {}
    for line in lines:
        key, _, cycles = line.partition("\t")
        if cycles.endswith(";"):
            found[key] = float(cycles[:-1])
    return found


def _append(path: Path, how: Simulation, fresh: dict[str, float]) -> None:
    lines = [f"{key}\t{_number(cycles)};\n" for key, cycles in fresh.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("a") as file:
            # a new line ends what a kill may have torn
            file.write(_HEAD + how.identity + "\n" if is_new else "\n")
            file.writelines(lines)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def _number(cycles: float) -> str:
    return "nan" if math.isnan(cycles) else str(int(cycles))
