"""What follows where many examples teach a network less than a simple fit tells.

In: a `Start` whose `simple` is a fit to the same examples, what these taught. Out: other
`MemberResult`s to choose from: the largest size from more starts, and every size taught
by the fit's values. Non-goals: which fits there are (teacher), choosing (sizes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nsc.compilation.config import CompilationConfig
from nsc.compilation.oracle import Examples
from nsc.compilation.race import MemberResult, finetune_member
from nsc.compilation.start import Start
from nsc.compilation.taught import finetune_by_teacher
from nsc.finetune import LmSettings, Progress

CLEARLY = 0.9  # of a network's error, at most, is that of what beats it
FLOOR = 1e-6  # nmse below which it is no matter which is better
MORE_STARTS = 2  # times as many
STEPS = 160  # of a network, on as many values again


def is_beaten(start: Start, found: MemberResult) -> bool:
    """Say whether a simple fit is better than what examples taught.

    Both errors are of examples that were not learned from.
    """
    simple = start.simple
    if simple is None or simple.nmse is None or found.error is None:
        return False
    return found.error > max(FLOOR, simple.nmse / CLEARLY)


def other_attempts(
    start: Start,
    sizes: Sequence[Start],
    examples: Examples,
    how: tuple[int, CompilationConfig, Progress],
) -> list[MemberResult]:
    """Finetune what may be better, until something is that no simple fit beats.

    Args:
        sizes: the start in every size, all of which can be finetuned, the largest last.
        how: number of the member, limits, progress.
    """
    number, config, progress = how
    settings = config.finetune
    if isinstance(settings, LmSettings):
        steps = min(settings.steps, STEPS)
        config = replace(config, finetune=replace(settings, steps=steps))
    more = replace(config, restarts=MORE_STARTS * config.restarts)
    again = finetune_member(
        replace(sizes[-1], taught=None),
        *examples,
        number=number,
        config=more,
        progress=progress,
    )
    found = [again]
    for each in sizes:
        if not is_beaten(start, found[-1]):
            break
        taught = replace(each, taught=start.simple)
        found.append(
            finetune_by_teacher(taught, examples, (number, config, progress))
        )
    return found
