"""What a kernel sees: structures, and arrays laid out in vectors.

In: examples, settings. Out: ctypes structures over aligned arrays. `layout_defines`
tells the C compiler where every field stands here, so that it refuses, by name, one that
stands elsewhere there. Non-goals: what is computed.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from ctypes import c_double, c_int, c_void_p
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import numpy as np
import numpy.typing as npt

from nsc.finetune.task import STOPS, Examples, Settings
from nsc.host import has_cpu_flag

ALIGNMENT = 64
# what a kernel may answer instead of why a surrogate stopped
NO_MEMORY = len(STOPS)
INTERRUPTED = len(STOPS) + 1

Array = npt.NDArray[Any]


def vector_bytes(kind: type[np.generic]) -> int:
    """Return the size of a kernel's vectors of single or double precision."""
    is_wide = np.dtype(kind).itemsize == 4 and has_cpu_flag("avx512f")
    return 64 if is_wide else 32


def lanes_of(kind: type[np.generic]) -> int:
    """Return how many numbers a kernel's vector holds."""
    return vector_bytes(kind) // np.dtype(kind).itemsize


LANES = lanes_of(np.float32)  # surrogates side by side
# (step, best validation loss) -> not 0 to end the run
Show = ctypes.CFUNCTYPE(c_int, c_int, c_double)


class Data(ctypes.Structure):
    """One set of examples; `mask`, the roots of their weights, is null where all are 1."""

    _fields_ = [
        ("vectors", c_int),
        ("samples", c_int),
        ("x", c_void_p),
        ("y", c_void_p),
        ("mask", c_void_p),
    ]


class Run(ctypes.Structure):
    """One run: `Data` of each set, parameters, curves, and a number per lane."""

    _fields_ = [
        ("inputs", c_int),
        ("train", c_void_p),
        ("validation", c_void_p),
        ("test", c_void_p),
        ("w", c_void_p),
        ("best_w", c_void_p),
        ("train_loss", c_void_p),
        ("validation_loss", c_void_p),
        ("test_loss", c_void_p),
        ("best_step", c_void_p),
        ("ran", c_void_p),
        ("stopped", c_void_p),
        ("show", Show),
    ]


_C_TYPES = {int: ("int", c_int), float: ("double", c_double)}


def _numbers(settings: type[Settings]) -> Iterator[tuple[str, Any]]:
    """Yield (name, int or float) of the settings that are numbers, in order."""
    hints = get_type_hints(settings)
    for field in fields(settings):
        kind = hints[field.name]
        if kind in _C_TYPES:
            yield field.name, kind
        elif kind == float | None:
            yield field.name, float


def settings_in_c(settings: type[Settings]) -> str:
    """Return the fields of the kernel's `Settings`, in C.

    Example: "int steps; double damping;"
    """
    names = (
        f"{_C_TYPES[kind][0]} {name};" for name, kind in _numbers(settings)
    )
    return " ".join(names)


def settings_struct(settings: Settings) -> ctypes.Structure:
    """Return settings as the kernel reads them; None is NaN."""
    numbers = list(_numbers(type(settings)))
    found = [getattr(settings, name) for name, _ in numbers]

    class Values(ctypes.Structure):
        _fields_ = [(name, _C_TYPES[kind][1]) for name, kind in numbers]

    return Values(*(np.nan if value is None else value for value in found))


def layout_defines(kind: type[np.generic]) -> tuple[str, ...]:
    """Return constants that say where every field of `Data` and `Run` stands.

    And how large vectors of the kernel's numbers are.

    Example: "AT_Data_samples=4", "SIZE_Data=32"
    """
    found = [f"LANES={lanes_of(kind)}", f"VECTOR_BYTES={vector_bytes(kind)}"]
    for struct in (Data, Run):
        name = struct.__name__
        found.append(f"SIZE_{name}={ctypes.sizeof(struct)}")
        for field, *_ in struct._fields_:
            found.append(f"AT_{name}_{field}={getattr(struct, field).offset}")
    return tuple(found)


def aligned(shape: tuple[int, ...], kind: type[np.generic]) -> Array:
    """Return zeros whose first byte stands at a multiple of 64, as vector loads need."""
    size = math.prod(shape) * np.dtype(kind).itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(kind).reshape(shape)


def address(array: Array | None) -> int | None:
    """Return where an array's first byte is; None, which is null, without one."""
    return None if array is None else array.ctypes.data


@dataclass(frozen=True)
class LaidOut:
    """A set of examples in vectors; the arrays live as long as it does."""

    data: Data
    arrays: tuple[Array | None, ...]

    @staticmethod
    def over(
        vectors: int, samples: int, x: Array, y: Array, mask: Array | None
    ) -> LaidOut:
        data = Data(vectors, samples, address(x), address(y), address(mask))
        return LaidOut(data, (x, y, mask))


def samples_in_lanes(
    examples: Examples, kind: type[np.generic], weights: Array | None = None
) -> LaidOut:
    """Lay out one surrogate's examples, x `n i`: feature-major, padded to whole vectors.

    A residual is multiplied by the root of its example's weight; padding has none.
    """
    per_vector = lanes_of(kind)
    n = len(examples.x)
    vectors = -(-n // per_vector)
    padded = vectors * per_vector

    def columns(a: Array) -> Array:
        out = aligned((a.shape[1], padded), kind)
        out[:, :n] = a.T
        return out

    mask = None
    if padded > n or weights is not None:
        mask = aligned((padded,), kind)
        mask[:n] = 1 if weights is None else np.sqrt(weights)
    return LaidOut.over(
        vectors, n, columns(examples.x), columns(examples.y), mask
    )


def surrogates_in_lanes(examples: Examples) -> LaidOut:
    """Lay out as many surrogates as lanes, x `p n i`: a vector is one feature of all."""

    def columns(a: Array) -> Array:
        out = aligned((a.shape[2], a.shape[1], LANES), np.float32)
        out[:] = a.transpose(2, 1, 0)
        return out

    n = examples.x.shape[1]
    return LaidOut.over(n, n, columns(examples.x), columns(examples.y), None)
