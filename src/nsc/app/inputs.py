"""Where a compilation's inputs come from: its program's domain, all of it, or a sample.

In: Program, options, its price. Out: `Inputs`, which fit a budget to what there is.
Non-goals: drawing (program), running.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from nsc.app.adaptive import batches_of, chosen_after, is_chosen
from nsc.app.cost import CHEAP, Cost
from nsc.app.options import CompileOptions
from nsc.app.sobol import sobol
from nsc.compilation import (
    FAR,
    TRAINING,
    VERIFICATION,
    CompilationConfig,
    Examples,
    Source,
)
from nsc.errors import InputError
from nsc.program import Program, count_inputs, draw_inputs, every_input
from nsc.verify import Population

# inputs of a domain of integers, that conditions are tried on
MOST_TRIED = 1 << 17
SHUFFLING = 4  # a stream of random numbers; see compilation/oracle.py


class Inputs(Source):
    """The inputs of one compilation.

    Args:
        limited: those to learn from and those to verify on, `n i` each, where there are
            only so many; None where they are drawn.
        population: what those that verify stand for.
        config: what may be spent, no more than there are inputs for.
        sampling: how those to learn from are drawn; see `CompileOptions`.
    """

    def __init__(
        self,
        program: Program,
        limited: tuple[np.ndarray, np.ndarray] | None,
        population: Population,
        config: CompilationConfig,
        *,
        sampling: str = "uniform",
    ):
        self.program = program
        self.sampling = sampling
        super().__init__(partial(_draw, program), population)
        self.limited = limited
        self.config = config

    def take(
        self, n: int, *, seed: int, stream: int, number: int
    ) -> np.ndarray:
        """Return `n i` inputs; see `Source.take`.

        Where there are only so many, the same ones verify in every round: which network
        comes next never hangs on what verification found, and bounds allow for rounds.
        """
        if self.limited is None or stream not in (TRAINING, VERIFICATION):
            # what stands in for failed runs is random: their numbers are far off
            if self._is_even and stream == TRAINING and number < FAR:
                return self.draw(n, sobol(seed, number))
            return super().take(n, seed=seed, stream=stream, number=number)
        learned, verifying = self.limited
        if stream == VERIFICATION:
            return verifying[:n]
        return learned[number : number + n]

    def batches(self, n: int, *, stream: int, number: int) -> tuple[int, ...]:
        """Divide inputs that are chosen by the runs before; see `Source.batches`."""
        if not self._is_adaptive or stream != TRAINING:
            return (n,)
        return tuple(batches_of(n, number, self.program.n_inputs))

    def after(
        self, known: Examples, n: int, *, seed: int, stream: int, number: int
    ) -> np.ndarray:
        """Return `n i` inputs, chosen by the runs before; see `Source.after`."""
        is_asked = self._is_adaptive and stream == TRAINING
        if is_asked and is_chosen(n, known):
            return chosen_after(
                self.program, known, n, seed=seed, number=number
            )
        return self.take(n, seed=seed, stream=stream, number=number)

    @property
    def _is_adaptive(self) -> bool:
        return self.sampling == "adaptive" and self.limited is None

    @property
    def _is_even(self) -> bool:
        """Whether those that nothing chose are Sobol points, which fill a box."""
        if self.sampling == "adaptive":
            return not self.program.drawing.conditions
        return self.sampling == "sobol"


def _draw(
    program: Program, n: int, generator: np.random.Generator
) -> np.ndarray:
    return draw_inputs(program, n, generator=generator)


def with_divided_sample(program: Program, options: CompileOptions) -> Program:
    """Hold back those rows of a program's sample that verify, if it has one.

    Nothing that learns, twins among it, may draw them.
    """
    drawing = program.drawing
    if drawing.sample is None:
        return program
    wanted = options.verified_on(CHEAP)
    sample = drawing.sample.divided(options.budget, wanted, seed=options.seed)
    notes = program.notes
    n = len(sample.rows)
    if n < options.budget + wanted:
        notes = (
            *notes,
            f"{sample.path} has {n:,} rows, fewer than a budget of {options.budget:,} and"
            f" {wanted:,} to verify on: {min(options.budget, len(sample.learned)):,} are"
            f" learned from, and at most {sample.n_verifying:,} verify",
        )
    return replace(
        program, drawing=replace(drawing, sample=sample), notes=notes
    )


def inputs_of(
    program: Program, options: CompileOptions, cost: Cost = CHEAP
) -> Inputs:
    """Decide where inputs come from.

    Of a domain of no more integers than the budget or verification asks for, all are
    taken, each once.

    Args:
        program: its sample divided, if it has one.
        cost: of a call; by it a dear program is verified on fewer inputs.
    """
    config = options.compilation(cost)
    names = [leaf.name for leaf in program.signature.inputs]
    population = Population(program.drawing.population(names))
    sample = program.drawing.sample
    if sample is not None:
        if options.sampling != "uniform":
            raise InputError(
                "sampling must be left out with sample, whose rows are drawn;"
                f" found '{options.sampling}'"
            )
        limited = (sample.learned, sample.verifying)
        config = _within(config, *map(len, limited))
        return Inputs(program, limited, population, config)
    x = _few_inputs(program, max(config.budget, config.verification))
    if x is None:
        if options.sampling == "sobol" and program.drawing.conditions:
            raise InputError(
                "sampling must be left out with where: Sobol points fill a box"
            )
        return Inputs(
            program, None, population, config, sampling=options.sampling
        )
    x = np.random.default_rng([options.seed, SHUFFLING]).permutation(x)
    config = replace(config, verification=len(x))
    return Inputs(
        program,
        (x, x),
        replace(population, size=len(x)),
        _within(config, len(x), len(x)),
    )


def _few_inputs(program: Program, most: int) -> np.ndarray | None:
    """Return all inputs that there are, `n i`, if they are no more than `most`."""
    count = count_inputs(program)
    may_be_fewer = bool(program.drawing.conditions) and count <= MOST_TRIED
    if count > most and not may_be_fewer:
        return None
    x = every_input(program)
    return x if 0 < len(x) <= most else None


def _within(
    config: CompilationConfig, learned: int, verifying: int
) -> CompilationConfig:
    """Fit what may be spent to the inputs that there are."""
    return replace(
        config,
        budget=min(config.budget, learned),
        verification=min(config.verification, verifying),
        max_budget=min(config.max_budget, learned),
    )
