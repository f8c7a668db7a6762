"""Surrogate compilation of llvm-mca: error and speed beside stock tools and baselines.

In: a Corpus. Out: rows, and the compiled model.
Zero labels up to all of them, from LLVM's tables and from nothing.
Non-goals: transformers (transformers), measured blocks (adapt_stage).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.experiments.llvm_mca.application_stage import application_rows
from nsc.experiments.llvm_mca.clock import child_seconds, own_seconds
from nsc.experiments.llvm_mca.corpus import Corpus
from nsc.experiments.llvm_mca.transformer_stage import transformer_rows
from nsc.mca import (
    Learner,
    Model,
    Rates,
    Simulation,
    all_mca,
    joined,
    learn,
    random_model,
    relative_error,
    simulated_cycles,
    tabled_model,
)

Row = dict[str, Any]
BUDGETS = (0, 100, 1_000, 10_000)  # labels; all of them besides
EPOCHS = 60
FEW = 5_000  # labels; below, steps are of fewer blocks
MANY = 30_000  # labels that are worth the whole time
TIMED_BLOCKS = 10_000  # the paper's
EXTRAPOLATED = ((4, 8), (2, 4))  # iterations of the two short runs


def compile_stage(
    corpus: Corpus,
    *,
    quick: bool,
    say: Callable[[str], None],
    transformers: Path | None = None,
) -> tuple[list[Row], Model]:
    """Run the stage.

    Args:
        corpus: blocks and labels.
        quick: short training, fewer timed blocks.
        say: told what goes on.
        transformers: a file of trained ones, timed beside the rest.

    Returns:
        Rows, and the model of all labels that started from the tables.
    """
    timed = corpus.test[: 2_000 if quick else TIMED_BLOCKS]
    say("timing llvm-mca")
    rows = [_stock_row(corpus, timed, how) for how in _stock(corpus)]
    for short in EXTRAPOLATED:
        rows.append(_extrapolated_row(corpus, timed, short))
    curve, model = _curve(corpus, compile_seconds(quick=quick), say)
    rows += curve
    rows.append(_speed_row(corpus, timed, model))
    rows += application_rows(corpus, learned, quick=quick, say=say)
    if transformers is not None:
        rows += transformer_rows(corpus, transformers, timed, say)
    fastest = max(
        row["blocks_per_s"] for row in rows if row["kind"] == "stock"
    )
    for row in rows:
        if "blocks_per_s" in row:
            row["times_stock"] = row["blocks_per_s"] / fastest
    return rows, model


def compile_seconds(*, quick: bool) -> float:
    """Tell how long a model learns from all labels, in seconds of this process.

    Args:
        quick: shorter.
    """
    return 20.0 if quick else 60.0


def _stock(corpus: Corpus) -> list[Simulation]:
    return [replace(corpus.simulation, tool=tool) for tool in all_mca()]


def _stock_row(corpus: Corpus, timed: np.ndarray, how: Simulation) -> Row:
    texts = corpus.texts(timed)
    found: list[np.ndarray] = []
    seconds = child_seconds(lambda: found.append(simulated_cycles(texts, how)))
    cycles = found[0] / how.iterations
    known = np.isfinite(cycles)
    return {
        "kind": "stock",
        "name": f"{how.tool}, summary only",
        "blocks_per_s": len(texts) / seconds,
        "mape": relative_error(cycles[known], corpus.cycles[timed][known]),
    }


def _extrapolated_row(
    corpus: Corpus, timed: np.ndarray, short: tuple[int, int]
) -> Row:
    """Take the slope of two short runs: no surrogate at all."""
    texts = corpus.texts(timed)
    found: list[np.ndarray] = []

    def run() -> None:
        for iterations in short:
            how = replace(corpus.simulation, iterations=iterations)
            found.append(simulated_cycles(texts, how))

    seconds = child_seconds(run)
    slope = (found[1] - found[0]) / (short[1] - short[0])
    all_of_them = corpus.simulation.iterations
    cycles = (found[1] + slope * (all_of_them - short[1])) / all_of_them
    return {
        "kind": "extrapolated",
        "name": f"{short[0]} and {short[1]} iterations, extrapolated",
        "blocks_per_s": len(texts) / seconds,
        "mape": relative_error(cycles, corpus.cycles[timed]),
    }


def _curve(
    corpus: Corpus, seconds: float, say: Callable[[str], None]
) -> tuple[list[Row], Model]:
    """Learn from more and more labels, from the tables and from nothing."""
    starts = {
        "tables": tabled_model(
            corpus.vocabulary,
            corpus.samples,
            corpus.simulation.tool,
            corpus.simulation.cpu,
        ),
        "random": random_model(corpus.vocabulary, 0),
    }
    every = len(corpus.train) + len(corpus.validation)
    budgets = [n for n in BUDGETS if n < every] + [every]
    rows: list[Row] = []
    model = starts["tables"]
    for budget in budgets:
        for name, start in starts.items():
            say(f"structured model, {budget:,} labels, start: {name}")
            found = learned(corpus, start, budget, seconds)
            rows.append(_error_row(corpus, found, budget, name))
            if name == "tables":
                model = found
    return rows, model


def learned(
    corpus: Corpus, start: Model, budget: int, seconds: float
) -> Model:
    """Learn from so many labels, those that validate among them.

    Args:
        corpus: blocks and labels.
        start: where it begins.
        budget: labels; 0 leaves the start as it is.
        seconds: at most, of this process.
    """
    if not budget:
        return start
    validating = corpus.validation[: max(20, budget // 8)]
    training = corpus.train[: budget - len(validating)]
    learner = Learner(start, corpus.records, corpus.cycles)
    few = budget < FEW
    return learn(
        learner,
        training,
        validating,
        seconds=seconds * min(1.0, budget / MANY),
        rates=_rates(budget, knows=bool(start.about)),
        epochs=EPOCHS if few else 10 * EPOCHS,
    )


def _rates(budget: int, *, knows: bool) -> Rates:
    """Choose how far steps go: a start that knows the tables is left less far."""
    batch = 32 if budget < FEW else Rates().batch
    if knows and budget < MANY:
        return Rates(
            table=0.005, network=0.001, batch=batch, pull=1e-4, longest=1.0
        )
    return Rates(batch=batch)


def _error_row(corpus: Corpus, model: Model, budget: int, start: str) -> Row:
    predicted = model.cycles(corpus.records.pick(corpus.test))
    true = corpus.cycles[corpus.test]
    error = np.abs(predicted - true) / true
    return {
        "kind": "structured",
        "name": f"structured, {budget:,} labels, start: {start}",
        "start": start,
        "labels": budget,
        "mape": float(error.mean()),
        "median": float(np.median(error)),
    }


def _speed_row(corpus: Corpus, timed: np.ndarray, model: Model) -> Row:
    text, offsets = joined(corpus.texts(timed))
    model.predict_text(text, offsets)
    seconds = own_seconds(lambda: model.predict_text(text, offsets))
    predicted = model.predict_text(text, offsets)
    return {
        "kind": "speed",
        "name": "structured, from text to cycles",
        "blocks_per_s": len(timed) / seconds,
        "mape": relative_error(predicted.cycles, corpus.cycles[timed]),
    }
