"""The size of a member's network, chosen by error against time.

In: a `Start` with a topology and other sizes, examples. Out: `MemberResult` of the
smallest network that is about as good as the best. Errors are those of validation, or
of a teacher and beside it; time is modelled, so that the same seed chooses the same
whatever the machine. Non-goals: measuring time (deploy), rounds.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from nsc.compilation.config import TOLERANCES, CompilationConfig
from nsc.compilation.oracle import Examples
from nsc.compilation.race import Array, MemberResult, Rung, finetune_member
from nsc.compilation.simple_fit import is_beaten, other_attempts
from nsc.compilation.start import Entrant, Start
from nsc.compilation.taught import (
    can_teach,
    finetune_by_teacher,
    finetune_taught,
    is_better,
)
from nsc.finetune import LmSettings, can_finetune, finetune_with_predictions
from nsc.finetune import Progress as FinetuneProgress
from nsc.surrogate import Topology, random_parameters

# of the model, fitted to exported C of a few topologies
NS_PER_UNIT = 0.9
NS_PER_PRODUCT = 0.08
LANES = 8  # narrower layers leave some empty
# validation examples below which a size is not chosen by them
FEW_TO_CHOOSE = 10
# nmse below which a better one is not worth a larger network
ENOUGH = 1e-9
# what a network may lose of its teacher, and the nmse at which that is no matter
LOST = 1.25
HELD = 1e-6
# of a teacher's error that a size is chosen by: it is often less than was expected
COUNTED = 0.25
LARGER_STEPS = 320  # of the larger network, whose steps are dear


def modelled_ns(topology: Topology, inputs: int) -> float:
    """Return about how long a call of exported C takes.

    Args:
        inputs: of the program; a topology may have more.
    """
    widths = (inputs, *topology.widths[1:])
    products = sum(fan_in * units for fan_in, units in pairwise(widths))
    units = topology.n_outputs
    units += sum(-(-width // LANES) * LANES for width in topology.hidden)
    return NS_PER_PRODUCT * products + NS_PER_UNIT * units


def finetune_sized(
    start: Start,
    u: Array,
    y: Array,
    *,
    number: int,
    config: CompilationConfig,
    progress: FinetuneProgress,
) -> MemberResult:
    """Finetune a member in several sizes, and choose one.

    Args: as of `finetune_member`.
    """
    start = _within(start, u.shape[1], config)
    how = (number, config, progress)
    if not start.sizes:
        found = finetune_taught(
            start, u, y, number=number, config=config, progress=progress
        )
        return _not_beaten(start, [found], Examples(u, y), how)

    def on_examples(other: Start) -> MemberResult:
        other = replace(other, taught=None)
        return finetune_member(
            other, u, y, number=number, config=config, progress=progress
        )

    alone = on_examples(start)
    if can_teach(start):
        taught = _taught(start, Examples(u, y), how)
        assert start.taught is not None, "a start with a teacher"
        spared = (1 - COUNTED) * (start.taught.nmse or 0.0)
        found = _chosen(taught, u.shape[1], config, spared=spared)
        if is_better(found, alone, start, y):
            return found
    if alone.error is None or alone.n_validation < FEW_TO_CHOOSE:
        return alone
    others = _others(start, config)
    results = [alone, *(on_examples(other) for other in others)]
    return _not_beaten(start, results, Examples(u, y), how)


def _not_beaten(
    start: Start,
    results: list[MemberResult],
    examples: Examples,
    how: tuple[int, CompilationConfig, FinetuneProgress],
) -> MemberResult:
    """Choose a size, after other attempts where a simple fit is better than all."""
    config = how[1]
    inputs = examples.x.shape[1]
    chosen = _chosen(results, inputs, config) if start.sizes else results[0]
    if not is_beaten(start, chosen):
        return chosen
    sizes = [start, *_others(start, config)]
    larger = start.larger
    if larger is not None and can_finetune(larger, config.finetune):
        sizes.append(resized(start, larger, config.seed))
    more = other_attempts(start, sizes, examples, how)
    return _chosen([*results, *more], inputs, config)


def _others(start: Start, config: CompilationConfig) -> list[Start]:
    """Begin with each of the other sizes that can be finetuned."""
    return [
        resized(start, topology, config.seed)
        for topology in start.sizes
        if can_finetune(topology, config.finetune)
    ]


def _taught(
    start: Start,
    examples: Examples,
    how: tuple[int, CompilationConfig, FinetuneProgress],
) -> list[MemberResult]:
    """Let each size learn from the teacher; a larger one where none holds it."""
    number, config, progress = how
    results = [
        finetune_by_teacher(each, examples, how)
        for each in (start, *_others(start, config))
    ]
    larger = start.larger
    settings = config.finetune
    assert start.taught is not None, "a start with a teacher"
    nmse = start.taught.nmse or 0.0
    least = min(r.error or 0.0 for r in results)
    if least <= max(LOST * nmse, HELD):
        return results
    if larger is None or not isinstance(settings, LmSettings):
        return results
    steps = min(settings.steps, LARGER_STEPS)
    fewer = replace(
        config,
        finetune=replace(settings, steps=steps),
        restarts=0,
    )
    other = resized(start, larger, config.seed)
    found = finetune_by_teacher(other, examples, (number, fewer, progress))
    return [*results, found]


def _within(start: Start, inputs: int, config: CompilationConfig) -> Start:
    """Leave out sizes that would take too long; the fastest stays in any case."""
    if config.max_ns is None or not start.sizes:
        return start
    all_sizes = (start.topology, *start.sizes)
    fit = [t for t in all_sizes if modelled_ns(t, inputs) <= config.max_ns]
    if not fit:
        fit = [min(all_sizes, key=lambda t: modelled_ns(t, inputs))]
    first, *others = fit
    if first != start.topology:
        start = resized(start, first, config.seed)
    larger = start.larger
    if larger and modelled_ns(larger, inputs) > config.max_ns:
        larger = None
    return replace(start, sizes=tuple(others), larger=larger)


def resized(start: Start, topology: Topology, seed: int) -> Start:
    """Begin with another topology: fitted to what the text predicts, or at random."""
    w = random_parameters(topology, seed=seed)
    entrant: Entrant = ("random 0", w)
    predicted = start.predicted
    if predicted is not None:
        found = finetune_with_predictions(w, topology, None, predicted)
        entrant = (start.candidates[0][0], found.w[0])
    return replace(
        start,
        topology=topology,
        candidates=(entrant,),
        instead=start.instead and ("random 0", w),
        is_informed=start.is_informed and predicted is not None,
        sizes=(),
        larger=None,
    )


def _chosen(
    results: list[MemberResult],
    inputs: int,
    config: CompilationConfig,
    *,
    spared: float = 0.0,
) -> MemberResult:
    """Take the fastest network that is about as good as the best.

    Args:
        spared: what of all errors no network can be blamed for.
    """
    results = _best_of_each_size(results)
    ladder = tuple(
        Rung(
            str(r.member.topology),
            _error(r),
            modelled_ns(r.member.topology, inputs),
        )
        for r in results
    )
    least = min(rung.error for rung in ladder) - spared
    allowed = spared + max(TOLERANCES[config.prefer] * least, ENOUGH)
    fit = [k for k, rung in enumerate(ladder) if rung.error <= allowed]
    if not fit:  # where errors are no numbers
        return replace(results[0], ladder=ladder)
    best = min(fit, key=lambda k: ladder[k].ns)
    return replace(results[best], ladder=ladder)


def _best_of_each_size(results: list[MemberResult]) -> list[MemberResult]:
    """Keep the best attempt of each size, in the order of first attempts."""
    best: dict[Topology, MemberResult] = {}
    for each in results:
        other = best.setdefault(each.member.topology, each)
        if _error(each) < _error(other):
            best[each.member.topology] = each
    return list(best.values())


def _error(result: MemberResult) -> float:
    return np.inf if result.error is None else result.error
