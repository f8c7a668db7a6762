"""What a page has asked for: one job at a time, its events, its files.

In: a command that reads one request (JSON) and writes events (a line of JSON each). Out:
`Session`. A job is a process group of its own, so that it can be ended whole. Everything
is in one temporary folder. Non-goals: HTTP, what a job does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Event = dict[str, Any]
GRACE_S = 3.0  # in which a job may clean up


@dataclass(frozen=True)
class Limits:
    """What a job may take.

    Args:
        request: bytes of a request.
        seconds: of a job.
        events: of a job; more are dropped but for the last.
        line: bytes of an event.
    """

    request: int = 1 << 20
    seconds: float = 600.0
    events: int = 4000
    line: int = 16 << 20


LIMITS = Limits()


class Busy(Exception):
    """Another job is running."""


class Session:
    """The jobs of one server.

    Args:
        command: what runs a job; it is told the folder for its results.
    """

    def __init__(self, command: Sequence[str], limits: Limits = LIMITS):
        self.command = tuple(command)
        self.limits = limits
        self.folder = Path(tempfile.mkdtemp(prefix="nsc-play-"))
        self.changed = threading.Condition()
        self.events: list[Event] = []
        self.job = 0
        self.has_ended = False  # what still comes of the job does not count
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None

    @property
    def results(self) -> Path:
        """Where the files of the last job are."""
        return self.folder / f"job-{self.job}"

    @property
    def is_busy(self) -> bool:
        """Whether a job is running."""
        with self.changed:
            return self._process is not None

    def begin(self, request: dict[str, Any]) -> int:
        """Start a job; returns its number.

        Raises:
            Busy: another one is running.
        """
        with self.changed:
            if self._process is not None:
                raise Busy
            shutil.rmtree(self.results, ignore_errors=True)
            self.job += 1
            self.events = []
            self.results.mkdir()
            self.has_ended = False
            temporary = self.folder / "tmp"
            temporary.mkdir(exist_ok=True)
            process = subprocess.Popen(
                [*self.command, str(self.results)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env=os.environ | {"TMPDIR": str(temporary)},
                start_new_session=True,
            )
            self._process = process
            self._timer = threading.Timer(self.limits.seconds, self._late)
            self._timer.daemon = True
            self._timer.start()
            self.changed.notify_all()
            number = self.job
        data = json.dumps(request).encode()
        threading.Thread(
            target=self._follow, args=(process, data), daemon=True
        ).start()
        return number

    def cancel(self) -> None:
        """End the job that runs, if one does."""
        self._end("it was cancelled")

    def _end(self, why: str) -> None:
        with self.changed:
            process = self._process
            if process is None or self.has_ended:
                return
            self.has_ended = True
            self._add({"kind": "ended", "why": why})
        _kill(process)

    def close(self) -> None:
        """End everything, and remove the folder."""
        with self.changed:
            process = self._process
        if process is not None:
            _kill(process)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def since(self, job: int, number: int, seconds: float) -> list[Event]:
        """Return the events of a job from a number on; waits for one, but not long."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.job != job or len(self.events) > number, seconds
            )
            return self.events[number:] if self.job == job else []

    def _late(self) -> None:
        self._end(f"it took longer than {self.limits.seconds:g} s")

    def _follow(self, process: subprocess.Popen[bytes], data: bytes) -> None:
        """Hand a job its request, and take its events until it ends."""
        assert process.stdin is not None and process.stdout is not None
        with suppress(OSError):
            process.stdin.write(data)
            process.stdin.close()
        with suppress(OSError, ValueError):
            while line := process.stdout.readline(self.limits.line):
                self._take(line)
        process.stdout.close()
        code = process.wait()
        _kill(process)  # whatever it left running
        with self.changed:
            # at once: a job that begins after it must not get these events
            if self._timer is not None:
                self._timer.cancel()
            self._process = None
            kinds = {event["kind"] for event in self.events}
            if not kinds & {"done", "refused", "ended"}:
                why = f"the compiler ended without an answer (code {code})"
                self._add({"kind": "ended", "why": why})
            self._add({"kind": "idle"})

    def _take(self, line: bytes) -> None:
        """Take one event; what is no event is none."""
        try:
            event = json.loads(line)
        except ValueError:
            return
        if not isinstance(event, dict) or not isinstance(
            event.get("kind"), str
        ):
            return
        with self.changed:
            is_full = len(self.events) >= self.limits.events
            if self.has_ended or (is_full and event["kind"] == "progress"):
                return
            self._add(event)

    def _add(self, event: Event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group: first it may end what it started elsewhere."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
