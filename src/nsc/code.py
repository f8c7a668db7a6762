"""The name of a piece of this code, so that what it made is never taken for what it would make now.

In: files and folders of the package. Out: a digest. Non-goals: which code makes what.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


@cache
def code_digest(*names: str) -> bytes:
    """Digest Python files and folders of them, named from the package's folder, as in "record.py", "program"."""
    found = (_PACKAGE / name for name in names)
    files = [file for path in found for file in (path.rglob("*.py") if path.is_dir() else [path])]
    return hashlib.blake2b(b"\0".join(f.read_bytes() for f in sorted(files)), digest_size=8).digest()
