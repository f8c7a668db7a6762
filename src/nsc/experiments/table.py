"""The experiments, a row each: to add one, add a row.

In: nothing. Out: `EXPERIMENTS`. Non-goals: running them (bench.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nsc.compnet import FLOOR
from nsc.experiments import (
    applications,
    cloning,
    data_efficiency,
    padding,
    quantization,
    training_time,
)
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
        suites: rows of `SUITES` that it is done on.
        is_score: whether larger values are better.
        shows_values: whether tables show them beside improvements.
        about: sentences that say how it is done; () where the report says it.
        compared_with: the experiment that it is the other arm of; "" for none.
        is_ablation: whether it is asked for apart.
        has_races: whether starts can race in it: a race has no epochs to count, and one
            output.
        missing: what it lacks here; "" where it can be done.
    """

    name: str
    title: str
    unit: str
    measure: Callable[[Job], list[Measured]]
    trials: Callable[[Protocol], range]
    floors: Mapping[str, float]
    measure_targets: Callable[[Job], list[Measured]] | None = None
    target_trials: Callable[[Protocol], range] = lambda protocol: range(0)
    suites: tuple[str, ...] = ("exestack", "parrot")
    is_score: bool = False
    shows_values: bool = False
    about: tuple[str, ...] = ()
    compared_with: str = ""
    is_ablation: bool = False
    has_races: bool = True
    missing: Callable[[], str] = lambda: ""


def _all_trials(protocol: Protocol) -> range:
    return range(protocol.trials)


def _few_trials(protocol: Protocol) -> range:
    """Number trials of what costs as much as the data efficiency, and adds less."""
    return range(protocol.time_trials)


LEAST_ERROR = 1e-4  # of an application: nobody sees or hears less
LEAST_SSIM = 0.01


def _floors(floor: float) -> Mapping[str, float]:
    return {name: floor for name in OPTIMIZERS}


_FLOORS = _floors(FLOOR)
_SHARED = (
    "A trial draws a share of the examples and splits it 80:20, as for the data"
    " efficiency; the surrogate is that of the best validation loss.",
)

_ROWS = (
    Experiment(
        "data-efficiency",
        "Data efficiency",
        "test loss",
        data_efficiency.measure,
        trials=_all_trials,
        floors=_FLOORS,
    ),
    Experiment(
        "training-time",
        "Training time",
        "epochs",
        training_time.measure,
        trials=_few_trials,
        floors={"adam": EVERY, "lm": 1},  # the resolution of the measurement
        measure_targets=training_time.measure_targets,
        has_races=False,
        target_trials=lambda protocol: range(
            protocol.time_trials, 2 * protocol.time_trials
        ),
    ),
    Experiment(
        "colour-quantization",
        "Colour quantization",
        "SSIM",
        quantization.measure,
        trials=_all_trials,
        floors=_floors(LEAST_SSIM),
        suites=("photographs",),
        is_score=True,
        shows_values=True,
        about=(
            "k-means with 6 colours, its distance the surrogate of kmeans_distance;"
            " at most 10 rounds of Lloyd's iteration from 6 pixels of the trial's own."
            " SSIM (scikit-image) against the picture that exact distances give from"
            " the same pixels. Improvement: mean SSIM of this start over that of random"
            " initialisation; the papers' 1.0 to 1.3, of which we have the abstract"
            " alone, we read so.",
            *_SHARED,
        ),
        missing=quantization.missing,
    ),
    Experiment(
        "applications",
        "Application error",
        "error",
        applications.measure,
        trials=_few_trials,
        floors=_floors(LEAST_ERROR),
        suites=("applications",),
        shows_values=True,
        about=(
            "AxBench's errors: sobel, kmeans and jpeg root mean squared error of the"
            " picture (levels in [0, 1]); fft (2,048 samples, radix 2) and invk2j"
            " average relative error, each at most 1; jmeint rate of wrong answers."
            " jmeint (18-32-8-2) and jpeg (64-16-64) have more inputs than 9-4-4-1:"
            " random initialisation alone.",
            *_SHARED,
        ),
    ),
    Experiment(
        "random-padding",
        "Random padding",
        "test loss",
        padding.measure,
        trials=_few_trials,
        floors=_FLOORS,
        about=(
            "The data efficiency with random numbers in the inputs that a program"
            " lacks, in the place of zeros.",
            *_SHARED,
        ),
        compared_with="data-efficiency",
        is_ablation=True,
    ),
    Experiment(
        "separate-outputs",
        "A network for each output",
        "test loss over variance",
        cloning.measure_separate,
        trials=_few_trials,
        floors=_FLOORS,
        suites=("pairs",),
        about=("The mean of both outputs' losses, each over its variance.",),
        is_ablation=True,
    ),
    Experiment(
        "cloned-outputs",
        "One network, its output cloned",
        "test loss over variance",
        cloning.measure_cloned,
        trials=_few_trials,
        floors=_FLOORS,
        suites=("pairs",),
        about=(
            "9-4-4-2 that starts as the first output's network does, its last layer"
            " cloned, trained on both outputs. The mean of both outputs' losses, each"
            " over its variance.",
        ),
        compared_with="separate-outputs",
        has_races=False,
        is_ablation=True,
    ),
)
EXPERIMENTS: Mapping[str, Experiment] = {row.name: row for row in _ROWS}
