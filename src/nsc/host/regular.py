"""Reading regular files, and nothing else, whatever stands at a path.

In: a path, a bound. Out: bytes. Non-goals: what they mean.

The file is opened first and then asked what it is: what takes its place in between is
not read. A pipe without a writer does not hold the process up.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NotAFile(OSError):
    """There is something else, or nothing, at a path; the message says what."""


def read_regular(
    path: str | Path, limit: int, *, follow: bool = True
) -> bytes:
    """Read a regular file, at most one byte more than `limit`.

    Args:
        follow: whether a link at the path's end is followed.

    Raises:
        NotAFile: there is none, or a folder, a pipe, a device, a link.
        OSError: it cannot be read.
        ValueError: no file can have such a name.
    """
    with os.fdopen(open_regular(path, follow=follow), "rb") as file:
        return file.read(limit + 1)


def open_regular(path: str | Path, *, follow: bool = True) -> int:
    """Open a regular file for reading; returns its descriptor.

    Raises:
        NotAFile, OSError, ValueError: as of `read_regular`.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    flags |= 0 if follow else os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise NotAFile("no such file") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    raise NotAFile("a folder" if stat.S_ISDIR(mode) else "no regular file")
