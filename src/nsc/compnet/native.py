"""The walk over programs, compiled: reference.py but for rounding, in less time.

In: a CompNet's arrays, `Terms`. Out: `Roots`. Everything that walk.c shares with Python
(names and order of a structure's fields, codes, constants) is written here, or in what
is imported here, and handed to the compiler; a function of one argument that walk.c
does not know is a compiler's error that names it. Non-goals: training (model.py), what
a walk is (walk.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_longlong, c_void_p
from functools import cached_property
from pathlib import Path

import numpy as np

from nsc.compnet.arrays import TINY
from nsc.compnet.config import NODE_ANCHORS, QUANTILES, SMALLEST_STRETCH
from nsc.compnet.describe import (
    QUANTILE_MOST,
    QUANTILE_ROWS,
    REST_LEAST,
    SLOPE_MOST,
    SPREAD_LEAST,
    SPREAD_OF_MEAN,
    VARIANCE_LEAST,
)
from nsc.compnet.functions import EQUAL, FUNCTIONS, LARGEST, POLE
from nsc.compnet.layers import MOST_SILU, STRETCH_FLOOR, centred_shapes
from nsc.compnet.terms import INPUT, KINDS, Terms
from nsc.compnet.walk import INPUT_SCALE
from nsc.compnet.walk_result import Roots
from nsc.errors import BuildError
from nsc.host import load_library

SOURCE = Path(__file__).parent / "csrc" / "walk.c"
# The fields of walk.c's structures, by type; their order there is this one.
_WEIGHTS = (
    "inputs",
    "shapes",
    "product_in",
    "product_out",
    "modulate_1",
    "modulate_1_bias",
    "modulate_2",
    "modulate_2_bias",
    "unary_in",
    "gain_in",
    "bias_in",
    "unary_out",
    "gain_out",
    "bias_out",
)
_INTEGERS_OF_TERMS = ("kinds", "functions", "args", "edges", "children")
_DOUBLES_OF_TERMS = ("bias", "weights", "bounds")
_NUMBERS_OF_NODES = ("means", "scales", "formula_scales")
_CONSTANTS = {
    "INPUT_SCALE": INPUT_SCALE,
    "TINY": TINY,
    "SMALLEST_STRETCH": SMALLEST_STRETCH,
    "STRETCH_FLOOR": STRETCH_FLOOR,
    "MOST_SILU": MOST_SILU,
    "LARGEST": LARGEST,
    "POLE": POLE,
    "EQUAL": EQUAL,
    "SPREAD_OF_MEAN": SPREAD_OF_MEAN,
    "SPREAD_LEAST": SPREAD_LEAST,
    "VARIANCE_LEAST": VARIANCE_LEAST,
    "SLOPE_MOST": SLOPE_MOST,
    "REST_LEAST": REST_LEAST,
    "QUANTILE_MOST": QUANTILE_MOST,
}
_SHARED = (
    f"ANCHORS={NODE_ANCHORS}",
    f"QUANTILES={QUANTILES}",
    f"QUANTILE_ROWS={','.join(map(str, QUANTILE_ROWS.tolist()))}",
    f"KINDS={','.join(KINDS)}",
    f"WEIGHTS={','.join(_WEIGHTS)}",
    f"INTEGERS_OF_TERMS={','.join(_INTEGERS_OF_TERMS)}",
    f"DOUBLES_OF_TERMS={','.join(_DOUBLES_OF_TERMS)}",
    f"NUMBERS_OF_NODES={','.join(_NUMBERS_OF_NODES)}",
    *(f"{name}={value!r}" for name, value in _CONSTANTS.items()),
)


class Weights(ctypes.Structure):
    """A CompNet's arrays, float32."""

    _fields_ = [(name, c_void_p) for name in _WEIGHTS]


class TermArrays(ctypes.Structure):
    """The arrays of `Terms`, and how many nodes there are."""

    _fields_ = [
        *(
            (name, c_void_p)
            for name in (*_INTEGERS_OF_TERMS, *_DOUBLES_OF_TERMS)
        ),
        ("m", c_longlong),
    ]


class NodeArrays(ctypes.Structure):
    """What a walk tells of the nodes."""

    _fields_ = [
        (name, c_void_p) for name in ("h", "shapes", *_NUMBERS_OF_NODES)
    ]


STRUCTURES = (Weights, TermArrays, NodeArrays)


def expect_sizes(sizes: Sequence[int]) -> None:
    """Refuse a library whose structures are not STRUCTURES.

    Raises:
        BuildError: a size in bytes differs.
    """
    for structure, size in zip(STRUCTURES, sizes, strict=True):
        ours = ctypes.sizeof(structure)
        if ours != size:
            raise BuildError(
                f"walk.c's {structure.__name__} has {size} bytes; native.py's has"
                f" {ours}"
            )


class NativeWalk:
    """Walks programs, one after the other. `arrays` are a CompNet's."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self._made_of = arrays
        given = arrays | {
            "shapes": centred_shapes(arrays).T,
            "modulate_1": arrays["modulate_1.weight"].T,
            "modulate_1_bias": arrays["modulate_1.bias"],
            "modulate_2": arrays["modulate_2.weight"].T,
            "modulate_2_bias": arrays["modulate_2.bias"],
        }
        self._arrays = {
            name: np.ascontiguousarray(given[name], np.float32)
            for name in _WEIGHTS
        }
        self._width = given["inputs"].shape[1]
        self._defines = defines_of(arrays)
        self._weights = Weights(
            *(a.ctypes.data for a in self._arrays.values())
        )

    def __reduce__(self) -> tuple:
        return NativeWalk, (self._made_of,)  # pointers do not travel

    @cached_property
    def _library(self) -> ctypes.CDLL:
        library = load_library(SOURCE, self._defines)
        expect_sizes(
            list((c_longlong * len(STRUCTURES)).in_dll(library, "nsc_sizes"))
        )
        return library

    def __call__(self, programs: list[Terms]) -> Roots:
        """Walk programs; nothing of one depends on the others."""
        found = [self._root(terms) for terms in programs]
        means, scales, formula_scales = np.array(
            [numbers for _, numbers in found]
        ).T
        return Roots(
            h=np.stack([h for h, _ in found]),
            means=means,
            scales=scales,
            formula_scales=formula_scales,
            depths=np.array([t.levels.max() for t in programs], np.float64),
            sizes=np.array([len(t) for t in programs], np.float64),
            inputs=np.array(
                [np.sum(t.kinds == INPUT) for t in programs], np.float64
            ),
        )

    def _root(self, terms: Terms) -> tuple[np.ndarray, list[float]]:
        """Return a root's embedding, and its _NUMBERS_OF_NODES."""
        m = len(terms)
        integers = [
            _array(terms, name, np.int64) for name in _INTEGERS_OF_TERMS
        ]
        doubles = [
            _array(terms, name, np.float64) for name in _DOUBLES_OF_TERMS
        ]
        h = np.empty((m, self._width), np.float32)
        shapes = np.empty((m, NODE_ANCHORS), np.float32)
        numbers = np.empty((len(_NUMBERS_OF_NODES), m))
        given = TermArrays(*(a.ctypes.data for a in (*integers, *doubles)), m)
        found = NodeArrays(*(a.ctypes.data for a in (h, shapes, *numbers)))
        self._library.nsc_walk(
            ctypes.byref(self._weights),
            ctypes.byref(given),
            ctypes.byref(found),
        )
        return h[terms.root].copy(), numbers[:, terms.root].tolist()


def _array(terms: Terms, name: str, kind: type) -> np.ndarray:
    return np.ascontiguousarray(getattr(terms, name), kind)


def defines_of(
    arrays: dict[str, np.ndarray], functions: Sequence[str] = FUNCTIONS
) -> tuple[str, ...]:
    """Write down what walk.c is compiled for.

    Args:
        arrays: a CompNet's; its widths are read off their shapes.
        functions: of one argument, by their codes.
    """
    wide = arrays["gain_in"].shape[1]  # gated + 2 * bilinear
    narrow = arrays["gain_out"].shape[1]  # gated + bilinear
    bilinear = wide - narrow
    return (
        *_SHARED,
        f"FUNCTIONS={','.join(functions)}",
        f"WIDTH={arrays['inputs'].shape[1]}",
        f"PRODUCTS={arrays['product_in'].shape[1]}",
        f"GATED={narrow - bilinear}",
        f"BILINEAR={bilinear}",
        f"MODULATION={arrays['modulate_1.bias'].shape[0]}",
    )
