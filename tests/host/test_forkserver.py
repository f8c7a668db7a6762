"""Workers start where TMPDIR is too long for a socket's path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nsc.errors import HostError
from nsc.host import forkserver, start_forkserver, temporary_folder

WORK = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from nsc.host import start_forkserver
import tempfile

if __name__ == "__main__":
    start_forkserver()
    with ProcessPoolExecutor(1, get_context("forkserver")) as pool:
        print(pool.submit(abs, -3).result(), tempfile.gettempdir())
"""


@pytest.fixture
def short():
    with temporary_folder("nsc-", inside=Path("/tmp")) as folder:
        yield folder


# 71 and what multiprocessing adds are as long as a path of a socket may be
@pytest.mark.parametrize("length", [40, 70, 71, 72, 73, 76, 107, 200])
def test_workers_start_whatever_tmpdir_is(length, tmp_path, short):
    script = tmp_path / "work.py"
    script.write_text(WORK)
    temporary = short / ("t" * (length - len(f"{short}/")))
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["3", str(temporary)]
    assert list(temporary.iterdir()) == []


def test_without_a_short_folder_what_to_do_is_said(tmp_path, monkeypatch):
    temporary = tmp_path / ("t" * 100)
    temporary.mkdir()
    monkeypatch.setattr(forkserver.tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(forkserver, "_SHORT", ())
    with pytest.raises(HostError, match="set TMPDIR to a folder with a sho"):
        start_forkserver()
    assert forkserver.tempfile.tempdir == str(temporary)


INTERRUPTED = """
import os
import signal
from multiprocessing import forkserver
from nsc.host import start_forkserver

ensure = forkserver.ensure_running

def interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    ensure()
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGINT)

if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    forkserver.ensure_running = interrupted
    try:
        start_forkserver()
    except KeyboardInterrupt:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        print("heard", signal.SIGINT not in blocked)
    forkserver.ensure_running = ensure
    with ProcessPoolExecutor(1, get_context("forkserver")) as pool:
        print(pool.submit(abs, -3).result())
"""


def test_ctrl_c_while_it_starts_is_heard_by_its_parent_alone(tmp_path):
    script = tmp_path / "work.py"
    script.write_text(INTERRUPTED)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("heard True\n3\n", "")
