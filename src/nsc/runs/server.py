"""A program that stays up as an executable: rows in, rows out, as lines of JSON.

In: a command. Out: `Batch`. Non-goals: starting a process for each call (command).

The protocol. nsc writes one line to the program's standard input:

    {"inputs": {"re": 1000.0, "alpha": 2.5}}

and the program answers with one line on its standard output:

    {"outputs": {"drag": 0.012, "lift": 0.4}}      or     {"error": "did not converge"}

It does so until its standard input ends. Lines that are no JSON are its own business and
are passed over. In Python a server is:

    import json, sys
    for line in sys.stdin:
        x = json.loads(line)["inputs"]
        print(json.dumps({"outputs": {"y": x["a"] ** 2}}), flush=True)
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import weakref
from dataclasses import dataclass, field
from typing import Any

from nsc.runs.attempts import one_by_one
from nsc.runs.command import (
    CANNOT_START,
    TOO_LOUD,
    UNREADABLE,
    digest_of_program,
)
from nsc.runs.executable import (
    OUT_OF_TIME,
    TOLERATED,
    Array,
    Batch,
    Description,
    Failure,
)
from nsc.runs.process import MOST_OUTPUT, end_with_parent, killed_at_the_end
from nsc.runs.reading import Reading, UnreadableError
from nsc.runs.template import Template

ENDED = "server_ended"
ANSWERED = "answered_an_error"
GRACE_S = 0.5  # that a server has to end once its input did


@dataclass(frozen=True)
class Server:
    """Asks a program that stays up, one process for each process that asks.

    Args:
        template: its arguments, with no inputs in them.
        inputs: names of the inputs.
        whole: for each, whether it is a whole number.
        outputs: names of the outputs.
        call_limit: seconds that an answer may take.
        retries: further tries of a call that fails otherwise than by time.
    """

    template: Template
    inputs: tuple[str, ...]
    whole: tuple[bool, ...]
    outputs: tuple[str, ...]
    call_limit: float = 10.0
    retries: int = 0
    description: Description = field(init=False)

    def __post_init__(self) -> None:
        said = Description(
            len(self.outputs),
            self.call_limit * (self.retries + 1),
            digest=digest_of_program(
                self.template, "server", self.inputs, self.whole, self.outputs
            ),
            tolerated=TOLERATED,
        )
        object.__setattr__(self, "description", said)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        state.pop("_kept", None)  # a process is not sent to another
        return state

    def __call__(self, x: Array) -> Batch:
        """Ask for samples `n i`, one after the other."""
        return one_by_one(x, len(self.outputs), self._tried, self.retries)

    def _tried(self, row: Array) -> list[float] | Failure:
        values = {
            name: round(value) if is_whole else float(value)
            for name, value, is_whole in zip(
                self.inputs, row, self.whole, strict=True
            )
        }
        try:
            answer = self._connection().asked(
                {"inputs": values}, self.call_limit
            )
        except (OSError, ValueError) as error:
            self._drop()
            return Failure(CANNOT_START, str(error))
        if isinstance(answer, Failure):
            # what it would still say is the answer to a question of before
            self._drop()
            return answer
        if "error" in answer:
            return Failure(ANSWERED, str(answer["error"])[:120])
        try:
            return Reading(self.outputs, "json")(
                json.dumps(answer.get("outputs", {}))
            )
        except UnreadableError as error:
            return Failure(UNREADABLE, str(error))

    def _connection(self) -> _Connection:
        kept = vars(self).get("_kept")
        if kept is None:
            kept = _Connection(self.template.arguments({}))
            object.__setattr__(self, "_kept", kept)
        return kept

    def _drop(self) -> None:
        kept = vars(self).pop("_kept", None)
        if kept is not None:
            kept.close()


class _Connection:
    """A running server."""

    def __init__(self, arguments: list[str]):
        folder = tempfile.mkdtemp(prefix="nsc-server-")
        try:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        # it ends with this object, or with this process
        self.close = weakref.finalize(self, _end, self.process, folder)
        self.unread = b""

    def asked(
        self, question: dict[str, Any], seconds: float
    ) -> dict[str, Any] | Failure:
        """Write a line and read the answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return self._gone()
        until = time.monotonic() + seconds
        passed = 0
        while True:
            line = self._line(until)
            if isinstance(line, Failure):
                return line
            passed += len(line)
            if passed > MOST_OUTPUT:
                return Failure(TOO_LOUD, f"more than {MOST_OUTPUT:,} bytes")
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer

    def _line(self, until: float) -> bytes | Failure:
        assert self.process.stdout is not None
        stream = self.process.stdout.fileno()
        while b"\n" not in self.unread:
            left = until - time.monotonic()
            ready, _, _ = select.select([stream], (), (), max(0.0, left))
            if not ready:
                return Failure(OUT_OF_TIME, "it did not answer in time")
            more = os.read(stream, 1 << 16)
            if not more:
                return self._gone()
            self.unread += more
            if len(self.unread) > MOST_OUTPUT:
                return Failure(TOO_LOUD, f"more than {MOST_OUTPUT:,} bytes")
        line, _, self.unread = self.unread.partition(b"\n")
        return line

    def _gone(self) -> Failure:
        code = self.process.wait()
        how = f"exit {code}" if code >= 0 else f"signal {-code}"
        return Failure(ENDED, f"the server ended with {how}")


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    """End a server: by the end of its input, then by force."""
    with killed_at_the_end(process):
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    shutil.rmtree(folder, ignore_errors=True)
