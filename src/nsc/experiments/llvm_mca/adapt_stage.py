"""Surrogate adaptation: few measured blocks correct what was compiled from llvm-mca.

In: measured blocks, the compiled surrogates. Out: rows, and an adapted ensemble.
Against llvm-mca itself and against learning from the measured blocks alone, over
repeated random splits; all methods see the same ones. Where blocks tell the application
that they come from, each application also judges what learned from the others.
Non-goals: making the compiled surrogates (compile_stage), how they learn (nsc.mca).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nsc.adaptation import (
    Judged,
    Learner,
    Method,
    as_it_is,
    from_scratch,
    group_splits,
    judge_methods,
    most_judged,
    random_splits,
)
from nsc.errors import InputError
from nsc.mca import (
    BlockSurrogate,
    Model,
    Simulation,
    all_mca,
    kept_cycles,
    read_table,
    relative_error,
)

Row = dict[str, Any]
SIZES = (50, 100, 200, 400, 600)
REPEATS = 10
TRANSFORMER_REPEATS = 3  # they take a hundred times as long
FEWEST_OF_APPLICATION = 20  # measured blocks that can judge


@dataclass(frozen=True)
class Measured:
    """Blocks with what they take on the machine.

    Args:
        texts: in AT&T syntax.
        cycles: an iteration of each, measured.
        simulated: by each llvm-mca, by its name.
        refused: blocks that do not assemble.
        applications: what each comes from; "" where the file does not tell.
    """

    texts: list[str]
    cycles: np.ndarray
    simulated: dict[str, np.ndarray]
    refused: int
    applications: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compiled:
    """What is adapted.

    Args:
        newest: the surrogate of the newest llvm-mca.
        older: of older ones, by their names.
        transformers: of the newest, by their names.
    """

    newest: BlockSurrogate
    older: Mapping[str, BlockSurrogate] = field(default_factory=dict)
    transformers: Mapping[str, Learner] = field(default_factory=dict)


def load_measured(path: Path, folder: Path) -> Measured:
    """Read measured blocks, and ask every llvm-mca here what it says of them.

    Args:
        path: a CSV with columns `cycles_per_100_iterations` and `asm_intel`, `asm`
            or `hex`; `application` besides, if it is known.
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
    applications = tuple(block.application for block in reading.blocks)
    return Measured(
        texts, np.array(known), simulated, len(reading.refused), applications
    )


def surrogate_of(model: Model) -> BlockSurrogate:
    """Take a model as what predicts cycles of an iteration and can be adapted."""
    return BlockSurrogate((model,), iterations=1)


def adapt_stage(
    measured: Measured,
    compiled: Compiled,
    *,
    quick: bool,
    say: Callable[[str], None],
) -> tuple[list[Row], list[Model]]:
    """Run the stage.

    Args:
        measured: blocks with measurements.
        compiled: the surrogates of llvm-mca.
        quick: fewer sizes and splits.
        say: told what goes on.

    Returns:
        A row for each size and method, and an ensemble that learned from all blocks.
    """
    n = len(measured.texts)
    repeats = 2 if quick else REPEATS
    sizes = [50, 400] if quick else SIZES
    sizes = [size for size in sizes if size <= n - most_judged(n)]
    rows: list[Row] = []
    for size in sizes:
        say(f"adaptation, {size} measured blocks")
        splits = random_splits(n, size, repeats)
        judged = _judged(measured, _methods(measured, compiled), splits)
        few = splits[: 1 if quick else TRANSFORMER_REPEATS]
        for name, learner in compiled.transformers.items():
            say(f"adaptation, {size} measured blocks, {name}")
            judged += _judged(measured, _of_transformer(name, learner), few)
        rows += [_row(one) for one in judged]
    rows += _by_application(measured, compiled, say)
    say("adaptation, all measured blocks")
    final = compiled.newest.with_forwarding().learn(
        measured.texts, measured.cycles, 0
    )
    return rows, list(final.models)


def _methods(measured: Measured, compiled: Compiled) -> dict[str, Method]:
    """List what is compared: simulators, scratch, adapted ones."""
    found: dict[str, Method] = {
        name: as_it_is(_lookup(measured.texts, cycles))
        for name, cycles in measured.simulated.items()
    }
    newest = compiled.newest
    found["scratch"] = from_scratch(newest)
    found["adapted"] = newest.learn
    found["adapted, store forwarding"] = newest.with_forwarding().learn
    for name, older in compiled.older.items():
        found[f"surrogate of {name}"] = as_it_is(older)
        found[f"adapted from {name}"] = older.learn
        forwards = older.with_forwarding()
        found[f"adapted from {name}, store forwarding"] = forwards.learn
    return found


def _of_transformer(name: str, learner: Learner) -> dict[str, Method]:
    return {
        f"{name}, as compiled": as_it_is(learner),
        f"{name}, scratch": from_scratch(learner),
        f"{name}, adapted": learner.learn,
    }


def _lookup(
    texts: Sequence[str], cycles: np.ndarray
) -> Callable[[Sequence[str]], np.ndarray]:
    known = dict(zip(texts, cycles, strict=True))
    return lambda x: np.array([known[text] for text in x])


def _judged(
    measured: Measured, methods: Mapping[str, Method], splits: Any
) -> list[Judged]:
    return judge_methods(
        methods, measured.texts, measured.cycles, splits, relative_error
    )


def _by_application(
    measured: Measured, compiled: Compiled, say: Callable[[str], None]
) -> list[Row]:
    """Let each application judge what learned from the others."""
    groups = group_splits(measured.applications, FEWEST_OF_APPLICATION)
    if len(groups) < 2:
        say(
            "adaptation by application is left out: it needs a column 'application' with"
            f" at least two of {FEWEST_OF_APPLICATION} measured blocks or more"
        )
        return []
    rows: list[Row] = []
    for name, split in groups.items():
        say(f"adaptation, without {name}")
        methods = _methods(measured, compiled)
        for one in _judged(measured, methods, [split]):
            rows.append(
                _row(one)
                | {"kind": "adaptation by application", "application": name}
            )
    return rows


def _row(one: Judged) -> Row:
    low, high = one.interval
    return {
        "kind": "adaptation",
        "method": one.method,
        "blocks": one.size,
        "mape": one.mean,
        "low": low,
        "high": high,
        "splits": one.errors.tolist(),
    }
