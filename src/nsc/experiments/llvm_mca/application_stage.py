"""Surrogate compilation judged by applications that it has not seen.

In: a Corpus whose blocks tell what they come from. Out: a row for each application.
A random split leaves blocks of one application on both sides; here each application
judges what learned from the others alone, vocabulary and all.
Non-goals: random splits (compile_stage).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nsc.experiments.llvm_mca.corpus import Corpus
from nsc.mca import relative_error, tabled_model, vocabulary_of

Row = dict[str, Any]
# (corpus, start, labels, seconds) -> the model
Learned = Callable[..., Any]
LABELS = 10_000
QUICK_LABELS = 1_000
FEWEST = 200  # blocks of an application that can judge
SECONDS = 60.0
_SEED = 3
_VALIDATING = 8  # one block in so many


def application_of(name: str) -> str:
    """Return the application of a name like "openblas-dgemm": what stands before "-".

    Args:
        name: of a column `application`.
    """
    return name.partition("-")[0]


def application_rows(
    corpus: Corpus,
    learned: Learned,
    *,
    quick: bool,
    say: Callable[[str], None],
) -> list[Row]:
    """Judge by each application what learned from the others.

    Args:
        corpus: blocks and labels.
        learned: learns from so many labels of a corpus.
        quick: fewer labels, shorter training.
        say: told what goes on.
    """
    parts = [corpus.train, corpus.validation, corpus.test]
    everything = np.sort(np.concatenate(parts))
    of = np.array(
        [application_of(corpus.blocks[k].application) for k in everything]
    )
    names, counts = np.unique(of, return_counts=True)
    chosen = [
        str(name)
        for name, count in zip(names, counts, strict=True)
        if name and count >= FEWEST
    ]
    if len(chosen) < 2:
        say(
            "compilation by application is left out: it needs a column 'application' with"
            f" at least two of {FEWEST} blocks or more"
        )
        return []
    rows: list[Row] = []
    for name in chosen:
        say(f"structured model, without {name}")
        own = everything[of == name]
        divided = _without(corpus, everything[of != name], own)
        rows.append(_row(divided, learned, name, quick=quick))
    return rows


def _without(corpus: Corpus, others: np.ndarray, own: np.ndarray) -> Corpus:
    """Divide a corpus so that one application judges; the forms are the others'."""
    others = np.random.default_rng(_SEED).permutation(others)
    cut = len(others) // _VALIDATING
    train = others[cut:]
    vocabulary = vocabulary_of(
        [corpus.blocks[k] for k in train], corpus.samples
    )
    return replace(
        corpus,
        train=train,
        validation=others[:cut],
        test=own,
        vocabulary=vocabulary,
        records=vocabulary.records([block.text for block in corpus.blocks]),
    )


def _row(corpus: Corpus, learned: Learned, name: str, *, quick: bool) -> Row:
    how = corpus.simulation
    start = tabled_model(corpus.vocabulary, corpus.samples, how.tool, how.cpu)
    wanted = QUICK_LABELS if quick else LABELS
    labels = min(wanted, len(corpus.train) + len(corpus.validation))
    model = learned(corpus, start, labels, SECONDS)
    judging = corpus.records.pick(corpus.test)
    true = corpus.cycles[corpus.test]
    return {
        "kind": "application",
        "name": f"structured, {labels:,} labels, without {name}",
        "application": name,
        "labels": labels,
        "blocks": len(corpus.test),
        "tables_mape": relative_error(start.cycles(judging), true),
        "mape": relative_error(model.cycles(judging), true),
    }
