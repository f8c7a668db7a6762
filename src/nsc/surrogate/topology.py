"""The shape of a surrogate, and where each parameter lives in `w`.

In / Out: frozen values. Non-goals: programs, training.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nsc.errors import InputError

ACTIVATIONS = ("sigmoid", "tanh", "relu")
MAX_PARAMETERS = 1_000_000
MAX_DIGITS = 9  # of a width

# (weight `... out in`, bias `... out`) from the first layer to the last
Layers = list[tuple[np.ndarray, np.ndarray]]


def _is_positive(n: object) -> bool:  # whatever a caller gives
    return isinstance(n, int) and n >= 1


@dataclass(frozen=True)
class Topology:
    """A multilayer perceptron: widths, one activation, a linear last layer.

    Parameters are one flat float64 vector `w`: layer by layer the weight matrix (out x
    in, row-major), then the bias. 9-4-4-1 with sigmoids is the covering architecture of
    ICML 2024 (65 parameters).

    Example:
        >>> nsc.Topology((9, 4, 4, 1)).n_parameters
        65
    """

    widths: tuple[int, ...] = (9, 4, 4, 1)
    activation: str = "sigmoid"

    def __post_init__(self) -> None:
        are_positive = all(_is_positive(n) for n in self.widths)
        if len(self.widths) < 2 or not are_positive:
            raise InputError(
                f"a topology needs two or more positive widths; found {self}"
            )
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise InputError(
                f"unknown activation '{self.activation}'; known are {known}"
            )
        if self.n_parameters > MAX_PARAMETERS:
            raise InputError(
                f"{self} has {self.n_parameters} parameters; at most {MAX_PARAMETERS}"
            )

    @staticmethod
    def parse(text: str, activation: str = "sigmoid") -> Topology:
        """Read "9-4-4-1".

        Raises:
            InputError: it is not a list of positive numbers joined by '-'.
        """
        parts = text.split("-")
        # int() refuses thousands of digits
        if not all(p.isdecimal() and len(p) <= MAX_DIGITS for p in parts):
            shown = text if len(text) <= 60 else f"{text[:60]}..."
            raise InputError(
                f"a topology is written like 9-4-4-1; found '{shown}'"
            )
        return Topology(tuple(int(p) for p in parts), activation)

    def __str__(self) -> str:
        return "-".join(str(n) for n in self.widths)

    @property
    def n_inputs(self) -> int:
        """How many inputs it takes."""
        return self.widths[0]

    @property
    def n_outputs(self) -> int:
        """How many outputs it gives."""
        return self.widths[-1]

    @property
    def hidden(self) -> tuple[int, ...]:
        """The widths of its hidden layers."""
        return self.widths[1:-1]

    @property
    def n_parameters(self) -> int:
        """The length of `w`: 65 for 9-4-4-1."""
        return sum(
            (fan_in + 1) * units for fan_in, units in pairwise(self.widths)
        )

    def layers(self, w: np.ndarray) -> Layers:
        """View `... w` as [(weight `... out in`, bias `... out`)], without copying.

        Raises:
            InputError: another number of parameters.
        """
        if w.shape[-1] != self.n_parameters:
            raise InputError(
                f"{self} has {self.n_parameters} parameters; found {w.shape[-1]}"
            )
        found: Layers = []
        at = 0
        for fan_in, units in pairwise(self.widths):
            bias_at = at + fan_in * units
            end = bias_at + units
            weight = w[..., at:bias_at].reshape(*w.shape[:-1], units, fan_in)
            found.append((weight, w[..., bias_at:end]))
            at = end
        return found

    def join(self, layers: Layers) -> np.ndarray:
        """Lay [(weight, bias)] out flat; the inverse of `layers`."""
        first_bias = layers[0][1]
        lead = first_bias.shape[:-1]
        parts = [part.reshape(*lead, -1) for layer in layers for part in layer]
        return np.concatenate(parts, axis=-1)


COVERING = Topology((9, 4, 4, 1))
