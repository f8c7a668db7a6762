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


def library(
    texts: dict[int, dict[str, str]], folder: Path
) -> tuple[ctypes.CDLL, dict[int, str]]:
    """Build the files of many programs, by number, into one library.

    Returns:
        The library, and what the compiler says of the programs that it refuses.
    """
    refused: dict[int, str] = {}
    if _built(texts, folder):
        for number, files in texts.items():
            said = _built({number: files}, folder)
            if said:
                refused[number] = said
        fit = {n: f for n, f in texts.items() if n not in refused}
        assert not _built(fit, folder), "each program's files build alone"
    return ctypes.CDLL(str(folder / "all.so")), refused


def _built(texts: dict[int, dict[str, str]], folder: Path) -> str:
    """Build, and return what the compiler says; "" is nothing."""
    names: list[str] = []
    for files in texts.values():
        for name, text in files.items():
            (folder / name).write_text(text)
            names.append(name)
    command = ["cc", "-shared", "-fPIC", *FLAGS, "-o", "all.so", *names]
    done = subprocess.run(
        [*command, "-lm"], cwd=folder, capture_output=True, text=True
    )
    return done.stderr or "it failed" if done.returncode else ""


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
