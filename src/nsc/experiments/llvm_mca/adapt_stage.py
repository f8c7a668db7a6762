"""Surrogate adaptation: few measured blocks correct what was compiled from llvm-mca.

In: measured blocks, the compiled model. Out: rows, and an adapted ensemble.
Against llvm-mca itself and against learning from the measured blocks alone, over
repeated random splits; all methods see the same ones.
Non-goals: making the compiled model (compile_stage).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsc.errors import InputError
from nsc.mca import (
    Adaptation,
    Model,
    Rates,
    Records,
    Simulation,
    adapt,
    all_mca,
    ensemble_cycles,
    kept_cycles,
    random_model,
    read_table,
    relative_error,
)

Row = dict[str, Any]
SIZES = (50, 100, 200, 400, 600)
MEMBERS = 5
REPEATS = 10
JUDGES = 91  # blocks of each split that nothing learns from
# clipping the error would take the gradient of the worst blocks: hence the logarithm
_SHARED = {"batch": 32, "logarithmic": 0.5, "longest": 1.0}
ADAPTED = (
    Adaptation(Rates(table=0.02, network=0.001, pull=1e-3, **_SHARED)),
    Adaptation(Rates(table=0.08, network=0.001, pull=1e-4, **_SHARED)),
)
SCRATCH = (
    Adaptation(Rates(table=0.02, network=0.004, **_SHARED)),
    Adaptation(Rates(table=0.06, network=0.004, **_SHARED)),
)


@dataclass(frozen=True)
class Measured:
    """Blocks with what they take on the machine.

    Args:
        texts: in AT&T syntax.
        cycles: an iteration of each, measured.
        simulated: by each llvm-mca, by its name.
        refused: blocks that do not assemble.
    """

    texts: list[str]
    cycles: np.ndarray
    simulated: dict[str, np.ndarray]
    refused: int


def load_measured(path: Path, folder: Path) -> Measured:
    """Read measured blocks, and ask every llvm-mca here what it says of them.

    Args:
        path: a CSV with columns `cycles_per_100_iterations` and `asm_intel`, `asm`
            or `hex`.
        folder: where labels are kept.

    Raises:
        HostError: a tool is not installed.
        InputError: a block has no measurement.
    """
    reading = read_table(path)
    texts = [block.text for block in reading.blocks]
    cycles = [block.measured for block in reading.blocks]
    known = [value for value in cycles if value is not None and value > 0]
    if len(known) < len(texts):
        raise InputError(
            f"{path} must have cycles_per_100_iterations above 0 in every row; found"
            f" {len(texts) - len(known)} without"
        )
    simulated: dict[str, np.ndarray] = {}
    for tool in all_mca():
        how = Simulation(tool)
        total = kept_cycles(texts, how, folder)
        simulated[str(tool)] = total / how.iterations
    return Measured(texts, np.array(known), simulated, len(reading.refused))


def adapt_stage(
    measured: Measured,
    compiled: Model,
    *,
    quick: bool,
    say: Callable[[str], None],
) -> tuple[list[Row], list[Model]]:
    """Run the stage.

    Args:
        measured: blocks with measurements.
        compiled: the model of the newest llvm-mca.
        quick: fewer sizes and splits.
        say: told what goes on.

    Returns:
        A row for each size and method, and an ensemble that learned from all blocks.
    """
    records = compiled.vocabulary.records(measured.texts)
    n = len(measured.texts)
    repeats = 2 if quick else REPEATS
    sizes = [50, 400] if quick else SIZES
    sizes = [size for size in sizes if size <= n - min(JUDGES, n // 4)]
    rows: list[Row] = []
    for size in sizes:
        say(f"adaptation, {size} measured blocks")
        errors = [
            _split_errors(measured, records, compiled, size, seed)
            for seed in range(repeats)
        ]
        for method in errors[0]:
            found = np.array([one[method] for one in errors])
            rows.append(_row(method, size, found))
    everything = np.arange(n)
    say("adaptation, all measured blocks")
    starts = [compiled.with_forwarding()] * MEMBERS
    final = adapt(starts, records, measured.cycles, everything, ADAPTED[:1], 0)
    return rows, final


def _split_errors(
    measured: Measured,
    records: Records,
    compiled: Model,
    size: int,
    seed: int,
) -> dict[str, float]:
    """Compute every method's error on one split's judging blocks."""
    n = len(measured.texts)
    order = np.random.default_rng(100 + seed).permutation(n)
    learning = order[:size]
    judging = order[n - min(JUDGES, n // 4) :]
    true = measured.cycles[judging]
    found = {
        name: relative_error(cycles[judging], true)
        for name, cycles in measured.simulated.items()
    }
    random = [random_model(compiled.vocabulary, k) for k in range(MEMBERS)]
    asked: dict[str, tuple[Sequence[Model], tuple[Adaptation, ...]]] = {
        "scratch": (random, SCRATCH),
        "adapted": ([compiled] * MEMBERS, ADAPTED),
        "adapted, store forwarding": (
            [compiled.with_forwarding()] * MEMBERS,
            ADAPTED[:1],
        ),
    }
    for name, (starts, ways) in asked.items():
        models = adapt(starts, records, measured.cycles, learning, ways, seed)
        predicted = ensemble_cycles(models, records.pick(judging))
        found[name] = relative_error(predicted, true)
    return found


def _row(method: str, size: int, errors: np.ndarray) -> Row:
    rng = np.random.default_rng(0)
    means = rng.choice(errors, (2_000, len(errors))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "kind": "adaptation",
        "method": method,
        "blocks": size,
        "mape": float(errors.mean()),
        "low": float(low),
        "high": float(high),
        "splits": [float(error) for error in errors],
    }
