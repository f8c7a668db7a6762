"""C of our own -> a shared library, built once for this machine and kept in the user's
cache folder.

In: a folder of sources, constants. Out: a ctypes library. Safe when processes race;
works when the cache is read-only.
Non-goals: C from elsewhere (sandbox), what the libraries do.
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

from nsc.errors import BuildError
from nsc.host.atomic import replacing
from nsc.host.zig import cache_folder, zig_command, zig_environment

FLAGS = (
    "-O3",
    "-march=native",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fno-sanitize=undefined",
    "-std=gnu11",
    "-Wno-psabi",
    "-shared",
    "-fPIC",
    "-s",
)
_loaded: dict[str, ctypes.CDLL] = {}
_until_exit = ExitStack()  # the folders of libraries that could not be cached
atexit.register(_until_exit.close)


def load_library(
    source: Path, defines: tuple[str, ...], building: Callable[[], None] = lambda: None
) -> ctypes.CDLL:
    """Load what a C file and its neighbours make with some constants; build it (a
    second or two) if the cache has none.

    Args:
        source: the file to compile; a change of any file beside it makes another
            library.
        building: called before a build.

    Raises:
        BuildError: the compiler refused it.
    """
    digest = hashlib.blake2b(_identity(source.parent), digest_size=16)
    digest.update(repr((source.name, FLAGS, defines)).encode())
    key = digest.hexdigest()
    if key not in _loaded:
        path = cache_folder() / "kernels" / f"{key}.so"
        if not path.exists():
            building()
            path = _build(source, defines, path)
        _loaded[key] = ctypes.CDLL(str(path))
    return _loaded[key]


@lru_cache
def _identity(folder: Path) -> bytes:
    """Name the sources, the compiler and the CPU that a library was built from and for."""
    parts = [
        part
        for path in sorted(folder.iterdir())
        for part in (path.name.encode(), path.read_bytes())
    ]
    parts += [repr(zig_command()).encode(), platform.machine().encode()]
    try:
        info = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
        parts += [
            line.encode()
            for line in info.splitlines()
            if line.startswith(("model name", "flags", "Features"))
        ]
    except OSError:
        parts.append(platform.processor().encode())
    return b"\0".join(parts)


def _build(source: Path, defines: tuple[str, ...], target: Path) -> Path:
    """Compile in a private folder and copy into the cache; if it cannot be written,
    keep the folder until exit.
    """
    with ExitStack() as stack:
        work = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="nsc-kernel-"))
        )
        made = work / target.name
        command = [
            *zig_command(),
            "cc",
            *FLAGS,
            *(f"-D{d}" for d in defines),
            str(source),
            "-o",
            str(made),
        ]
        done = subprocess.run(
            command, cwd=work, env=zig_environment(work), capture_output=True, text=True
        )
        if done.returncode:
            raise BuildError(
                f"a kernel does not compile ({source.name}):"
                f" {done.stderr.strip()[:500]}"
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with replacing(target) as temporary:
                temporary.write_bytes(made.read_bytes())
            return target
        except OSError:  # a read-only cache
            _until_exit.push(stack.pop_all())
            return made
