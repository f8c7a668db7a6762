"""Basic blocks from files: BHive's CSV, measured blocks, llvm-mca's own regions.

In: a path. Out: Blocks, in AT&T syntax.
Non-goals: ELF files (elf), what blocks cost.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from dataclasses import dataclass
from pathlib import Path

from nsc.errors import InputError
from nsc.mca.disassembly import Disassembler, plain
from nsc.mca.mending import to_att

_BEGIN = re.compile(r"^\s*(?:#|//)\s*LLVM-MCA-BEGIN\b\s*(.*)$")
_END = re.compile(r"^\s*(?:#|//)\s*LLVM-MCA-END\b")
_NO_INSTRUCTION = re.compile(r"^\s*(?:[.#]|//|$)|^\s*[\w.$]+:\s*$")


@dataclass(frozen=True)
class Block:
    """A basic block.

    Args:
        name: for whoever reads a result; its line or number where it has none.
        text: in AT&T syntax, instructions apart by ";".
        sizes: bytes of each instruction; empty where the code is unknown.
        code: its bytes, as they are known.
        application: what it comes from.
        measured: cycles an iteration on the machine, as they are known.
    """

    name: str
    text: str
    code: bytes = b""
    sizes: tuple[int, ...] = ()
    application: str = ""
    measured: float | None = None


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    Args:
        blocks: those that can be read.
        refused: names of the others, with the reason.
    """

    blocks: list[Block]
    refused: list[tuple[str, str]]


def read_table(path: Path, most: int | None = None) -> Reading:
    """Read a CSV with a column `hex`, `asm` or `asm_intel`, compressed or not.

    Args:
        path: of the file.
        most: rows to read; None for all.

    Raises:
        InputError: it cannot be read, or has none of the columns.
        HostError: a column needs a tool that is not installed.
    """
    rows = list(csv.DictReader(io.StringIO(text_of(path))))[:most]
    columns = set(rows[0]) if rows else set()
    for column, reader in _COLUMNS.items():
        if column in columns:
            return reader(rows)
    raise InputError(
        f"{path} must have rows and a column {', '.join(_COLUMNS)}; found"
        f" {', '.join(sorted(columns)) or 'no row'}"
    )


def text_of(path: Path) -> str:
    """Read a text file, gzip's too.

    Args:
        path: of the file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {said}") from None


def _of_code(rows: list[dict[str, str]]) -> Reading:
    disassembler = Disassembler()
    found = Reading([], [])
    for number, row in enumerate(rows, 2):
        name = f"line {number}"
        code = _bytes(row["hex"])
        lines = disassembler.lines(code) if code else None
        if not lines or code is None:
            found.refused.append((name, "hex holds no x86-64 code"))
            continue
        text = ";".join(line.text for line in lines)
        sizes = tuple(line.size for line in lines)
        block = Block(
            name,
            text,
            code,
            sizes,
            row.get("application") or "",
            _measured(row),
        )
        found.blocks.append(block)
    return found


def _bytes(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def _of_att(rows: list[dict[str, str]]) -> Reading:
    found = Reading([], [])
    for number, row in enumerate(rows, 2):
        text = ";".join(filter(None, map(plain, _lines(row["asm"]))))
        if not text:
            found.refused.append(
                (f"line {number}", "asm holds no instruction")
            )
            continue
        found.blocks.append(_described(f"line {number}", text, row))
    return found


def _of_intel(rows: list[dict[str, str]]) -> Reading:
    found = Reading([], [])
    texts = to_att([row["asm_intel"] for row in rows])
    for number, (row, text) in enumerate(zip(rows, texts, strict=True), 2):
        if text is None:
            reason = "asm_intel does not assemble"
            found.refused.append((f"line {number}", reason))
            continue
        found.blocks.append(_described(f"line {number}", text, row))
    return found


def _described(name: str, text: str, row: dict[str, str]) -> Block:
    application = row.get("application") or ""
    return Block(name, text, application=application, measured=_measured(row))


def _measured(row: dict[str, str]) -> float | None:
    try:
        return float(row["cycles_per_100_iterations"]) / 100
    except (KeyError, ValueError):
        return None


def _lines(text: str) -> list[str]:
    return text.replace("\n", ";").split(";")


_COLUMNS = {"hex": _of_code, "asm": _of_att, "asm_intel": _of_intel}


def read_regions(path: Path) -> Reading:
    """Read assembly (AT&T), each region of llvm-mca's comments a block.

    A file without such comments is one block.

    Args:
        path: of the file.

    Raises:
        InputError: it cannot be read, or a region holds no instruction.
    """
    found = Reading([], [])
    open_regions: dict[str, tuple[int, list[str]]] = {}
    whole: list[str] = []
    has_regions = False
    for number, line in enumerate(text_of(path).splitlines(), 1):
        _check_syntax(path, number, line)
        begin = _BEGIN.match(line)
        if begin:
            has_regions = True
            open_regions[begin.group(1).strip()] = (number, [])
        elif _END.match(line):
            _close(line, open_regions, found)
        elif not _NO_INSTRUCTION.match(line):
            whole.append(line)
            for _, lines in open_regions.values():
                lines.append(line)
    if not has_regions:
        open_regions[""] = (1, whole)
    for name in list(open_regions):
        _finish(name, open_regions.pop(name), found)
    return found


def _check_syntax(path: Path, number: int, line: str) -> None:
    if line.strip().startswith(".intel_syntax"):
        raise InputError(
            f"{path}:{number}:1: AT&T syntax expected, found .intel_syntax; write the"
            " blocks into a CSV with a column asm_intel"
        )


def _close(
    line: str,
    open_regions: dict[str, tuple[int, list[str]]],
    found: Reading,
) -> None:
    """End the region that a comment names, or the one that is open."""
    name = line.split("LLVM-MCA-END", 1)[1].strip()
    if name not in open_regions and len(open_regions) == 1:
        name = next(iter(open_regions))
    if name in open_regions:
        _finish(name, open_regions.pop(name), found)


def _finish(name: str, region: tuple[int, list[str]], found: Reading) -> None:
    number, lines = region
    called = name or f"line {number}"
    texts = [plain(part) for line in lines for part in _code(line).split(";")]
    text = ";".join(filter(None, texts))
    if text:
        found.blocks.append(Block(called, text))
    else:
        found.refused.append((called, "holds no instruction"))


def _code(line: str) -> str:
    return line.split("#", 1)[0]
