"""A program on the command line as an executable: one call, one process.

In: a command with inputs in it, how outputs are read. Out: `Batch`. Non-goals: where its
runs are spread and kept (runner), what its user sees (app).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nsc.runs.attempts import one_by_one
from nsc.runs.executable import (
    OUT_OF_TIME,
    TOLERATED,
    Array,
    Batch,
    Description,
    Failure,
)
from nsc.runs.process import MOST_OUTPUT, Ended, last_line, run_once
from nsc.runs.reading import Reading, UnreadableError
from nsc.runs.template import Template

UNREADABLE = "unreadable"
TOO_LOUD = "prints_too_much"
CANNOT_START = "cannot_start"


@dataclass(frozen=True)
class Command:
    """Runs a program once for each sample.

    Args:
        template: its arguments.
        inputs: names of the inputs.
        whole: for each, whether it is written as a whole number.
        reading: finds the outputs in what it prints.
        call_limit: seconds that a call may take.
        retries: further tries of a call that fails otherwise than by time.
    """

    template: Template
    inputs: tuple[str, ...]
    whole: tuple[bool, ...]
    reading: Reading
    call_limit: float = 10.0
    retries: int = 0
    description: Description = field(init=False)

    def __post_init__(self) -> None:
        digest = digest_of_program(
            self.template, self.inputs, self.whole, self.reading
        )
        said = Description(
            len(self.reading.names),
            self.call_limit * (self.retries + 1),
            digest=digest,
            tolerated=TOLERATED,
        )
        object.__setattr__(self, "description", said)

    def __call__(self, x: Array) -> Batch:
        """Run samples `n i`, one after the other."""
        return one_by_one(
            x, len(self.reading.names), self._tried, self.retries
        )

    def _tried(self, row: Array) -> list[float] | Failure:
        values = written(row, self.inputs, self.whole)
        try:
            ended = run_once(self.template.arguments(values), self.call_limit)
        except (OSError, ValueError) as error:
            return Failure(CANNOT_START, str(error))
        failure = _failure(ended, self.call_limit)
        if failure is not None:
            return failure
        try:
            return self.reading(ended.out)
        except UnreadableError as error:
            return Failure(UNREADABLE, str(error))


def _failure(ended: Ended, limit: float) -> Failure | None:
    """Say why a run failed, by how it ended."""
    if ended.is_late:
        return Failure(OUT_OF_TIME, f"it took more than {limit:g} s")
    if ended.is_loud:
        return Failure(TOO_LOUD, f"it printed more than {MOST_OUTPUT:,} bytes")
    if ended.code == 0:
        return None
    how = f"exit {ended.code}" if ended.code > 0 else f"signal {-ended.code}"
    said = last_line(ended.error) or last_line(ended.out)
    return Failure(how, f"{how}: {said}" if said else how)


def written(
    row: Array, inputs: Sequence[str], whole: Sequence[bool]
) -> dict[str, str]:
    """Write inputs `i` out: read back they are the same, to the last bit."""
    return {
        name: str(round(value)) if is_whole else repr(float(value))
        for name, value, is_whole in zip(inputs, row, whole, strict=True)
    }


def digest_of_program(template: Template, *besides: object) -> str:
    """Name what decides a command's outputs: its words, and the program's bytes.

    A script among the arguments counts with its bytes, too.
    """
    said = hashlib.sha256(repr((template.parts, besides)).encode())
    texts = [
        parts[0][0]
        for parts in template.parts
        if len(parts) == 1 and not parts[0][1]
    ]
    for path in (template.program, *texts):
        if Path(path).is_file():
            said.update(path.encode())
            said.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return said.hexdigest()
