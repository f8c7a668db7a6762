"""Which way a Python function is called, told by trying on a few rows.

In: how it may be called, rows `n i`. Out: `Way`. Non-goals: its names and ranges
(functions), calling it often (runs).

A way that gives numbers in the right shape is not yet right: a function written for one
example may take arrays and mean something else. So where both ways work they are
compared, and where they differ its user must say which is meant.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from nsc.errors import InputError
from nsc.runs import (
    BadReturnError,
    Batch,
    Calls,
    Executable,
    Failure,
    Form,
    Found,
    Runner,
    told,
)

ROWS = (5, 7, 11)  # one of them is no number of inputs or outputs
FEW_ROWS = (2, 3, 4)  # of a function that is dear to call
MOST_ROWS = max(ROWS)
DEAR_S = 0.05  # of a call
SAME = 1e-6  # relative: what two ways to compute the same may differ by
STATE_IT = "state it with vectorized=True or vectorized=False"


@dataclass(frozen=True)
class Way:
    """How a function is called.

    Args:
        is_vectorized: whether once on all rows.
        keys: what its outputs are called, where it returns a dict.
        n_outputs: how many numbers it gives an example.
        noise: the largest difference of outputs on the same inputs.
        spread: the standard deviation of that output on the rows.
        x, y: what it was called on, and gave.
        n_calls: how many calls this took.
        seconds: that a call on one example takes.
    """

    calls: Calls
    is_vectorized: bool
    keys: tuple[str, ...] | None
    n_outputs: int
    noise: float
    spread: float
    x: np.ndarray
    y: np.ndarray
    n_calls: int
    seconds: float


@dataclass(frozen=True)
class _Tried:
    """What calling in some way gave: outputs `n o`, or an error."""

    y: np.ndarray | None = None
    keys: tuple[str, ...] | None = None
    form: Form = "number"
    error: str = ""
    n_calls: int = 0
    seconds: float = 0.0


def way_of(
    choices: Sequence[Calls], x: np.ndarray, vectorized: bool | None
) -> Way:
    """Try a function; the first of the choices that works is taken.

    Args:
        x: at least MOST_ROWS rows.
        vectorized: what its user says; None is told by trying.

    Raises:
        InputError: none works, or two ways give different numbers.
    """
    errors: list[str] = []
    for calls in choices:
        found = _way(calls, x, vectorized)
        if isinstance(found, Way):
            return found
        errors += found
    name = getattr(choices[0].function, "__name__", "the function")
    raise InputError(f"{name} cannot be called: {'; '.join(errors)}")


def _way(
    calls: Calls, x: np.ndarray, vectorized: bool | None
) -> Way | list[str]:
    """Try one way to hand over inputs, example by example and all at once."""
    first = _one_by_one(calls, x[:1])
    alone = first
    if first.y is not None:
        alone = _one_by_one(calls, _rows_of(first, x))
    together = _Tried()
    if vectorized is not False:
        together = _all_at_once(calls, _rows_of(first, x))
    if vectorized is None:
        _compare(calls, alone, together, x)
    chosen = together if vectorized or together.y is not None else alone
    if vectorized is False:
        chosen = alone
    if chosen.y is None:
        both = (alone.error, together.error)
        return list(dict.fromkeys(filter(None, both)))
    tries = (first, alone, together)
    try:
        return _measured(calls, chosen, chosen is together, tries, x)
    except InputError as error:
        if alone.y is not None:
            raise
        # as many outputs as rows by chance: another way may be meant
        return [str(error)]


def _rows_of(first: _Tried, x: np.ndarray) -> np.ndarray:
    """Return so many rows that their number is no other one's, and few if dear."""
    sizes = FEW_ROWS if first.seconds > DEAR_S else ROWS
    n_outputs = 0 if first.y is None else first.y.shape[1]
    taken = {x.shape[1], n_outputs}
    return x[: next(n for n in sizes if n not in taken)]


def _one_by_one(calls: Calls, x: np.ndarray) -> _Tried:
    return _tried(calls, x, lambda: [calls.one(row) for row in x])


def _all_at_once(calls: Calls, x: np.ndarray) -> _Tried:
    with _quiet():
        return _tried(calls, x, lambda: [calls.all(x)])


def _tried(
    calls: Calls, x: np.ndarray, call: Callable[[], list[Found]]
) -> _Tried:
    """Call a function, and say what it gave or raised."""
    started = time.perf_counter()
    try:
        found = call()
        keys = found[0].keys
        calls = replace(
            calls,
            outputs=calls.outputs or keys or (),
            n_outputs=found[0].values.shape[-1],
        )
        y = np.concatenate(
            [np.atleast_2d(calls.wanted(each)) for each in found]
        )
    except BadReturnError as error:
        return _Tried(error=f"with {_spelled(calls, x[0])} {error}", n_calls=1)
    except Exception as error:  # whatever a user's function raises
        said = f"with {_spelled(calls, x[0])} it raised {told(error)}"
        return _Tried(error=said + _advice(error), n_calls=1)
    took = (time.perf_counter() - started) / len(x)
    return _Tried(y, keys, found[0].form, "", len(found), took)


def _advice(error: Exception) -> str:
    """Say what helps where a function wants integers."""
    if isinstance(error, TypeError) and "integer" in str(error):
        return " (annotate inputs that are integers: `n: int`)"
    return ""


def _compare(
    calls: Calls, alone: _Tried, together: _Tried, x: np.ndarray
) -> None:
    """Refuse a function that gives one example and arrays different outputs."""
    if alone.y is None or together.y is None:
        return
    if _agree(alone.y, together.y):
        return
    again = _one_by_one(calls, x[: len(alone.y)])
    name = getattr(calls.function, "__name__", "the function")
    if again.y is None or not _agree(alone.y, again.y):
        raise InputError(
            f"{name} gives other outputs whenever it is called, so that trying cannot"
            f" tell whether it takes arrays: {STATE_IT}"
        )
    raise InputError(
        f"{name} takes one example and arrays of them, but gives different outputs: for"
        f" {_spelled(calls, x[0])} {_listed(alone.y[0])} alone, and"
        f" {_listed(together.y[0])} among {len(x[: len(alone.y)])} rows; {STATE_IT}"
    )


def _agree(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    scale = np.nanmax(np.abs(a), initial=0.0)
    return np.allclose(a, b, rtol=SAME, atol=SAME**2 * scale, equal_nan=True)


def _measured(
    calls: Calls,
    chosen: _Tried,
    is_vectorized: bool,
    tries: Sequence[_Tried],
    x: np.ndarray,
) -> Way:
    """Repeat what was called: are outputs a function of the inputs, row by row?"""
    assert chosen.y is not None, "what is chosen worked"
    n = len(chosen.y)
    is_dear = chosen.seconds > DEAR_S
    if is_vectorized:
        again = _all_at_once(calls, x[:n])
    else:
        again = _one_by_one(calls, x[: 1 if is_dear else n])
    if again.y is None:
        raise InputError(f"called again it fails: {again.error}")
    y = chosen.y[: len(again.y)]
    noise = np.abs(again.y - y).max(axis=0)
    noise = np.where(np.isfinite(noise), noise, 0.0)
    worst = int(np.argmax(noise))
    if is_vectorized and not noise.any():
        _check_rows(calls, x, y, is_dear=is_dear)
    outputs = calls.outputs or chosen.keys or ()
    calls = replace(
        calls,
        outputs=outputs,
        n_outputs=chosen.y.shape[1],
        form=chosen.form,
    )
    return Way(
        calls,
        is_vectorized,
        chosen.keys,
        chosen.y.shape[1],
        float(noise[worst]),
        float(np.std(chosen.y[:, worst])),
        x[:n],
        chosen.y,
        sum(t.n_calls for t in (*tries, again)),
        chosen.seconds,
    )


def _check_rows(
    calls: Calls, x: np.ndarray, y: np.ndarray, *, is_dear: bool
) -> None:
    """Refuse a function whose outputs for a row hang on the rows beside it."""
    size = 1 if is_dear else 2
    for k in range(1 if is_dear else len(y) - 1):
        part = _all_at_once(calls, x[k : k + size])
        if part.y is None:
            raise InputError(f"called on {size} rows it fails: {part.error}")
        if not _agree(y[k : k + size], part.y):
            raise InputError(
                "what the function gives for a row depends on the other rows: it is no"
                " function of its inputs; call it with vectorized=False, or mend it"
            )


def learn_tried(runner: Runner, executable: Executable) -> None:
    """Let a runner know what trying gave; what is kept must be the same.

    Raises:
        InputError: the function gives something else than it gave when its runs were
            kept, though its code is the same.
    """
    tried = getattr(executable, "tried", None)
    if tried is None:
        return
    x, y, seconds = tried
    for row, now in zip(x, y, strict=True):
        kept = runner.memory.find(row)
        if kept is None or np.array_equal(kept, now, equal_nan=True):
            continue
        ledger = runner.memory.ledger
        assert ledger is not None, "only runs from before are known yet"
        raise InputError(
            f"with ({_listed(row)}) the function gives {_listed(now)}, and gave"
            f" {_said(kept)} when its runs were kept in {ledger.path}, though its code"
            " is the same: it uses what its code does not tell; remove that file"
        )
    new = [k for k, row in enumerate(x) if runner.memory.find(row) is None]
    if new:
        batch = Batch(y[new], {}, seconds * len(new), len(new))
        runner.learn(x[new], batch)


def _said(kept: np.ndarray | Failure) -> str:
    """Say what a kept run gave."""
    if isinstance(kept, Failure):
        return kept.detail or kept.reason
    return _listed(kept)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what numpy says of arrays that a function is not made for."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _spelled(calls: Calls, row: np.ndarray) -> str:
    pairs = zip(calls.names, row.tolist(), strict=True)
    return ", ".join(f"{name}={value:.6g}" for name, value in pairs)


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{value:.6g}" for value in values)
