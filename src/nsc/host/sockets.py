"""A folder for the sockets of worker processes, whose paths must be short.

In: nothing. Out: multiprocessing's own folder, made where its sockets' paths fit.
Non-goals: the processes; other temporary files, which stay where TMPDIR says.
"""

from __future__ import annotations

import os
import tempfile
from multiprocessing import util

from nsc.errors import HostError

MOST_BYTES = 103  # of a socket's path: Linux takes 107, macOS and BSD 103
_FOLDER = "/pymp-xxxxxxxx"  # as multiprocessing names what it makes
_SOCKET = "/listener-xxxxxxxx"
_SHORT = ("/tmp", "/var/tmp")


def make_socket_folder() -> None:
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
