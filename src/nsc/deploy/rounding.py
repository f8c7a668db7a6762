"""What an export's arithmetic may change of a verified network.

In: Surrogate, outputs, inputs. Out: the arithmetic to export in, bounds on rounding,
inputs that an export is checked on. Non-goals: running an export (exporters do).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from nsc.program import Program
from nsc.surrogate import Member, Surrogate, forward, pad_inputs
from nsc.syntax import Leaf

UNIT = {"float": 2.0**-24, "double": 2.0**-53}
LEAST = {"float": 2.0**-149, "double": 2.0**-1074}  # above zero
# of an exported sigmoid or tanh: measured are 1e-7 and 3e-15, and for tanh twice these
ACTIVATION_ERROR = {"float": 5e-7, "double": 2e-14}
# what single precision may cost: of the verified error, of an output's range
SHARE_OF_ERROR = 0.05
SHARE_OF_RANGE = 1e-5
CORNERS = 256


def is_float32(leaf: Leaf) -> bool:
    """Say whether a leaf is a number in single precision."""
    return leaf.type.kind == "float" and leaf.type.bits == 32


# integers of so many bits are floats, each of them
FLOAT_INTEGER_BITS = 24


def is_single(outputs: Sequence[Leaf]) -> bool:
    """Say whether single precision is all that a program's outputs can hold.

    Beside floats that is so of integers that a float holds one by one; none of the
    integers above 2^24 would be safe in it.
    """
    types = [leaf.type for leaf in outputs]
    bits = {t.bits for t in types if t.kind == "float"}
    widest = max((t.bits for t in types if t.kind != "float"), default=0)
    return bits == {32} and widest <= FLOAT_INTEGER_BITS


def arithmetic(
    surrogate: Surrogate,
    outputs: Sequence[Leaf],
    x: np.ndarray,
    error: np.ndarray | None = None,
) -> str:
    """Choose "float" where outputs hold no more and it costs next to nothing.

    It may cost SHARE_OF_ERROR of the verified error or SHARE_OF_RANGE of what an output
    ranges over, whichever is more; else the export computes in "double".

    Args:
        x: `n i` inputs in the program's units.
        error: `o`, the verified root mean squared error of each output.
    """
    if not is_single(outputs):
        return "double"
    if not len(x):
        return "float"
    y = surrogate.networks(x)
    lost = np.abs(in_float(surrogate, x) - y).max(axis=0)
    allowed = SHARE_OF_RANGE * np.ptp(y, axis=0)
    if error is not None:
        allowed = np.maximum(allowed, SHARE_OF_ERROR * error)
    # a float output loses that much by itself; an integer loses nothing
    itself = 2 * (UNIT["float"] * np.abs(y).max(axis=0) + LEAST["float"])
    allowed = allowed + np.where([is_float32(f) for f in outputs], itself, 0.0)
    return "float" if (lost <= allowed).all() else "double"


def in_float(surrogate: Surrogate, x: np.ndarray) -> np.ndarray:
    """Evaluate `n i` -> `n o` in single precision, inputs scaled in double."""
    u = surrogate.normalise(x).astype(np.float32)
    members = (
        Member(m.topology, m.w.astype(np.float32)) for m in surrogate.members
    )
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = [
            forward(m.w, m.topology, u, kind=np.float32) for m in members
        ]
    return np.concatenate(outputs, axis=1)


def rounding_bound(
    surrogate: Surrogate, x: np.ndarray, real: str
) -> np.ndarray:
    """Bound how far arithmetic in `real` may lead from the networks' own outputs.

    It is the running error of a dot product, layer by layer: n terms of size |w h| are
    off by n + 3 roundings (and by as many of the smallest numbers, where they are below
    the normal ones: with these a relative error says nothing), what is off before a
    layer goes through |W|, and through the activation's slope.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, section 3.3.

    Args:
        x: `n i` inputs in the program's units.

    Returns:
        `n o`, absolute.
    """
    u = surrogate.normalise(x)
    bounds = [_bound_of(member, u, real) for member in surrogate.members]
    return np.concatenate(bounds, axis=1)


def _bound_of(member: Member, u: np.ndarray, real: str) -> np.ndarray:
    unit = UNIT[real]
    h = pad_inputs(u, member.topology)
    off = 4 * unit * np.abs(h)
    *hidden, last = member.topology.layers(member.w)
    for weight, bias in hidden:
        off = before_activation(weight, bias, h, off, real)
        z = h @ weight.T + bias
        h, slope = activated(z, off, member.topology.activation)
        off = slope * off + ACTIVATION_ERROR[real] + unit * np.abs(h)
    return before_activation(*last, h, off, real)


def before_activation(
    weight: np.ndarray,
    bias: np.ndarray,
    h: np.ndarray,
    off: np.ndarray,
    real: str,
) -> np.ndarray:
    """Bound how far off a layer's sums are where its inputs `h` are off that far."""
    size = np.abs(weight)
    terms = h.shape[1] + 3
    added = np.abs(h) @ size.T + np.abs(bias)
    # weights are written in `real` too: a product and its weight both underflow
    underflow = 2 * terms * LEAST[real] * (1 + np.abs(h).max(initial=0.0))
    return off @ size.T + terms * UNIT[real] * added + underflow


def activated(
    z: np.ndarray, off: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return activations, and the steepest slope that they have within `off` of z."""
    if kind == "relu":
        return np.maximum(z, 0.0), np.ones_like(z)
    if kind == "tanh":
        h = np.tanh(z)
        return h, np.minimum(1.0, 1 - h**2 + off)
    h = 1 / (1 + np.exp(-np.clip(z, -700.0, 700.0)))
    return h, np.minimum(0.25, h * (1 - h) + 0.1 * off)


def corners(program: Program, *, beyond: bool = False) -> np.ndarray:
    """Return corners of a program's domain: all of them, or CORNERS drawn from them.

    Args:
        beyond: whether those next to them outside: by the last bit of each input, or by
            one where it is an integer.

    Returns:
        `n i` inputs that the inputs' types can hold.
    """
    leaves = program.signature.inputs
    sides = zip(leaves, program.domain.lo, program.domain.hi, strict=True)
    ends = np.array([_ends(leaf, lo, hi, beyond) for leaf, lo, hi in sides])
    n = len(leaves)
    if 2**n <= CORNERS:
        chosen = np.array(list(product((0, 1), repeat=n)))
    else:
        chosen = np.random.default_rng(0).integers(0, 2, (CORNERS, n))
    return ends[np.arange(n), chosen]


def _ends(
    leaf: Leaf, lo: float, hi: float, beyond: bool
) -> tuple[float, float]:
    """Return the least and the largest value that a type has in a range."""
    if leaf.type.kind != "float":
        least = float(np.ceil(lo)) - beyond
        largest = float(np.floor(hi)) + beyond
        limits = (0.0, 1.0) if leaf.type.kind == "bool" else leaf.type.limits
        return max(least, limits[0]), min(largest, limits[1])
    kind = np.float32 if leaf.type.bits == 32 else np.float64
    with np.errstate(over="ignore"):
        ends = [kind(lo), kind(hi)]
        if float(ends[0]) < lo:
            ends[0] = np.nextafter(ends[0], kind(np.inf))
        if float(ends[1]) > hi:
            ends[1] = np.nextafter(ends[1], kind(-np.inf))
        if beyond:
            ends = [
                np.nextafter(ends[0], kind(-np.inf)),
                np.nextafter(ends[1], kind(np.inf)),
            ]
    return float(ends[0]), float(ends[1])
