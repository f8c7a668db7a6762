"""Blocks -> windows of tokens for transformers: words of the text, or instructions.

In: blocks' texts, a vocabulary. Out: Windows.
A block longer than a window is cut between instructions; its cycles are the sum.
Non-goals: the model (transformer).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.mca import Vocabulary

TEXT_LENGTH = 64  # tokens a window, the paper's
INSTRUCTION_LENGTH = 32
_UNKNOWN = 1
_FIRST = 2
_FEWEST = 3
_WORD = re.compile(
    r"%\w+(?:\(\d\))?|[A-Za-z_.][\w.]*|\$?-?(?:0x)?[0-9a-f]+|\S"
)
_NUMBER = re.compile(r"^(\$?)-?(?:0x)?[0-9a-f]*\d[0-9a-f]*$")


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
    """Words, registers, punctuation; numbers are one token each.

    Args:
        words: the tokens; the first is number 2.
    """

    def __init__(self, words: Sequence[str]):
        self.words = tuple(words)
        self._numbers = {w: k for k, w in enumerate(self.words, _FIRST)}
        self._known: dict[str, list[int]] = {}

    def windows(self, blocks: Sequence[str]) -> Windows:
        """Read blocks.

        Args:
            blocks: their texts, instructions apart by ";".
        """
        flat: list[int] = []
        starts: list[int] = []
        owner: list[int] = []
        for number, block in enumerate(blocks):
            room = 0
            for line in block.split(";"):
                tokens = self._tokens(line)
                if len(tokens) > room:
                    starts.append(len(flat))
                    owner.append(number)
                    room = TEXT_LENGTH
                room -= len(tokens)
                flat += tokens
        return Windows(
            np.array(flat, np.int16)[:, None],
            np.array([*starts, len(flat)]),
            np.array(owner),
        )

    def _tokens(self, line: str) -> list[int]:
        if line not in self._known:
            words = words_of(line)
            self._known[line] = [
                self._numbers.get(word, _UNKNOWN) for word in words
            ]
        return self._known[line]


def words_of(line: str) -> list[str]:
    """Cut an instruction's text into tokens, with the ";" that ends it.

    Args:
        line: in AT&T syntax.
    """
    return [_word(found) for found in _WORD.findall(line)] + [";"]


def _word(found: str) -> str:
    if found[0] == "%" or not _NUMBER.match(found):
        return found
    return "$N" if found[0] == "$" else "N"


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
