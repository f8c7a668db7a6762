"""What the machine lacks is never the program's fault."""

import os
import subprocess
import sys

import pytest

import nsc.sandbox.compiler as compiler
from nsc.errors import HostError
from nsc.program import parse_program
from nsc.sandbox import CompilerLimits, Failed, build, run_limited

# The limit is set once everything is loaded and built: the program itself needs little.
UNDER_A_LIMIT = """
import resource
import numpy as np
from nsc.errors import HostError
from nsc.program import parse_program
from nsc.sandbox import build, run
made = build([parse_program("double f(double x) { return x * x; }").unit])[0]
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (200 << 20),) * 2)
try:
    print(run(made, np.ones((4, 1))).outcome)
except HostError as error:
    print("HostError", error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_machine_without_memory_is_not_a_program_that_traps():
    done = subprocess.run(
        [sys.executable, "-c", UNDER_A_LIMIT], capture_output=True, text=True
    )
    assert done.stdout.startswith(
        "HostError this machine cannot run a sandboxed"
    )
    assert "`ulimit -v`" in done.stdout


def test_a_compiler_that_cannot_run_is_not_a_program_that_fails(monkeypatch):
    broken = [
        sys.executable,
        "-c",
        "import sys; sys.exit('error: OutOfMemory')",
    ]
    monkeypatch.setattr(compiler, "zig_command", lambda: broken)
    with pytest.raises(
        HostError, match=r"cannot run on this machine: OutOfMemory;"
    ):
        build([parse_program("double f(double x) { return x; }").unit])


def test_a_full_disk_is_named(monkeypatch):
    def full(**options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(
        HostError, match="cannot be started: No space left on device"
    ):
        build([parse_program("double f(double x) { return x; }").unit])


def test_a_program_too_large_for_the_compiler_is_the_programs_fault():
    """Where an empty function compiles, what does not is to blame."""
    text = "double f(double x) { return not_there(x); }"
    made = build([parse_program(text, partial=True).unit], CompilerLimits())[0]
    assert isinstance(made, Failed)


def test_messages_are_read_through_a_bound(tmp_path):
    limits = CompilerLimits(wall_s=30)
    flood = ["/bin/sh", "-c", "head -c 50000000 /dev/zero >&2; exit 3"]
    code, messages = run_limited(flood, tmp_path, {"PATH": os.defpath}, limits)
    assert code == 3 and len(messages) == 1 << 20
    late = CompilerLimits(wall_s=0.5)
    endless = ["/bin/sh", "-c", "exec yes >&2"]
    assert run_limited(endless, tmp_path, {"PATH": os.defpath}, late) == (
        None,
        "",
    )
