# ruff: noqa: F722 (axes, not forward references)
"""What evaluates: networks, a box, names.

In: parameters. Out: numbers for numbers. Non-goals: the forms of inputs, what becomes of
those outside the domain, files (surrogate).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from nsc.conditions import Condition
from nsc.errors import StoreError
from nsc.surrogate.compiled import CompiledNetworks, library
from nsc.surrogate.error_bars import ErrorBars, outputs_of
from nsc.surrogate.held import Held
from nsc.surrogate.member import Member
from nsc.surrogate.rows import Names
from nsc.surrogate.topology import Layers


@dataclass(frozen=True)
class SurrogateBase:
    """Networks, their domain and their names; see `Surrogate`."""

    members: tuple[Member, ...]
    lo: Float[np.ndarray, " i"]
    hi: Float[np.ndarray, " i"]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    held: tuple[Held, ...] = ()
    error_bars: ErrorBars | None = None
    whole: tuple[bool, ...] = ()
    conditions: tuple[Condition, ...] = ()
    outside: str = "warn"
    original: Callable[..., Any] | None = field(
        default=None, compare=False, repr=False
    )

    @cached_property
    def names(self) -> Names:
        """What inputs and outputs are called, and which inputs are integers."""
        return Names(self.input_names, self.output_names, self.whole)

    def evaluate(
        self, x: Float[np.ndarray, "n i"]
    ) -> Float[np.ndarray, "n o"]:
        """Evaluate `n i` -> `n o`, wherever the inputs lie: nothing is checked."""
        compiled = self._compiled
        real = self.networks(x) if compiled is None else compiled.rows(x)
        return self.as_held(real) if self.held else real

    def quick(self, x: np.ndarray) -> np.ndarray | None:
        """Evaluate one example of the domain, `i` -> `o` or `1 i` -> `1 o`; None leaves
        it to others.
        """
        compiled = self._compiled
        if compiled is None or not self._is_plain or x.dtype != np.float64:
            return None
        if x.shape == self.lo.shape:
            return compiled.row_inside(x)
        if x.shape != (1, len(self.lo)):
            return None
        y = compiled.row_inside(x[0])
        return None if y is None else y[None]

    @cached_property
    def _is_plain(self) -> bool:
        """Whether only a box says which inputs there are, and outputs are real."""
        return not (any(self.held) or any(self.whole) or self.conditions)

    @property
    def backend(self) -> str:
        """What calls are computed by: "c", compiled on the first, or "numpy".

        Example:
            >>> surrogate.backend in ("c", "numpy")
            True
        """
        return "numpy" if self._compiled is None else "c"

    @cached_property
    def _compiled(self) -> CompiledNetworks | None:
        """The networks as compiled C holds them; None where no compiler works.

        It has a copy of all numbers: they must not change any more.
        """
        loaded = library()
        if loaded is None:
            return None
        for array in (self.lo, self.hi, *(m.w for m in self.members)):
            array.flags.writeable = False
        members = [(m.topology, m.w) for m in self.members]
        return CompiledNetworks(loaded, members, self.lo, self.hi)

    def networks(
        self, x: Float[np.ndarray, "n i"]
    ) -> Float[np.ndarray, "n o"]:
        """Evaluate the networks alone, in numpy: real numbers, whatever outputs can hold."""
        return outputs_of(self.members, self.normalise(x))

    def as_held(self, y: Float[np.ndarray, "n o"]) -> Float[np.ndarray, "n o"]:
        """Return what stands for the networks' outputs."""
        if not any(self.held):
            return y
        columns = zip(y.T, self.held, strict=True)
        kept = [c if held is None else held.nearest(c) for c, held in columns]
        return np.stack(kept, axis=1)

    def normalise(
        self, x: Float[np.ndarray, "n i"]
    ) -> Float[np.ndarray, "n i"]:
        """Map the domain onto [-1, 1]."""
        centre = (self.hi + self.lo) / 2
        half_width = (self.hi - self.lo) / 2
        return (x - centre) / half_width

    def layers(self) -> list[tuple[Layers, str]]:
        """Return each member's (layers, activation), without inputs that are padding."""
        found: list[tuple[Layers, str]] = []
        for member in self.members:
            layers = member.topology.layers(member.w)
            weight, bias = layers[0]
            layers[0] = (weight[:, : len(self.lo)], bias)
            found.append((layers, member.topology.activation))
        return found

    def all_inside(self, x: Float[np.ndarray, "n i"]) -> bool:
        """Say whether all rows lie in the domain."""
        compiled = self._compiled
        if compiled is None or self.conditions:
            return bool(self.is_inside(x).all())
        return compiled.all_inside(x)

    def is_inside(self, x: Float[np.ndarray, "n i"]) -> Bool[np.ndarray, " n"]:
        """Say for each row whether it lies in the box, where all conditions hold."""
        is_inside = ((x >= self.lo) & (x <= self.hi)).all(axis=1)
        for condition in self.conditions:
            is_inside &= condition.holds(x)
        return np.asarray(is_inside)

    @property
    def report(self) -> dict[str, Any] | None:
        """The report of the compilation that made this surrogate, if it has one.

        Example:
            >>> surrogate.report is None  # it was made by hand
            True

        Raises:
            StoreError: it is no JSON object.
        """
        text = self.metadata.get("report")
        if text is None:
            return None
        try:
            return dict[str, Any](json.loads(text))
        except (TypeError, ValueError, RecursionError) as error:
            raise StoreError(
                f"the surrogate's report is damaged: {error}"
            ) from None
