"""Basic blocks of an ELF file for x86-64: what its executable sections hold.

In: a path. Out: Blocks without the jumps, calls and returns that end them, as BHive's.
Non-goals: data between code (what does not decode ends a block), other formats.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from nsc.errors import InputError
from nsc.mca.blocks import Block
from nsc.mca.disassembly import Disassembler, Line

_MAGIC = b"\x7fELF"
_X86_64 = 62
_EXECUTABLE = 4
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_ENDS = re.compile(
    r"^(?:(?:notrack|rep|bnd|data16) )*"
    r"(?:j\w+|call\w*|ret\w*|loop\w*|xbegin|syscall|sysenter|ud2|hlt|int\w*|iret\w*)\b"
)
_TARGET = re.compile(r"^(?:j\w+|call\w*|loop\w*) (-?(?:0x)?[0-9a-fA-F]+)$")
_LONGEST_INSTRUCTION = 16


@dataclass(frozen=True)
class Section:
    """Code.

    Args:
        address: of its first byte when it runs.
        code: its bytes.
    """

    address: int
    code: bytes


def is_elf(path: Path) -> bool:
    """Tell whether a file begins as ELF files do.

    Args:
        path: of the file.
    """
    try:
        with path.open("rb") as file:
            return file.read(4) == _MAGIC
    except OSError:
        return False


def elf_blocks(path: Path) -> list[Block]:
    """Cut the code of an ELF file into basic blocks.

    Args:
        path: of the file.

    Raises:
        InputError: it cannot be read, or is not for x86-64.
        HostError: LLVM's library is not installed.
    """
    disassembler = Disassembler()
    return [
        block
        for section in executable_sections(path)
        for block in _cut(section, disassembler)
    ]


def executable_sections(path: Path) -> list[Section]:
    """Read the sections that hold code.

    Args:
        path: of the file.

    Raises:
        InputError: it cannot be read, or is not for x86-64.
    """
    try:
        data = path.read_bytes()
        head = _HEADER.unpack_from(data)
        if head[0][:4] != _MAGIC or head[0][4] != 2 or head[2] != _X86_64:
            raise InputError(f"{path} must be an ELF file for x86-64")
        headers = [
            _SECTION.unpack_from(data, head[6] + k * head[11])
            for k in range(head[12])
        ]
    except (OSError, struct.error) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {said}") from None
    return [
        Section(head[3], data[head[4] : head[4] + head[5]])
        for head in headers
        if head[2] & _EXECUTABLE and head[1] == 1
    ]


def _cut(section: Section, disassembler: Disassembler) -> list[Block]:
    lines = _decoded(section.code, disassembler)
    targets = {
        target
        for at, line in lines
        if line is not None and (target := _target(at, line)) is not None
    }
    found: list[Block] = []
    open_lines: list[Line] = []
    begin = 0
    for at, line in lines:
        ends = line is None or bool(_ENDS.match(line.text))
        if open_lines and (ends or at in targets):
            found.append(_block(section, begin, open_lines))
            open_lines = []
        if line is not None and not ends:
            begin = begin if open_lines else at
            open_lines.append(line)
    if open_lines:
        found.append(_block(section, begin, open_lines))
    return found


def _decoded(
    code: bytes, disassembler: Disassembler
) -> list[tuple[int, Line | None]]:
    """Disassemble from the start; a byte that is no instruction is passed over."""
    found: list[tuple[int, Line | None]] = []
    at = 0
    while at < len(code):
        line = disassembler.one(code[at : at + _LONGEST_INSTRUCTION])
        found.append((at, line))
        at += line.size if line else 1
    return found


def _target(at: int, line: Line) -> int | None:
    match = _TARGET.match(line.text)
    return at + line.size + int(match.group(1), 0) if match else None


def _block(section: Section, begin: int, lines: list[Line]) -> Block:
    sizes = tuple(line.size for line in lines)
    code = section.code[begin : begin + sum(sizes)]
    text = ";".join(line.text for line in lines)
    return Block(hex(section.address + begin), text, code, sizes)
