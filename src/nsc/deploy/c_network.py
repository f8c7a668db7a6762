"""The networks of a surrogate as C: their numbers, tables, layers and activations.

In: Surrogate, a floating type. Out: pieces of C text. Everything computes
in one floating type but the scaling of inputs, which is in double: a float input may
be far from zero and its range narrow, and float constants would move that range.
Non-goals: the function around them (c_source).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nsc.surrogate import Member, Surrogate, resize_inputs

# 2^f on |f| <= 1/2, coefficients of f^0, f^1, ... The finetuning kernels need another
# error in double, and the same in single: a test compares them.
EXP2_DOUBLE = (  # relative error 9e-13
    1.0,
    0.6931471805482118,
    0.24022650698110432,
    0.05550410935267694,
    0.009618128616171052,
    0.0013333454859407318,
    0.00015403825422635655,
    1.5309156448358417e-05,
    1.3178942998334341e-06,
)
EXP2_SINGLE = (  # relative error 1e-7
    1.0,
    0.6931469775988579,
    0.24022242085172812,
    0.05550733743691219,
    0.009671512648928984,
    0.0013264727065248338,
)

_SIGMOID_COMMENT = "/* 1 / (1 + exp(-z)): exp(-z) = 2^n 2^f; 2^f, |f| <= 1/2, by a polynomial. */"


class NetworkWriter:
    """Spells the numbers, tables and layers of one surrogate."""

    def __init__(
        self, surrogate: Surrogate, real: str, sigmoid: str = "nsc_sigmoid"
    ):
        self.surrogate = surrogate
        self.is_single = real == "float"
        self.real = real
        self.sigmoid_name = sigmoid
        self.members = [self._shrunk(m) for m in surrogate.members]

    def _shrunk(self, member: Member) -> Member:
        """Drop the unused, zero inputs of a covering architecture."""
        w, topology = resize_inputs(
            member.w, member.topology, len(self.surrogate.lo)
        )
        return Member(topology, w)

    def number(self, value: float) -> str:
        """Spell a constant so that it is read back as it is."""
        if not self.is_single:
            return double_number(value)
        return f"{_with_point(f'{np.float32(value):.9g}')}f"

    def tables(self) -> str:
        """Write weights as [input][unit]: the inner loop, over units, vectorises."""
        return "\n".join(
            table
            for k, member in enumerate(self.members)
            for n, (weight, bias) in enumerate(
                member.topology.layers(member.w), 1
            )
            for table in self._layer_tables(self._tag(k, n), weight, bias)
        )

    def _layer_tables(
        self, tag: str, weight: np.ndarray, bias: np.ndarray
    ) -> Iterator[str]:
        units, inputs = weight.shape
        rows = ",\n".join(f"    {{{self._list(row)}}}" for row in weight.T)
        head = f"static const {self.real} nsc_weight_{tag}[{inputs}][{units}]"
        yield f"{head} = {{\n{rows}}};"
        head = f"static const {self.real} nsc_bias_{tag}[{units}]"
        yield f"{head} = {{{self._list(bias)}}};"

    def _list(self, values: np.ndarray) -> str:
        return ", ".join(map(self.number, values))

    def _tag(self, k: int, n: int) -> str:
        """Return what names of layer n of member k end with."""
        return f"{n}" if len(self.members) == 1 else f"{k}_{n}"

    def _activations(self) -> set[str]:
        return {
            m.topology.activation for m in self.members if m.topology.hidden
        }

    def sigmoid(self) -> str:
        """Write 1 / (1 + exp(-z)) without a library call, so that loops vectorise.

        exp(-z) is 2^n 2^f. Adding `magic` rounds to a whole n and leaves it in the low
        bits, which are then added to the exponent of 2^f.
        """
        if not self._activations() & {"sigmoid", "tanh"}:
            return ""
        bits = "unsigned" if self.is_single else "unsigned long long"
        shift = 23 if self.is_single else 52
        limit = self.number(60.0 if self.is_single else 700.0)
        magic = self.number(
            12582912.0 if self.is_single else 6755399441055744.0
        )
        real = self.real
        one = self.number(1.0)
        return f"""{_SIGMOID_COMMENT}
static {real} {self.sigmoid_name}({real} z) {{
  union {{ {real} real; {bits} bits; }} whole, power;
  {real} t = z * {self.number(-1.4426950408889634)}, f, f2, f4;
  t = t > {limit} ? {limit} : t < -{limit} ? -{limit} : t;
  whole.real = t + {magic};
  f = t - (whole.real - {magic});
  f2 = f * f;
  f4 = f2 * f2;
  power.real = {self._polynomial()};
  power.bits += whole.bits << {shift};
  return {one} / ({one} + power.real);
}}"""

    def _polynomial(self) -> str:
        """Write 2^f by Estrin's scheme: pairs, which do not wait for each other."""
        c = [
            self.number(v)
            for v in (EXP2_SINGLE if self.is_single else EXP2_DOUBLE)
        ]
        pairs = [f"({c[k]} + {c[k + 1]} * f)" for k in range(0, len(c) - 1, 2)]
        low = [pairs[0], f"{pairs[1]} * f2"]
        if self.is_single:
            high = [f"{pairs[2]} * f4"]
        else:
            high = [
                f"({pairs[2]}",
                f"{pairs[3]} * f2) * f4",
                f"{c[-1]} * (f4 * f4)",
            ]
        return "\n    + ".join([*low, *high])

    def _activation(self, kind: str, z: str) -> str:
        if kind == "relu":
            return f"{z} > 0 ? {z} : 0"
        if kind == "tanh":  # tanh(z) = 2 sigmoid(2 z) - 1
            two = self.number(2.0)
            return f"{two} * {self.sigmoid_name}({two} * {z}) - {self.number(1.0)}"
        return f"{self.sigmoid_name}({z})"

    def layers(self) -> list[str]:
        """Write all layers, from `nsc_x` to the arrays of outputs."""
        return [
            line for k in range(len(self.members)) for line in self._network(k)
        ]

    def _network(self, k: int) -> Iterator[str]:
        """Write the layers of member k."""
        topology = self.members[k].topology
        last = len(topology.widths) - 1
        source = "nsc_x"
        for n in range(1, last + 1):
            target = self._array(k, n)
            yield from self._sums(
                self._tag(k, n), topology.widths, n, source, target
            )
            if n < last:
                value = self._activation(topology.activation, f"{target}[j]")
                yield f"{_loop('j', topology.widths[n])} {target}[j] = {value};"
            source = target

    def _sums(
        self, tag: str, widths: Sequence[int], n: int, source: str, target: str
    ) -> Iterator[str]:
        """Write layer n before its activation."""
        units = _loop("j", widths[n])
        yield f"{units} {target}[j] = nsc_bias_{tag}[j];"
        yield _loop("i", widths[n - 1])
        yield f"  {units} {target}[j] += nsc_weight_{tag}[i][j] * {source}[i];"

    def _array(self, k: int, n: int) -> str:
        """Name the values of layer n of member k."""
        if n < len(self.members[k].topology.widths) - 1:
            return f"nsc_h{self._tag(k, n)}"
        return "nsc_y" if len(self.members) == 1 else f"nsc_y{k}"

    def locals_(self) -> str:
        """Declare the arrays of all layers."""
        arrays = [
            f"{self._array(k, n)}[{width}]"
            for k, member in enumerate(self.members)
            for n, width in enumerate(member.topology.widths[1:], start=1)
        ]
        return f"{self.real} {', '.join(arrays)};"

    def outputs(self) -> list[str]:
        """Return the C expression of each output."""
        found = []
        for k, member in enumerate(self.members):
            array = self._array(k, len(member.topology.widths) - 1)
            found += [
                f"{array}[{j}]" for j in range(member.topology.n_outputs)
            ]
        return found


def double_number(value: float) -> str:
    """Spell a double constant so that it is read back as it is."""
    return _with_point(f"{value:.17g}")


def _with_point(text: str) -> str:
    is_floating = any(c in text for c in ".en")
    return text if is_floating else f"{text}.0"


def _loop(index: str, n: int) -> str:
    return f"for (int {index} = 0; {index} < {n}; {index}++)"
