"""How many bytes of code integer C is on a microcontroller, where its compiler is there.

In: the C. Out: what a file says of it. Non-goals: tables, which are counted exactly.
"""

from __future__ import annotations

import os
import shutil
import struct

from nsc.host import temporary_folder, zig_environment
from nsc.sandbox import CompilerLimits, run_limited

COMPILER = "arm-none-eabi-gcc"
FLAGS = ("-Os", "-mcpu=cortex-m0", "-mthumb")
_LIMITS = CompilerLimits(wall_s=60, cpu_s=60)
_EXECUTED = 4  # a section's flag


def code_said(text: str) -> str:
    """Say how many bytes code is, without tables; or that nothing measured it."""
    if shutil.which(COMPILER) is None:
        return f"code not measured, for want of {COMPILER}"
    size = _code_bytes(text)
    if size is None:
        return f"code not measured: {COMPILER} failed"
    return (
        f"{size} of code, libgcc's not counted ({COMPILER} {' '.join(FLAGS)})"
    )


def _code_bytes(text: str) -> int | None:
    with temporary_folder("nsc-") as work:
        # the compiler looks for its assembler there
        path = {"PATH": os.environ.get("PATH", os.defpath)}
        (work / "surrogate.c").write_text(text, encoding="ascii")
        command = [str(shutil.which(COMPILER)), "-std=c99", *FLAGS]
        command += ["-c", "surrogate.c", "-o", "surrogate.o"]
        code, _ = run_limited(
            command, work, {**zig_environment(work), **path}, _LIMITS
        )
        made = work / "surrogate.o"
        if code != 0 or not made.is_file():
            return None
        return executed_bytes(made.read_bytes())


def executed_bytes(data: bytes) -> int:
    """Add up the sections of an object file (ELF, 32 bits) that hold instructions."""
    [at] = struct.unpack_from("<I", data, 32)
    size, count = struct.unpack_from("<HH", data, 46)
    total = 0
    for k in range(count):
        flags, _, _, n_bytes = struct.unpack_from(
            "<IIII", data, at + k * size + 8
        )
        total += n_bytes if flags & _EXECUTED else 0
    return total
