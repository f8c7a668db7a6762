"""A surrogate as integers: weights, biases, shifts; and what they compute.

In: an `ExportJob`, a `Format`. Out: `IntegerNetwork`, which evaluates exactly as its C
does. Non-goals: C (c_text), whether it is near enough (exporter).

Every sum's scale is chosen so that it cannot leave 32 bits, whatever the inputs: the sizes
of a row's integer weights times the largest activation, and its bias, are added up, which
is interval arithmetic over the domain. Inputs are limited where they come in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from nsc.deploy.exporter import ExportJob
from nsc.deploy.fixed_point.arithmetic import (
    LARGEST_32,
    LARGEST_SHIFT,
    Format,
    shifted,
    table_of,
    tanh_half,
)
from nsc.deploy.fixed_point.scaling import (
    AnyInput,
    AnyOutput,
    RealOutput,
    input_of,
    output_of,
)
from nsc.deploy.languages.function import Function, Layers
from nsc.errors import InputError

BLOCK = 1024  # rows that are evaluated together
RIDGE = 1e-4  # of a last layer that is refitted, per row
MOST_SCALE = 45
MOST_WIDE_SHIFT = 61


@dataclass(frozen=True)
class IntegerLayer:
    """Sums: acc = bias + sum of weight * h, each product divided by 2^product_shift.

    Args:
        weight: `out in`.
        bias: `out`, of scale `scale`.
        product_shift: `out`; zero where products are kept.
        scale: `out`, of the sums.
        activation: "tanh" of half the sum, "relu", or "" in the last layer.
        out_bits: the scale of what follows the sums; of the last layer, see Output.
    """

    weight: np.ndarray
    bias: np.ndarray
    product_shift: np.ndarray
    scale: np.ndarray
    activation: str
    out_bits: np.ndarray

    @property
    def out_shift(self) -> np.ndarray:
        """By how much sums are divided, `out`; less than zero multiplies."""
        return self.scale - self.out_bits

    def sums(self, h: np.ndarray) -> np.ndarray:
        """Return `n out` from `n in`."""
        products = h[:, None, :] * self.weight
        if self.product_shift.any():
            products = shifted(products, self.product_shift[:, None])
        return products.sum(axis=2) + self.bias

    def largest_sum(self, largest: int) -> int:
        """Bound the size of sums and of what they are on the way, `h` up to largest."""
        worst = 0
        for row, bias, by in zip(
            self.weight, self.bias, self.product_shift, strict=True
        ):
            terms = [((abs(int(w)) * largest) >> int(by)) + 1 for w in row]
            worst = max(worst, sum(terms) + abs(int(bias)))
        return worst


def limited(acc: np.ndarray, by: np.ndarray, largest: int) -> np.ndarray:
    """Divide sums by 2^by, rounded, and keep the size below `largest`."""
    divided = shifted(acc, np.maximum(by, 0)) << np.maximum(-by, 0)
    return np.clip(divided, -largest, largest)


def activated(
    layer: IntegerLayer, acc: np.ndarray, kind: Format
) -> np.ndarray:
    """Return `n out` activations of sums."""
    if layer.activation == "relu":
        return limited(np.maximum(acc, 0), layer.out_shift, kind.largest)
    table = table_of(kind)
    z = limited(acc, layer.out_shift, table.largest_sum(kind))
    return tanh_half(z, table, kind)


@dataclass(frozen=True)
class Scaled:
    """A layer's weights and inputs before they are integers.

    Args:
        in_bits: the scale of its inputs.
        largest: their largest integer.
    """

    weight: np.ndarray
    bias: np.ndarray
    in_bits: int
    largest: int

    @property
    def bound(self) -> np.ndarray:
        """The largest size of each sum, `out`."""
        most = self.largest / 2.0**self.in_bits
        return np.abs(self.weight).sum(axis=1) * most + np.abs(self.bias)


def integer_layer(
    scaled: Scaled, kind: Format, activation: str, out_bits: np.ndarray
) -> IntegerLayer:
    """Round a layer to integers.

    Raises:
        InputError: its sums are too large for the format.
    """
    rows = [
        _row(scaled, k, kind, int(bits)) for k, bits in enumerate(out_bits)
    ]
    weight, bias, product_shift, scale = zip(*rows, strict=True)
    layer = IntegerLayer(
        np.array(weight),
        np.array(bias),
        np.array(product_shift),
        np.array(scale),
        activation,
        out_bits,
    )
    assert layer.largest_sum(scaled.largest) <= LARGEST_32
    return layer


def _row(
    scaled: Scaled, k: int, kind: Format, out_bits: int
) -> tuple[np.ndarray, int, int, int]:
    """Return a row's weights, bias, shift of products and scale of sums."""
    row = scaled.weight[k]
    bound = float(scaled.bound[k])
    most = MOST_SCALE if bound == 0 else math.floor(31 - math.log2(bound))
    highest = min(most, MOST_SCALE, out_bits + LARGEST_SHIFT)
    # a whole number's sums have no bits less than it
    lowest = 0 if out_bits == 0 else out_bits - LARGEST_SHIFT
    for scale in range(highest, lowest - 1, -1):
        found = _row_of_scale(scaled, row, scaled.bias[k], kind, scale)
        if found is not None:
            return found
    raise InputError(
        f"the export as {kind.name} must be left out: sums reach {bound:.3g}, too large"
        f" for its 32 bits; export c computes in floating point"
    )


def _row_of_scale(
    scaled: Scaled, row: np.ndarray, bias: float, kind: Format, scale: int
) -> tuple[np.ndarray, int, int, int] | None:
    """Round a row so that its sums have a scale; None where they may overflow."""
    largest_weight = np.abs(row).max(initial=0.0)
    bits = scale - scaled.in_bits
    if kind.has_wide_products:
        bits += MOST_WIDE_SHIFT
        if largest_weight > 0:
            bits = min(bits, math.floor(31 - math.log2(largest_weight)))
    weight = np.rint(row * 2.0**bits).astype(np.int64)
    while np.abs(weight).max(initial=0) > kind.largest:
        if not kind.has_wide_products:
            return None
        bits -= 1
        weight = np.rint(row * 2.0**bits).astype(np.int64)
    by = bits + scaled.in_bits - scale
    if by < 0 or abs(bias) * 2.0**scale > LARGEST_32:
        return None
    whole = int(np.rint(bias * 2.0**scale))
    terms = [((abs(int(w)) * scaled.largest) >> by) + 1 for w in weight]
    if sum(terms) + abs(whole) > LARGEST_32:
        return None
    return weight, whole, by, scale


@dataclass(frozen=True)
class IntegerNetwork:
    """All that exported C computes.

    Args:
        function: its names, and what is said of it.
        parts: layers of each member; their outputs stand side by side.
    """

    kind: Format
    function: Function
    inputs: tuple[AnyInput, ...]
    outputs: tuple[AnyOutput, ...]
    parts: tuple[tuple[IntegerLayer, ...], ...]

    def integers(self, x: np.ndarray) -> np.ndarray:
        """Return the integers that stand for `n i` inputs in the program's units."""
        columns = zip(self.inputs, x.T, strict=True)
        return np.stack([i.integers(column) for i, column in columns], axis=1)

    def computed(self, q: np.ndarray) -> np.ndarray:
        """Return the integers `n o` that exported C gives for integers `n i`."""
        blocks = [q[k : k + BLOCK] for k in range(0, len(q), BLOCK)]
        return np.concatenate([self._block(block) for block in blocks])

    def _block(self, q: np.ndarray) -> np.ndarray:
        columns = zip(self.inputs, q.T, strict=True)
        u = np.stack([i.scaled(column) for i, column in columns], axis=1)
        found: list[np.ndarray] = []
        outputs = iter(self.outputs)
        for *hidden, last in self.parts:
            h = u
            for layer in hidden:
                h = activated(layer, layer.sums(h), self.kind)
            acc = last.sums(h)
            found += [
                next(outputs).integers(acc[:, k], int(by))
                for k, by in enumerate(last.out_shift)
            ]
        return np.stack(found, axis=1)

    def values(self, q: np.ndarray) -> np.ndarray:
        """Return outputs in the program's units, as it returns them."""
        columns = zip(self.outputs, q.T, strict=True)
        return np.stack([o.values(column) for o, column in columns], axis=1)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """Return `n o` from `n i`, both in the program's units."""
        return self.values(self.computed(self.integers(x)))


def integer_network(
    job: ExportJob, function: Function, x: np.ndarray, kind: Format
) -> IntegerNetwork:
    """Round a surrogate to integers.

    Args:
        x: `n i` inputs, over which outputs are scaled; to every other row, from the
            first, last layers are fitted.

    Raises:
        InputError: an input, an output or a sum is too large for 32 bits.
    """
    leaves = job.program.signature.inputs
    inputs = tuple(
        input_of(given, is_whole=leaf.type.kind != "float", kind=kind)
        for given, leaf in zip(function.inputs, leaves, strict=True)
    )
    y = job.surrogate.networks(x)
    outputs = tuple(
        output_of(output, y[:, k], kind)
        for k, output in enumerate(function.outputs)
    )
    x = x[::2]
    y = y[::2]
    columns = zip(inputs, x.T, strict=True)
    u = np.stack([i.scaled(i.integers(column)) for i, column in columns], 1)
    rest = list(outputs)
    parts: list[tuple[IntegerLayer, ...]] = []
    for layers, activation in function.networks:
        width = len(layers[-1][1])
        at = len(outputs) - len(rest)
        wanted = y[:, at : at + width]
        parts.append(_part(layers, activation, rest[:width], kind, u, wanted))
        rest = rest[width:]
    network = IntegerNetwork(kind, function, inputs, outputs, tuple(parts))
    return _centred(network, x, y)


def _centred(
    network: IntegerNetwork, x: np.ndarray, y: np.ndarray
) -> IntegerNetwork:
    """Take from real outputs how far off they are on average; no integer changes."""
    off = (network.evaluate(x) - y).mean(axis=0)
    outputs = tuple(
        replace(output, middle=output.middle - float(mean))
        if isinstance(output, RealOutput)
        else output
        for output, mean in zip(network.outputs, off, strict=True)
    )
    return replace(network, outputs=outputs)


def _part(
    layers: Layers,
    activation: str,
    outputs: list[AnyOutput],
    kind: Format,
    u: np.ndarray,
    y: np.ndarray,
) -> tuple[IntegerLayer, ...]:
    """Round a member, layer by layer.

    Args:
        u: `n i`, what its first layer reads.
        y: `n o`, what it should give for that.
    """
    *hidden, (weight, bias) = layers
    found: list[IntegerLayer] = []
    # an activation a stands for (a + offset) * factor
    factor = 2.0**kind.bits / kind.largest
    offset = 0.0
    in_bits = kind.bits
    for w, b in hidden:
        scaled = _folded(w, b, factor, offset, in_bits, kind)
        if activation == "relu":
            layer = _relu_layer(scaled, kind)
            in_bits = int(layer.out_bits[0])
            factor = 1.0
            offset = 0.0
        else:
            layer = _tanh_layer(scaled, activation, kind)
            in_bits = kind.bits
            is_sigmoid = activation == "sigmoid"
            factor = 0.5 if is_sigmoid else 1.0
            offset = 1.0 if is_sigmoid else 0.0
        found.append(layer)
        u = _activations(layer, u, kind)
    gain = np.array([output.gain for output in outputs])
    middle = np.array([output.middle for output in outputs])
    scaled = _folded(
        weight * gain[:, None],
        (bias - middle) * gain,
        factor,
        offset,
        in_bits,
        kind,
    )
    bits = np.array([output.bits for output in outputs])
    is_real = np.array([isinstance(output, RealOutput) for output in outputs])
    if found and is_real.any():
        scaled = _refitted(scaled, u, (y - middle) * gain, is_real)
    return (*found, integer_layer(scaled, kind, "", bits))


def _activations(
    layer: IntegerLayer, h: np.ndarray, kind: Format
) -> np.ndarray:
    """Return `n out` activations, some rows at a time."""
    blocks = [h[k : k + BLOCK] for k in range(0, len(h), BLOCK)]
    return np.concatenate(
        [activated(layer, layer.sums(b), kind) for b in blocks]
    )


def _refitted(
    scaled: Scaled, h: np.ndarray, wanted: np.ndarray, chosen: np.ndarray
) -> Scaled:
    """Let a last layer make up for what rounding did to its inputs.

    It is ridge regression of what is missing: weights change where that tells much, and
    stay where activations hardly differ.

    Args:
        h: `n in`, integer activations.
        wanted: `n out`, what sums should be.
        chosen: which outputs are refitted.
    """
    a = np.column_stack([h / 2.0**scaled.in_bits, np.ones(len(h))])
    now = a[:, :-1] @ scaled.weight.T + scaled.bias
    normal = a.T @ a + RIDGE * len(a) * np.eye(a.shape[1])
    change = np.linalg.solve(normal, a.T @ (wanted - now)) * chosen
    return replace(
        scaled,
        weight=scaled.weight + change[:-1].T,
        bias=scaled.bias + change[-1],
    )


def _folded(
    weight: np.ndarray,
    bias: np.ndarray,
    factor: float,
    offset: float,
    in_bits: int,
    kind: Format,
) -> Scaled:
    """Fold what inputs stand for into weights and biases."""
    w = weight * factor
    return Scaled(w, bias + offset * w.sum(axis=1), in_bits, kind.largest)


def _tanh_layer(scaled: Scaled, activation: str, kind: Format) -> IntegerLayer:
    """Round a layer before tanh(z / 2), which is 2 sigmoid(z) - 1."""
    twice = 2.0 if activation == "tanh" else 1.0
    doubled = Scaled(
        twice * scaled.weight,
        twice * scaled.bias,
        scaled.in_bits,
        scaled.largest,
    )
    bits = np.full(len(scaled.bias), kind.sum_bits)
    return integer_layer(doubled, kind, "tanh", bits)


def _relu_layer(scaled: Scaled, kind: Format) -> IntegerLayer:
    """Round a layer before relu; activations are scaled by the largest that they can be."""
    bound = float(scaled.bound.max(initial=0.0))
    room = kind.bits if bound == 0 else kind.bits - math.log2(bound)
    bits = min(math.floor(room), MOST_SCALE)
    return integer_layer(scaled, kind, "relu", np.full(len(scaled.bias), bits))
