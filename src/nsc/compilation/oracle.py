"""Running the real program: an oracle's outputs, checked.

In: an `Oracle`, inputs `n i`. Out: float64 `n o`. Non-goals: which kind of oracle
answers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsc.errors import OracleError

Oracle = Callable[[np.ndarray], np.ndarray]
Draw = Callable[[int, np.random.Generator], np.ndarray]
Rounding = Callable[[np.ndarray], np.ndarray]
LARGEST_OUTPUT = 1e150


def run_oracle(oracle: Oracle, x: np.ndarray, outputs: int) -> np.ndarray:
    """Run the program on `n i`; returns float64 `n o`. It gets inputs of its own, and
    may keep what it returns.

    Raises:
        OracleError: outputs of another shape, or no real numbers; NaN or infinity, with
            how often and where.
    """
    found = oracle(x.copy())
    try:
        y = np.array(found, dtype=None if np.iscomplexobj(found) else np.float64)
    except (TypeError, ValueError):
        raise OracleError(
            "the program's outputs are no array of numbers; found"
            f" {type(found).__name__}"
        ) from None
    y = y[:, None] if y.ndim == 1 else y
    if y.shape != (len(x), outputs) or np.iscomplexobj(y):
        what = (
            "complex numbers" if np.iscomplexobj(y) else f"an array of shape {y.shape}"
        )
        raise OracleError(
            f"the program gave {what} for {len(x)} inputs; expected {len(x)} x"
            f" {outputs} real numbers"
        )
    bad = ~np.isfinite(y).all(axis=1)
    if bad.any():
        where = ", ".join(f"{v:.6g}" for v in x[bad][0])
        raise OracleError(
            f"the program returns NaN or infinity on {bad.sum()} of {len(x)} inputs,"
            f" for example at ({where}); restrict the inputs with --domain"
        )
    if y.size and np.abs(y).max() > LARGEST_OUTPUT:
        raise OracleError(
            f"the program returns {np.abs(y).max():.3g}, and squares of that overflow;"
            " scale its outputs"
        )
    return y
