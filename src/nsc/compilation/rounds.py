"""The pattern of surrogate compilation: examples, finetuning, verification, in rounds.

In: an `Oracle` (`n i -> n o`), initial parameters, a sampler of inputs. Out:
`Compilation`.
Non-goals: C, text, which initialiser made the starts, which kind of oracle answers.

Source: "Programming with Neural Surrogates of Programs" (Onward! 2021): surrogate
compilation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from nsc.compilation.config import CompilationConfig
from nsc.compilation.ending import FEWEST, Ending, held_back
from nsc.compilation.given import Given
from nsc.compilation.growth import (
    MAX_ROUNDS,
    Round,
    plan_next,
    reason_to_give_up,
)
from nsc.compilation.oracle import (
    VERIFICATION,
    Draw,
    Examples,
    LeftOut,
    Rounding,
    Sampler,
    Source,
)
from nsc.compilation.race import MemberResult, Rung
from nsc.compilation.sizes import finetune_sized
from nsc.compilation.start import Start
from nsc.compilation.taught import Teach, no_teacher
from nsc.finetune import FinetuneResult
from nsc.finetune import Progress as FinetuneProgress
from nsc.oracle import Oracle
from nsc.surrogate import Held, Member, Surrogate, Topology
from nsc.verify import Verification, verify

# (what is happening, fraction of it that is done)
Progress = Callable[[str, float], None]
# the outputs `n o` of the runs that are learned from -> what stands for each output
Holding = Callable[[npt.NDArray[np.float64]], tuple[Held, ...]]
Clock = Callable[[], float]  # seconds


@dataclass(frozen=True)
class Compilation:
    """A verified surrogate and how it came about.

    Args:
        x, y: the last verification inputs and the program's outputs.
        results: finetuning of each member; empty for zero-shot.
        winners: which start each member came from; empty for zero-shot.
        runs: program runs by purpose.
        time_s: seconds by phase.
        reached: whether the target error holds; None without a target.
        given_up: why it does not; "" where it does, or without a target.
        looks: how many verifications its bound allows for; see `verify`.
        is_ended: whether the user ended the running before all that was wanted ran.
        left_out: runs that failed, for which others stand in.
        ladders: the sizes that were tried for each member.
        learned: the runs that it learned from.
    """

    surrogate: Surrogate
    verification: Verification
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    results: tuple[FinetuneResult, ...]
    winners: tuple[str, ...]
    runs: dict[str, int]
    time_s: dict[str, float]
    rounds: tuple[Round, ...]
    reached: bool | None
    given_up: str = ""
    looks: int = 1
    is_ended: bool = False
    left_out: LeftOut = field(default_factory=LeftOut)
    ladders: tuple[tuple[Rung, ...], ...] = ()
    learned: Examples | None = None


def surrogate_compilation(
    oracle: Oracle,
    starts: tuple[Start, ...],
    draw: Draw | Source,
    template: Surrogate,
    config: CompilationConfig,
    *,
    rounding: Rounding = lambda y: y,
    held: Holding = lambda y: (),
    teach: Teach = no_teacher,
    given: Given | None = None,
    progress: Progress = lambda what, fraction: None,
    clock: Clock = time.perf_counter,
) -> Compilation:
    """Finetune from `starts` on runs of the oracle, and verify on fresh runs.

    Args:
        starts: one per member of the surrogate; members' outputs are concatenated.
        draw: (n, generator) -> `n i` inputs of the domain, in the program's units; or
            where they come from.
        template: gives box, names and metadata of the surrogate; its members are
            replaced.
        rounding: what use makes of the surrogate's outputs `n o` (integers, say): that is
            verified.
        held: what stands for each output, by those of the runs that are learned from.
        teach: adds to starts what examples allow to predict.
        given: examples that exist, which come before runs.
        clock: what a time limit is measured by.

    Raises:
        OracleError: the program fails on part of its domain.
    """
    source = draw if isinstance(draw, Source) else Source(draw)
    if given is not None and given.held is not None:
        source = Source(source.draw, given.population)
    n_outputs = len(template.output_names)
    sampler = Sampler(oracle, source, n_outputs, config.seed, given)
    search = _Search(
        sampler, template, config, rounding, held, teach, progress, clock
    )
    return search.run(starts)


class _OutOfTime(Exception):
    """The time limit or the user ends a round from within."""


@dataclass(frozen=True)
class _Attempt:
    """What a round found.

    Args:
        members: finetuned; empty for zero-shot.
        examples: that verified it.
    """

    surrogate: Surrogate
    members: tuple[MemberResult, ...]
    examples: Examples
    verification: Verification

    @property
    def results(self) -> tuple[FinetuneResult, ...]:
        return tuple(m.result for m in self.members)

    @property
    def n_validation(self) -> int:
        """Examples that only validated: what trains one member may validate another."""
        return max((m.n_validation for m in self.members), default=0)


class _Search:
    """State of one compilation: examples so far, rounds, seconds spent."""

    def __init__(
        self,
        sampler: Sampler,
        template: Surrogate,
        config: CompilationConfig,
        rounding: Rounding,
        held: Holding,
        teach: Teach,
        progress: Progress,
        clock: Clock,
    ):
        self.sampler = sampler
        self.template = template
        self.config = config
        self.rounding = rounding
        self.held = held
        self.progress = progress
        self.clock = clock
        self.teach = teach
        self.started = clock()
        no_inputs = np.empty((0, len(template.lo)))
        no_outputs = np.empty((0, sampler.outputs))
        self.examples = Examples(no_inputs, no_outputs)
        self.rounds: list[Round] = []
        self.ending = Ending()
        self.n_verified = 0
        self.time_s = {"execute": 0.0, "finetune": 0.0, "verify": 0.0}

    def run(self, starts: tuple[Start, ...]) -> Compilation:
        """Try once; with a target, until it holds or is given up."""
        found = self._attempt(starts, self.config.budget)
        target = self.config.target_error
        if target is None:
            return self._compilation(found, reached=None, given_up="")
        given_up = None
        while not found.verification.rmse <= target:  # nor where it is NaN
            members = found.surrogate.members
            budget = self.rounds[-1].budget
            plan = plan_next(members, found.results, budget, self.config)
            given_up = self._reason_to_give_up(plan.budget, found.verification)
            if given_up is not None:
                break
            try:
                found = self._attempt(plan.starts, plan.budget)
            except _OutOfTime:
                given_up = self._reason_to_give_up(
                    plan.budget, found.verification
                )
                break
        has_reached = found.verification.rmse <= target
        return self._compilation(found, has_reached, given_up or "")

    def _attempt(self, starts: tuple[Start, ...], budget: int) -> _Attempt:
        """Finetune on `budget` examples and verify."""
        self._run_until(budget)
        with self._timed("finetune"):
            starts = self.teach(starts, self.examples)
        results = self._finetune(starts)
        members = tuple(r.member for r in results)
        if not results:
            members = tuple(Member(s.topology, s.without_runs) for s in starts)
        held = self.held(self.examples.y)
        surrogate = replace(self.template, members=members, held=held)
        examples, found = self._verify(surrogate)
        if found is None:
            # too few runs verify what has learned from all others: it learns from fewer
            return self._attempt(starts, budget)
        self.rounds.append(Round(budget, str(members[0].topology), found.rmse))
        return _Attempt(surrogate, results, examples, found)

    def _run_until(self, budget: int) -> None:
        """Run the program until there are `budget` examples."""
        n = len(self.examples.x)
        missing = budget - n
        if missing <= 0 or self.ending.is_ended:
            return
        self.progress(f"running the program on {missing} inputs", 0.0)
        with self._timed("execute"):
            more = self.sampler.more(missing, self.examples)
            pairs = zip(self.examples, more, strict=True)
            self.examples = Examples(*(np.concatenate(pair) for pair in pairs))
        if len(more.x) < missing:
            self._end()

    def _end(self) -> None:
        """Go on with the examples that there are, some of which are to verify.

        Raises:
            KeyboardInterrupt: they are too few.
        """
        if self.rounds:
            self.ending = Ending(is_ended=True)
            raise _OutOfTime
        self.examples, self.ending = held_back(self.examples)

    def _finetune(self, starts: tuple[Start, ...]) -> tuple[MemberResult, ...]:
        """Finetune every member on its own outputs; none where there are no examples."""
        x, y = self.examples
        if not len(x):
            return ()
        u = self.template.normalise(x)
        found: list[MemberResult] = []
        column = 0
        with self._timed("finetune"):
            for number, start in enumerate(starts):
                end = column + start.topology.n_outputs
                result = finetune_sized(
                    start,
                    u,
                    y[:, column:end],
                    number=number,
                    config=self.config,
                    progress=self._shown(start.topology),
                )
                found.append(result)
                column = end
        return tuple(found)

    def _shown(self, topology: Topology) -> FinetuneProgress:
        """Show finetuning, and end it when it is late; the first round is never late."""

        def show(step: int, limit: int, best: float) -> None:
            if self.rounds and self._is_late():
                raise _OutOfTime
            self.progress(_finetuning(topology, step, best), step / limit)

        return show

    def _verify(
        self, surrogate: Surrogate
    ) -> tuple[Examples, Verification | None]:
        """Run the program on fresh inputs and compare; None where too few ran."""
        n = self.config.verification
        source = self.sampler.source
        self.progress(f"verifying on {source.said(n)} inputs", 0.0)
        with self._timed("verify"):
            fresh = self.ending.examples or self.sampler.run(
                n, stream=VERIFICATION, number=len(self.rounds)
            )
            if len(fresh.x) < n and not self.ending.is_ended:
                if len(fresh.x) < FEWEST:
                    self._end()
                    return fresh, None
                self.ending = Ending(is_ended=True)
            self.n_verified += len(fresh.x)
            return fresh, _compared(
                fresh, self.rounding, surrogate, self.config, source
            )

    def _reason_to_give_up(
        self, budget: int, found: Verification
    ) -> str | None:
        if self.ending.is_ended:
            return "the running was ended"
        if self._is_late():
            return f"the time limit of {self.config.time_limit:g} s is over"
        return reason_to_give_up(self.rounds, budget, found, self.config)

    def _is_late(self) -> bool:
        limit = self.config.time_limit or math.inf
        return self.clock() - self.started > limit

    @contextmanager
    def _timed(self, phase: str) -> Generator[None, None, None]:
        started = self.clock()
        try:
            yield
        finally:
            self.time_s[phase] += self.clock() - started

    def _compilation(
        self, found: _Attempt, reached: bool | None, given_up: str
    ) -> Compilation:
        """Put together what was kept and all that was spent."""
        return Compilation(
            surrogate=found.surrogate,
            verification=found.verification,
            x=found.examples.x,
            y=found.examples.y,
            results=found.results,
            winners=tuple(m.winner for m in found.members),
            runs={
                "train": len(self.examples.x) - found.n_validation,
                "validation": found.n_validation,
                "verification": self.n_verified,
            },
            time_s=dict(self.time_s),
            rounds=tuple(self.rounds),
            reached=reached,
            given_up=given_up,
            looks=_looks(self.config),
            is_ended=self.ending.is_ended,
            left_out=self.sampler.left_out,
            ladders=tuple(m.ladder for m in found.members),
            learned=self.examples,
        )


def _compared(
    examples: Examples,
    rounding: Rounding,
    surrogate: Surrogate,
    config: CompilationConfig,
    source: Source,
) -> Verification:
    """Compare a surrogate with the program on inputs that verify."""
    return verify(
        examples.y,
        rounding(surrogate.evaluate(examples.x)),
        looks=_looks(config),
        whole=[held is not None for held in surrogate.held],
        population=source.population,
    )


def _looks(config: CompilationConfig) -> int:
    """How many verifications there may be: each may be the last, by its findings."""
    return MAX_ROUNDS if config.target_error else 1


def _finetuning(topology: Topology, step: int, best: float) -> str:
    """Say how far finetuning is; before its first step there is no error yet."""
    is_building = math.isnan(best)
    if is_building:
        return f"building the finetuning kernel for {topology}"
    return f"finetuning {topology}: step {step}, validation nmse {best:.2e}"
