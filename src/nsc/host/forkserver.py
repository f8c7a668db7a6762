"""The process that workers are forked from: started where it can be, and minding nobody.

In: nothing. Out: multiprocessing's forkserver, its sockets where their paths fit.
Non-goals: workers; other temporary files, which stay where TMPDIR says.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from multiprocessing import forkserver, resource_tracker, util

from nsc.errors import HostError

MOST_BYTES = 103  # of a socket's path: Linux takes 107, macOS and BSD 103
_FOLDER = "/pymp-xxxxxxxx"  # as multiprocessing names what it makes
_SOCKET = "/listener-xxxxxxxx"
_SHORT = ("/tmp", "/var/tmp")


def start_forkserver() -> None:
    """Start what forks workers; it never sees Ctrl-C, which is its parent's to hear.

    It would ignore it by itself, but only after its imports. Meanwhile the signal is
    held back here, and inherited so: one that comes now is heard when it has started.

    Raises:
        HostError: there is no folder for its socket.
    """
    _make_socket_folder()
    if threading.current_thread() is not threading.main_thread():
        forkserver.ensure_running()
        return
    # the tracker lets signals through when it starts: not in the midst of this
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _make_socket_folder() -> None:
    """Make the folder of multiprocessing's sockets, unless it is made.

    A long TMPDIR, as batch systems and test runners give, would end every start of
    workers with "AF_UNIX path too long": then their sockets go to /tmp.

    Raises:
        HostError: there is no folder with a path that is short enough.
    """
    before = tempfile.tempdir
    tempfile.tempdir = _base()
    try:
        made = util.get_temp_dir()
    finally:
        tempfile.tempdir = before
    if not _fits(made + _SOCKET):
        raise HostError(_too_long(made))


def _base() -> str:
    """Return the temporary folder, or another where its path is too long."""
    usual = tempfile.gettempdir()
    for folder in (usual, *_SHORT):
        is_there = os.path.isdir(folder) and os.access(folder, os.W_OK)
        if is_there and _fits(folder + _FOLDER + _SOCKET):
            return folder
    raise HostError(_too_long(usual))


def _fits(path: str) -> bool:
    return len(os.fsencode(path)) <= MOST_BYTES


def _too_long(folder: str) -> str:
    return (
        f"worker processes need sockets, and paths in {folder} are too long for them:"
        " set TMPDIR to a folder with a shorter path"
    )
