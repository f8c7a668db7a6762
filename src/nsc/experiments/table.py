"""The experiments, a row each: to add one, add a row.

In: nothing. Out: `EXPERIMENTS`. Non-goals: running them (bench.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nsc.compnet import FLOOR
from nsc.experiments import data_efficiency, training_time
from nsc.experiments.job import Job, Measured
from nsc.experiments.protocol import EVERY, OPTIMIZERS, Protocol


@dataclass(frozen=True)
class Experiment:
    """One question that is asked of every initialisation.

    Args:
        name: what the user calls it.
        title: what reports call it.
        unit: what values are.
        measure: does a job.
        trials: numbers of the trials of a protocol.
        floors: by optimizer; values below count as this: nobody could tell them apart.
        measure_targets: what is to be known of every program first; None for nothing.
        target_trials: numbers of the random trials that tell it; no others' numbers.
    """

    name: str
    title: str
    unit: str
    measure: Callable[[Job], list[Measured]]
    trials: Callable[[Protocol], range]
    floors: Mapping[str, float]
    measure_targets: Callable[[Job], list[Measured]] | None = None
    target_trials: Callable[[Protocol], range] = lambda protocol: range(0)


_ROWS = (
    Experiment(
        "data-efficiency",
        "Data efficiency",
        "test loss",
        data_efficiency.measure,
        trials=lambda protocol: range(protocol.trials),
        floors=dict.fromkeys(OPTIMIZERS, FLOOR),
    ),
    Experiment(
        "training-time",
        "Training time",
        "epochs",
        training_time.measure,
        trials=lambda protocol: range(protocol.time_trials),
        floors={"adam": EVERY, "lm": 1},  # the resolution of the measurement
        measure_targets=training_time.measure_targets,
        target_trials=lambda protocol: range(
            protocol.time_trials, 2 * protocol.time_trials
        ),
    ),
)
EXPERIMENTS: Mapping[str, Experiment] = {row.name: row for row in _ROWS}
