"""Assembly text in AT&T syntax -> machine code, through LLVM's assembler.

In: blocks' texts. Out: their bytes. Non-goals: Intel's syntax (mending).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from nsc.errors import HostError
from nsc.mca.mending import assembler

_LABEL = re.compile(r"^nsc_(\d+):$")
_ENCODING = re.compile(r"encoding: \[([^\]]*)\]")
_ERROR = re.compile(r"^<stdin>:(\d+):\d+: error:", re.MULTILINE)
_BYTE = re.compile(r"^0x[0-9a-f]{2}$")
_LONGEST_S = 600.0


def assembled(blocks: Sequence[str]) -> list[bytes | None]:
    """Assemble blocks.

    Args:
        blocks: in AT&T syntax, instructions apart by ";".

    Returns:
        Each block's bytes; None where it does not assemble, or names what is elsewhere.

    Raises:
        HostError: LLVM's assembler is not installed, or does not end.
    """
    told, wrong = _encodings(blocks, set())
    if wrong:
        told, _ = _encodings(blocks, wrong)
    return [told.get(k) or None for k in range(len(blocks))]


def _encodings(
    blocks: Sequence[str], left_out: set[int]
) -> tuple[dict[int, bytes | None], set[int]]:
    """Return the bytes of blocks by number, and the numbers of those with errors."""
    lines: list[str] = []
    owner: list[int] = []
    for k, text in enumerate(blocks):
        if k in left_out:
            continue
        body = text.split(";")
        lines += [f"nsc_{k}:", *body]
        owner += [k] * (1 + len(body))
    try:
        done = subprocess.run(
            [str(assembler()), "-triple=x86_64-unknown-unknown",
             "-show-encoding"],
            input="\n".join(lines) + "\n",
            capture_output=True, text=True, timeout=_LONGEST_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HostError(f"llvm-mc does not run: {error}") from None
    wrong = {owner[int(n) - 1] for n in _ERROR.findall(done.stderr)}
    return _by_label(done.stdout), wrong


def _by_label(told: str) -> dict[int, bytes | None]:
    found: dict[int, bytes | None] = {}
    number = -1
    for line in told.splitlines():
        label = _LABEL.match(line.strip())
        if label:
            number = int(label.group(1))
            found[number] = b""
        encoding = _ENCODING.search(line)
        if encoding is None or number < 0:
            continue
        words = encoding.group(1).split(",")
        before = found[number]
        # a letter stands for an address that the linker fills in
        is_whole = before is not None and all(map(_BYTE.match, words))
        code = bytes(int(word, 16) for word in words) if is_whole else b""
        found[number] = (
            before + code if is_whole and before is not None else None
        )
    return found
