"""The pip-installed zig, and the folder where what it builds is kept.

In: nothing. Out: a command, an environment, a folder. Non-goals: what is built, and
under which limits.
"""

from __future__ import annotations

import os
from pathlib import Path

import ziglang


def zig_command() -> list[str]:
    """Return the command that runs the pip-installed zig."""
    # directly: its Python wrapper costs 30 ms a call
    return [str(Path(ziglang.__file__).with_name("zig"))]


def cache_folder() -> Path:
    """Return where zig keeps its built libc and we our kernels.

    NSC_CACHE_DIR overrides the user's cache folder.
    """
    chosen = os.environ.get("NSC_CACHE_DIR")
    if chosen:
        return Path(chosen)
    users = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(users) / "nsc"


def zig_environment(work: Path) -> dict[str, str]:
    """Return the whole environment a compiler sees: nothing of the user's.

    Args:
        work: a folder that the compiler may fill.
    """
    return {
        "PATH": os.defpath,
        "HOME": str(work),
        "TMPDIR": str(work),
        "LC_ALL": "C",
        "ZIG_GLOBAL_CACHE_DIR": str(cache_folder() / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(work / "zig"),
    }
