"""Forms of instructions as numbers, and blocks as records of these.

In: blocks' texts. Out: a Vocabulary, Records.
A form is the mnemonic with the kinds of its operands: "addq mx,8".
Non-goals: what forms read and write (roles), the tokeniser itself (csrc/tokens.h).
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nsc.errors import InputError
from nsc.mca import native
from nsc.mca.native import RECORD, Roles, VocabularyStruct

FIRST_FORM = 2  # after the pad and the unknown form
FEWEST = 3  # a form seen more seldom is unknown


@dataclass(frozen=True)
class Records:
    """Blocks as numbers.

    Args:
        flat: instructions x 7, one block after another.
        offsets: where each block begins (n + 1).
    """

    flat: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Count the instructions of each block."""
        return np.diff(self.offsets)

    def pick(self, which: np.ndarray) -> Records:
        """Take some blocks.

        Args:
            which: their numbers.
        """
        lengths = self.lengths[which]
        offsets = np.zeros(len(which) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        shift = np.repeat(self.offsets[which] - offsets[:-1], lengths)
        rows = np.arange(offsets[-1]) + shift
        return Records(np.ascontiguousarray(self.flat[rows]), offsets)


@dataclass(frozen=True)
class Vocabulary:
    """Numbers of forms, with what these read and write.

    Args:
        forms: their texts; the first is number 2.
        roles: a row each, after the two of the pad and the unknown form.
    """

    forms: tuple[str, ...]
    roles: Roles

    def __post_init__(self) -> None:
        if self.roles.forms != len(self.forms) + FIRST_FORM:
            raise InputError(
                f"roles must have {len(self.forms) + FIRST_FORM} rows; found"
                f" {self.roles.forms}"
            )

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number the forms."""
        return {form: k + FIRST_FORM for k, form in enumerate(self.forms)}

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        return hash_table(self.numbers)

    def struct(self) -> VocabularyStruct:
        """Make C's view of it."""
        hashes, forms = self._table
        return VocabularyStruct(
            len(hashes), native.address(hashes), native.address(forms)
        )

    def records(self, blocks: Sequence[str]) -> Records:
        """Read blocks.

        Args:
            blocks: assembly in AT&T syntax, instructions apart by ";" or newlines.

        Raises:
            InputError: a block has no instruction, or more than can be read.
        """
        text, offsets = native.joined(list(blocks))
        most = text.count(b";") + text.count(b"\n") + len(blocks)
        flat = np.zeros((most, RECORD), np.int16)
        counts = np.zeros(len(blocks), np.int64)
        words = self.struct()
        roles = self.roles.struct()
        native.library().nsc_mca_tokens(
            text, native.pointer(offsets), ctypes.c_int64(len(blocks)),
            ctypes.byref(words), ctypes.byref(roles), native.pointer(flat),
            native.pointer(counts),
        )  # fmt: skip
        bad = np.flatnonzero(counts < 1)
        if len(bad):
            raise InputError(
                f"a block expects 1 to {native.LONGEST} instructions; block"
                f" {bad[0] + 1} has {_told(int(counts[bad[0]]))}"
            )
        starts = np.zeros(len(blocks) + 1, np.int64)
        np.cumsum(counts, out=starts[1:])
        return Records(flat[: starts[-1]], starts)


def hash_table(numbers: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Make the open hash table that C looks into, at most a quarter full.

    Args:
        numbers: of texts.

    Returns:
        Hashes, 0 where there is none, and the number of each.
    """
    size = 1 << max(6, (4 * len(numbers)).bit_length())
    hashes = np.zeros(size, np.uint64)
    found = np.zeros(size, np.int16)
    for text, number in numbers.items():
        wanted = native.hash_of(text)
        k = wanted & (size - 1)
        while hashes[k]:
            k = (k + 1) & (size - 1)
        hashes[k] = wanted
        found[k] = number
    return hashes, found


def _told(count: int) -> str:
    return "more" if count < 0 else "none"


def instructions_of(block: str) -> list[str]:
    """Split a block's text into its instructions.

    Args:
        block: instructions apart by ";" or newlines.
    """
    lines = block.replace("\n", ";").split(";")
    return [line.strip() for line in lines if line.strip()]


def frequent_forms(
    blocks: Iterable[str], fewest: int = FEWEST
) -> tuple[str, ...]:
    """List the forms that occur often enough to learn of, the most frequent first.

    Args:
        blocks: their texts.
        fewest: occurrences that a form needs.
    """
    lines = Counter(
        line for block in blocks for line in instructions_of(block)
    )
    count: Counter[str] = Counter()
    for line, times in lines.items():
        count[native.form_of(line)[0]] += times
    found = [form for form, times in count.items() if times >= fewest]
    return tuple(sorted(found, key=lambda form: (-count[form], form)))
