"""What can be learned from: shapes that fit, numbers that are finite.

In: parameters and examples as a caller has them. Out: a `Task`. Non-goals: settings,
which check themselves, and what an optimizer can do (optimizers.py).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsc.errors import InputError
from nsc.finetune.task import FinetuneData, Task
from nsc.surrogate import Topology, pad_inputs

Array = npt.NDArray[np.float64]


def checked(w: Array, topology: Topology, data: FinetuneData) -> Task:
    """Pad inputs to the topology, share across surrogates, refuse what does not fit.

    Raises:
        InputError: says what does not fit.
    """
    w = np.atleast_2d(np.asarray(w, np.float64))
    p, n_parameters = w.shape
    if n_parameters != topology.n_parameters:
        raise InputError(
            f"{topology} has {topology.n_parameters} parameters; found {n_parameters}"
        )
    if not np.isfinite(w).all():
        raise InputError("the parameters to start from hold NaN or infinity")
    x_train, y_train = _pair("train", data.x_train, data.y_train, topology, p)
    x_held, y_held = _pair(
        "validation", data.x_validation, data.y_validation, topology, p
    )
    x_test, y_test = _test_pair(data, topology, p)
    weights = None
    if data.weights is not None:
        weights = _weights(data.weights, p, x_train.shape[1])
    fitting = FinetuneData(
        x_train, y_train, x_held, y_held, x_test, y_test, weights
    )
    return Task(w, topology, fitting)


def _test_pair(
    data: FinetuneData, topology: Topology, p: int
) -> tuple[Array, Array] | tuple[None, None]:
    if data.x_test is None and data.y_test is None:
        return None, None
    if data.x_test is None or data.y_test is None:
        rows = [
            0 if a is None else a.shape[-2] for a in (data.x_test, data.y_test)
        ]
        raise _unequal("test", *rows)
    return _pair("test", data.x_test, data.y_test, topology, p)


def _pair(
    what: str, x: npt.ArrayLike, y: npt.ArrayLike, topology: Topology, p: int
) -> tuple[Array, Array]:
    """Check one set of examples."""
    x = pad_inputs(_three_axes(f"x_{what}", x, p), topology)
    y = _three_axes(f"y_{what}", y, p)
    if y.shape[2] != topology.n_outputs:
        raise InputError(
            f"{topology} has {topology.n_outputs} outputs; y_{what} has {y.shape[2]}"
        )
    if x.shape[1] != y.shape[1]:
        raise _unequal(what, x.shape[1], y.shape[1])
    return _shared(x, p), _shared(y, p)


def _unequal(what: str, rows_of_x: int, rows_of_y: int) -> InputError:
    return InputError(
        f"x_{what} and y_{what} must have as many examples; found {rows_of_x} and"
        f" {rows_of_y}"
    )


def _three_axes(name: str, given: npt.ArrayLike, p: int) -> Array:
    a = np.asarray(given, np.float64)
    a = a[None] if a.ndim == 2 else a
    if a.ndim != 3 or a.shape[0] not in (1, p) or a.shape[1] == 0:
        raise InputError(
            f"{name} must be p x n x columns with p = 1 or {p} and n > 0; found"
            f" {a.shape}"
        )
    if not np.isfinite(a).all():
        raise InputError(f"{name} holds NaN or infinity")
    return a


def _shared(a: Array, p: int) -> Array:
    return np.broadcast_to(a, (p, *a.shape[1:]))


def _weights(given: npt.ArrayLike, p: int, n: int) -> Array:
    weights = np.asarray(given, np.float64)
    fits = (
        weights.ndim == 2
        and weights.shape[0] in (1, p)
        and weights.shape[1] == n
    )
    if not fits:
        raise InputError(
            f"weights must be p x n with p = 1 or {p} and n = {n}; found"
            f" {weights.shape}"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise InputError("weights must be finite and 0 or more")
    return np.broadcast_to(weights, (p, n))
