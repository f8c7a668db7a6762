"""Files that appear whole or not at all.

In: a path. Out: a temporary one beside it, which takes its name. Non-goals: what is
written.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name; it takes its own at the end.

    After an error it is gone, and the file is as it was.
    """
    temporary = path.with_name(
        f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}"
    )
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file, UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
