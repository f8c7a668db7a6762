"""What forms of instructions read and write, told by a decoder of x86 (iced-x86).

In: one sample of each form, as bytes and text. Out: Roles.
It runs when a vocabulary is made; finished models carry their roles.
Non-goals: latencies and resources (tables).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nsc.errors import HostError
from nsc.mca import native
from nsc.mca.native import NO_REGISTER, Roles

FLAGS = 51
LOADS = 1
STORES = 2
_FIRST = 2
_ZEROING = (
    "xorl", "xorq", "xorps", "xorpd", "pxor", "vxorp", "vpxor", "subl", "subq",
    "vpsub", "psub", "pcmpgt", "vpcmpgt",
)  # fmt: skip
_NO_ACCESS = (
    "lea", "nop", "push", "pop", "call", "j", "prefetch", "ret",
)  # fmt: skip
_COMPARING = (
    "cmp", "test", "ucomis", "comis", "vucomis", "vcomis", "bt", "vptest",
    "ptest", "vtest",
)  # fmt: skip
_ONE_OPERAND = ("mul", "div", "idiv", "imul")
_MOVING = ("set", "vextract", "stmxcsr", "fst", "fist", "extract")


@dataclass(frozen=True)
class Sample:
    """An instruction as an example of its form.

    Args:
        code: its bytes.
        text: in AT&T syntax.
    """

    code: bytes
    text: str


def roles_of(forms: tuple[str, ...], samples: Mapping[str, Sample]) -> Roles:
    """Tell what forms read and write.

    Args:
        forms: in the vocabulary's order.
        samples: an instruction of each; the more distinct its registers, the better.

    Raises:
        HostError: iced-x86 is not installed.
    """
    decoder = _Decoder()
    roles = native.no_roles(len(forms) + _FIRST)
    for number, form in enumerate(forms, _FIRST):
        sample = samples.get(form)
        if sample is not None:
            _fill(roles, number, form, sample, decoder)
    return roles


def sample_score(text: str) -> float:
    """Score how well an instruction tells its operands apart.

    Args:
        text: in AT&T syntax; the registers should differ from each other and from
            those that instructions use beside their operands.
    """
    _, record = native.form_of(text)
    named = [place for place in record[1:6].tolist() if place != NO_REGISTER]
    implied = sum(place in (0, 1, 2, 4) for place in named)
    return len(set(named)) - len(named) - 0.1 * implied


def memory_of(form: str) -> int:
    """Tell whether a form loads (1), stores (2) or both (3).

    Args:
        form: its text.
    """
    mnemonic, _, kinds = form.partition(" ")
    operands = kinds.rstrip("=").split(",") if kinds else []
    places = [k for k, kind in enumerate(operands) if kind.startswith("m")]
    places = [k for k in places if not _is_mmx(operands[k], mnemonic)]
    if not places or mnemonic.startswith(_NO_ACCESS):
        return 0
    is_last = places[0] == len(operands) - 1
    reads_only = mnemonic.startswith(_COMPARING) or (
        len(operands) == 1 and mnemonic.startswith(_ONE_OPERAND)
    )
    if not is_last or reads_only:
        return LOADS
    moves = "mov" in mnemonic or mnemonic.startswith(_MOVING)
    return STORES if moves else LOADS | STORES


def _is_mmx(kind: str, mnemonic: str) -> bool:
    """Tell an MMX register, whose kind is an address's letter: rare, and no access."""
    return kind == "m" and mnemonic.startswith(("p", "movq2dq", "movdq2q"))


def _fill(
    roles: Roles, number: int, form: str, sample: Sample, decoder: _Decoder
) -> None:
    read, written = decoder.places(sample.code)
    _, record = native.form_of(sample.text)
    slots = record[1:6].tolist()
    is_zeroing = form.endswith("=") and form.startswith(_ZEROING)
    for slot, place in enumerate(slots):
        if place == NO_REGISTER:
            continue
        is_value = slot < 3
        reads = place in read and not (is_value and is_zeroing)
        roles.slot_reads[number, slot] = reads
        roles.slot_writes[number, slot] = is_value and place in written
    named = set(slots)
    roles.reads[number] = _bits(read - named)
    roles.writes[number] = _bits(written - named)
    roles.memory[number] = memory_of(form)


def _bits(places: set[int]) -> np.uint64:
    return np.uint64(sum(1 << place for place in places))


class _Decoder:
    """iced-x86, asked for the places that an instruction reads and writes."""

    def __init__(self) -> None:
        try:
            self._iced: Any = importlib.import_module("iced_x86")
        except ImportError:
            raise HostError(
                "iced-x86, which tells what instructions read and write, is not"
                " installed; install it with: pip install iced-x86"
            ) from None
        access = self._iced.OpAccess
        both = {access.READ_WRITE, access.READ_COND_WRITE}
        self._reading = both | {access.READ, access.COND_READ}
        self._writing = both | {access.WRITE, access.COND_WRITE}
        self._about = self._iced.InstructionInfoFactory()
        names = vars(self._iced.Register).items()
        self._names = {v: k for k, v in names if isinstance(v, int)}

    def places(self, code: bytes) -> tuple[set[int], set[int]]:
        """Tell (read, written) places of the instruction at the start of some code."""
        instruction = self._iced.Decoder(64, code).decode()
        read: set[int] = set()
        written: set[int] = set()
        for used in self._about.info(instruction).used_registers():
            place = self._place(used.register)
            if place == NO_REGISTER:
                continue
            if used.access in self._reading:
                read.add(place)
            if used.access in self._writing:
                written.add(place)
        if instruction.rflags_read:
            read.add(FLAGS)
        if instruction.rflags_modified:
            written.add(FLAGS)
        return read, written

    def _place(self, register: int) -> int:
        """Find a register's place as the tokeniser does, from how it is written."""
        name = self._names[register].lower()
        if name.startswith("st") and name[2:].isdigit():
            name = f"st({name[2:]})"
        if name[0] == "r" and name[1].isdigit() and name.endswith("l"):
            name = name[:-1] + "b"
        _, record = native.form_of(f"x %{name}")
        return int(record[1])
