"""Files of other languages, built and run on rows.

In: files, commands, rows. Out: what they give. Non-goals: what they should give
(agreement).

They are run under limits on time and memory, in a folder of their own: a driver reads
rows from x.bin and writes answers to y.bin, doubles of this machine. Their text is all
nsc's own; of the program it has names and comments.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nsc.errors import BuildError
from nsc.host import temporary_folder, zig_environment
from nsc.sandbox import CompilerLimits, run_limited

MOST_SHOWN = 400  # of a compiler's messages
_BUILD = CompilerLimits(wall_s=300, cpu_s=300)
_RUN = CompilerLimits(wall_s=600, cpu_s=600, memory_bytes=8 << 30)
_KEPT = ("PATH", "HOME", "RUSTUP_HOME", "CARGO_HOME")
_PROGRAM = "program"


@dataclass(frozen=True)
class Sources:
    """A program of a few files, and how it is built and run.

    Args:
        language: as messages call it.
        files: names and texts.
        build: the command that makes `program` of them; () makes nothing.
        run: the command that runs it.
    """

    language: str
    files: tuple[tuple[str, str], ...]
    build: tuple[str, ...]
    run: tuple[str, ...] = (f"./{_PROGRAM}",)


@dataclass(frozen=True)
class Answers:
    """What a program gives.

    Args:
        scalar: `n o`, row by row.
        batches: the same by each way to evaluate many rows.
    """

    scalar: np.ndarray
    batches: tuple[np.ndarray, ...]


def run_rows(
    sources: Sources, x: np.ndarray, called: np.ndarray, n_outputs: int
) -> Answers:
    """Run a program on `n i`.

    Args:
        called: which rows its functions are called for; the others' answers are what its
            networks give, whatever is done outside the domain.

    Raises:
        BuildError: it cannot be built, or does not finish.
    """
    order = np.concatenate([np.flatnonzero(called), np.flatnonzero(~called)])
    n_called = int(called.sum())
    head = np.array([n_called, len(x) - n_called], np.float64)
    given = head.tobytes() + np.ascontiguousarray(x[order]).tobytes()
    found = _run(sources, given).reshape(-1, n_outputs)
    apart = len(x) - n_called
    if len(found) < len(x):
        raise BuildError(f"the exported {sources.language} gives too few rows")
    rest = found[len(found) - apart :]
    blocks = found[: len(found) - apart].reshape(-1, n_called, n_outputs)
    back = np.argsort(order)
    merged = [np.concatenate([block, rest])[back] for block in blocks]
    return Answers(merged[0], tuple(merged[1:]))


def _run(sources: Sources, given: bytes) -> np.ndarray:
    with temporary_folder("nsc-") as work:
        if sources.build:
            program = work / _PROGRAM
            program.write_bytes(_built(sources))
            program.chmod(0o700)
        else:
            _write(work, sources)
        (work / "x.bin").write_bytes(given)
        code, messages = run_limited(
            list(sources.run), work, zig_environment(work), _RUN
        )
        answers = work / "y.bin"
        if code != 0 or not answers.is_file():
            raise BuildError(
                f"the exported {sources.language} fails: {_last(messages)}"
            )
        return np.frombuffer(answers.read_bytes())


@lru_cache(maxsize=4)
def _built(sources: Sources) -> bytes:
    with temporary_folder("nsc-") as work:
        _write(work, sources)
        code, messages = run_limited(
            list(sources.build), work, _environment(work, sources), _BUILD
        )
        program = work / _PROGRAM
        if code is None:
            raise BuildError(
                f"compiling the exported {sources.language} took too long"
            )
        if code or not program.is_file():
            raise BuildError(
                f"the exported {sources.language} does not compile:"
                f" {_first(messages)}"
            )
        return program.read_bytes()


def _environment(work: Path, sources: Sources) -> dict[str, str]:
    """Return what a compiler sees; one that is looked for on PATH may need the user's."""
    confined = zig_environment(work)
    if Path(sources.build[0]).is_absolute():
        return confined
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**confined, **kept}


def _write(work: Path, sources: Sources) -> None:
    for name, text in sources.files:
        (work / name).write_text(text, encoding="utf-8")


def _first(messages: str) -> str:
    return _line(messages[:MOST_SHOWN])


def _last(messages: str) -> str:
    return _line(messages[-MOST_SHOWN:])


def _line(text: str) -> str:
    return " ".join(text.split()) or "it gave no reason"
