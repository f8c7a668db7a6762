"""The shape of a surrogate: layer widths and activation, and where each parameter lives
in `w`.

In / Out: frozen values. Non-goals: programs, training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.errors import InputError

ACTIVATIONS = ("sigmoid", "tanh", "relu")
MAX_PARAMETERS = 1_000_000


@dataclass(frozen=True)
class Topology:
    """A multilayer perceptron: `widths` from inputs to outputs, one activation, a
    linear last layer.

    Parameters are one flat float64 vector `w`: layer by layer the weight matrix (out x
    in, row-major), then the bias. 9-4-4-1 with sigmoids is the covering architecture of
    ICML 2024 (65 parameters).
    """

    widths: tuple[int, ...] = (9, 4, 4, 1)
    activation: str = "sigmoid"

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or any(
            not isinstance(n, int) or n < 1 for n in self.widths
        ):
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
        if not all(p.isdecimal() for p in parts):
            raise InputError(f"a topology is written like 9-4-4-1; found '{text}'")
        return Topology(tuple(int(p) for p in parts), activation)

    def __str__(self) -> str:
        return "-".join(str(n) for n in self.widths)

    @property
    def n_inputs(self) -> int:
        return self.widths[0]

    @property
    def n_outputs(self) -> int:
        return self.widths[-1]

    @property
    def hidden(self) -> tuple[int, ...]:
        return self.widths[1:-1]

    @property
    def n_parameters(self) -> int:
        return sum(
            (a + 1) * b for a, b in zip(self.widths, self.widths[1:], strict=False)
        )

    def layers(self, w: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """View `... w` as [(weight `... out in`, bias `... out`)], without copying."""
        if w.shape[-1] != self.n_parameters:
            raise InputError(
                f"{self} has {self.n_parameters} parameters; found {w.shape[-1]}"
            )
        found = []
        at = 0
        for a, b in zip(self.widths, self.widths[1:], strict=False):
            weight = w[..., at : at + a * b].reshape(*w.shape[:-1], b, a)
            found.append((weight, w[..., at + a * b : at + a * b + b]))
            at += a * b + b
        return found

    def join(self, layers: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        """Lay [(weight, bias)] out flat; the inverse of `layers`."""
        lead = layers[0][1].shape[:-1]
        return np.concatenate(
            [part.reshape(*lead, -1) for layer in layers for part in layer], axis=-1
        )


COVERING = Topology((9, 4, 4, 1))
