"""Processes end in time, with their whole group."""

import os
import time

import pytest

from nsc.errors import HostError
from nsc.host import native, run_bounded
from nsc.sandbox import CompilerLimits, clean_diagnostic, compiler
from nsc.sandbox.outcome import Outcome


def test_a_group_ends_in_time(tmp_path):
    started = time.monotonic()
    script = "sleep 60 & echo $! > child; echo told >&2; wait"
    code, _ = run_bounded(
        ["/bin/sh", "-c", script], tmp_path, dict(os.environ), 0.5
    )
    assert code is None and time.monotonic() - started < 10
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if not os.path.exists(f"/proc/{child}") or "Z" in state(child):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the child still runs")


def state(process):
    with open(f"/proc/{process}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def test_messages_and_codes(tmp_path):
    command = ["/bin/sh", "-c", "echo told >&2; exit 3"]
    assert run_bounded(command, tmp_path, {}, 10) == (3, "told\n")


def test_a_kernel_that_is_never_built(tmp_path, monkeypatch):
    source = tmp_path / "k.c"
    source.write_text("int f(void) { return 1; }\n")
    monkeypatch.setenv("NSC_CACHE_DIR", str(tmp_path / "cache"))
    slow = tmp_path / "zig"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(native, "zig_command", lambda: [str(slow)])
    monkeypatch.setattr(native, "BUILD_S", 0.3)
    with pytest.raises(
        HostError, match=r"took longer than 0\.3 s.*NSC_CACHE_DIR"
    ):
        native.load_library(source, ())


def test_a_sandbox_that_is_never_built(monkeypatch):
    late = compiler.Compiled(Outcome.build_timeout, message="it took too long")
    compiler._warmed_up.cache_clear()
    monkeypatch.setattr(compiler, "compile_wasm", lambda *args: late)
    with pytest.raises(HostError, match=r"it took too long.*NSC_CACHE_DIR"):
        compiler.warm_up()


def test_messages_have_the_users_names():
    found = clean_diagnostic(
        "unit.c:3:1: error: redefinition of 'nsc_u0_B' as nsc_u12_f_1\n"
        "wasm-ld: error: /tmp/x/unit.o: undefined symbol: nsc_u0_missing\n"
        "unit.c:9:1: error: 'nsc_u0m_entries' is odd\n"
    )
    assert "nsc_u" not in found and "/tmp" not in found
    assert "redefinition of 'B' as f_1" in found and "symbol: missing" in found


def test_limits_of_one_compilation():
    made = compiler.compile_wasm(
        "double f(double x) { return x; }", CompilerLimits()
    )
    assert made.outcome is Outcome.ok
