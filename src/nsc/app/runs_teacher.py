"""What few runs of a program say of it elsewhere, as a teacher of its surrogate.

In: Program, runs of it, what its text predicts. Out: starts that know a teacher's
values, and `report.Teacher`. Non-goals: Gaussian processes (nsc.teacher), training
(compilation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nsc.app.data import GivenRows
from nsc.app.options import CompileOptions
from nsc.app.simple_fits import simple_fit
from nsc.compilation import Examples, Start, Teach
from nsc.finetune import Predictions
from nsc.program import Program, draw_inputs, normalised
from nsc.report import Teacher
from nsc.surrogate import forward, pad_inputs
from nsc.teacher import MOST, Known, Values, teach

VALUES = 1500  # at which it teaches
STREAM = 4  # of random numbers; see compilation/oracle.py
SOURCE = "few runs"  # what it is called in a race

Array = np.ndarray


class RunsTeacher:
    """Teaches in every round that has few runs.

    Attributes:
        found: what it said of each output in the last round; empty where it said
            nothing.
    """

    def __init__(self, program: Program, options: CompileOptions):
        self.program = program
        self.is_wanted = options.initialiser.race.enters_all
        self.seed = options.seed
        # what can run again tells by that; C in the sandbox has none
        self.tells_noise = isinstance(program.function, GivenRows)
        self.found: tuple[Values, ...] = ()

    def __call__(
        self, starts: tuple[Start, ...], examples: Examples
    ) -> tuple[Start, ...]:
        """Add values to starts that no better teacher has given some."""
        self.found = ()
        if not self.is_wanted:
            return starts
        generator = np.random.default_rng([self.seed, STREAM])
        x = draw_inputs(self.program, VALUES, generator=generator)
        u = normalised(self.program, examples.x)
        wanted = normalised(self.program, x)
        found: list[Start] = []
        first = 0
        for start in starts:
            end = first + start.topology.n_outputs
            own = examples.y[:, first:end]
            if len(u) > MOST:
                simple = simple_fit(u, own, wanted)
                found.append(replace(start, simple=simple))
            else:
                found.append(self._with_values(start, u, own, wanted))
            first = end
        return tuple(found)

    def used(self, winners: Sequence[str]) -> Teacher | None:
        """Return what it said, told which starts won; None where it said nothing."""
        if not self.found:
            return None
        return Teacher(
            nmse=tuple(each.nmse for each in self.found),
            noise=tuple(each.noise for each in self.found),
            models=tuple(dict(each.models) for each in self.found),
            is_used=any(w.startswith(f"{SOURCE}, ") for w in winners),
        )

    def _with_values(
        self, start: Start, u: Array, y: Array, wanted: Array
    ) -> Start:
        """Teach one member, all of whose outputs must be teachable."""
        said = [
            teach(
                u,
                y[:, k],
                wanted,
                _known(start, k, u, wanted),
                tells_noise=self.tells_noise,
            )
            for k in range(y.shape[1])
        ]
        values = [each for each in said if each is not None]
        if len(values) < len(said):
            return start
        nmse = max(each.nmse for each in values)
        other = start.taught
        if other is not None and other.nmse is not None and other.nmse < nmse:
            return start
        self.found = (*self.found, *values)
        taught = Predictions(
            wanted,
            np.stack([each.y for each in values], axis=1),
            source=SOURCE,
            nmse=nmse,
            # the same examples: what they gave alone is as wrong, and apart
            doubt=-1.0,
        )
        return replace(start, taught=taught)


def in_turn(teachers: Sequence[Teach]) -> Teach:
    """Let teachers teach one after the other."""

    def teach_all(
        starts: tuple[Start, ...], examples: Examples
    ) -> tuple[Start, ...]:
        for each in teachers:
            starts = each(starts, examples)
        return starts

    return teach_all


def _known(start: Start, output: int, u: Array, wanted: Array) -> Known | None:
    """Return what the text says of one output."""
    if start.predicted is None:
        return None
    there, here = (
        forward(
            start.without_runs, start.topology, pad_inputs(x, start.topology)
        )[:, output]
        for x in (u, wanted)
    )
    return Known("the text", there, here)
