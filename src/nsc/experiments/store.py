"""A run on disk: what it was made of, then a line for every trial that is done.

In: a file, a head. Out: `Measured`s of an earlier call; lines, appended as they come.
A line that a kill cut short is dropped, and its trial run again. A file of other data,
settings or code is refused, never mixed.
Non-goals: what is measured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nsc.errors import InputError, StoreError
from nsc.experiments.job import Measured

VERSION = 1
Head = dict[str, Any]


class RunFile:
    """One run's file; see the module.

    Args:
        path: its folder need not exist.
        head: plain values, by what they say.
    """

    def __init__(self, path: Path, head: Head):
        self.path = path
        self.head = {"nsc_bench": VERSION, **head}

    def read(self) -> list[Measured]:
        """Return what an earlier call measured.

        Raises:
            StoreError: the file holds something else.
        """
        if not self.path.exists():
            return []
        head, measured, length = _parsed(self.path)
        if head is not None:
            self._expect(head)
        if length < self.path.stat().st_size:
            os.truncate(self.path, length)
        return measured

    def _expect(self, head: Head) -> None:
        keys = dict.fromkeys([*head, *self.head])
        differing = [k for k in keys if head.get(k) != self.head.get(k)]
        if differing:
            raise StoreError(
                f"{self.path} holds results of another {', '.join(differing)}:"
                " remove it or choose another folder"
            )

    def append(self, measured: Iterable[Measured]) -> None:
        """Write lines, behind the head where there is none yet."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as out:
                first = [self.head] if out.tell() == 0 else []
                lines = [*first, *map(asdict, measured)]
                out.write("".join(json.dumps(line) + "\n" for line in lines))
        except OSError as error:
            raise InputError(
                f"cannot write to {self.path}: {error.strerror}"
            ) from None


def read_run(path: Path) -> tuple[Head, list[Measured]]:
    """Read a run that is done, or as far as it is.

    Raises:
        StoreError: the file is no run.
    """
    head, measured, _ = _parsed(path)
    return head or {}, measured


def _parsed(path: Path) -> tuple[Head | None, list[Measured], int]:
    """Return the head, the lines, and how many bytes of the file are whole lines."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None
    whole = text[: text.rfind(b"\n") + 1]
    lines = whole.splitlines()
    if not lines:
        return None, [], 0
    try:
        head: Head = dict(json.loads(lines[0]))
        if head.get("nsc_bench") != VERSION:
            raise ValueError(f"version {head.get('nsc_bench')}")
        measured = [Measured(**json.loads(line)) for line in lines[1:]]
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{path} does not hold a run of nsc bench ({str(error)[:80]}): remove it"
            " or choose another folder"
        ) from None
    # a trial that was run again after a kill counts once
    unique = {m.key: m for m in measured}
    return head, list(unique.values()), len(whole)
