"""Machine code of x86-64 -> assembly text, through LLVM's C disassembler.

In: bytes. Out: lines in AT&T syntax and the length of each instruction.
Non-goals: other architectures; what the text means (tokens).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from nsc.errors import InputError
from nsc.mca.tools import llvm_library

_TRIPLE = b"x86_64-unknown-unknown"
_PARTS = ("TargetInfo", "Target", "TargetMC", "Disassembler")
_LONGEST_LINE = 512


@dataclass(frozen=True)
class Line:
    """An instruction.

    Args:
        text: in AT&T syntax, without comment.
        size: its bytes.
    """

    text: str
    size: int


class Disassembler:
    """LLVM's disassembler for one processor.

    Args:
        cpu: as LLVM names it.

    Raises:
        HostError: LLVM's library is not installed.
        InputError: it does not know the processor.
    """

    def __init__(self, cpu: str = "haswell"):
        library = llvm_library()
        for part in _PARTS:
            getattr(library, f"LLVMInitializeX86{part}")()
        create = library.LLVMCreateDisasmCPU
        create.restype = ctypes.c_void_p
        text = ctypes.c_char_p
        pointer = ctypes.c_void_p
        create.argtypes = [text, text, pointer, ctypes.c_int, pointer, pointer]
        self._context = create(_TRIPLE, cpu.encode(), None, 0, None, None)
        if not self._context:
            raise InputError(f"cpu must be one that LLVM knows; found {cpu!r}")
        self._decode = library.LLVMDisasmInstruction
        self._decode.restype = ctypes.c_size_t
        number = ctypes.c_uint64
        self._decode.argtypes = [
            pointer, text, number, number, text, ctypes.c_size_t,
        ]  # fmt: skip
        self._line = ctypes.create_string_buffer(_LONGEST_LINE)

    def lines(self, code: bytes) -> list[Line] | None:
        """Disassemble a block.

        Args:
            code: its bytes, no more and no less.

        Returns:
            Its instructions; None where some bytes are no instruction.
        """
        found: list[Line] = []
        at = 0
        while at < len(code):
            line = self.one(code[at : at + 16])
            if line is None:
                return None
            found.append(line)
            at += line.size
        return found

    def one(self, code: bytes) -> Line | None:
        """Disassemble the first instruction; None where it is none.

        Args:
            code: where it begins; 16 bytes suffice.
        """
        size = self._decode(
            self._context, code, len(code), 0, self._line, _LONGEST_LINE
        )
        if not size:
            return None
        text = self._line.value.decode("ascii", "replace")
        return Line(plain(text), size)


def plain(text: str) -> str:
    """Write a line of assembly without comment, tabs and surplus blanks.

    Args:
        text: the line.
    """
    return " ".join(text.split("#", 1)[0].split())
