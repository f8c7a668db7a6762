"""The walk over programs, compiled: the same as reference.py but for rounding, in a
fraction of the time.

In: a CompNet's arrays, `Terms`. Out: `Roots`. Non-goals: training (model.py), what a
walk is (walk.py).
"""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int, c_longlong, c_void_p
from functools import cached_property
from pathlib import Path

import numpy as np

from nsc.compnet.config import NODE_ANCHORS, QUANTILES, SMALLEST_STRETCH
from nsc.compnet.functions import EQUAL, FUNCTIONS, LARGEST, POLE
from nsc.compnet.layers import centred_shapes
from nsc.compnet.terms import INPUT, Terms
from nsc.compnet.walk import INPUT_SCALE, QUANTILE_ROWS, TINY
from nsc.compnet.walk_result import Roots
from nsc.host import load_library

SOURCE = Path(__file__).parent / "csrc" / "walk.c"
_ARRAYS = (
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
_SETTINGS = {
    "input_scale": INPUT_SCALE,
    "tiny": TINY,
    "smallest_stretch": SMALLEST_STRETCH,
    "largest": LARGEST,
    "pole": POLE,
    "equal": EQUAL,
}


class _Weights(ctypes.Structure):
    _fields_ = [
        *((name, c_void_p) for name in _ARRAYS),
        *((name, c_double) for name in _SETTINGS),
        ("quantiles", c_int * QUANTILES),
    ]


_OF_TERMS = (
    "kinds",
    "functions",
    "args",
    "edges",
    "children",
    "bias",
    "weights",
    "bounds",
)


class _Terms(ctypes.Structure):
    _fields_ = [*((name, c_void_p) for name in _OF_TERMS), ("m", c_longlong)]


_OF_WALK = ("h", "shapes", "means", "scales", "formula_scales")


class _Walk(ctypes.Structure):
    _fields_ = [(name, c_void_p) for name in _OF_WALK]


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
            name: np.ascontiguousarray(given[name], np.float32) for name in _ARRAYS
        }
        bilinear = 2 * (given["gain_in"].shape[1] - given["gain_out"].shape[1])
        self._defines = (
            f"WIDTH={given['inputs'].shape[1]}",
            f"PRODUCTS={given['product_in'].shape[1]}",
            f"GATED={given['gain_in'].shape[1] - bilinear}",
            f"BILINEAR={bilinear // 2}",
            f"MODULATION={given['modulate_1'].shape[1]}",
            f"ANCHORS={NODE_ANCHORS}",
            f"QUANTILES={QUANTILES}",
            f"FUNCTIONS={','.join(FUNCTIONS)}",
        )
        self._weights = _Weights(
            *(a.ctypes.data for a in self._arrays.values()),
            *_SETTINGS.values(),
            (c_int * QUANTILES)(*QUANTILE_ROWS.tolist()),
        )

    def __reduce__(self) -> tuple:
        return NativeWalk, (self._made_of,)  # pointers do not travel

    @cached_property
    def _library(self) -> ctypes.CDLL:
        return load_library(SOURCE, self._defines)

    def __call__(self, programs: list[Terms]) -> Roots:
        found = [self._root(terms) for terms in programs]
        numbers = np.array(
            [
                (*numbers, t.levels.max(), len(t), np.sum(t.kinds == INPUT))
                for (_, *numbers), t in zip(found, programs, strict=True)
            ]
        ).T
        return Roots(np.stack([h for h, *_ in found]), *numbers)

    def _root(self, terms: Terms) -> tuple[np.ndarray, float, float, float]:
        """Return a root's embedding, its mean, its scale, and the scale that the
        formula alone gives.
        """
        m = len(terms)
        width = self._arrays["inputs"].shape[1]
        given = [np.ascontiguousarray(getattr(terms, name)) for name in _OF_TERMS]
        h = np.empty((m, width), np.float32)
        shapes = np.empty((m, NODE_ANCHORS), np.float32)
        numbers = np.empty((3, m))
        walk = _Walk(
            h.ctypes.data, shapes.ctypes.data, *(row.ctypes.data for row in numbers)
        )
        whole = _Terms(*(a.ctypes.data for a in given), m)
        self._library.nsc_walk(
            ctypes.byref(self._weights), ctypes.byref(whole), ctypes.byref(walk)
        )
        return h[terms.root].copy(), *numbers[:, terms.root].tolist()
