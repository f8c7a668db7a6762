"""Workers start where TMPDIR is too long for a socket's path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nsc.errors import HostError
from nsc.host import make_socket_folder, sockets, temporary_folder

WORK = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from nsc.host import make_socket_folder
import tempfile

if __name__ == "__main__":
    make_socket_folder()
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
    monkeypatch.setattr(sockets.tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(sockets, "_SHORT", ())
    with pytest.raises(HostError, match="set TMPDIR to a folder with a sho"):
        make_socket_folder()
    assert sockets.tempfile.tempdir == str(temporary)
