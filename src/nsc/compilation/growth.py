"""What follows a round that missed its target: another one, wider or with more examples.

In: what the rounds so far found. Out: starts and a budget, or why there is no other
round. Nothing is run here. Non-goals: time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nsc.compilation.config import CompilationConfig
from nsc.compilation.start import Start
from nsc.finetune import FinetuneResult, Settings, can_finetune
from nsc.surrogate import Member, Topology, widen
from nsc.verify import Verification

MAX_ROUNDS = 10
MIN_ROUNDS = 4  # before a target error is given up as hopeless
LEARNT = 0.01  # nmse below which gains so far tell of gains to come
MAX_HIDDEN = 64
# validation loss over training loss from which on examples are too few
OVERFIT = 3.0
FEWEST_MORE = 256  # examples of a round that is to have more of them


@dataclass(frozen=True)
class Round:
    """One attempt: what it spent and what verification found."""

    budget: int
    topology: str
    rmse: float


@dataclass(frozen=True)
class Plan:
    """What the next round begins with."""

    starts: tuple[Start, ...]
    budget: int


def plan_next(
    members: Sequence[Member],
    results: Sequence[FinetuneResult],
    budget: int,
    config: CompilationConfig,
) -> Plan:
    """Choose what limits: the topology, or the examples.

    It is the topology where training and validation agree on many examples.

    Args:
        results: finetuning of each member; none after a zero-shot round.
        budget: of the round before.
    """
    more = max(2 * budget, FEWEST_MORE)
    if not results:
        given = tuple(Start(m.topology, (("given", m.w),)) for m in members)
        return Plan(given, more)
    starts: list[Start] = []
    is_starved = False
    for member, result in zip(members, results, strict=True):
        hidden = None
        if _has_enough(member, result, budget):
            hidden = wider(member.topology, config.finetune)
        if hidden is None:
            same = Start(member.topology, (("the round before", member.w),))
            starts.append(same)
            is_starved = True
        else:
            w, topology = widen(
                member.w, member.topology, hidden, seed=config.seed
            )
            starts.append(Start(topology, (("widened", w),)))
    return Plan(tuple(starts), more if is_starved else budget)


def _has_enough(member: Member, result: FinetuneResult, budget: int) -> bool:
    """Say whether a member's examples are many, and it does not overfit them."""
    step = int(result.best_step[0])
    validation = result.validation_loss[0, step]
    train = max(result.train_loss[0, step], 1e-300)
    agree = bool(validation / train < OVERFIT)  # not where either is NaN
    are_many = budget > 2 * member.topology.n_parameters
    return agree and are_many


def wider(topology: Topology, settings: Settings) -> tuple[int, ...] | None:
    """Double the hidden layers; None where that is more than can be finetuned.

    Example: 9-4-4-1 gives (8, 8).
    """
    hidden = tuple(2 * h for h in topology.hidden)
    if not hidden or max(hidden) > MAX_HIDDEN:
        return None
    widths = (topology.n_inputs, *hidden, topology.n_outputs)
    doubled = replace(topology, widths=widths)
    return hidden if can_finetune(doubled, settings) else None


def reason_to_give_up(
    rounds: Sequence[Round],
    budget: int,
    found: Verification,
    config: CompilationConfig,
) -> str | None:
    """Say why there is no other round, of `budget` examples; None where there is.

    A target is hopeless where rounds as good as the best so far would not reach it.

    Args:
        found: what the last round's verification found.
    """
    if config.target_error is None:
        return "there is no target"
    if budget > config.max_budget:
        return f"at most {config.max_budget} examples are tried"
    if len(rounds) == MAX_ROUNDS:
        return f"{MAX_ROUNDS} rounds are over"
    if len(rounds) < MIN_ROUNDS or found.nmse > LEARNT:
        return None  # too early to tell
    best_gain = min(
        1.0, *(after.rmse / before.rmse for before, after in pairwise(rounds))
    )
    hoped = found.rmse * best_gain ** (MAX_ROUNDS - len(rounds))
    if hoped <= config.target_error:
        return None
    return "more examples and wider layers do not bring it near"
