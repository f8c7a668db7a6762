"""Families of expressions that real and synthetic programs have too few of: sums of
products, waves, quotients.

In: a builder and a generator. Out: a node. Each family answers a measured weakness
(docs/model-card.md).
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
    def __init__(self, b: Builder, g: np.random.Generator):
        self.b = b
        self.g = g
        self.inputs = [b.input(k) for k in range(int(g.integers(1, MAX_INPUTS + 1)))]

    def coefficient(self) -> int:
        g = self.g
        return self.b.literal(
            float(g.choice([1, -1, 2, 0.5, round(g.normal() * 2, 2) or 1.0]))
        )

    def input(self) -> int:
        return self.inputs[self.g.integers(len(self.inputs))]

    def monomial(self) -> int:
        """Multiply up to four inputs."""
        out = self.b.make("MUL", self.coefficient(), self.input())
        for _ in range(int(self.g.integers(0, 4))):
            out = self.b.make("MUL", out, self.input())
        return out

    def polynomial(self, more: int) -> int:
        out = self.monomial()
        for _ in range(more):
            out = self.b.make(
                "ADD" if self.g.random() < 0.6 else "SUB", out, self.monomial()
            )
        return (
            self.b.make("ADD", out, self.coefficient())
            if self.g.random() < 0.4
            else out
        )

    def wave(self) -> int:
        """Draw sin or cos of up to 11 times an input, or of a sum of products."""
        b = self.b
        g = self.g
        argument = self.input() if g.random() < 0.7 else self.polynomial(1)
        scaled = b.make("MUL", b.literal(math.exp(g.uniform(0, 2.4))), argument)
        return b.make(
            "SIN" if g.random() < 0.5 else "COS",
            b.make("ADD", scaled, b.literal(float(g.normal()))),
        )

    def waves(self) -> int:
        g = self.g
        out = self.wave()
        if g.random() < 0.5:
            other = self.polynomial(1) if g.random() < 0.5 else self.wave()
            out = self.b.make("MUL" if g.random() < 0.5 else "ADD", out, other)
        return out

    def quotient(self) -> int:
        b = self.b
        g = self.g
        if g.random() < 0.5:
            square = b.make("SQ", self.polynomial(0))
            divisor = b.make("ADD", square, b.literal(math.exp(g.uniform(-3, 1))))
        else:
            divisor = b.make(
                "ADD", self.polynomial(1), b.literal(float(g.uniform(1, 4)))
            )
        if g.random() < 0.3:
            divisor = b.make("SQRT", b.make("SQ", divisor))
        dividend = (
            self.polynomial(int(g.integers(0, 3)))
            if g.random() < 0.7
            else self.coefficient()
        )
        return b.make("DIV", dividend, divisor)
