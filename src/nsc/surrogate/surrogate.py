# ruff: noqa: F722 (axes, not forward references)
"""A finished surrogate in its user's units.

In: parameters, a box, names. Out: a callable. Non-goals: C, programs, training; the forms
of inputs (rows), what becomes of those outside the domain (outside), bytes (store).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, cast, overload

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool

from nsc import conditions
from nsc.errors import InputError, StoreError
from nsc.surrogate import held as held_values
from nsc.surrogate import store
from nsc.surrogate.conversions import Convertible
from nsc.surrogate.display import Shown
from nsc.surrogate.error_bars import ErrorBars
from nsc.surrogate.gradient import Differentiable
from nsc.surrogate.member import Member
from nsc.surrogate.outside import answered, checked_policy
from nsc.surrogate.rows import rows_of
from nsc.surrogate.topology import Topology

Bounds = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Surrogate(Convertible, Differentiable, Shown):
    """A neural surrogate: callable on inputs in the user's units.

    Args:
        members: networks whose outputs are concatenated (one, or one per output).
        lo, hi: the domain, `i`; the surrogate was verified inside it only.
        metadata: JSON texts by key; "report" holds the report of its compilation.
        held: what stands for each output that is no real number; () where all are.
        error_bars: how unsure it is at an input; None where nobody asked for that.
        whole: which inputs are integers; () where none is.
        conditions: that inputs of the domain fulfil, too.
        outside: what becomes of inputs outside the domain: "warn", "raise", "clip",
            "nan" or "original".
        original: the program, `n i` -> `n o`, for `outside="original"`; it is not
            saved.

    Example:
        >>> surrogate
        <Surrogate (x, y) -> z; 2-4-1; x in [-1, 1], y in [0, 2]; not verified>
        >>> surrogate(x=0.5, y=0.25) == surrogate([0.5, 0.25])[0]
        np.True_
    """

    def __post_init__(self) -> None:
        checked_policy(self.outside)

    def __call__(
        self, given: Any = None, /, *, outside: Any = None, **named: Any
    ) -> Any:
        """Evaluate inputs in the user's units; outputs come in the same form.

        An array `n i` gives `n o`, one example `i` gives `o`. A data frame (pandas,
        polars) is read by its columns' names, in any order, and gives a Series, or a
        frame where there are several outputs. A dict of arrays or numbers, or numbers by
        keyword, give the output, or a dict of several.

        Compiled C does it where a compiler works (`backend`), threads share many rows; a
        row's value does not hang on those around it.

        Args:
            given: all inputs in one table, in the program's units.
            outside: what becomes of inputs outside the domain, this time.
            named: inputs by name.

        Raises:
            InputError: names or numbers that do not fit the inputs; inputs outside the
                domain, if these are refused.

        Example:
            >>> surrogate([[0.5, 0.25], [0.0, 1.0]]).shape
            (2, 1)
            >>> surrogate(x=0.5, y=0.25) == surrogate({"y": 0.25, "x": 0.5})
            True
        """
        if type(given) is np.ndarray and outside is None and not named:
            y = self.quick(given)
            if y is not None:
                return y
        is_input = "outside" in self.input_names and given is None
        if is_input and outside is not None and not isinstance(outside, str):
            named["outside"] = outside
            outside = None
        policy = self.outside if outside is None else checked_policy(outside)
        rows = rows_of(given, named, self.names)
        return rows.put(answered(self, rows.x, policy, self.evaluate))

    def with_outside(
        self, outside: str, *, original: Callable[..., Any] | None = None
    ) -> Surrogate:
        """Return the same surrogate with another policy for inputs outside the domain.

        Args:
            outside: "warn" says so once and answers all the same, "raise" refuses,
                "clip" takes the nearest inputs of the domain's box, "nan" answers NaN,
                "original" asks the program.
            original: the program, `n i` -> `n o`; None keeps the one that is known.

        Raises:
            InputError: there is no such policy.

        Example:
            >>> careful = surrogate.with_outside("raise")
            >>> careful.outside
            'raise'
        """
        return replace(
            self, outside=outside, original=original or self.original
        )

    def in_domain(self, x: Any) -> Bool[np.ndarray, " n"]:
        """Say for each row whether it lies inside the domain: the test of `outside`.

        That is the box from `lo` to `hi`, where all conditions hold.

        Example:
            >>> surrogate.in_domain([[0.5, 0.25], [7.0, 0.0]])
            array([ True, False])
        """
        return self.is_inside(rows_of(x, {}, self.names).x)

    @overload
    def predict(
        self, x: Any, *, return_std: Literal[False] = False
    ) -> Any: ...

    @overload
    def predict(
        self, x: Any, *, return_std: Literal[True]
    ) -> tuple[Any, Any]: ...

    def predict(
        self, x: Any, *, return_std: bool = False
    ) -> Any | tuple[Any, Any]:
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
        if not return_std:
            return self(x)
        if self.error_bars is None:
            raise InputError(
                "return_std needs a surrogate with error bars, and this one was compiled"
                " without: compile again with error_bars=True"
            )
        rows = rows_of(x, {}, self.names)
        u = self.normalise(rows.x)
        std = self.error_bars.deviation(u, self.networks(rows.x))
        return self(x), rows.put(std)

    def save(self, path: str | Path) -> None:
        """Write a safetensors file that `nsc.load` reads, with the same bits.

        Raises:
            InputError: the file cannot be written.

        Example:
            >>> surrogate.save("surrogate.safetensors")
            >>> bool(nsc.load("surrogate.safetensors")(x=0, y=0) == surrogate(x=0, y=0))
            True
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
        if any(self.whole):
            header["whole"] = json.dumps(self.whole)
        if self.conditions:
            header["conditions"] = json.dumps(
                list(map(conditions.to_json, self.conditions))
            )
        if self.outside != "warn":
            header["outside"] = self.outside
        store.write(Path(path), tensors, header)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: all fields but the program."""
        left_out = ("original",)
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v for k, v in state.items() if k not in left_out}

    def __copy__(self) -> Surrogate:
        return replace(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Surrogate:
        state = deepcopy(self.__getstate__(), memo)
        return Surrogate(**state, original=self.original)


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

    Example:
        >>> surrogate.save("surrogate.safetensors")
        >>> nsc.load("surrogate.safetensors").input_names
        ('x', 'y')
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
    return Surrogate(
        members,
        lo,
        hi,
        inputs,
        outputs,
        metadata,
        held,
        bars,
        **_kinds(header, len(inputs)),
    )


def _kinds(header: Mapping[str, str], n_inputs: int) -> dict[str, Any]:
    """Read what inputs are, and what becomes of others; all may be missing."""
    whole: object = json.loads(header.get("whole", "[]"))
    is_list = isinstance(whole, list) and all(
        isinstance(found, bool) for found in cast("list[object]", whole)
    )
    marks = cast("list[bool]", whole)
    if not is_list or len(marks) not in (0, n_inputs):
        raise ValueError(
            f"'whole' must have {n_inputs} items, true or false; found {whole}"
        )
    return {
        "whole": tuple(marks),
        "conditions": tuple(
            conditions.from_json(found, n_inputs)
            for found in json.loads(header.get("conditions", "[]"))
        ),
        "outside": header.get("outside", "warn"),
    }


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
