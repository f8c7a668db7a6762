"""Signals end any verb with their own exit code, one line, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from nsc.app import write_results
from nsc.app.results import SURROGATE_FILE
from nsc.errors import InputError
from nsc.surrogate import COVERING, Member, Surrogate, random_parameters

SLOW = "double f(double x) { double s = x; for (int i = 0; i < 99; i++) s = s * x +"
SLOW += " 0.1; return s; }\n"
# says that it is up once it minds signals, before it imports the verbs
RUN = """
import sys
from nsc.app import cli

run = cli._run

def told(words):
    print("up", flush=True)
    return run(words)

cli._run = told
sys.exit(cli.main())
"""
# the same, and every line of progress is printed
TELLING = """
import contextlib, nsc.report

@contextlib.contextmanager
def telling(console):
    yield lambda what, fraction: print(what, flush=True)

nsc.report.console_progress = telling
"""
PATIENCE_S = 120


def started(words, tmp_path, run=TELLING + RUN, **options):
    """Start a command line; returns when it minds signals."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", run, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        **options,
    )
    assert process.stdout.readline() == "up\n"
    return process


def wait_for_line(process, words):
    """Read what a process prints up to a line with some words."""
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"it never says '{words}': {process.stderr.read()}")


def wait_for_file(process, folder, pattern):
    """Wait until there is a file of such a name."""
    late = time.monotonic() + PATIENCE_S
    while not any(folder.glob(pattern)):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < late, f"there is no {pattern}"
        time.sleep(0.005)


@pytest.fixture
def slow(tmp_path):
    """A command line that compiles for long, towards what is never reached."""
    source = tmp_path / "f.c"
    source.write_text(SLOW)
    out = tmp_path / "out"
    return ["compile", source, "-o", out, "--target-error", "1e-12"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "sign",
    [
        "",  # at once
        "reading the program",
        "compiling the text",
        "building the program",
        "running the program on",
        "finetuning",
        "verifying on",
    ],
)
@pytest.mark.parametrize(
    ("number", "word"),
    [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")],
)
def test_a_compilation_ends_at_any_moment(number, word, sign, slow, tmp_path):
    process = started(slow, tmp_path, TELLING + RUN if sign else RUN)
    if sign:
        wait_for_line(process, sign)
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number, told
    assert told == f"nsc: {word}; nothing was left half-written\n"
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.slow
def test_two_signals_are_one_wish(slow, tmp_path):
    process = started(slow, tmp_path)
    wait_for_line(process, "finetuning")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
        time.sleep(0.02)
    _, told = process.communicate(timeout=PATIENCE_S)
    # a signal that comes when all is cleaned up may still end the process itself
    ends = (130, -signal.SIGINT, -signal.SIGTERM)
    assert process.returncode in ends and told.count("\n") == 1, told
    assert list((tmp_path / "scratch").iterdir()) == []


def left_in(folder):
    """List what is left, but for the folder of multiprocessing's own sockets."""
    names = [path.name for path in folder.iterdir()]
    return [name for name in names if not name.startswith("pymp-")]


# workers' sockets, what a worker compiles in, a line after some are done
@pytest.mark.slow
@pytest.mark.parametrize("sign", ["pymp-*", "nsc-*", " kept, "])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_data_build_ends(number, sign, tmp_path):
    words = ["data", "build", "synthetic:4000", "-o", tmp_path / "set"]
    process = started(words, tmp_path, start_new_session=True)
    if sign.endswith("*"):
        wait_for_file(process, tmp_path / "scratch", sign)
    else:
        wait_for_line(process, sign)
    os.killpg(process.pid, number)  # a terminal sends it to the workers too
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number, told
    assert told.count("\n") == 1, told
    assert left_in(tmp_path / "scratch") == []


@pytest.mark.slow
def test_synthetic_programs_end(tmp_path):
    words = ["data", "synthetic", "--programs", "4000", "-o", tmp_path / "set"]
    process = started(words, tmp_path, start_new_session=True)
    wait_for_file(process, tmp_path / "scratch", "nsc-*")
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, told
    assert told == "nsc: interrupted; nothing was left half-written\n"


def test_what_is_ignored_stays_ignored(tmp_path):
    # nohup, and shells that start in the background
    source = tmp_path / "f.c"
    source.write_text("double f(double x) { return x; }")
    words = ["show", source]

    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = started(words, tmp_path, preexec_fn=ignore)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0


def surrogate(seed):
    member = Member(COVERING, random_parameters(COVERING, seed=seed))
    ends = np.ones(1)
    return Surrogate((member,), -ends, ends, ("x",), ("y",))


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_results_are_one_set(tmp_path):
    write_results(tmp_path, surrogate(0), {"a.c": b"old", "b.c": b"old"})
    before = contents(tmp_path)
    (tmp_path / "c.c").mkdir()
    with pytest.raises(
        InputError, match=r"c\.c: there is a folder of that name"
    ):
        write_results(tmp_path, surrogate(1), {"a.c": b"new", "c.c": b"new"})
    assert contents(tmp_path) == before


@pytest.mark.parametrize("at", range(1, 5))
@pytest.mark.parametrize("error", [OSError(5, "no disk"), KeyboardInterrupt()])
def test_half_of_a_set_is_taken_back(at, error, tmp_path, monkeypatch):
    write_results(tmp_path, surrogate(0), {"a.c": b"old", "stale.c": b"old"})
    before = contents(tmp_path)
    replace = os.replace
    calls = []

    def fail(source, target):
        calls.append(target)
        if len(calls) == 1 + at:  # the first is of saving the surrogate
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    files = {"a.c": b"new", "b.c": b"new", "d.c": b"new"}
    with pytest.raises((InputError, KeyboardInterrupt)):
        write_results(tmp_path, surrogate(1), files, stale=["stale.c"])
    monkeypatch.undo()
    assert contents(tmp_path) == before
    assert {p.name for p in tmp_path.iterdir()} == set(before)
    assert SURROGATE_FILE in before
