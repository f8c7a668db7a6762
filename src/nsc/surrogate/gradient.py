# ruff: noqa: F722 (axes, not forward references)
"""Derivatives of surrogates in the user's units.

In: inputs, in whatever form. Out: arrays. Non-goals: how they are computed (derivative,
compiled).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from nsc.errors import InputError
from nsc.surrogate.base import SurrogateBase
from nsc.surrogate.derivative import input_gradient
from nsc.surrogate.rows import rows_of


class Differentiable(SurrogateBase):
    """What surrogates have of derivatives."""

    def gradient(
        self, x: Any
    ) -> Float[np.ndarray, "*n i"] | Float[np.ndarray, "*n o i"]:
        """Return derivatives of outputs by inputs, in the user's units.

        At a relu's kink they are the left ones; outside the domain those of what the
        surrogate extrapolates.

        Args:
            x: `n i`, one example `i`, a data frame or a dict.

        Returns:
            `n i` for a surrogate of one output, else `n o i`; without `n` for one
            example.

        Raises:
            InputError: names or numbers that do not fit the inputs; or an output is no
                real number, and has no derivatives.

        Example:
            >>> surrogate.gradient([[0.5, 0.25]]).shape
            (1, 2)
        """
        self._expect_real_outputs()
        rows = rows_of(x, {}, self.names)
        compiled = self._compiled
        derivatives = (
            self._gradient_in_numpy if compiled is None else compiled.gradient
        )
        found = derivatives(rows.x)
        found = found[:, 0] if len(self.output_names) == 1 else found
        return found[0] if rows.is_one else found

    def _expect_real_outputs(self) -> None:
        kinds = zip(self.output_names, self.held, strict=False)
        for name, held in kinds:
            if held is not None:
                raise InputError(
                    f"gradient needs outputs that are real numbers; {name} is"
                    f" {held.sentence()}, which has no derivative"
                )

    def _gradient_in_numpy(self, x: np.ndarray) -> np.ndarray:
        u = self.normalise(x)
        parts = [input_gradient(m.w, m.topology, u) for m in self.members]
        half_width = (self.hi - self.lo) / 2
        return np.concatenate(parts, axis=1) / half_width
