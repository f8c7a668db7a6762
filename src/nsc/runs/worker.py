"""A process that runs what it is handed, and ends with the one that started it.

In: an executable, then pieces, over a socket. Out: their batches. Non-goals: which
piece is whose (pool).

It is a process of its own, not a fork and not multiprocessing's: a fork in the midst of
threads can hang, and that would import its user's main module again.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

# what starts a worker: the paths that it imports from, and its socket
BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from nsc.runs.worker import serve; serve(int(sys.argv[2]))"
)


def serve(socket: int) -> None:
    """Run pieces until nobody sends any more."""
    connection = Connection(socket)
    pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(
        target=_receive, args=(connection, pieces), daemon=True
    ).start()
    executable = pieces.get()
    connection.send(None)  # it is up
    while True:
        x = pieces.get()
        try:
            found: Any = executable(x)
        except BaseException as error:
            found = RuntimeError(
                f"{error}\n{''.join(traceback.format_exception(error))}"
            )
        connection.send(found)


def _receive(connection: Connection, pieces: queue.SimpleQueue[Any]) -> None:
    """Take what is sent; end the process when who sends it is gone."""
    try:
        while True:
            pieces.put(connection.recv())
    except (
        EOFError,
        ConnectionError,
    ):  # reset, where its last answer went unread
        os._exit(0)
    except BaseException as error:  # what was sent cannot be unpickled here
        with contextlib.suppress(OSError):  # nobody may be there to read it
            connection.send(f"{type(error).__name__}: {error}")
        os._exit(1)
