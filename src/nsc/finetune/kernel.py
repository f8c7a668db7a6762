"""A topology -> its compiled finetuning kernel, built once and kept in the user's cache folder.

In: topology, optimizer. Out: a ctypes library. Safe when processes race; works when the cache is read-only.
Non-goals: data (cpu.py).
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import platform
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

from nsc.atomic import replacing
from nsc.errors import BuildError
from nsc.surrogate import Topology
from nsc.toolchain import cache_folder, zig_command, zig_environment

SOURCES = Path(__file__).parent / "csrc"
FLAGS = (
    "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast",
    "-fno-sanitize=undefined", "-std=gnu11", "-Wno-psabi", "-shared", "-fPIC", "-s",
)  # fmt: skip
_ACTIVATION = {"sigmoid": 0, "tanh": 1, "relu": 2}
_OPTIMIZER = {"adam": "ADAM", "lm": "LEVENBERG_MARQUARDT"}
_loaded: dict[str, ctypes.CDLL] = {}
_until_exit = ExitStack()  # the folders of kernels that could not be cached
atexit.register(_until_exit.close)


def defines_of(topology: Topology, optimizer: str) -> tuple[str, ...]:
    """Return the compile-time constants of a kernel. The number of inputs stays an argument.

    Example: 9-4-4-1 gives TOPOLOGY=4,4,1, UNITS=9 and REST=29, the parameters behind the first weights.
    """
    widths = topology.widths[1:]
    rest = topology.n_parameters - topology.widths[0] * topology.widths[1]
    return (
        _OPTIMIZER[optimizer], f"TOPOLOGY={','.join(map(str, widths))}", f"LAYERS={len(widths)}",
        f"UNITS={sum(widths)}", f"OUTPUTS={widths[-1]}", f"REST={rest}",
        f"ACTIVATION={_ACTIVATION[topology.activation]}",
    )  # fmt: skip


def load_kernel(topology: Topology, optimizer: str, progress: Callable[[str], None] = lambda line: None) -> ctypes.CDLL:
    """Load a topology's kernel, building it (a second or two) if the cache has none.

    Raises:
        BuildError: the compiler refused it.
    """
    defines = defines_of(topology, optimizer)
    key = _key(defines)
    if key not in _loaded:
        path = cache_folder() / "kernels" / f"{key}.so"
        if not path.exists():
            progress(f"building the finetuning kernel for {topology} (once)")
            path = _build(defines, path)
        _loaded[key] = ctypes.CDLL(str(path))
    return _loaded[key]


def _key(defines: tuple[str, ...]) -> str:
    digest = hashlib.blake2b(_identity(), digest_size=16)
    digest.update(repr((FLAGS, defines)).encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _identity() -> bytes:
    """Name the sources, the compiler and the CPU that a kernel was built from and for."""
    parts = [path.read_bytes() for path in sorted(SOURCES.iterdir())]
    parts += [repr(zig_command()).encode(), platform.machine().encode()]
    try:
        info = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
        parts += [line.encode() for line in info.splitlines() if line.startswith(("model name", "flags", "Features"))]
    except OSError:
        parts.append(platform.processor().encode())
    return b"\0".join(parts)


def _build(defines: tuple[str, ...], target: Path) -> Path:
    """Compile in a private folder and copy into the cache; if it cannot be written, keep the folder until exit."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nsc-kernel-")))
        made = work / target.name
        source = str(SOURCES / "kernel.c")
        command = [*zig_command(), "cc", *FLAGS, *(f"-D{d}" for d in defines), source, "-o", str(made)]
        done = subprocess.run(command, cwd=work, env=zig_environment(work), capture_output=True, text=True)
        if done.returncode:
            raise BuildError(f"the finetuning kernel does not compile: {done.stderr.strip()[:500]}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with replacing(target) as temporary:
                temporary.write_bytes(made.read_bytes())
            return target
        except OSError:  # a read-only cache
            _until_exit.push(stack.pop_all())
            return made
