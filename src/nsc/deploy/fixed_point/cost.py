"""How many bytes of code integer C is on a microcontroller, where its compiler is there.

In: the C. Out: what a file says of it. Non-goals: tables, which are counted exactly.
"""

from __future__ import annotations

import os
import re
import shutil

from nsc.host import temporary_folder, zig_environment
from nsc.sandbox import CompilerLimits, run_limited

COMPILER = "arm-none-eabi-gcc"
FLAGS = ("-std=c99", "-Os", "-mcpu=cortex-m0", "-mthumb")
_LIMITS = CompilerLimits(wall_s=60, cpu_s=60)
_CODE = re.compile(r"^\.text\S*\s+(\d+)", re.MULTILINE)


def code_bytes(text: str) -> str:
    """Say how many bytes code is, without tables; or that nothing measured it."""
    if (
        shutil.which(COMPILER) is None
        or shutil.which("arm-none-eabi-size") is None
    ):
        return f"code not measured, for want of {COMPILER}"
    size = _size(text)
    if size is None:
        return f"code not measured: {COMPILER} failed"
    return f"{size} of code ({COMPILER} {' '.join(FLAGS[1:])})"


def _size(text: str) -> int | None:
    with temporary_folder("nsc-") as work:
        # the compiler looks for its assembler there
        environment = {
            **zig_environment(work),
            "PATH": os.environ.get("PATH", os.defpath),
        }
        (work / "surrogate.c").write_text(text, encoding="ascii")
        compiler = str(shutil.which(COMPILER))
        for command in (
            [compiler, *FLAGS, "-c", "surrogate.c", "-o", "surrogate.o"],
            [str(shutil.which("arm-none-eabi-size")), "-A", "surrogate.o"],
        ):
            code, said = run_limited(command, work, environment, _LIMITS)
            if code != 0:
                return None
    found = _CODE.findall(said)
    return sum(map(int, found)) if found else None
