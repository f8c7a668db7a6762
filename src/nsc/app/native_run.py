"""A C program built for this machine as an executable: rows in, rows out.

In: Program. Out: `NativeExecutable`, and whether it computes what the sandbox computes.
Its user trusts the program and asked for that (`--native`): the guard has let its text
pass, and on Linux the kernel lets it compute, ask for memory and answer (deploy/csrc).
Non-goals: building (deploy), the sandbox.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import shutil
import subprocess
import tempfile
import time
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nsc.deploy import build_rows
from nsc.errors import OracleError
from nsc.program import Program
from nsc.runs import OUT_OF_TIME, Batch, Description, Failure, end_with_parent
from nsc.sandbox import CompilerLimits, limited

DIED = "died"
COMPARED = 64  # inputs on which both are run
COMPARED_S = 4.0  # that these may take
NEAR = 1e-4  # of an output, and of their mean: what rounding may change
STRAYS = 0.02  # the share of inputs on which rounding may decide a comparison
_LIMITS = CompilerLimits(cpu_s=1 << 30, memory_bytes=16 << 30, file_bytes=0)
_DOUBLE = 8


@dataclass(frozen=True)
class NativeExecutable:
    """Runs samples in a process of its own, which is started anew if it ends.

    Args:
        binary: the executable file.
        made_of: a digest of what it was built of.
        call_limit: seconds that a sample may take.
    """

    binary: bytes = field(repr=False)
    made_of: str
    n_inputs: int
    n_outputs: int
    call_limit: float = 10.0
    description: Description = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"native {self.made_of}".encode()).hexdigest()
        said = Description(self.n_outputs, self.call_limit, digest=digest)
        object.__setattr__(self, "description", said)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        state.pop("_kept", None)  # a process is not sent to another
        return state

    def __call__(self, x: np.ndarray) -> Batch:
        """Run samples `n i`; nothing more after one that takes too long."""
        outputs = np.full((len(x), self.n_outputs), np.nan)
        failed: dict[int, Failure] = {}
        started = time.perf_counter()
        n_run = len(x)
        for k, row in enumerate(x):
            found = self._process().asked(row, self.call_limit)
            if not isinstance(found, Failure):
                outputs[k] = found
                continue
            failed[k] = found
            self._drop()
            if found.reason == OUT_OF_TIME:
                n_run = k + 1
                break
        took = time.perf_counter() - started
        return Batch(outputs, failed, took, n_run)

    def _process(self) -> _Process:
        kept = vars(self).get("_kept")
        if kept is None:
            kept = _Process(self.binary, self.n_inputs, self.n_outputs)
            object.__setattr__(self, "_kept", kept)
        return kept

    def _drop(self) -> None:
        kept = vars(self).pop("_kept", None)
        if kept is not None:
            kept.close()


class _Process:
    """A running process of csrc/rows.c."""

    def __init__(self, binary: bytes, n_inputs: int, n_outputs: int):
        self.size = _DOUBLE * n_outputs
        folder = tempfile.mkdtemp(prefix="nsc-native-")
        path = Path(folder) / "program"
        path.write_bytes(binary)
        path.chmod(0o700)
        self.process = subprocess.Popen(
            limited([str(path)], _LIMITS),
            cwd=folder,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        # it ends with this object, or with this process
        self.close = weakref.finalize(self, _end, self.process, folder)

    def asked(self, row: np.ndarray, seconds: float) -> np.ndarray | Failure:
        """Return the outputs of a sample."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        found = b""
        try:
            self.process.stdin.write(
                np.ascontiguousarray(row, "<f8").tobytes()
            )
        except OSError:
            return self._gone()
        stream = self.process.stdout.fileno()
        while len(found) < self.size:
            left = max(0.0, until - time.monotonic())
            if not select.select([stream], (), (), left)[0]:
                return Failure(OUT_OF_TIME)
            part = os.read(stream, self.size - len(found))
            if not part:
                return self._gone()
            found += part
        return np.frombuffer(found, "<f8")

    def _gone(self) -> Failure:
        code = self.process.wait()
        how = f"exit {code}" if code >= 0 else f"signal {-code}"
        return Failure(DIED, f"built for this machine it ended with {how}")


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    """End a process, and remove its folder."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def native_of(program: Program, call_limit: float) -> NativeExecutable:
    """Build a program for this machine.

    Raises:
        BuildError: it is refused, or does not compile.
    """
    binary, made_of = build_rows(program)
    return NativeExecutable(
        binary, made_of, program.n_inputs, program.n_outputs, call_limit
    )


def expect_the_same(
    program: Program, native: np.ndarray, sandboxed: np.ndarray, x: np.ndarray
) -> None:
    """Compare what both give on inputs `n i`, `n o` each.

    Raises:
        OracleError: they differ by more than rounding.
    """
    # what is no number here, as after a crash, is near nothing
    with np.errstate(invalid="ignore", over="ignore"):
        near = NEAR * (np.abs(sandboxed) + np.abs(sandboxed).mean(axis=0))
        differs = ~(np.abs(native - sandboxed) <= near).all(axis=1)
    if differs.mean() <= STRAYS:
        return
    k = int(np.flatnonzero(differs)[0])
    where = _listed(x[k])
    here = _listed(native[k])
    there = _listed(sandboxed[k])
    raise OracleError(
        f"{program.name} built for this machine (native) gives something else than in"
        f" the sandbox on {differs.sum()} of {len(x)} inputs: at ({where}) {here} here,"
        f" {there} there. It depends on what C leaves open (sizes of pointers, undefined"
        " behaviour); leave native out"
    )


def _listed(row: np.ndarray) -> str:
    return ", ".join(f"{v:.6g}" for v in row)
