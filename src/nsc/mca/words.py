"""Text tokens: the words of blocks as numbers, in windows of a length, by C.

In: blocks' texts, a list of words. Out: tokens, windows.
Non-goals: forms of instructions (vocabulary), what learns from tokens.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from nsc.mca import native
from nsc.mca.native import VocabularyStruct
from nsc.mca.vocabulary import FIRST_FORM, hash_table

# what csrc/words.h reads by hand
_WORD = re.compile(
    r"%\w+(?:\(\d\))?|[A-Za-z_.][\w.]*|\$?-?(?:0x)?[0-9a-f]+|\S", re.ASCII
)
_NUMBER = re.compile(r"^(\$?)-?(?:0x)?[0-9a-f]*\d[0-9a-f]*$", re.ASCII)


class WordWindows(NamedTuple):
    """Tokens of blocks, in windows.

    Args:
        flat: all tokens.
        starts: where each window begins, and where the last ends.
        owner: the block of each window.
    """

    flat: np.ndarray
    starts: np.ndarray
    owner: np.ndarray


class Words:
    """Words, registers, punctuation; numbers are one token each.

    Args:
        words: the tokens; the first is number 2, others are unknown.
    """

    def __init__(self, words: Sequence[str]):
        self.words = tuple(words)

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        return hash_table({w: k for k, w in enumerate(self.words, FIRST_FORM)})

    def windows(self, blocks: Sequence[str], length: int) -> WordWindows:
        """Read blocks; one that is longer than a window is cut between instructions.

        Args:
            blocks: their texts, instructions apart by ";".
            length: of a window, in tokens.
        """
        text, offsets = native.joined(list(blocks))
        lines = text.count(b";") + len(blocks)
        # a word has a character at least, and each line a ";"
        flat = np.zeros(len(text) + lines, np.int16)
        starts = np.zeros(lines + 1, np.int64)
        owner = np.zeros(lines, np.int64)
        hashes, numbers = self._table
        table = VocabularyStruct(
            len(hashes), native.address(hashes), native.address(numbers)
        )
        windows = native.library().nsc_mca_words(
            text, native.pointer(offsets), ctypes.c_int64(len(blocks)),
            ctypes.byref(table), ctypes.c_int64(length), native.pointer(flat),
            native.pointer(starts), native.pointer(owner),
        )  # fmt: skip
        starts = starts[: windows + 1].copy()
        return WordWindows(
            flat[: starts[-1]].copy(), starts, owner[:windows].copy()
        )


def words_of(line: str) -> list[str]:
    """Cut an instruction's text into words, with the ";" that ends it.

    Args:
        line: in AT&T syntax.
    """
    return [_word(found) for found in _WORD.findall(line)] + [";"]


def _word(found: str) -> str:
    if found[0] == "%" or not _NUMBER.match(found):
        return found
    return "$N" if found[0] == "$" else "N"
