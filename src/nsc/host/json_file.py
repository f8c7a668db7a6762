"""JSON files that may be damaged, or somebody else's.

In: a path. Out: an object's values by name. Non-goals: what they mean.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nsc.errors import StoreError
from nsc.host.regular import read_regular

MAX_BYTES = 64 << 20


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises:
        StoreError: missing, unreadable, no JSON, or something else than an object.
    """
    try:
        data = read_regular(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        found = json.loads(data)
    except (
        OSError,
        ValueError,
        RecursionError,
    ) as error:  # brackets in brackets
        why = getattr(error, "strerror", None) or error
        raise StoreError(f"{path} cannot be read: {why}") from None
    if not isinstance(found, dict):
        raise StoreError(
            f"{path} cannot be read: expected an object; found {type(found).__name__}"
        )
    return found
