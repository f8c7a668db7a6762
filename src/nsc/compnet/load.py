"""A trained CompNet of either encoder, from disk.

In: a path, or nothing for the one in the package. Out: `CompNet` or `BertCompNet`,
whichever the header names.
Non-goals: writing them, optimizer state.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import overload

import numpy as np
from safetensors import SafetensorError, safe_open

from nsc.compnet.bert.compile import BertCompNet
from nsc.compnet.bert.store import bert_from
from nsc.compnet.checkpoint import VERSION, checked_metadata
from nsc.compnet.compile import CompNet
from nsc.compnet.functions import FUNCTIONS
from nsc.errors import InputError, StoreError

SHIPPED = Path(__file__).parent / "weights" / "compnet.safetensors"


@overload
def load_compnet(path: None = None) -> CompNet: ...
@overload
def load_compnet(path: Path | str) -> CompNet | BertCompNet: ...
def load_compnet(path: Path | str | None = None) -> CompNet | BertCompNet:
    """Load a checkpoint of either compiler.

    Args:
        path: of the file; without one, the checkpoint shipped in the package, which is
            kept after the first load.

    Raises:
        StoreError: missing, unreadable, damaged, or made for another version or other
            functions.
    """
    return _shipped() if path is None else _load(Path(path))


@lru_cache(maxsize=1)
def _shipped() -> CompNet:
    found = _load(SHIPPED)
    assert isinstance(found, CompNet)  # the file is part of the package
    return found


# a header can name types that numpy lacks, widths of any kind, brackets in brackets
_DAMAGED = (
    SafetensorError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    InputError,
)


def _load(path: Path) -> CompNet | BertCompNet:
    try:
        if not path.is_file():
            raise StoreError(
                f"there is no CompNet checkpoint at {path}; train one with: nsc train"
            )
        with safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _compnet(path, header, arrays)
    except StoreError:
        raise
    except _DAMAGED as error:
        raise StoreError(
            f"{path} is not a readable checkpoint: {error}"
        ) from None


def _compnet(
    path: Path, header: dict[str, str], arrays: dict[str, np.ndarray]
) -> CompNet | BertCompNet:
    """Put a CompNet together; what does not fit raises an error that says so."""
    if header.get("nsc_compnet") != VERSION:
        raise StoreError(
            f"{path} has version {header.get('nsc_compnet')}; this nsc reads {VERSION}"
        )
    for name, array in arrays.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise StoreError(
                f"{path}: tensor '{name}' holds NaN or infinity, or is of {array.dtype}"
            )
    if header.get("encoder") == "bert":
        return bert_from(header, arrays)
    if header.get("functions") != " ".join(FUNCTIONS):
        raise StoreError(
            f"{path} was trained for other functions; train it again with: nsc train"
        )
    return CompNet(arrays, checked_metadata(path, header, arrays))
