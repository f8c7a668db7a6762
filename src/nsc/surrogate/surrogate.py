# ruff: noqa: F722 (axes, not forward references)
"""A finished surrogate in its user's units.

In: parameters, a box, names. Out: a callable. Non-goals: C, programs, training.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, overload

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Float

from nsc.errors import InputError, StoreError
from nsc.surrogate import held as held_values
from nsc.surrogate import store
from nsc.surrogate.compiled import CompiledNetworks, library
from nsc.surrogate.derivative import input_gradient
from nsc.surrogate.error_bars import ErrorBars, outputs_of
from nsc.surrogate.held import Held
from nsc.surrogate.member import Member
from nsc.surrogate.topology import Topology

Bounds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Surrogate:
    """A neural surrogate: callable on inputs in the user's units.

    Args:
        members: networks whose outputs are concatenated (one, or one per output).
        lo, hi: the domain, `i`; the surrogate was verified inside it only.
        metadata: JSON texts by key; "report" holds the report of its compilation.
        held: what stands for each output that is no real number; () where all are.
        error_bars: how unsure it is at an input; None where nobody asked for that.
    """

    members: tuple[Member, ...]
    lo: Float[np.ndarray, " i"]
    hi: Float[np.ndarray, " i"]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    held: tuple[Held, ...] = ()
    error_bars: ErrorBars | None = None

    def __call__(self, x: npt.ArrayLike) -> Float[np.ndarray, "*n o"]:
        """Evaluate `n i` -> `n o`, or one example `i` -> `o`.

        Compiled C does it where a compiler works (`backend`), threads share many rows; a
        row's value does not hang on those around it. Outside the domain it extrapolates.

        Raises:
            InputError: the wrong number of inputs.
        """
        given = self._checked(x)
        compiled = self._compiled
        rows = given[None] if given.ndim == 1 else given
        real = self.networks(rows) if compiled is None else compiled.rows(rows)
        y = self.as_held(real) if self.held else real
        return y[0] if given.ndim == 1 else y

    def gradient(
        self, x: npt.ArrayLike
    ) -> Float[np.ndarray, "*n i"] | Float[np.ndarray, "*n o i"]:
        """Return derivatives of outputs by inputs, in the user's units.

        At a relu's kink they are the left ones; outside the domain those of what the
        surrogate extrapolates.

        Args:
            x: `n i`, or one example `i`.

        Returns:
            `n i` for a surrogate of one output, else `n o i`; without `n` for one
            example.

        Raises:
            InputError: the wrong number of inputs; or an output is no real number, and
                has no derivatives.

        Example:
            >>> surrogate.gradient(np.zeros((5, 3))).shape  # one output
            (5, 3)
        """
        self._expect_real_outputs()
        given = self._checked(x)
        rows = np.atleast_2d(given)
        compiled = self._compiled
        derivatives = (
            self._gradient_in_numpy if compiled is None else compiled.gradient
        )
        found = derivatives(rows)
        found = found[:, 0] if len(self.output_names) == 1 else found
        return found[0] if given.ndim == 1 else found

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

    def _checked(self, x: npt.ArrayLike) -> np.ndarray:
        """Return `n i` or `i` numbers.

        Raises:
            InputError: it has other inputs.
        """
        given = np.asarray(x, np.float64)
        if given.ndim not in (1, 2) or given.shape[-1] != len(self.lo):
            raise InputError(
                f"expected inputs {', '.join(self.input_names)} (n x {len(self.lo)});"
                f" found {given.shape}"
            )
        return given

    @property
    def backend(self) -> str:
        """What calls are computed by: "c", compiled on the first, or "numpy"."""
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

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is compiled: it is of this process."""
        kept = dict(self.__dict__)
        kept.pop("_compiled", None)
        return kept

    @overload
    def predict(
        self, x: npt.ArrayLike, *, return_std: Literal[False] = False
    ) -> Float[np.ndarray, "*n o"]: ...

    @overload
    def predict(
        self, x: npt.ArrayLike, *, return_std: Literal[True]
    ) -> tuple[Float[np.ndarray, "*n o"], Float[np.ndarray, "*n o"]]: ...

    def predict(
        self, x: npt.ArrayLike, *, return_std: bool = False
    ) -> (
        Float[np.ndarray, "*n o"]
        | tuple[Float[np.ndarray, "*n o"], Float[np.ndarray, "*n o"]]
    ):
        """Evaluate, with standard deviations if asked for.

        They were calibrated inside the domain: there the program's output is within 1.96
        of them on about 95 % of inputs (the report says how often it was), which is no
        promise for a single input.

        Args:
            x: `n i`, or one example `i`, in the user's units.
            return_std: whether to return standard deviations, too.

        Returns:
            Outputs `n o` (or `o`), and standard deviations of the same shape, in the
            outputs' units.

        Raises:
            InputError: the wrong number of inputs; or the surrogate has no error bars.
        """
        y = self(x)
        if not return_std:
            return y
        if self.error_bars is None:
            raise InputError(
                "return_std needs a surrogate with error bars, and this one was compiled"
                " without: compile again with error_bars=True"
            )
        given = np.atleast_2d(np.asarray(x, np.float64))
        u = self.normalise(given)
        std = self.error_bars.deviation(u, self.networks(given))
        return y, std.reshape(y.shape)

    def networks(
        self, x: Float[np.ndarray, "n i"]
    ) -> Float[np.ndarray, "n o"]:
        """Evaluate the networks alone: real numbers, whatever outputs can hold."""
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

    def in_domain(self, x: Float[np.ndarray, "n i"]) -> Bool[np.ndarray, " n"]:
        """Say for each row whether it lies inside the domain."""
        is_inside = (x >= self.lo) & (x <= self.hi)
        return np.asarray(is_inside.all(axis=-1))

    @property
    def report(self) -> dict[str, Any] | None:
        """The report of the compilation that made this surrogate, if it has one.

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

    def save(self, path: str | Path) -> None:
        """Write a safetensors file that `nsc.load` reads, with the same bits.

        Raises:
            InputError: the file cannot be written.
        """
        tensors = {
            f"w{k}": _as_double(m.w) for k, m in enumerate(self.members)
        }
        tensors["lo"] = _as_double(self.lo)
        tensors["hi"] = _as_double(self.hi)
        topologies = [
            [str(m.topology), m.topology.activation] for m in self.members
        ]
        header = {
            "topologies": json.dumps(topologies),
            "inputs": json.dumps(self.input_names),
            "outputs": json.dumps(self.output_names),
            "metadata": json.dumps(self.metadata),
        }
        if any(self.held):
            header["held"] = json.dumps(
                list(map(held_values.to_json, self.held))
            )
        if self.error_bars is not None:
            header["error_bars"] = json.dumps(len(self.error_bars.networks))
            tensors |= _tensors_of(self.error_bars)
        store.write(Path(path), tensors, header)


def _tensors_of(bars: ErrorBars) -> store.Tensors:
    """Name the arrays of error bars."""
    tensors = {
        f"std_w{j}_{k}": _as_double(m.w)
        for j, members in enumerate(bars.networks)
        for k, m in enumerate(members)
    }
    tensors["std_scale"] = _as_double(bars.scale)
    tensors["std_constant"] = _as_double(bars.constant)
    return tensors


def _as_double(a: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(a, np.float64)


def load(path: str | Path) -> Surrogate:
    """Read a surrogate back.

    Raises:
        StoreError: missing, damaged, of another version, or with parameters that do not
            fit.
    """
    stored = store.read(Path(path))
    try:
        return _surrogate(stored)
    # brackets in brackets are too deep for the parser
    except (
        KeyError,
        TypeError,
        ValueError,
        RecursionError,
        InputError,
    ) as error:
        raise StoreError(
            f"{path} does not describe a surrogate: {error}"
        ) from None


def _surrogate(stored: store.Stored) -> Surrogate:
    """Put a surrogate together; what does not fit raises an error that says so."""
    tensors, header = stored
    members = _members(stored)
    inputs = _names(header["inputs"])
    outputs = _names(header["outputs"])
    lo, hi = _box(tensors, len(inputs))
    n_outputs = sum(m.topology.n_outputs for m in members)
    take_all_inputs = all(m.topology.n_inputs >= len(inputs) for m in members)
    if n_outputs != len(outputs) or not take_all_inputs:
        raise ValueError(
            f"its members do not have {len(inputs)} inputs and {len(outputs)} outputs"
            " in all"
        )
    metadata = dict[str, Any](json.loads(header["metadata"]))
    if not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError("its metadata are no texts")
    held = tuple(
        map(held_values.from_json, json.loads(header.get("held", "[]")))
    )
    if held and len(held) != len(outputs):
        raise ValueError(
            f"'held' must have {len(outputs)} items; found {len(held)}"
        )
    bars = _error_bars(stored, members)
    return Surrogate(members, lo, hi, inputs, outputs, metadata, held, bars)


def _error_bars(
    stored: store.Stored, members: tuple[Member, ...]
) -> ErrorBars | None:
    """Read error bars; None where there are none, as in files of older versions."""
    tensors, header = stored
    if "error_bars" not in header:
        return None
    count = json.loads(header["error_bars"])
    if not isinstance(count, int) or count < 1:
        raise ValueError(
            f"'error_bars' must be a number of networks; found {count!r}"
        )
    networks = tuple(
        tuple(
            Member(m.topology, _checked(tensors, f"std_w{j}_{k}", m.w.shape))
            for k, m in enumerate(members)
        )
        for j in range(count)
    )
    shape = (sum(m.topology.n_outputs for m in members),)
    scale = _checked(tensors, "std_scale", shape)
    constant = _checked(tensors, "std_constant", shape)
    if (scale < 0).any() or (constant < 0).any():
        raise ValueError("its error bars have a negative standard deviation")
    return ErrorBars(networks, scale, constant)


def _checked(
    tensors: store.Tensors, name: str, shape: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """Return finite float64 numbers of a shape."""
    found = tensors[name]
    if found.dtype != np.float64 or found.shape != shape:
        raise ValueError(
            f"'{name}' must be float64 {shape}; found {found.dtype} {found.shape}"
        )
    if not np.isfinite(found).all():
        raise ValueError(f"'{name}' has a number that is NaN or infinite")
    return found


def _names(text: str) -> tuple[str, ...]:
    """Read a list of names."""
    found: object = json.loads(text)
    are_names = isinstance(found, list) and all(
        isinstance(name, str) for name in cast("list[object]", found)
    )
    if not are_names:
        raise ValueError(f"expected a list of names; found {text[:60]}")
    return tuple(cast("list[str]", found))


def _box(tensors: store.Tensors, n: int) -> tuple[Bounds, Bounds]:
    """Return the ends of `n` ranges, neither empty nor endless."""
    for side in ("lo", "hi"):
        found = tensors[side]
        if found.shape != (n,) or found.dtype != np.float64:
            raise ValueError(
                f"'{side}' must have {n} numbers, float64; found {found.dtype}"
                f" {found.shape}"
            )
    lo = tensors["lo"]
    hi = tensors["hi"]
    if not (np.isfinite(lo) & np.isfinite(hi) & (lo < hi)).all():
        raise ValueError("its domain has a range that is empty or not finite")
    return lo, hi


def _members(stored: store.Stored) -> tuple[Member, ...]:
    found: list[Member] = []
    topologies = json.loads(stored.header["topologies"])
    for k, (widths, activation) in enumerate(topologies):
        topology = Topology.parse(widths, activation)
        w = stored.tensors[f"w{k}"]
        if w.dtype != np.float64 or w.shape != (topology.n_parameters,):
            raise ValueError(
                f"member {k} is {topology} with {topology.n_parameters} parameters,"
                f" float64; found {w.dtype} {w.shape}"
            )
        if not np.isfinite(w).all():
            raise ValueError(
                f"member {k} has a parameter that is NaN or infinite"
            )
        found.append(Member(topology, w))
    return tuple(found)
