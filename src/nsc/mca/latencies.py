"""The latencies of a scheduling model that are tuned: few groups of instructions.

In: blocks, a `Simulator`. Out: `Latencies`: groups, their defaults, cycles by them.
Groups are what the model treats alike: instructions with the same ports and latency share
one, and what is written beside operands has one for each register and latency. The most
frequent are tuned. Non-goals: tuning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.mca.assembling import assembled
from nsc.mca.simulator import Described, Simulator

Key = tuple[str, int]
MOST_GROUPS = 30
FEWEST_BLOCKS = 3  # that a group is in


@dataclass(frozen=True)
class Latencies:
    """Groups of latencies, and the blocks that they are tuned by.

    Args:
        simulator: has the blocks.
        kept: numbers of the blocks that can be simulated.
        keys: of the groups: what they are, and their latency.
        groups: of every kept block the groups of its instructions, `n 2`.
    """

    simulator: Simulator
    kept: list[int]
    keys: list[Key]
    groups: list[np.ndarray]

    @property
    def names(self) -> list[str]:
        """Name the groups."""
        return [f"{what}={latency}" for what, latency in self.keys]

    @property
    def defaults(self) -> np.ndarray:
        """Return the groups' latencies in the scheduling model (g)."""
        return np.array([latency for _, latency in self.keys], np.float64)

    def cycles(self, latencies: np.ndarray) -> np.ndarray:
        """Return the total cycles of the kept blocks (n), NaN where one fails."""
        return self.simulator.cycles([int(one) for one in latencies])


def latencies_of(
    simulator: Simulator,
    blocks: Sequence[str],
    *,
    like: Latencies | None = None,
    most: int = MOST_GROUPS,
) -> Latencies:
    """Give blocks to a simulator, and choose groups by them.

    Args:
        simulator: that has no block yet.
        blocks: in AT&T syntax, instructions apart by ";".
        like: has the groups, chosen by other blocks.
        most: groups.

    Raises:
        HostError: LLVM's assembler or library is missing.
    """
    kept: list[int] = []
    described: list[list[Described]] = []
    for number, code in enumerate(assembled(blocks)):
        told = simulator.add(code) if code else None
        if told is not None:
            kept.append(number)
            described.append(told)
    chosen = _frequent(described, most) if like is None else like.keys
    place = {key: k for k, key in enumerate(chosen)}
    groups = [
        np.array(
            [[place.get(key, -1) if key else -1 for key in _keys(one)]
             for one in block]
        ).reshape(-1, 2)
        for block in described
    ]  # fmt: skip
    simulator.group([(int(a), int(b)) for block in groups for a, b in block])
    return Latencies(
        simulator,
        kept,
        chosen,
        groups,
    )


def _frequent(blocks: Sequence[Sequence[Described]], most: int) -> list[Key]:
    """Choose the groups that are in most blocks."""
    counted = Counter[Key]()
    for block in blocks:
        counted.update({key for one in block for key in _keys(one) if key})
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [key for key, n in ranked[:most] if n >= FEWEST_BLOCKS]


def _keys(
    one: Described,
) -> tuple[Key | None, Key | None]:
    """Name the groups of what an instruction writes by its operands, and beside them."""
    written = (f"write {one.signature}", one.written)
    beside = (f"beside {one.register}", one.beside)
    return (
        written if one.written >= 0 else None,
        beside if one.beside >= 0 else None,
    )
