"""The C of this room as Python functions: structures, pointers, the library.

In: arrays. Out: arrays. What the sources mean stands in csrc/.
Non-goals: files, vocabularies' making, schedules.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nsc.host import load_library

RECORD = 7
SLOTS = 5
RESOURCES = 24
HIDDEN = 32
LATENCIES = 3
NO_REGISTER = 50
LONGEST = 600
UNKNOWN = 1
_SOURCE = Path(__file__).parent / "csrc" / "mca.c"
_Pointer = ctypes.c_void_p


class RolesStruct(ctypes.Structure):
    """`Roles` of csrc/roles.h."""

    _fields_ = [
        ("forms", ctypes.c_int32),
        ("slot_reads", _Pointer),
        ("slot_writes", _Pointer),
        ("reads", _Pointer),
        ("writes", _Pointer),
        ("memory", _Pointer),
    ]


class VocabularyStruct(ctypes.Structure):
    """`Vocabulary` of csrc/tokens.h."""

    _fields_ = [
        ("size", ctypes.c_int64),
        ("hashes", _Pointer),
        ("forms", _Pointer),
    ]


class ExamplesStruct(ctypes.Structure):
    """`Examples` of csrc/train.h."""

    _fields_ = [
        ("records", _Pointer),
        ("offsets", _Pointer),
        ("cycles", _Pointer),
    ]


class TrainedStruct(ctypes.Structure):
    """`Trained` of csrc/train.h."""

    _fields_ = [
        ("w", _Pointer),
        ("m", _Pointer),
        ("v", _Pointer),
        ("g", _Pointer),
        ("positive", _Pointer),
        ("start", _Pointer),
        ("n", ctypes.c_int64),
        ("step", ctypes.c_int64),
    ]


class SettingsStruct(ctypes.Structure):
    """`Settings` of csrc/train.h."""

    _fields_ = [
        ("batch", ctypes.c_int64),
        ("rate_table", ctypes.c_float),
        ("rate_network", ctypes.c_float),
        ("pull", ctypes.c_float),
        ("logarithmic", ctypes.c_float),
        ("longest_step", ctypes.c_float),
        ("sharpness", ctypes.c_float),
        ("forwards", ctypes.c_int32),
    ]


@lru_cache
def library() -> ctypes.CDLL:
    """Load the room's C, built once for this machine."""
    found = load_library(_SOURCE, ())
    found.nsc_mca_tokens.restype = ctypes.c_int64
    found.nsc_mca_words.restype = ctypes.c_int64
    found.nsc_mca_form.restype = ctypes.c_int64
    found.nsc_mca_count.restype = ctypes.c_int64
    found.nsc_mca_epoch.restype = ctypes.c_double
    found.nsc_mca_gradient.restype = ctypes.c_double
    return found


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Point at an array's numbers.

    Args:
        array: contiguous; the caller keeps it alive.
    """
    return array.ctypes.data_as(_Pointer)


def address(array: np.ndarray) -> int:
    """Tell where an array's numbers are, for a structure's field.

    Args:
        array: contiguous; the caller keeps it alive.
    """
    return array.ctypes.data


@dataclass(frozen=True)
class Roles:
    """What forms read and write; row 0 pads, row 1 is the unknown form.

    Args:
        slot_reads, slot_writes: forms x SLOTS, of registers in the text.
        reads, writes: places beside those, as bits.
        memory: 1 loads, 2 stores.
    """

    slot_reads: np.ndarray
    slot_writes: np.ndarray
    reads: np.ndarray
    writes: np.ndarray
    memory: np.ndarray

    @property
    def forms(self) -> int:
        """Count the forms, with the pad and the unknown one."""
        return len(self.memory)

    def struct(self) -> RolesStruct:
        """Make C's view of it."""
        return RolesStruct(
            self.forms,
            address(self.slot_reads),
            address(self.slot_writes),
            address(self.reads),
            address(self.writes),
            address(self.memory),
        )


def no_roles(forms: int) -> Roles:
    """Make roles of forms that read and write nothing.

    Args:
        forms: how many, with the pad and the unknown one.
    """
    return Roles(
        np.zeros((forms, SLOTS), np.uint8),
        np.zeros((forms, SLOTS), np.uint8),
        np.zeros(forms, np.uint64),
        np.zeros(forms, np.uint64),
        np.zeros(forms, np.uint8),
    )


def form_of(instruction: str) -> tuple[str, np.ndarray]:
    """Name the form of an instruction, and tell its registers.

    Args:
        instruction: in AT&T syntax.

    Returns:
        The form's text, and the record (7) without its first and last numbers.
    """
    text = instruction.encode("ascii", "replace")
    room = ctypes.create_string_buffer(128)
    record = np.zeros(RECORD, np.int16)
    n = library().nsc_mca_form(
        text, ctypes.c_int64(len(text)), room, ctypes.c_int64(128),
        pointer(record),
    )  # fmt: skip
    return room.raw[:n].decode("ascii"), record


def parameter_count(forms: int) -> int:
    """Count the raw parameters of a model.

    Args:
        forms: of its vocabulary.
    """
    return int(library().nsc_mca_count(ctypes.c_int32(forms)))


def hash_of(text: str) -> int:
    """Hash a form's text as C does.

    Args:
        text: the form.
    """
    found = 1469598103934665603
    for byte in text.encode():
        found = ((found ^ byte) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return found or 1


def joined(blocks: list[str]) -> tuple[bytes, np.ndarray]:
    """Join the texts of blocks for C: one text, and where each begins (n + 1).

    Args:
        blocks: their texts.
    """
    parts = [block.encode("ascii", "replace") for block in blocks]
    lengths = np.array([len(part) for part in parts], np.int64)
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return b"".join(parts), offsets
