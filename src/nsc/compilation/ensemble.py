"""Networks beside a surrogate's that learned from other runs, to tell how unsure it is.

In: starts, the examples, the finished members. Out: members of other networks. Each
leaves out its own part of the examples, starts elsewhere and is validated on others; a
teacher of few runs teaches each from what it has. Non-goals: calibrating them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.compilation.config import CompilationConfig
from nsc.compilation.oracle import Examples
from nsc.compilation.rounds import Progress
from nsc.compilation.sizes import resized
from nsc.compilation.start import Start
from nsc.compilation.taught import Teach, finetune_taught
from nsc.finetune import LmSettings
from nsc.surrogate import Member, Surrogate

NETWORKS = 4
FEWEST_LEARNED = 2 * NETWORKS  # examples: some are left out of each
STREAM = 8  # of random numbers; see oracle.py
STEPS = 320  # of each; they are to differ, not to be best
RESTARTS = 1


def finetune_ensemble(
    starts: tuple[Start, ...],
    surrogate: Surrogate,
    examples: Examples,
    config: CompilationConfig,
    teach: Teach,
    *,
    progress: Progress = lambda what, fraction: None,
) -> tuple[tuple[Member, ...], ...]:
    """Finetune NETWORKS more of a surrogate's networks; the same seed gives the same.

    Args:
        starts: one per member.
        surrogate: what they are beside, of the same topologies.
        examples: at least FEWEST_LEARNED, in the program's units.
        teach: adds to starts what examples allow to predict.

    Returns:
        The networks, each as the surrogate's members.
    """
    n = len(examples.x)
    order = np.random.default_rng([config.seed, STREAM]).permutation(n)
    found: list[tuple[Member, ...]] = []
    for k in range(NETWORKS):
        progress("finetuning networks for error bars", k / NETWORKS)
        kept = np.setdiff1d(order, order[k::NETWORKS])
        sequence = np.random.SeedSequence([config.seed, STREAM, k])
        seed = int(sequence.generate_state(1)[0])
        own = _briefer(replace(config, seed=seed))
        begun = tuple(
            resized(start, member.topology, seed)
            for start, member in zip(starts, surrogate.members, strict=True)
        )
        some = Examples(examples.x[kept], examples.y[kept])
        found.append(_network(teach(begun, some), some, surrogate, own))
    return tuple(found)


def _briefer(config: CompilationConfig) -> CompilationConfig:
    """Spend less on each network than on the surrogate."""
    config = replace(config, restarts=RESTARTS)
    settings = config.finetune
    if not isinstance(settings, LmSettings):
        return config
    steps = min(settings.steps, STEPS)
    return replace(config, finetune=replace(settings, steps=steps))


def _network(
    starts: tuple[Start, ...],
    examples: Examples,
    surrogate: Surrogate,
    config: CompilationConfig,
) -> tuple[Member, ...]:
    """Finetune one network of every member on its own outputs."""
    u = surrogate.normalise(examples.x)
    members: list[Member] = []
    column = 0
    for number, start in enumerate(starts):
        end = column + start.topology.n_outputs
        result = finetune_taught(
            start,
            u,
            examples.y[:, column:end],
            number=number,
            config=config,
            progress=lambda step, limit, best: None,
        )
        members.append(result.member)
        column = end
    return tuple(members)
