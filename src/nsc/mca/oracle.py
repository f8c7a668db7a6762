"""llvm-mca as an oracle: blocks in, cycles per 100 iterations out.

In: assembly text of blocks, a tool, options. Out: cycles, NaN where llvm-mca refuses.
Thousands of blocks share a process: each is a region of one input. `BlockRuns` is the
same as an executable of texts, which runs and keeps like any other.
Non-goals: keeping labels (labels), mending text that does not assemble (mending).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.errors import HostError
from nsc.mca.tools import Tool
from nsc.runs import Batch, Description, Failure

REGIONS = (
    10_000  # blocks a process; one process a block is thirty times as slow
)
ITERATIONS = 100
_SUMMARY = ("-instruction-info=0", "-resource-pressure=0")
_CYCLES = re.compile(
    r"^\[\d+\] Code Region - b(\d+)$|^Total Cycles:\s+(\d+)$", re.MULTILINE
)
_LONGEST_S = 3600.0


@dataclass(frozen=True)
class Simulation:
    """How llvm-mca is asked.

    Args:
        tool: which one.
        cpu: the processor whose scheduling model it reads.
        iterations: of each block.
        options: further words of its command line.
    """

    tool: Tool
    cpu: str = "haswell"
    iterations: int = ITERATIONS
    options: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """Write the words that start it."""
        return [
            str(self.tool.path),
            "-mtriple=x86_64-unknown-unknown",
            f"-mcpu={self.cpu}",
            *_SUMMARY,
            f"-iterations={self.iterations}",
            *self.options,
        ]

    @property
    def identity(self) -> str:
        """Name what decides the result."""
        words = [f"-mcpu={self.cpu}", f"-iterations={self.iterations}"]
        return " ".join([str(self.tool), *words, *self.options])


@dataclass(frozen=True)
class BlockRuns:
    """llvm-mca as an executable of texts: a block's text in, its total cycles out.

    Args:
        how: the tool and its options.
    """

    how: Simulation

    @property
    def description(self) -> Description:
        """Say how it is run: thousands of blocks a process."""
        identity = f"nsc.mca 1: {self.how.identity}"
        digest = hashlib.blake2b(identity.encode(), digest_size=32)
        return Description(
            1, _LONGEST_S, digest=digest.hexdigest(), together=REGIONS
        )

    def __call__(
        self, texts: Sequence[tuple[str, ...]], x: np.ndarray
    ) -> Batch:
        """Run blocks; numbers beside them there are none."""
        started = time.perf_counter()
        cycles = simulated_cycles([text for (text,) in texts], self.how)
        took = time.perf_counter() - started
        why = Failure("refused", f"{self.how.tool} does not read the block")
        bad = np.flatnonzero(np.isnan(cycles))
        failed = {int(k): why for k in bad}
        return Batch(cycles[:, None], failed, took, len(texts))


def simulated_cycles(
    blocks: Sequence[str], how: Simulation, regions: int = REGIONS
) -> np.ndarray:
    """Ask llvm-mca for the cycles of blocks.

    Args:
        blocks: assembly in AT&T syntax, instructions apart by ";" or newlines.
        how: the tool and its options.
        regions: blocks a process.

    Returns:
        Total cycles of each (n), NaN where llvm-mca refuses the block.

    Raises:
        HostError: the tool cannot be started, or does not end.
    """
    cycles = np.full(len(blocks), np.nan)
    for start in range(0, len(blocks), regions):
        end = min(start + regions, len(blocks))
        _fill(blocks, list(range(start, end)), how, cycles)
    return cycles


def _fill(
    blocks: Sequence[str],
    which: list[int],
    how: Simulation,
    cycles: np.ndarray,
) -> None:
    """Run some blocks in one process; halve them where one is refused."""
    if not which:
        return
    told = _run(regions_text(blocks, which), how)
    if told is not None:
        _read(told, cycles)
    elif len(which) > 1:
        half = len(which) // 2
        _fill(blocks, which[:half], how, cycles)
        _fill(blocks, which[half:], how, cycles)


def regions_text(blocks: Sequence[str], which: Sequence[int]) -> str:
    """Write blocks as regions of llvm-mca's input, named by their numbers.

    Args:
        blocks: their text.
        which: the numbers of those to write.
    """
    parts: list[str] = []
    for number in which:
        body = blocks[number].replace(";", "\n")
        parts.append(f"# LLVM-MCA-BEGIN b{number}\n{body}\n# LLVM-MCA-END\n")
    return "".join(parts)


def _run(text: str, how: Simulation) -> str | None:
    try:
        done = subprocess.run(
            how.command(),
            input=text,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HostError(f"{how.tool.path} does not run: {error}") from None
    return done.stdout if done.returncode == 0 else None


def _read(told: str, cycles: np.ndarray) -> None:
    number = -1
    for match in _CYCLES.finditer(told):
        if match.group(1):
            number = int(match.group(1))
        else:
            cycles[number] = float(match.group(2))
