"""How unsure a surrogate is at an input: made, calibrated and judged after verification.

In: Program, a finished compilation, its starts. Out: the surrogate with error bars, and
`report.ErrorBars`. Runs nothing: the inputs that verified the surrogate calibrate and
judge. Non-goals: training (compilation), evaluating them (surrogate).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.app.options import CompileOptions, expect_runs_for_error_bars
from nsc.app.running import Running
from nsc.app.runs_teacher import RunsTeacher
from nsc.compilation import (
    FEWEST_CALIBRATING,
    FEWEST_LEARNED,
    LEVEL,
    Compilation,
    CompilationConfig,
    Progress,
    Start,
    calibrate,
    finetune_ensemble,
)
from nsc.program import Program, as_returned
from nsc.report import ErrorBars as Reported
from nsc.surrogate import ErrorBars, Member, Surrogate


def expect_enough(options: CompileOptions, config: CompilationConfig) -> None:
    """Refuse error bars where there are too few inputs, before they run.

    Raises:
        InputError: there are.
    """
    if options.error_bars:
        rest = ", which is all there are: leave error_bars out"
        is_all = config.verification != options.verification
        expect_runs_for_error_bars(
            config.budget, config.verification, rest=rest * is_all
        )


def with_error_bars(
    program: Program,
    options: CompileOptions,
    found: Compilation,
    starts: tuple[Start, ...],
    running: Running,
    progress: Progress,
) -> tuple[Compilation, Reported | None, tuple[str, ...]]:
    """Give a compilation's surrogate error bars.

    Args:
        starts: that the surrogate was finetuned from.

    Returns:
        It, what error bars were worth, and notes. The surrogate stays without where the
        running ended before there were enough runs; a note says so.
    """
    surrogate = found.surrogate
    learned = found.learned
    n_learned = 0 if learned is None else len(learned.x)
    n = len(found.x)
    if learned is None or n_learned < FEWEST_LEARNED or n < FEWEST_CALIBRATING:
        return found, None, (_without(n_learned, n),)
    networks = finetune_ensemble(
        starts,
        surrogate,
        learned,
        options.compilation(running.cost),
        RunsTeacher(program, options),
        progress=progress,
    )
    surrogate, reported = _calibrated(program, found, networks, options.seed)
    return replace(found, surrogate=surrogate), reported, ()


def _calibrated(
    program: Program,
    found: Compilation,
    networks: tuple[tuple[Member, ...], ...],
    seed: int,
) -> tuple[Surrogate, Reported]:
    """Calibrate on one half of the inputs that verified, and judge on the other."""
    surrogate = found.surrogate
    u = surrogate.normalise(found.x)
    y = surrogate.networks(found.x)
    ones = np.ones(y.shape[1])
    raw = ErrorBars(networks, scale=ones, constant=0 * ones)
    error = as_returned(program, surrogate.as_held(y)) - found.y
    worth = calibrate(raw.disagreement(u, y), error, seed=seed)
    bars = ErrorBars(networks, worth.scale, worth.constant)
    reported = Reported(
        level=LEVEL,
        held=worth.held,
        judged_on=worth.n_judged,
        calibrated_on=worth.n_calibrated,
        networks=len(networks),
    )
    return replace(surrogate, error_bars=bars), reported


def _without(n_learned: int, n_verified: int) -> str:
    return (
        f"no error bars: {n_learned} runs to learn from and {n_verified} that verify are"
        f" too few; {FEWEST_LEARNED} and {FEWEST_CALIBRATING} are needed"
    )
