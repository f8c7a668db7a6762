"""Assembly in Intel's syntax -> AT&T, through LLVM's assembler; four spellings mended.

In: texts as published with measurements. Out: what LLVM reads in them.
Non-goals: text in AT&T syntax.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from nsc.errors import HostError
from nsc.mca.disassembly import plain
from nsc.mca.tools import ADVICE, all_mca

# what disassemblers write and LLVM does not read
_MENDED = (
    (re.compile(r"\b(r(?:8|9|1[0-5]))l\b"), r"\1b"),
    (re.compile(r"\boword ptr"), "xmmword ptr"),
    (re.compile(r"\byword ptr"), "ymmword ptr"),
    (re.compile(r"\[(fs|gs):"), r"\1:["),
    (
        re.compile(r"\b(idiv|div|mul)\s+(?:rdx|edx|dx), (?:rax|eax|ax), "),
        r"\1 ",
    ),
)
_LABEL = re.compile(r"^nsc_(\d+):$")
_ERROR = re.compile(r"^<stdin>:(\d+):\d+: error:", re.MULTILINE)
_LONGEST_S = 600.0


def mended(text: str) -> str:
    """Spell what LLVM would not read as it does.

    Args:
        text: of a block, in Intel's syntax.
    """
    for pattern, written in _MENDED:
        text = pattern.sub(written, text)
    return text


def to_att(blocks: Sequence[str]) -> list[str | None]:
    """Write blocks in AT&T syntax.

    Args:
        blocks: in Intel's syntax, instructions apart by ";".

    Returns:
        Each block's text; None where it does not assemble.

    Raises:
        HostError: LLVM's assembler is not installed.
    """
    texts = [mended(block) for block in blocks]
    refused: set[int] = set()
    told, errors = _assembled(texts, refused)
    if errors:
        refused = errors
        told, errors = _assembled(texts, refused)
    return [told.get(k) or None for k in range(len(blocks))]


def _assembled(
    texts: list[str], left_out: set[int]
) -> tuple[dict[int, str], set[int]]:
    """Assemble blocks; return their texts, and the numbers of those with errors."""
    lines = [".intel_syntax noprefix"]
    owner = [-1]
    for k, text in enumerate(texts):
        if k in left_out:
            continue
        body = [line.strip() for line in text.split(";")]
        lines += [f"nsc_{k}:", *body]
        owner += [k] * (1 + len(body))
    done = subprocess.run(
        [str(assembler()), "-triple=x86_64-unknown-unknown",
         "-output-asm-variant=0"],
        input="\n".join(lines) + "\n",
        capture_output=True, text=True, timeout=_LONGEST_S, check=False,
    )  # fmt: skip
    wrong = {owner[int(n) - 1] for n in _ERROR.findall(done.stderr)}
    return _by_label(done.stdout), wrong


def _by_label(told: str) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    lines: list[str] = []
    for line in told.splitlines():
        label = _LABEL.match(line)
        if label:
            lines = found.setdefault(int(label.group(1)), [])
        elif plain(line) and not line.strip().startswith("."):
            lines.append(plain(line))
    return {k: ";".join(lines) for k, lines in found.items()}


def assembler() -> Path:
    """Find LLVM's assembler.

    Raises:
        HostError: it is not installed.
    """
    for tool in all_mca():
        path = tool.path.with_name("llvm-mc")
        if path.exists():
            return path
    raise HostError(
        f"llvm-mc, which assembles text, is not installed; {ADVICE}"
    )
