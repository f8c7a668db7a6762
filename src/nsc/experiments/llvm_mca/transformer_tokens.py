"""Blocks -> windows of tokens for transformers: words of the text, or instructions.

In: blocks' texts, a vocabulary. Out: Windows.
A block longer than a window is cut between instructions; its cycles are the sum.
Non-goals: the model (transformer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.mca import Vocabulary, Words, words_of

TEXT_LENGTH = 64  # tokens a window, the paper's
INSTRUCTION_LENGTH = 32
_FEWEST = 3


@dataclass(frozen=True)
class Windows:
    """Tokens of blocks, in windows.

    Args:
        flat: all tokens (tokens, 1 + registers).
        starts: where each window begins, and where the last ends.
        owner: the block of each window.
    """

    flat: np.ndarray
    starts: np.ndarray
    owner: np.ndarray


def instruction_windows(
    blocks: Sequence[str], vocabulary: Vocabulary
) -> Windows:
    """Make a token of each instruction, by the tokeniser in C.

    Args:
        blocks: their texts.
        vocabulary: numbers the forms.
    """
    records = vocabulary.records(blocks)
    most = INSTRUCTION_LENGTH
    pieces = -(-records.lengths // most)
    owner = np.repeat(np.arange(len(blocks)), pieces)
    first = np.cumsum(pieces) - pieces
    within = np.arange(len(owner)) - first[owner]
    starts = records.offsets[owner] + most * within
    ends = np.append(starts, records.offsets[-1])
    return Windows(records.flat[:, :6], ends, owner)


class TextTokens:
    """Words, registers, punctuation, by the tokeniser in C.

    Args:
        words: the tokens; the first is number 2.
    """

    def __init__(self, words: Sequence[str]):
        self._words = Words(words)

    def windows(self, blocks: Sequence[str]) -> Windows:
        """Read blocks.

        Args:
            blocks: their texts, instructions apart by ";".
        """
        found = self._words.windows(blocks, TEXT_LENGTH)
        return Windows(found.flat[:, None], found.starts, found.owner)


def frequent_words(blocks: Sequence[str]) -> list[str]:
    """List the words that occur often enough to learn of, the most frequent first.

    Args:
        blocks: texts to learn from.
    """
    lines = Counter(line for block in blocks for line in block.split(";"))
    count: Counter[str] = Counter()
    for line, times in lines.items():
        for word in words_of(line):
            count[word] += times
    found = [word for word, times in count.items() if times >= _FEWEST]
    return sorted(found, key=lambda word: (-count[word], word))
