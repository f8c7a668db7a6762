"""What was run is found again, bit by bit, wherever a kill came."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import run_functions

from nsc.errors import InputError, OracleError
from nsc.runs import (
    Batch,
    Failure,
    Identity,
    Ledger,
    RowByRow,
    Runner,
    kept_runs,
)

IDENTITY = Identity("ab" * 32, "f", ("x", "n"), ("return",), seed=7)
X = np.array([[0.1, 1.0], [np.nan, -0.0], [1e-310, 3.0]])
Y = np.array([[0.25], [np.inf], [np.nan]])
LATE = {2: Failure("out_of_bounds", "")}
# the same process that is killed: runs 60 inputs, each written down as it ends
RUNS = """
import sys
import numpy as np
import run_functions
from pathlib import Path
from nsc.errors import OracleError
from nsc.runs import Identity, Ledger, RowByRow, Runner

identity = Identity("cd" * 32, "square", ("x",), ("return",))
ledger = Ledger(Path(sys.argv[1]), identity)
runner = Runner(
    RowByRow(run_functions.counted, 1), lambda x, failed: OracleError("failed"),
    ledger=ledger, workers=2, seconds=0.5,
)
y = runner(np.linspace(0, 1, 60)[:, None])
runner.close()
print(y.tobytes().hex())
"""
N = 60


def kept_batch():
    return Batch(Y.copy(), LATE, 0.6, 3)


def test_runs_are_found_bit_by_bit(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    assert not list(tmp_path.iterdir())  # nothing is made for nothing
    ledger.note(fuel=12.0)
    ledger.add(X, kept_batch())
    ledger.close()
    again = Ledger(tmp_path, IDENTITY)
    for row, y in zip(X[:2], Y[:2], strict=True):
        found = again.find(row)
        assert isinstance(found, np.ndarray)
        assert found.tobytes() == y.tobytes()
    assert again.find(X[2]) == Failure("out_of_bounds", "")
    assert again.find(np.array([0.1, 2.0])) is None
    assert again.find(np.array([np.nan, 0.0])) is None  # another zero
    assert again.facts == {"fuel": 12.0} and again.dropped == 0
    again.close()


def test_what_the_machine_failed_is_tried_again(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    failed = {0: Failure("out_of_time"), 1: Failure("worker_died", "signal 9")}
    ledger.add(X, Batch(Y, failed, 1.0, 3))
    ledger.close()
    again = Ledger(tmp_path, IDENTITY)
    assert again.find(X[0]) is None and again.find(X[1]) is None
    assert again.find(X[2]) is not None
    again.close()
    [kept] = kept_runs(tmp_path)
    assert kept.failed == failed  # and stays on the record


def test_a_file_cut_anywhere_loses_its_last_runs_alone(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    sizes = []
    for k in range(3):
        ledger.add(X + k, kept_batch())
        sizes.append(os.path.getsize(ledger.path))
    ledger.close()
    whole = ledger.path.read_bytes()
    for size in range(len(whole) + 1):
        ledger.path.write_bytes(whole[:size])
        again = Ledger(tmp_path, IDENTITY)
        n_whole = sum(size >= end for end in sizes)
        finite = 2 * n_whole  # the second row has a NaN, which is its own bits
        assert len(again.known) == finite + n_whole
        again.add(X + 9, kept_batch())
        again.close()
        [kept] = kept_runs(tmp_path)
        assert len(kept.x) == 3 * (n_whole + 1) and kept.dropped == 0


def test_a_damaged_block_is_never_read(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    ledger.add(X, kept_batch())
    size = os.path.getsize(ledger.path)
    ledger.add(X + 1, kept_batch())
    ledger.close()
    whole = ledger.path.read_bytes()
    for at in range(size, len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 4
        ledger.path.write_bytes(flipped)
        again = Ledger(tmp_path, IDENTITY)
        assert len(again.known) == 3, at
        assert again.dropped == len(whole) - size
        again.close()


def test_two_processes_do_not_write_one_file(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    ledger.add(X, kept_batch())
    with pytest.raises(InputError, match="another process adds to"):
        Ledger(tmp_path, IDENTITY)
    ledger.close()


def test_runs_of_another_program_are_refused(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    ledger.add(X, kept_batch())
    ledger.close()
    near = Identity("ab" * 31 + "00", "g", ("x", "n"), ("return",))
    with pytest.raises(InputError, match="runs of another program, 'f'"):
        Ledger(tmp_path, near)


def test_a_file_of_something_else_is_not_overwritten(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    ledger.path.parent.mkdir()
    ledger.path.write_text("precious")
    with pytest.raises(InputError, match="is no file of runs"):
        Ledger(tmp_path, IDENTITY)
    assert ledger.path.read_text() == "precious"


def test_a_folder_without_runs_says_so(tmp_path):
    with pytest.raises(InputError, match="keeps no runs: expected"):
        kept_runs(tmp_path)


def test_cheap_runs_are_kept_in_no_file(tmp_path):
    identity = Identity("ef" * 32, "square", ("x",), ("return",))
    ledger = Ledger(tmp_path, identity)
    runner = Runner(
        RowByRow(run_functions.square, 1),
        lambda x, failed: OracleError("failed"),
        ledger=ledger,
        seconds=1e-7,
    )
    runner(np.linspace(0, 1, 100)[:, None])
    runner.close()
    assert not list(tmp_path.iterdir())


def start(tmp_path, calls):
    here = Path(__file__).parent
    paths = [str(here), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-c", RUNS, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "NSC_TEST_CALLS": str(calls),
        },
    )


def made(calls):
    return calls.read_text().split() if calls.exists() else []


def test_after_kills_nothing_is_lost_or_run_twice(tmp_path):
    """Kill it again and again; what was at work when it died may run once more."""
    calls = tmp_path / "calls"
    kills = 0
    for goal in (1, 5, 17, 40):
        process = start(tmp_path, calls)
        while len(made(calls)) < goal and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        time.sleep(0.3)  # workers end by themselves
    process = start(tmp_path, calls)
    told, _ = process.communicate(timeout=100)
    y = np.frombuffer(bytes.fromhex(told), np.float64)
    assert y.tobytes() == (np.linspace(0, 1, N) ** 2).tobytes()
    [kept] = kept_runs(tmp_path / "out")
    assert len(kept.x) == len({row.tobytes() for row in kept.x}) == N
    workers = 2
    assert N <= len(made(calls)) <= N + kills * workers
