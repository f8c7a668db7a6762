"""What is not sure of a finished surrogate: its error bars, and the program's own noise.

In: a finished compilation. Out: the same with error bars, and what is to be told.
Non-goals: how each is found (error_bars, noise).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nsc.app.error_bars import with_error_bars
from nsc.app.noise import noise_of
from nsc.app.options import CompileOptions
from nsc.app.running import Running
from nsc.app.spent import Spent
from nsc.compilation import Compilation, Progress, Start
from nsc.program import Program
from nsc.report import ErrorBars


@dataclass(frozen=True)
class Uncertainty:
    """What was found out.

    Args:
        check_runs: how often the program ran for it, by what was looked for.
    """

    error_bars: ErrorBars | None
    notes: tuple[str, ...]
    check_runs: Mapping[str, int]


def with_uncertainty(
    program: Program,
    options: CompileOptions,
    found: Compilation,
    starts: tuple[Start, ...],
    running: Running,
    spent: Spent,
    progress: Progress,
) -> tuple[Compilation, Uncertainty]:
    """Give a compilation's surrogate error bars if they are wanted, and look for noise.

    Args:
        starts: that the surrogate was finetuned from.
    """
    bars = None
    notes: tuple[str, ...] = ()
    if options.error_bars:
        with spent.on("error bars"):
            found, bars, notes = with_error_bars(
                program, options, found, starts, running, progress
            )
    progress("running again, to tell noise", 0.0)
    with spent.on("execute"):
        noise = noise_of(program, running, found)
    runs = {"noise": noise.runs} if noise.runs else {}
    return found, Uncertainty(bars, (*notes, *noise.notes), runs)
