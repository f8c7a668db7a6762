"""The real program as a function, and its outputs, checked.

In: an `Oracle`, inputs `n i`. Out: float64 `n o`. Non-goals: which kind of oracle
answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from nsc.errors import OracleError

# `n i` in the program's units -> `n o`
Oracle = Callable[[npt.NDArray[np.float64]], npt.ArrayLike]
LARGEST_OUTPUT = 1e150


class RunsEnded(KeyboardInterrupt):
    """The user ended the running; what is done is kept.

    Who can, goes on with that; otherwise it is the interrupt that it is.

    Args:
        y: `n o` of the first `n` inputs, as far as all of them ran.
    """

    def __init__(self, y: npt.NDArray[np.float64]):
        super().__init__()
        self.y = y


class SomeFailed(OracleError):
    """Some samples have no outputs; who can, goes on without them.

    Args:
        y: `n o`; NaN where a sample failed.
        reasons: how many failed, by reason.
        is_hopeless: whether so many failed that the rest was not tried.
    """

    def __init__(
        self,
        message: str,
        y: npt.NDArray[np.float64],
        reasons: Mapping[str, int],
        *,
        is_hopeless: bool = False,
    ):
        super().__init__(message)
        self.y = y
        self.reasons = reasons
        self.is_hopeless = is_hopeless


def run_oracle(
    oracle: Oracle, x: npt.NDArray[np.float64], outputs: int
) -> npt.NDArray[np.float64]:
    """Run the program on `n i`; returns float64 `n o`.

    It gets inputs of its own, and may keep what it returns.

    Raises:
        OracleError: outputs of another shape, or no real numbers; NaN or infinity, with
            how often and where.
    """
    return checked_outputs(oracle(x.copy()), x, outputs)


def checked_outputs(
    found: npt.ArrayLike, x: npt.NDArray[np.float64], outputs: int
) -> npt.NDArray[np.float64]:
    """Check what a program returned on `n i`; returns float64 `n o`.

    Raises:
        OracleError: see `run_oracle`.
    """
    y = _as_columns(found)
    is_complex = np.iscomplexobj(y)
    if y.shape != (len(x), outputs) or is_complex:
        shape = f"an array of shape {y.shape}"
        what = "complex numbers" if is_complex else shape
        raise OracleError(
            f"the program gave {what} for {len(x)} inputs; expected {len(x)} x"
            f" {outputs} real numbers"
        )
    bad = ~np.isfinite(y).all(axis=1)
    if bad.any():
        where = ", ".join(f"{v:.6g}" for v in x[bad][0])
        raise OracleError(
            f"the program returns NaN or infinity on {bad.sum()} of {len(x)} inputs,"
            f" for example at ({where}); restrict the domain"
        )
    largest = np.abs(y).max() if y.size else 0.0
    if largest > LARGEST_OUTPUT:
        raise OracleError(
            f"the program returns {largest:.3g}, and squares of that overflow;"
            " scale its outputs"
        )
    return y


def _as_columns(found: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Copy what a program returned; `n` is `n 1`. Complex numbers stay complex."""
    kind = None if np.iscomplexobj(found) else np.float64
    try:
        y = np.array(found, dtype=kind)
    except (TypeError, ValueError):
        raise OracleError(
            "the program's outputs are no array of numbers; found"
            f" {type(found).__name__}"
        ) from None
    return y[:, None] if y.ndim == 1 else y
