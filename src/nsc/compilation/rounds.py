"""The pattern of surrogate compilation: an oracle, starts and a budget -> a verified
surrogate.

In: an `Oracle` (`n i -> n o`), initial parameters, a sampler of inputs. Out:
`Compilation`.
Non-goals: C, text, which initialiser made the starts, which kind of oracle answers.

Source: "Programming with Neural Surrogates of Programs" (Onward! 2021): surrogate
compilation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from nsc.compilation.oracle import Draw, Oracle, Rounding, run_oracle
from nsc.compilation.start import Entrant, Start
from nsc.errors import InputError
from nsc.finetune import (
    TRUST_PREDICTIONS,
    FinetuneData,
    FinetuneResult,
    LmSettings,
    Predictions,
    Settings,
    bears_out,
    can_finetune,
    finetune_best_of,
    finetune_with_predictions,
    handicap,
    has_few,
    split_examples,
    spread_of,
)
from nsc.surrogate import (
    Member,
    Surrogate,
    Topology,
    random_parameters,
    scale_outputs,
    widen,
)
from nsc.verify import Verification, verify

# (what is happening, fraction of it that is done)
Progress = Callable[[str, float], None]

MAX_ROUNDS = 10
MIN_ROUNDS = 4  # before a target error is given up as hopeless
LEARNT = 0.01  # nmse below which gains so far tell of gains to come
MAX_HIDDEN = 64


@dataclass(frozen=True)
class CompilationConfig:
    """What surrogate compilation may spend.

    Args:
        budget: I/O pairs for training and validation together (80:20); 0 is zero-shot.
        seed: of inputs, split, restarts and verification; the same seed gives the same
            bits.
        restarts: random starts that compete with the given ones.
        verification: fresh inputs that no training saw.
        target_error: rmse to reach, in the outputs' units; budget and widths grow until
            it holds.
        max_budget: where a target error stops growing the budget.
        time_limit: seconds after which a target error is given up, and with it the
            round that is under way, unless it is the first; what is found then hangs on
            the machine.
    """

    budget: int = 1024
    seed: int = 0
    finetune: Settings = field(default_factory=LmSettings)
    restarts: int = 7
    verification: int = 4096
    target_error: float | None = None
    max_budget: int = 32768
    time_limit: float | None = None

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise InputError(
                "--budget must be 0 (zero-shot) or a number of examples; found"
                f" {self.budget}"
            )
        if self.verification < 1:
            raise InputError(
                f"--verification must be at least 1 input; found {self.verification}"
            )
        if self.target_error is not None and not self.target_error > 0:
            raise InputError(
                f"--target-error must be above 0; found {self.target_error}"
            )
        if self.time_limit is not None and not self.time_limit > 0:
            raise InputError(
                f"--time-limit must be above 0 seconds; found {self.time_limit}"
            )
        if self.time_limit is not None and self.target_error is None:
            raise InputError(
                "--time-limit ends the search for a target error; give a"
                " --target-error, or leave it out"
            )
        if self.seed < 0 or self.restarts < 0:
            raise InputError(
                "the seed and the number of restarts must be 0 or more; found"
                f" {self.seed} and {self.restarts}"
            )


@dataclass(frozen=True)
class Round:
    """One attempt: what it spent and what verification found."""

    budget: int
    topology: str
    rmse: float


@dataclass(frozen=True)
class Compilation:
    """A verified surrogate and how it came about.

    Args:
        x, y: the last verification inputs and the program's outputs.
        results: finetuning of each member; empty for zero-shot.
        runs: program runs by purpose.
        reached: whether the target error holds; None without a target.
        given_up: why it does not; "" where it does, or without a target.
    """

    surrogate: Surrogate
    verification: Verification
    x: np.ndarray
    y: np.ndarray
    results: tuple[FinetuneResult, ...]
    winners: tuple[str, ...]
    runs: dict[str, int]
    time_s: dict[str, float]
    rounds: tuple[Round, ...]
    reached: bool | None
    given_up: str = ""


class _OutOfTime(Exception):
    """The time limit ends a round from within."""


def surrogate_compilation(
    oracle: Oracle,
    starts: tuple[Start, ...],
    draw: Draw,
    template: Surrogate,
    config: CompilationConfig,
    *,
    rounding: Rounding = lambda y: y,
    progress: Progress = lambda what, fraction: None,
) -> Compilation:
    """Finetune from `starts` on `config.budget` runs of the oracle, and verify on fresh
    runs.

    Args:
        starts: one per member of the surrogate; members' outputs are concatenated.
        draw: (n, generator) -> `n i` inputs of the domain, in the program's units.
        template: gives box, names and metadata of the surrogate; its members are
            replaced.
        rounding: what use makes of the surrogate's outputs `n o` (integers, say): that is
            verified.
    """
    return _Compilation(oracle, draw, template, config, rounding, progress).run(starts)


class _Compilation:
    """State of one compilation: examples so far, runs and seconds spent."""

    def __init__(
        self,
        oracle: Oracle,
        draw: Draw,
        template: Surrogate,
        config: CompilationConfig,
        rounding: Rounding,
        progress: Progress,
    ):
        self.oracle = oracle
        self.draw = draw
        self.template = template
        self.config = config
        self.rounding = rounding
        self.progress = progress
        self.x = np.empty((0, len(template.lo)))
        self.y = np.empty((0, len(template.output_names)))
        self.runs = {"train": 0, "validation": 0, "verification": 0}
        self.time_s = {"execute": 0.0, "finetune": 0.0, "verify": 0.0}
        self.rounds: list[Round] = []
        self.started = time.perf_counter()

    def run(self, starts: tuple[Start, ...]) -> Compilation:
        found = self._round(starts, self.config.budget)
        given_up = ""
        target = self.config.target_error
        if target is None:
            return found
        while not (reached := found.verification.rmse <= target):
            starts, budget = self._more(found)
            if given_up := self._end(budget, found.verification):
                break
            try:
                found = self._round(starts, budget)
            except _OutOfTime:
                self.runs["train"] = len(self.x) - self.runs["validation"]
                given_up = self._end(budget, found.verification)
                break
        return replace(found, reached=reached, given_up=given_up)

    def _round(self, starts: tuple[Start, ...], budget: int) -> Compilation:
        """Finetune on `budget` examples and verify."""
        self._grow(budget)
        members, results, winners = self._finetune(starts)
        surrogate = replace(self.template, members=members)
        x, y, found = self._verify(surrogate, len(self.rounds))
        self.rounds.append(Round(budget, str(members[0].topology), found.rmse))
        spent = self.runs, self.time_s, tuple(self.rounds)
        return Compilation(
            surrogate, found, x, y, results, winners, *spent, reached=None
        )

    def _end(self, budget: int, found: Verification) -> str:
        """Say why there is no other round; "" where there is."""
        config = self.config
        rounds = self.rounds
        if self._is_late():
            return f"the time limit of {config.time_limit:g} s is over"
        if budget > config.max_budget:
            return f"at most {config.max_budget} examples are tried"
        if len(rounds) == MAX_ROUNDS:
            return f"{MAX_ROUNDS} rounds are over"
        if len(rounds) < MIN_ROUNDS or found.nmse > LEARNT:
            return ""
        gain = min(1.0, *(b.rmse / a.rmse for a, b in pairwise(rounds)))
        hoped = found.rmse * gain ** (MAX_ROUNDS - len(rounds))
        return (
            ""
            if hoped <= config.target_error
            else "more examples and wider layers do not bring it near"
        )

    def _is_late(self) -> bool:
        return time.perf_counter() - self.started > (self.config.time_limit or math.inf)

    def _execute(
        self, n: int, purpose: int, number: int
    ) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng([self.config.seed, purpose, number])
        x = self.draw(n, generator)
        return x, run_oracle(self.oracle, x, len(self.template.output_names))

    def _grow(self, budget: int) -> None:
        """Run the program until there are `budget` examples."""
        missing = budget - len(self.x)
        if missing <= 0:
            return
        self.progress(f"running the program on {missing} inputs", 0.0)
        started = time.perf_counter()
        x, y = self._execute(missing, 0, len(self.x))
        self.x = np.concatenate([self.x, x])
        self.y = np.concatenate([self.y, y])
        self.time_s["execute"] += time.perf_counter() - started

    def _finetune(self, starts: tuple[Start, ...]) -> tuple:
        """Finetune every member; outputs are standardised on the way and put back
        exactly.
        """
        if not len(self.x):
            return tuple(Member(s.topology, s.without_runs) for s in starts), (), ()
        started = time.perf_counter()
        try:
            return self._finetune_members(starts)
        finally:
            self.time_s["finetune"] += time.perf_counter() - started

    def _finetune_members(self, starts: tuple[Start, ...]) -> tuple:
        members = []
        results = []
        winners = []
        held = 0
        column = 0
        u = self.template.normalise(self.x)
        for k, start in enumerate(starts):
            columns = slice(column, column + start.topology.n_outputs)
            column = columns.stop
            member, result, winner = self._finetune_member(
                start, u, self.y[:, columns], k
            )
            members.append(member)
            results.append(result)
            winners.append(winner)
            held = max(held, self._n_validation)
        # what one network trains on may have validated another
        self.runs["validation"] = held
        self.runs["train"] = len(self.x) - held
        return tuple(members), tuple(results), tuple(winners)

    def _finetune_member(
        self, start: Start, u: np.ndarray, y: np.ndarray, k: int
    ) -> tuple[Member, FinetuneResult, str]:
        config = self.config
        topology = start.topology
        prior = start.predicted
        if prior is not None and not bears_out(prior, start.w, topology, u, y):
            prior = None
            start = replace(start, is_informed=False)
        if prior is not None and not prior.helps(config.finetune, len(u)):
            prior = None
        known = y if prior is None else np.concatenate([y, prior.y])
        mean = known.mean(axis=0)
        spread = spread_of(known)
        spread = np.where(spread > 0, spread, 1.0)
        data = split_examples(u, (y - mean) / spread, seed=config.seed)
        self._n_validation = data.x_validation.shape[1] if len(u) > 1 else 0
        given = [
            (label, scale_outputs(w, topology, 1.0 / spread, -mean / spread))
            for label, w in start.candidates
        ]
        if prior is None:
            result, winner = self._race(start, data, given, len(given), k)
        else:
            prior = Predictions(prior.x, (prior.y - mean) / spread)
            result, winner = self._race_with_predictions(start, data, given, prior, k)
        return (
            Member(topology, scale_outputs(result.w[0], topology, spread, mean)),
            result,
            winner,
        )

    def _race_with_predictions(
        self,
        start: Start,
        data: FinetuneData,
        given: list[Entrant],
        prior: Predictions,
        k: int,
    ) -> tuple[FinetuneResult, str]:
        """Let the first start heed predictions before it races; on few examples it is
        all there is.
        """
        label = f"{given[0][0]}, with predictions"
        found = finetune_with_predictions(given[0][1], start.topology, data, prior)
        if has_few(data):
            self._n_validation = 0
            return found, label
        # as many racers as without predictions
        others = given[:-1] if len(given) > 1 else given
        return self._race(start, data, [(label, found.w[0]), *others], 1, k)

    def _race(
        self,
        start: Start,
        data: FinetuneData,
        entrants: list[Entrant],
        trusted: int,
        k: int,
    ) -> tuple[FinetuneResult, str]:
        """Race entrants and random starts; all but the first `trusted` have handicaps."""
        config = self.config
        topology = start.topology
        seeds = np.random.SeedSequence([config.seed, 2, k]).generate_state(
            max(config.restarts, 1)
        )[: config.restarts]
        randoms = [
            (f"random {r}", random_parameters(topology, seed=int(s)))
            for r, s in enumerate(seeds, 1)
        ]
        handicaps = np.ones(len(entrants) + len(randoms))
        if start.is_informed:
            handicaps[trusted:] = handicap(self._n_validation, TRUST_PREDICTIONS)
            handicaps[len(entrants) :] = handicap(self._n_validation)

        def show(step: int, limit: int, best: float) -> None:
            if self.rounds and self._is_late():
                raise _OutOfTime
            what = f"finetuning {topology}: step {step}, validation nmse {best:.2e}"
            self.progress(
                (
                    f"building the finetuning kernel for {topology}"
                    if math.isnan(best)
                    else what
                ),
                step / limit,
            )

        labels, starts = zip(*entrants, *randoms, strict=True)
        found, winner = finetune_best_of(
            np.stack(starts),
            topology,
            data,
            config.finetune,
            handicaps=handicaps,
            progress=show,
        )
        return found, labels[winner]

    def _verify(
        self, surrogate: Surrogate, number: int
    ) -> tuple[np.ndarray, np.ndarray, Verification]:
        """Run the program on fresh inputs and compare."""
        n = self.config.verification
        self.progress(f"verifying on {n} fresh inputs", 0.0)
        started = time.perf_counter()
        x, y = self._execute(n, 1, number)
        self.runs["verification"] += n
        # each may be the last, by what it finds
        looks = MAX_ROUNDS if self.config.target_error else 1
        found = verify(y, self.rounding(surrogate(x)), looks=looks)
        self.time_s["verify"] += time.perf_counter() - started
        return x, y, found

    def _wider(self, topology: Topology) -> tuple[int, ...] | None:
        """Double the hidden layers; None where that is more than can be finetuned."""
        wider = tuple(2 * h for h in topology.hidden)
        doubled = replace(
            topology, widths=(topology.n_inputs, *wider, topology.n_outputs)
        )
        too_many = not can_finetune(doubled, self.config.finetune)
        return None if too_many or not wider or max(wider) > MAX_HIDDEN else wider

    def _more(self, found: Compilation) -> tuple[tuple[Start, ...], int]:
        """Choose what limits: the topology when train and validation agree on many
        examples, else the examples.
        """
        members = found.surrogate.members
        results = found.results
        budget = self.rounds[-1].budget
        starts = []
        starved = not results
        for member, result in zip(members, results, strict=False):
            step = int(result.best_step[0])
            gap = result.validation_loss[0, step] / max(
                result.train_loss[0, step], 1e-300
            )
            wider = (
                self._wider(member.topology)
                if gap < 3.0 and budget > 2 * member.topology.n_parameters
                else None
            )
            if wider is not None:
                w, topology = widen(
                    member.w, member.topology, wider, seed=self.config.seed
                )
                starts.append(Start(topology, (("widened", w),)))
            else:
                starts.append(Start(member.topology, (("the round before", member.w),)))
                starved = True
        if not results:
            starts = [Start(m.topology, (("given", m.w),)) for m in members]
        return tuple(starts), max(2 * budget, 256) if starved else budget
