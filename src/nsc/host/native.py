"""C of our own -> a shared library, built once for this machine and then cached.

In: a folder of sources, constants. Out: a ctypes library. Safe when processes race;
works when the cache is read-only.
Non-goals: C from elsewhere (sandbox), what the libraries do.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import platform
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

from nsc.errors import BuildError, HostError
from nsc.host.atomic import replacing
from nsc.host.process import run_bounded
from nsc.host.temporary import temporary_folder
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
BUILD_S = 300.0  # a kernel takes two seconds, the first one half a minute
_loaded: dict[str, ctypes.CDLL] = {}
_until_exit = ExitStack()  # the folders of libraries that could not be cached
atexit.register(_until_exit.close)


def load_library(
    source: Path,
    defines: tuple[str, ...],
    building: Callable[[], None] = lambda: None,
) -> ctypes.CDLL:
    """Load what a C file and its neighbours make with some constants.

    If the cache has none it is built, which takes a second or two.

    Args:
        source: the file to compile; a change of any file beside it makes another
            library.
        defines: constants, as "NAME=value".
        building: called before a build.

    Raises:
        BuildError: the compiler refused it.
        HostError: it cannot run here, or does not end.
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
    """Name the sources, the compiler and the CPU of a library."""
    parts: list[bytes] = []
    for path in sorted(folder.iterdir()):
        parts += [path.name.encode(), path.read_bytes()]
    parts += [repr(zig_command()).encode(), platform.machine().encode()]
    return b"\0".join([*parts, *_cpu()])


@lru_cache
def has_cpu_flag(name: str) -> bool:
    """Say whether the processor names a feature; never where it tells none.

    Example: has_cpu_flag("avx512f")
    """
    return any(name.encode() in line.split() for line in _cpu())


def _cpu() -> list[bytes]:
    """Name the processor, whose features `-march=native` makes use of."""
    try:
        first, *_ = Path("/proc/cpuinfo").read_text().split("\n\n")
    except OSError:
        return [platform.processor().encode()]
    telling = ("model name", "flags", "Features")
    return [
        line.encode()
        for line in first.splitlines()
        if line.startswith(telling)
    ]


def _build(source: Path, defines: tuple[str, ...], target: Path) -> Path:
    """Compile in a private folder and copy into the cache.

    If that cannot be written, the folder is kept until exit.
    """
    with ExitStack() as stack:
        work = stack.enter_context(temporary_folder("nsc-kernel-"))
        made = work / target.name
        _compile(source, defines, made, work)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with replacing(target) as temporary:
                temporary.write_bytes(made.read_bytes())
            return target
        except OSError:  # a read-only cache
            _until_exit.push(stack.pop_all())
            return made


def _compile(
    source: Path, defines: tuple[str, ...], made: Path, work: Path
) -> None:
    constants = [f"-D{constant}" for constant in defines]
    options = [*FLAGS, *constants, str(source), "-o", str(made)]
    command = [*zig_command(), "cc", *options]
    try:
        code, messages = run_bounded(
            command, work, zig_environment(work), BUILD_S
        )
    except OSError as error:
        raise HostError(
            f"the C compiler cannot be started: {error.strerror}"
        ) from None
    if code is None:
        raise HostError(
            f"building a kernel ({source.name}) took longer than {BUILD_S:g} s; does"
            f" the file system of {cache_folder()} answer? NSC_CACHE_DIR chooses"
            " another"
        )
    if code:
        blamed = messages.strip()[:500]
        raise BuildError(
            f"a kernel does not compile ({source.name}): {blamed}"
        )
