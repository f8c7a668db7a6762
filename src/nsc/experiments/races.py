"""Starts that race, as `nsc compile` lets them: the best on validation goes on.

In: a program, the examples of a trial. Out: the parameters that a compilation ends with,
`w` in the program's units. Levenberg-Marquardt only: Adam cannot go on from
parameters alone, and gives predictions no less weight than examples.
Non-goals: which starts there are (initial), how they race (compilation).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nsc.compilation import CompilationConfig, Start, finetune_member
from nsc.compnet import load_compnet
from nsc.experiments.subject import Subject
from nsc.finetune import LmSettings
from nsc.initial import INITIALISERS, Initial, initial_of
from nsc.surrogate import COVERING, Topology


def racers(
    initial: str,
    subject: Subject,
    compnet: str | None,
    drawn: np.ndarray,
    topology: Topology = COVERING,
) -> Start:
    """Return the starts of a row of `INITIALISERS` for one program.

    Args:
        initial: "auto", from the text, or "random".
        drawn: `w`, the first start where the text is not read.
    """
    row = INITIALISERS[initial]
    made = (
        _compiled(subject, compnet, topology)
        if row.reads_text
        else Initial(drawn)
    )
    return Start(
        topology,
        row.starts(made),
        is_informed=row.race.is_informed,
        predicted=made.predicted if row.race.enters_all else None,
    )


@lru_cache(maxsize=64)
def _compiled(
    subject: Subject, compnet: str | None, topology: Topology
) -> Initial:
    emission = load_compnet(compnet).emission_for(subject.compiler_input)
    return initial_of([emission], subject.n_inputs, topology, 0)


def raced(
    initial: str,
    start: Start,
    x: np.ndarray,
    y: np.ndarray,
    steps: int,
    seed: int,
) -> np.ndarray:
    """Race starts on the examples of a trial, `n i` and `n 1`; none is zero-shot."""
    if not len(x):
        return start.without_runs
    config = CompilationConfig(
        seed=seed,
        finetune=LmSettings(steps=steps),
        restarts=INITIALISERS[initial].race.random_starts,
    )
    found = finetune_member(
        start,
        x,
        y,
        number=0,
        config=config,
        progress=lambda step, limit, best: None,
    )
    return found.member.w
