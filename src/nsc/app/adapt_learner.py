"""`nsc.adapt` of surrogates that learn by themselves, of inputs that are no numbers too.

In: a learner, a table with a column of its inputs and one of measurements. Out: the
adapted one with its report. Non-goals: how it learns (its own), programs (adapt_api).
"""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsc.adaptation import Judged, Learner, adapt_learner
from nsc.app.adapt_rows import FEWEST, MOST
from nsc.app.finish import REPORT_FILE
from nsc.app.frames import PATH
from nsc.app.results import check_writable, write_text
from nsc.app.table import MOST_LISTED
from nsc.errors import InputError

MOST_SPLITS = 100
_TAKEN = "inputs, outputs, folder, splits and seed"


@dataclass(frozen=True)
class AdaptedLearner:
    """A learner after measurements.

    Args:
        learner: what learned from all of them.
        report: what was done, and how wrong it is.
    """

    learner: Learner
    report: dict[str, Any]

    def __call__(self, x: Sequence[Any]) -> np.ndarray:
        """Predict; NaN for an input that it cannot read."""
        return self.learner(x)


@dataclass(frozen=True)
class _Rows:
    """Inputs and measurements, and where they stand."""

    path: str
    x: list[Any]
    y: np.ndarray
    places: list[str]


def adapt_own_way(
    learner: Learner,
    data: Any,
    columns: tuple[Sequence[str], Sequence[str]],
    folder: Path | None,
    *,
    splits: int,
    seed: int,
    others: Mapping[str, Any],
) -> AdaptedLearner:
    """Adapt a learner; see `nsc.adapt`.

    Args:
        columns: the one that holds its inputs, and the one that was measured.
        others: further arguments, which it does not take.

    Raises:
        InputError: a missing column, cells that are no numbers, too few rows, an
            argument that is a program's.
    """
    started = time.perf_counter()
    if others:
        raise InputError(
            f"{next(iter(others))} is of programs; a surrogate that learns in its own"
            f" way takes {_TAKEN}"
        )
    if not isinstance(splits, int) or not 0 <= splits <= MOST_SPLITS:
        raise InputError(
            f"splits must be from 0 to {MOST_SPLITS}; found {splits!r}"
        )
    if folder is not None:
        check_writable(folder, [REPORT_FILE])
    rows = _read(
        data, _only("inputs", columns[0]), _only("outputs", columns[1])
    )
    known = _readable(learner, rows)
    left_out = [rows.places[k] for k in np.flatnonzero(~known)]
    kept = np.flatnonzero(known)
    x = [rows.x[k] for k in kept]
    found = adapt_learner(learner, x, rows.y[kept], seed=seed, splits=splits)
    report = {
        "data": rows.path,
        "rows": len(kept),
        "left_out": left_out,
        "measure": learner.measure,
        "errors": [_told(one) for one in found.judged],
        "seed": seed,
    }
    if folder is not None:
        _write(found.learner, report, folder)
    report["time_s"] = time.perf_counter() - started
    return AdaptedLearner(found.learner, report)


def _only(argument: str, names: Sequence[str]) -> str:
    if len(names) != 1:
        found = ", ".join(names) if names else "none"
        raise InputError(
            f"{argument} must name one column of a surrogate that learns in its own way;"
            f" found {found}"
        )
    return names[0]


def _readable(learner: Learner, rows: _Rows) -> np.ndarray:
    """Tell which inputs the learner can read; few others are left out."""
    known = np.isfinite(learner(rows.x))
    count = int(known.sum())
    if not FEWEST <= count <= MOST:
        raise InputError(
            f"{rows.path} must have {FEWEST} to {MOST:,} rows with inputs that the"
            f" surrogate can read; found {count:,} among {len(rows.x):,}"
        )
    return known


def _told(one: Judged) -> dict[str, Any]:
    low, high = one.interval
    return {
        "method": one.method,
        "measurements": one.size,
        "error": one.mean,
        "low": low,
        "high": high,
        "splits": one.errors.tolist(),
    }


def _write(learner: Learner, report: dict[str, Any], folder: Path) -> None:
    """Write the report, and the learner where it can."""
    folder.mkdir(parents=True, exist_ok=True)
    save = getattr(learner, "save", None)
    if callable(save):
        report["files"] = [save(folder), REPORT_FILE]
    write_text(folder / REPORT_FILE, json.dumps(report, indent=2) + "\n")


def _read(data: Any, input_: str, output: str) -> _Rows:
    if isinstance(data, str | Path):
        return _of_csv(Path(data), input_, output)
    if not isinstance(data, Mapping) and not hasattr(data, "columns"):
        raise InputError(
            "data must be a path, a data frame or a dict of columns; found"
            f" {type(data).__name__}"
        )
    names = list(data if isinstance(data, Mapping) else data.columns)
    _expect_columns(PATH, [str(name) for name in names], (input_, output))
    x = list(data[input_])
    cells = list(data[output])
    if len(x) != len(cells):
        raise InputError("data must have as many rows in every column")
    places = [f"row {k + 1} of {PATH}" for k in range(len(x))]
    return _Rows(PATH, x, _numbers(cells, output, places), places)


def _of_csv(path: Path, input_: str, output: str) -> _Rows:
    if path.suffix.lower() != ".csv":
        raise InputError(
            f"data of inputs that are texts must be a .csv file; found {path}"
        )
    try:
        reader = csv.DictReader(io.StringIO(path.read_text()), strict=True)
        _expect_columns(str(path), reader.fieldnames or [], (input_, output))
        x: list[Any] = []
        cells: list[Any] = []
        places: list[str] = []
        for row in reader:
            x.append(row[input_] or "")
            cells.append(row[output])
            places.append(f"{path}:{reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {said}") from None
    return _Rows(str(path), x, _numbers(cells, output, places), places)


def _expect_columns(
    path: str, names: Sequence[str], wanted: Sequence[str]
) -> None:
    for name in wanted:
        if list(names).count(name) != 1:
            how = "there twice" if name in names else "not there"
            listed = ", ".join(names[:MOST_LISTED]) or "none"
            raise InputError(
                f"{path}:1: expected one column '{name}'; it is {how}; found {listed}"
            )


def _numbers(
    cells: Sequence[Any], name: str, places: Sequence[str]
) -> np.ndarray:
    found: list[float] = []
    for cell, place in zip(cells, places, strict=True):
        try:
            value = float(cell)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"{place}: column '{name}': expected a finite number; found {cell!r}:"
                " leave such rows out"
            )
        found.append(value)
    return np.array(found)
