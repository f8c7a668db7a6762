"""The state of a training run on disk, whichever encoder is trained.

In: what the run is made of. Out: `state.pt`, whole or not at all. Non-goals: finished
checkpoints (checkpoint.py).
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection
from dataclasses import MISSING, fields
from pathlib import Path

import torch

from nsc.errors import InputError, StoreError
from nsc.host import replacing

OnRow = Callable[[dict], None]  # told what a run has come to: a row of its log
_NEEDED = {"net", "optimizer", "step", "seconds", "config"}


def write_state(out_dir: Path, state: dict) -> None:
    """Write the state of a run; what it needs is what `read_state` asks for."""
    with replacing(out_dir / "state.pt") as temporary:
        torch.save(state, temporary)


def read_state(out_dir: Path) -> dict | None:
    """Read the last state of a run, None where there is none.

    Raises:
        StoreError: it is damaged, or of another kind.
    """
    path = out_dir / "state.pt"
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        missing = _NEEDED - set(state)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        OSError,
        EOFError,
        TypeError,
    ):
        missing = _NEEDED
    if missing:
        raise StoreError(
            f"{path} is not a readable training state; choose another folder"
        )
    return state


def with_defaults(config: dict, kind: type) -> dict:
    """Give a saved config what it was saved without.

    Those are settings that came later, as they were before they did. kind: a dataclass.
    """
    later = {
        f.name: f.default for f in fields(kind) if f.default is not MISSING
    }
    return later | config


def refuse_other(
    out_dir: Path, theirs: dict, ours: dict, but: Collection[str] = ()
) -> None:
    """Refuse a folder that holds a run with other settings or other data.

    Args:
        theirs, ours: settings of the run that is there, and of this one.
        but: settings that may differ.

    Raises:
        InputError: one of ours differs.
    """
    differing = [
        f"{k} {theirs.get(k)} there, {ours[k]} here"
        for k in ours
        if k not in but and theirs.get(k) != ours[k]
    ]
    if differing:
        raise InputError(
            f"{out_dir} holds another run ({'; '.join(differing)}); choose another"
            " folder"
        )
