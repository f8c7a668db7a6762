"""Families of expressions that real and synthetic programs have too few of.

They are sums of products, waves and quotients. In: a builder and a generator. Out: a
node. Each family answers a measured weakness (docs/model-card.md).
"""

from __future__ import annotations

import math

import numpy as np

from nsc.compnet.config import MAX_INPUTS
from nsc.graph import Builder


def family(b: Builder, g: np.random.Generator) -> int:
    """Draw one expression over 1 to 9 inputs."""
    drawing = _Drawing(b, g)
    kind = g.random()
    if kind < 0.45:
        return drawing.polynomial(int(g.integers(0, 6)))
    return drawing.waves() if kind < 0.75 else drawing.quotient()


class _Drawing:
    """Draws expressions over some inputs into a builder."""

    def __init__(self, b: Builder, g: np.random.Generator):
        self.b = b
        self.g = g
        self.inputs = [
            b.input(k) for k in range(int(g.integers(1, MAX_INPUTS + 1)))
        ]

    def coefficient(self) -> int:
        g = self.g
        any_number = round(g.normal() * 2, 2) or 1.0
        return self.b.literal(float(g.choice([1, -1, 2, 0.5, any_number])))

    def input(self) -> int:
        return self.inputs[self.g.integers(len(self.inputs))]

    def monomial(self) -> int:
        """Multiply up to four inputs."""
        out = self.b.make("MUL", self.coefficient(), self.input())
        for _ in range(int(self.g.integers(0, 4))):
            out = self.b.make("MUL", out, self.input())
        return out

    def polynomial(self, more: int) -> int:
        """Add or subtract products, one and `more`, and perhaps a number."""
        out = self.monomial()
        for _ in range(more):
            op = "ADD" if self.g.random() < 0.6 else "SUB"
            out = self.b.make(op, out, self.monomial())
        if self.g.random() < 0.4:
            return self.b.make("ADD", out, self.coefficient())
        return out

    def wave(self) -> int:
        """Draw sin or cos of up to 11 times an input, or of a sum of products."""
        b = self.b
        g = self.g
        argument = self.input() if g.random() < 0.7 else self.polynomial(1)
        scaled = b.make(
            "MUL", b.literal(math.exp(g.uniform(0, 2.4))), argument
        )
        function = "SIN" if g.random() < 0.5 else "COS"
        return b.make(
            function, b.make("ADD", scaled, b.literal(float(g.normal())))
        )

    def waves(self) -> int:
        """Draw a wave, alone or times or plus another one, or a sum of products."""
        g = self.g
        out = self.wave()
        if g.random() < 0.5:
            other = self.polynomial(1) if g.random() < 0.5 else self.wave()
            out = self.b.make("MUL" if g.random() < 0.5 else "ADD", out, other)
        return out

    def quotient(self) -> int:
        """Divide by what has no zero, or not always one."""
        b = self.b
        g = self.g
        if g.random() < 0.5:
            square = b.make("SQ", self.polynomial(0))
            divisor = b.make(
                "ADD", square, b.literal(math.exp(g.uniform(-3, 1)))
            )
        else:
            polynomial = self.polynomial(1)
            shift = b.literal(float(g.uniform(1, 4)))
            divisor = b.make("ADD", polynomial, shift)
        if g.random() < 0.3:
            divisor = b.make("SQRT", b.make("SQ", divisor))
        if g.random() < 0.7:
            dividend = self.polynomial(int(g.integers(0, 3)))
        else:
            dividend = self.coefficient()
        return b.make("DIV", dividend, divisor)
