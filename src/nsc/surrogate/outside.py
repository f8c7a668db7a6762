"""What becomes of inputs outside the domain: one policy, wherever a surrogate answers.

In: a surrogate, rows, a policy. Out: outputs, or why there are none. Non-goals: reading
rows (rows), exported C, which has the same policies (deploy).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nsc.errors import InputError
from nsc.surrogate.base import SurrogateBase

# what a caller may ask for
OUTSIDE = ("warn", "raise", "clip", "nan", "original")


class OutsideDomainWarning(UserWarning):
    """Inputs are outside the domain that a surrogate was verified in.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore", nsc.OutsideDomainWarning)
        ...     y = surrogate(x=9, y=0)
    """


def checked_policy(outside: object) -> str:
    """Return a policy.

    Raises:
        InputError: there is no such policy.
    """
    if outside not in OUTSIDE:
        raise InputError(
            f"outside must be one of {', '.join(OUTSIDE)}; found {outside!r}"
        )
    return str(outside)


def refuse_for_arrays(
    outside: str, possible: Sequence[str], library: str
) -> None:
    """Refuse a policy that arrays of a library cannot follow.

    Raises:
        InputError: says which they can.
    """
    if outside not in possible:
        raise InputError(
            f"outside must be one of {', '.join(possible)} in {library}; found"
            f" '{outside}'"
        )


def answered(
    surrogate: SurrogateBase,
    x: np.ndarray,
    outside: str,
    evaluate: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Evaluate rows `n i`, those outside the domain as a policy says.

    Args:
        evaluate: rows `n i` -> `n ...`.

    Raises:
        InputError: rows outside, where the policy refuses them.
    """
    if surrogate.all_inside(x):
        return evaluate(x)
    is_inside = surrogate.is_inside(x)
    if outside == "original":
        return _by_original(surrogate, x, is_inside, evaluate)
    if outside == "raise":
        raise InputError(said_of_outside(surrogate, x[~is_inside]))
    if outside == "warn":
        _warn_once(surrogate, x[~is_inside])
    if outside == "clip":
        x = _clipped(surrogate, x)
    y = np.array(evaluate(x))
    lost = ~is_inside if outside == "nan" else np.isnan(x).any(axis=1)
    y[lost] = np.nan
    return y


def said_of_outside(surrogate: SurrogateBase, rows: np.ndarray) -> str:
    """Say which inputs of the first of rows `n i`, all outside, are where."""
    row = rows[0]
    names = surrogate.input_names
    sides = zip(names, row, surrogate.lo, surrogate.hi, strict=True)
    said = [
        f"{name}={_number(value, lo, hi)} (verified from {lo:.6g} to {hi:.6g})"
        for name, value, lo, hi in sides
        if not lo <= value <= hi
    ]
    if not said:
        values = zip(names, row, strict=True)
        at = ", ".join(f"{name}={value:.6g}" for name, value in values)
        said = [
            f"{at} (verified where {condition.text})"
            for condition in surrogate.conditions
            if not condition.holds(row[None])[0]
        ]
    return f"outside the domain of the surrogate: {', '.join(said)}{_others(rows)}"


def _number(value: float, *ends: float) -> str:
    """Write a number, with all its digits where it would look like an end."""
    shown = f"{value:.6g}"
    is_like = shown in [f"{end:.6g}" for end in ends]
    return f"{value:.17g}" if is_like else shown


def _others(rows: Sequence[Any] | np.ndarray) -> str:
    return f"; and {len(rows) - 1:,} rows more" if len(rows) > 1 else ""


def _warn_once(surrogate: SurrogateBase, rows: np.ndarray) -> None:
    """Warn of rows outside, if this surrogate has not yet warned of any."""
    state = surrogate.__dict__
    if state.get("_has_warned"):
        return
    state["_has_warned"] = True
    warnings.warn(
        f"{said_of_outside(surrogate, rows)}. This is said once; outside='raise',"
        " 'clip', 'nan' or 'original' does otherwise",
        OutsideDomainWarning,
        stacklevel=4,
    )


def _clipped(surrogate: SurrogateBase, x: np.ndarray) -> np.ndarray:
    """Bring rows into the domain's box; NaN stays NaN.

    Raises:
        InputError: that does not fulfil conditions, which have no nearest inputs.
    """
    x = np.clip(x, surrogate.lo, surrogate.hi)
    fails = ~surrogate.is_inside(x) & ~np.isnan(x).any(axis=1)
    if fails.any():
        raise InputError(
            "outside must be another than 'clip' where conditions between inputs do not"
            f" hold: {said_of_outside(surrogate, x[fails])}"
        )
    return x


def _by_original(
    surrogate: SurrogateBase,
    x: np.ndarray,
    is_inside: np.ndarray,
    evaluate: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Have the program itself answer for rows outside."""
    if surrogate.original is None:
        raise InputError(
            "outside='original' needs the program, which a surrogate that was loaded,"
            " unpickled or fitted to rows does not have: give it, as in"
            " surrogate.with_outside('original', original=f), with f: n i -> n o;"
            f" {said_of_outside(surrogate, x[~is_inside])}"
        )
    there = np.asarray(surrogate.original(x[~is_inside]), np.float64)
    n_outputs = len(surrogate.output_names)
    y = np.empty((len(x), n_outputs))
    y[~is_inside] = there.reshape(-1, n_outputs)
    if is_inside.any():
        y[is_inside] = evaluate(x[is_inside])
    return y
