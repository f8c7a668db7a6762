"""The finetuning of one member: who starts, with what handicap, and who wins.

In: a `Start`, examples with inputs in [-1, 1] and outputs in the program's units. Out:
`MemberResult`, in the same units; outputs are standardised on the way and put back
exactly. Non-goals: where examples come from, other members.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsc.compilation.config import CompilationConfig
from nsc.compilation.even_steps import even_steps
from nsc.compilation.oracle import RESTARTS
from nsc.compilation.start import Entrant, Start
from nsc.finetune import (
    TRUST_PREDICTIONS,
    FinetuneData,
    FinetuneResult,
    Predictions,
    Scale,
    bears_out,
    finetune_best_of,
    finetune_with_predictions,
    handicap,
    has_few,
    split_examples,
    with_constants,
)
from nsc.finetune import Progress as FinetuneProgress
from nsc.surrogate import Member, Topology, random_parameters

# examples from which on they tell more than a start's text, see `Predictions.helps`
FEW_KNOWN = 128

# random starts below which all are drawn alike
FEWEST_DRAWN = 2

Array = npt.NDArray[np.float64]


class Rung(NamedTuple):
    """A size that was tried: what it was expected to be worth, and to take."""

    topology: str
    error: float
    ns: float


@dataclass(frozen=True)
class MemberResult:
    """A finetuned member.

    Args:
        result: its finetuning, of standardised outputs.
        winner: which start it came from.
        n_validation: how many examples it was chosen by; 0 where they trained it too.
        error: squared error to expect over the variance; None where nothing tells.
        is_taught: whether it learned from a teacher's values.
        ladder: what other sizes were expected to be worth.
    """

    member: Member
    result: FinetuneResult
    winner: str
    n_validation: int
    error: float | None = None
    is_taught: bool = False
    ladder: tuple[Rung, ...] = ()


@dataclass(frozen=True)
class _Race:
    """Starts of standardised outputs, and what they compete on.

    Args:
        entrants: what they are, and their `w`; the first `trusted` have no handicap.
        is_informed: whether the entrants know the program, so that random starts have
            a handicap.
        n_validation: how many examples tell them apart; 0 for none.
    """

    topology: Topology
    data: FinetuneData
    entrants: list[Entrant]
    trusted: int
    is_informed: bool
    n_validation: int

    def handicaps(self, n_random: int) -> Array:
        """Return the factors of validation losses: of the entrants, then of randoms."""
        factors = np.ones(len(self.entrants) + n_random)
        if self.is_informed:
            factors[self.trusted :] = handicap(
                self.n_validation, TRUST_PREDICTIONS
            )
            factors[len(self.entrants) :] = handicap(self.n_validation)
        return factors


def finetune_member(
    start: Start,
    u: Array,
    y: Array,
    *,
    number: int,
    config: CompilationConfig,
    progress: FinetuneProgress,
) -> MemberResult:
    """Finetune one member from the best of its starts and of random ones.

    Args:
        u, y: `n i` in [-1, 1], and `n o` of this member.
        number: of the member; random starts differ by it.
    """
    topology = start.topology
    start = _believed(start, u, y)
    predicted = _helpful(start.predicted, config, len(u))
    known = y if predicted is None else np.concatenate([y, predicted.y])
    scale = Scale.of(known)
    race = _Race(
        topology=topology,
        data=split_examples(u, scale.standardise(y), seed=config.seed),
        entrants=[
            (label, scale.into(w, topology)) for label, w in start.candidates
        ],
        trusted=len(start.candidates),
        is_informed=start.is_informed,
        n_validation=0,
    )
    if len(u) > 1:  # a single example trains as well
        race = replace(race, n_validation=race.data.x_validation.shape[1])
    if predicted is not None:
        standardised = Predictions(predicted.x, scale.standardise(predicted.y))
        label, found = _heeding(race, standardised, config)
        if has_few(race.data):  # they trained too: nothing is left to race on
            w = scale.out_of(found.w[0], topology)
            member = Member(topology, with_constants(w, topology, known))
            return MemberResult(member, found, label, n_validation=0)
        race = _with_heeding(race, (label, found.w[0]))
    result, winner = _run(race, number, config, progress)
    w = scale.out_of(result.w[0], topology)
    # a start that knows the program may know better than few examples do
    if predicted is not None or not start.is_informed or len(y) > FEW_KNOWN:
        w = with_constants(w, topology, known)
    member = Member(topology, w)
    error = float(result.best_validation[0]) if race.n_validation else None
    return MemberResult(member, result, winner, race.n_validation, error)


def _believed(start: Start, u: Array, y: Array) -> Start:
    """Drop predictions that examples contradict: the text was misread.

    Where many examples are known, a text that is read with doubt is not started from.
    """
    predicted = start.predicted
    if predicted is None:
        return start
    if predicted.is_doubtful and start.instead and len(u) > FEW_KNOWN:
        return replace(start, candidates=(start.instead,), predicted=None)
    if not bears_out(predicted, start.w, start.topology, u, y):
        return replace(start, predicted=None, is_informed=False)
    return start


def _helpful(
    predicted: Predictions | None, config: CompilationConfig, n: int
) -> Predictions | None:
    """Return predictions where they are worth having beside `n` examples."""
    if predicted is None or not predicted.helps(config.finetune, n):
        return None
    return predicted


def _heeding(
    race: _Race, predicted: Predictions, config: CompilationConfig
) -> tuple[str, FinetuneResult]:
    """Finetune the first entrant on examples and predictions."""
    label, w = race.entrants[0]
    found = finetune_with_predictions(
        w, race.topology, race.data, predicted, backend=config.finetune.backend
    )
    return f"{label}, with predictions", found


def _with_heeding(race: _Race, heeding: Entrant) -> _Race:
    """Let what heeded predictions race others that did not, as many as before."""
    others = race.entrants
    if len(others) > 1:
        others = others[:-1]
    return replace(race, entrants=[heeding, *others], trusted=1)


def _run(
    race: _Race,
    number: int,
    config: CompilationConfig,
    progress: FinetuneProgress,
) -> tuple[FinetuneResult, str]:
    """Race entrants and random starts; return the winner's result, and what it is."""
    inputs = race.data.x_train.shape[-1]
    randoms = random_entrants(race.topology, inputs, number, config)
    entrants = [*race.entrants, *randoms]
    found, winner = finetune_best_of(
        np.stack([w for _, w in entrants]),
        race.topology,
        race.data,
        config.finetune,
        handicaps=race.handicaps(len(randoms)),
        progress=progress,
    )
    label, _ = entrants[winner]
    return found, label


def random_entrants(
    topology: Topology, inputs: int, number: int, config: CompilationConfig
) -> list[Entrant]:
    """Draw the random starts of a member, the same for the same seed and number.

    Args:
        inputs: of the program; for one of them the last start is of even steps.
    """
    sequence = np.random.SeedSequence([config.seed, RESTARTS, number])
    at_least_one = max(config.restarts, 1)
    seeds = sequence.generate_state(at_least_one)[: config.restarts]
    found = [
        (f"random {k}", random_parameters(topology, seed=int(seed)))
        for k, seed in enumerate(seeds, 1)
    ]
    if len(found) < FEWEST_DRAWN:
        return found
    even = even_steps(topology, inputs, seed=int(seeds[-1]))
    return [*found[: len(found) - len(even)], *even]
