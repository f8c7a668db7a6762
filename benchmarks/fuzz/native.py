"""Many random programs and their exports as one library of the system's C compiler.

In: C files. Out: functions that run on rows of bytes. Non-goals: what the bytes mean
(`compare`).
"""

from __future__ import annotations

import ctypes
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from memory import Case, declared, layout, runner, struct_of

FLAGS = (
    "-O1",
    "-w",
    "-std=gnu11",
    "-fno-strict-aliasing",
    "-ffp-contract=off",
    "-Wl,-z,defs",
)


def original_file(case: Case) -> str:
    """Write the original with what calls it."""
    call = runner(case, case.name, f"original_{case.number}")
    return case.text + struct_of(case) + layout(case) + call


def export_file(case: Case, exported: str, function: str) -> str:
    """Write an export with what calls it.

    A variable that is static in the original's file has to be defined once more: an
    export says that the original's own must not be static.
    """
    own = "".join(
        f"{declared(variable.type, variable.name)};\n"
        for variable in case.variables
        if variable.is_static
    )
    own += "".join(
        f"extern {variable.definition()}\n"
        for variable in case.variables
        if not variable.is_static
    )
    call = runner(case, function, f"exported_{case.number}")
    return exported + own + struct_of(case) + call


def library(texts: dict[str, str], folder: Path) -> ctypes.CDLL:
    """Build C files into one library.

    Raises:
        CalledProcessError: the compiler refuses one.
    """
    for name, text in texts.items():
        (folder / name).write_text(text)
    path = folder / "all.so"
    command = ["cc", "-shared", "-fPIC", *FLAGS, "-o", str(path), *texts]
    subprocess.run([*command, "-lm"], check=True, cwd=folder)
    return ctypes.CDLL(str(path))


@dataclass(frozen=True)
class Layout:
    """Where the cells of a program's struct are."""

    size: int
    offsets: tuple[int, ...]


def layout_of(built: ctypes.CDLL, case: Case) -> Layout:
    """Ask a library for the layout of a program's struct."""
    told = (ctypes.c_long * (1 + len(case.cells())))()
    built[f"layout_{case.number}"](told)
    return Layout(told[0], tuple(told[1:]))


def ran(built: ctypes.CDLL, name: str, memory: np.ndarray) -> np.ndarray:
    """Run a function on a copy of rows of bytes, `n size`."""
    after = memory.copy()
    built[name](ctypes.c_void_p(after.ctypes.data), ctypes.c_long(len(after)))
    return after
