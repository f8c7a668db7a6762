"""llvm-mca 19 as a library: the latencies of its scheduling model as inputs.

In: blocks, latencies of groups of instructions. Out: cycles. The library is driven by a
program of our own (csrc/simulator.cpp), which a C++ compiler builds once.
Non-goals: options of the command line (oracle), which latencies are good.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from nsc.errors import HostError
from nsc.host import cache_folder, replacing, run_bounded, temporary_folder

MAJOR = 19
_SOURCE = Path(__file__).parent / "csrc" / "simulator.cpp"
_CONFIG = (f"llvm-config-{MAJOR}", f"/usr/lib/llvm-{MAJOR}/bin/llvm-config")
_BUILD_S = 600.0
_ASKED_S = 20.0
_ADVICE = f"install it with: apt-get install llvm-{MAJOR}-dev g++"


@dataclass(frozen=True)
class Described:
    """An instruction as the scheduling model sees it.

    Args:
        signature: loads, stores, micro-operations and ports: alike for those that the
            model treats alike.
        written: the largest latency of what it writes by its operands; -1 for nothing.
        beside: the largest of what it writes beside them, but for flags; -1 for nothing.
        register: what that is.
    """

    signature: str
    written: int
    beside: int
    register: str


class Simulator:
    """A process that simulates blocks with the latencies that it is told.

    Args:
        cpu: as LLVM names it.
        iterations: of each block.

    Raises (each method):
        HostError: LLVM 19's library or a compiler is missing, or the process ended.
    """

    def __init__(self, cpu: str = "haswell", iterations: int = 100):
        self._process = subprocess.Popen(
            [str(_built()), cpu, str(iterations)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()

    def add(self, code: bytes) -> list[Described] | None:
        """Add a block.

        Returns:
            Its instructions; None where it cannot be simulated, and is not added.
        """
        self._tell(f"block {code.hex()}")
        head = self._answer().split()
        if head == ["refused"]:
            return None
        lines = [self._answer().split() for _ in range(int(head[1]))]
        return [
            Described(signature, int(written), int(beside), register)
            for signature, written, beside, register in lines
        ]

    def group(self, groups: Sequence[tuple[int, int]]) -> None:
        """Say which latencies instructions have.

        Args:
            groups: of what each instruction of all blocks writes by its operands and
                beside them; -1 for none.
        """
        self._tell("groups " + " ".join(f"{one} {two}" for one, two in groups))
        self._answer()

    def cycles(self, latencies: Sequence[int]) -> np.ndarray:
        """Simulate all blocks.

        Args:
            latencies: of each group; -1 is the model's own.

        Returns:
            Total cycles of each block (n); NaN where a simulation fails.
        """
        self._tell("run " + " ".join(str(int(one)) for one in latencies))
        found = np.array(self._answer().split(), np.float64)
        return np.where(found < 0, np.nan, found)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError:
            raise _ended() from None

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise _ended()
        return line


def _ended() -> HostError:
    return HostError(
        f"the simulator made of llvm-mca {MAJOR} ended: a block may be one that it cannot"
        " simulate"
    )


def _built() -> Path:
    """Build the driver, or take the one that was built before."""
    config = _llvm_config()
    version = _asked(config, "version")
    digest = hashlib.blake2b(digest_size=16)
    digest.update(_SOURCE.read_bytes() + version.encode())
    path = cache_folder() / "kernels" / f"simulator-{digest.hexdigest()}"
    if not path.exists():
        _build(config, path)
    return path


def _build(config: str, path: Path) -> None:
    libraries = _asked(config, "libdir")
    compiler = os.environ.get("CXX", "g++")
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder("nsc-") as work:
        command = [
            compiler, "-O2", "-std=c++17", "-w",
            *_asked(config, "cppflags").split(),
            str(_SOURCE), "-o", "simulator",
            f"{libraries}/libLLVMX86TargetMCA.a",
            f"-L{libraries}", f"-Wl,-rpath,{libraries}", f"-lLLVM-{MAJOR}",
        ]  # fmt: skip
        try:
            code, messages = run_bounded(command, work, os.environ, _BUILD_S)
        except OSError as error:
            raise HostError(
                f"a C++ compiler is needed: {compiler}: {error.strerror}; {_ADVICE}"
            ) from None
        if code:
            raise HostError(
                f"the driver of llvm-mca {MAJOR} does not build: {messages[:400]}; {_ADVICE}"
            )
        with replacing(path) as temporary:
            temporary.write_bytes((work / "simulator").read_bytes())
            temporary.chmod(0o755)


def _llvm_config() -> str:
    for name in _CONFIG:
        try:
            told = _asked(name, "version")
        except HostError:
            continue
        if told.split(".")[0] == str(MAJOR):
            return name
    raise HostError(
        f"LLVM {MAJOR}'s library (llvm-config-{MAJOR}) is not installed; {_ADVICE}"
    )


def _asked(config: str, what: str) -> str:
    try:
        told = subprocess.run(
            [config, f"--{what}"],
            capture_output=True,
            text=True,
            timeout=_ASKED_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HostError(f"{config} does not run: {error}; {_ADVICE}") from None
    return told.stdout.strip()
