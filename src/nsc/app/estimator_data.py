"""What scikit-learn's users give as X and y -> numbers with names.

In: arrays, frames, lists. Out: `Features`, `Targets`. Non-goals: fitting (estimator).
Messages use scikit-learn's words, which its tools look for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nsc.errors import InputError


class FitError(InputError, ValueError):
    """What an estimator was given cannot be used as it is."""


@dataclass(frozen=True)
class Features:
    """Inputs.

    Args:
        x: `n i`, finite.
        names: of a frame's columns; None where they have none.
    """

    x: np.ndarray
    names: tuple[str, ...] | None


@dataclass(frozen=True)
class Targets:
    """Outputs.

    Args:
        y: `n o`, finite.
        names: a frame's or a series', or y, y1, y2, ...
        is_flat: whether they came as `n`.
    """

    y: np.ndarray
    names: tuple[str, ...]
    is_flat: bool


def features_of(given: Any) -> Features:
    """Read X.

    Raises:
        FitError: it is no table of finite real numbers.
        TypeError: it is sparse, or holds what is no number.
    """
    x = _numbers(given, "X")
    if x.ndim != 2:
        raise FitError(
            f"Expected 2D array, got {x.ndim}D array instead: X needs a row an example."
            " Reshape your data either using array.reshape(-1, 1) if your data has a"
            " single feature or array.reshape(1, -1) if it contains a single sample"
        )
    n, n_features = x.shape
    if not n_features:
        raise FitError(
            f"0 feature(s) (shape=({n}, 0)) while a minimum of 1 is required."
        )
    if not n:
        raise FitError(
            f"Found array with 0 sample(s) (shape=(0, {n_features})) while a minimum of"
            " 1 is required."
        )
    return Features(x, _column_names(given))


def targets_of(given: Any, n: int) -> Targets:
    """Read y.

    Args:
        n: how many rows X has.

    Raises:
        FitError: there are others than `n` rows of finite real numbers.
    """
    if given is None:
        raise FitError(
            "This estimator requires y to be passed, but the target y is None"
        )
    y = _numbers(given, "y")
    if y.ndim not in (1, 2) or (y.ndim == 2 and not y.shape[1]):
        raise FitError(
            f"y must be an array with an entry or a row an example; found {y.shape}"
        )
    if len(y) != n:
        raise FitError(
            f"Found input variables with inconsistent numbers of samples: {n} in X, "
            f" {len(y)} in y"
        )
    is_flat = y.ndim == 1
    columns = y.reshape(n, -1)
    names = _target_names(given, columns.shape[1])
    return Targets(columns, tuple(names), is_flat)


def _target_names(given: Any, n: int) -> list[str]:
    """Return names of outputs: a frame's, a series', or y1, y2, ..."""
    found = list(_column_names(given) or ())
    own = getattr(given, "name", None)
    if n == 1 and not found:
        found = [own] if isinstance(own, str) and own else ["y"]
    if not found:
        found = [f"y{k + 1}" for k in range(n)]
    return found


def _column_names(given: Any) -> tuple[str, ...] | None:
    """Return the names of a frame's columns, if all are texts."""
    columns = getattr(given, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    are_texts = all(isinstance(name, str) for name in names)
    return tuple(names) if are_texts and names else None


def _numbers(given: Any, what: str) -> np.ndarray:
    """Return finite real numbers as float64."""
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise TypeError(
            f"Sparse data was passed for {what}, but dense data is required: use"
            " .toarray() to convert it"
        )
    found = np.asarray(given)
    if found.dtype.kind == "c":
        raise FitError(
            f"Complex data not supported: {what} must be real numbers"
        )
    try:
        numbers = found.astype(np.float64, copy=False)
    except ValueError as error:
        raise FitError(f"{what} must be numbers: {error}") from None
    bad = ~np.isfinite(numbers)
    if bad.any():
        kind = "NaN" if np.isnan(numbers).any() else "infinity"
        raise FitError(
            f"Input {what} contains {kind} ({bad.sum()} of {bad.size} values): NaN and"
            " inf are refused; leave such rows out, or fill them"
        )
    return numbers
