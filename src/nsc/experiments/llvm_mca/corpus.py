"""The blocks of the case study, their labels, and who may learn from which.

In: paths. Out: a Corpus. 70 % of the blocks to learn from, 10 % to validate by, 20 % to
judge by, as in the paper's protocol.
Non-goals: models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsc.mca import (
    Block,
    Records,
    Sample,
    Simulation,
    Tool,
    Vocabulary,
    kept_cycles,
    newest_mca,
    read_table,
    samples_of,
    vocabulary_of,
)

SHARES = (0.7, 0.1)  # to learn from, to validate by; the rest judges
QUICK_BLOCKS = 6_000
_SEED = 1


@dataclass(frozen=True)
class Corpus:
    """Blocks with labels.

    Args:
        blocks: with their code.
        cycles: an iteration of each, by llvm-mca.
        simulation: how it was asked.
        train, validation, test: numbers of blocks.
        vocabulary: the forms in the blocks to learn from.
        samples: an instruction of each form.
        records: the blocks by that vocabulary.
    """

    blocks: list[Block]
    cycles: np.ndarray
    simulation: Simulation
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    vocabulary: Vocabulary
    samples: dict[str, Sample]
    records: Records

    def texts(self, which: np.ndarray) -> list[str]:
        """Take the texts of blocks.

        Args:
            which: their numbers.
        """
        return [self.blocks[k].text for k in which]


def load_corpus(
    path: Path,
    folder: Path,
    *,
    quick: bool,
    progress: Callable[[int, int], None],
    tool: Tool | None = None,
) -> Corpus:
    """Read blocks, label them by an llvm-mca, and divide them.

    Args:
        path: a CSV with a column `hex`.
        folder: where labels are kept.
        quick: few blocks.
        progress: told how many labels are there, of how many.
        tool: that labels; None for the newest.

    Raises:
        HostError: a tool is not installed.
        InputError: the file cannot be read.
    """
    simulation = Simulation(tool or newest_mca())
    blocks = read_table(path).blocks
    rng = np.random.default_rng(_SEED)
    if quick:
        chosen = rng.permutation(len(blocks))[:QUICK_BLOCKS]
        blocks = [blocks[k] for k in chosen]
    texts = [block.text for block in blocks]
    total = kept_cycles(texts, simulation, folder, progress)
    order = rng.permutation(np.flatnonzero(np.isfinite(total)))
    first = int(SHARES[0] * len(order))
    second = first + int(SHARES[1] * len(order))
    train = order[:first]
    samples = samples_of(blocks)
    vocabulary = vocabulary_of([blocks[k] for k in train], samples)
    return Corpus(
        blocks,
        total / simulation.iterations,
        simulation,
        train,
        order[first:second],
        order[second:],
        vocabulary,
        samples,
        vocabulary.records(texts),
    )
