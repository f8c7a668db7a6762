"""Families of expressions that real and synthetic programs have too few of.

They are sums of products, waves, quotients, norms, arcs and thresholds. In: a builder
and a generator. Out: a node. Each family answers a measured weakness
(docs/model-card.md).
"""

from __future__ import annotations

import math

import numpy as np

from nsc.compnet.config import MAX_INPUTS
from nsc.graph import Builder

# of sums of products, waves, quotients, norms, arcs, thresholds
_SHARES = (0.28, 0.18, 0.15, 0.21, 0.09, 0.09)


def family(b: Builder, g: np.random.Generator) -> int:
    """Draw one expression over 1 to 9 inputs."""
    drawing = _Drawing(b, g)
    families = (
        drawing.sum_of_products,
        drawing.waves,
        drawing.quotient,
        drawing.norm,
        drawing.arc,
        drawing.threshold,
    )
    return families[int(g.choice(len(families), p=_SHARES))]()


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

    def sum_of_products(self) -> int:
        """Draw up to six products."""
        return self.polynomial(int(self.g.integers(0, 6)))

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

    def linear(self, most: int) -> tuple[int, float]:
        """Add some inputs, each times a number.

        Args:
            most: of inputs, which differ.

        Returns:
            The node, and the largest magnitude it can have over [-1, 1].
        """
        g = self.g
        count = int(g.integers(1, min(most, len(self.inputs)) + 1))
        slots = g.choice(len(self.inputs), count, replace=False)
        weights = np.round(g.choice([-2, -1, 1, 2], count) * self.size(), 2)
        terms = [
            self.b.make("MUL", self.b.literal(float(w)), self.inputs[slot])
            for w, slot in zip(weights, slots, strict=True)
        ]
        return self.total(terms), float(np.abs(weights).sum())

    def size(self) -> float:
        """Draw the magnitude that coefficients have in common."""
        return float(self.g.choice([1.0, 0.5, math.exp(self.g.normal())]))

    def total(self, terms: list[int]) -> int:
        out = terms[0]
        for term in terms[1:]:
            out = self.b.make("ADD", out, term)
        return out

    def norm(self) -> int:
        """Draw a norm of up to nine sums of inputs, perhaps cut off or divided by."""
        b = self.b
        g = self.g
        count = int(g.integers(2, MAX_INPUTS + 1))
        parts = [self.linear(int(g.choice([1, 2, 6]))) for _ in range(count)]
        squares = [b.make("SQ", node) for node, _ in parts]
        out = self.total(squares)
        middle = sum(bound**2 for _, bound in parts) / 3
        if g.random() < 0.75:
            out = b.make("SQRT", out)
            middle = math.sqrt(middle)
        kind = g.random()
        if kind < 0.4:
            return self.cut(out, middle * g.uniform(0.2, 1.2))
        if kind < 0.55:
            shifted = b.make("ADD", out, b.literal(middle * g.uniform(0.1, 1)))
            return b.make("DIV", self.polynomial(0), shifted)
        return out

    def cut(self, value: int, limit: float) -> int:
        """Let a value go no further than a limit, or say on which side it is."""
        b = self.b
        g = self.g
        bound = b.literal(limit)
        kind = g.random()
        if kind < 0.4:
            return b.make("MIN", value, bound)
        is_less = b.make("LT", value, bound)
        if kind < 0.8:
            beyond = b.literal(limit * g.uniform(0.8, 1.2))
            return b.make("SEL", is_less, value, beyond)
        return b.make("SEL", is_less, self.coefficient(), self.polynomial(0))

    def arc(self) -> int:
        """Draw an arc sine of what stays within [-1, 1], or an arc tangent."""
        b = self.b
        g = self.g
        kind = g.random()
        if kind < 0.3:
            upper, _ = self.linear(3)
            lower, bound = self.linear(3)
            if g.random() < 0.5:
                lower = b.make("ADD", lower, b.literal(bound))
            return b.make("ATAN2", upper, lower)
        if kind < 0.65:
            node, bound = self.linear(6)
            within = b.literal(bound * g.uniform(1.0, 1.4))
            out = b.make("DIV", node, within)
        else:
            out = self.sine_of_an_angle()
        turned = b.make("SUB", b.literal(math.pi / 2), b.make("ASIN", out))
        return turned if g.random() < 0.6 else b.make("ASIN", out)

    def sine_of_an_angle(self) -> int:
        """Draw a part over a norm, or what the law of cosines says of a distance."""
        b = self.b
        g = self.g
        first, bound = self.linear(2)
        second, other = self.linear(2)
        squares = b.make("ADD", b.make("SQ", first), b.make("SQ", second))
        if g.random() < 0.5:
            shifted = b.make("ADD", squares, b.literal(g.uniform(0.05, 1)))
            return b.make("DIV", first, b.make("SQRT", shifted))
        largest = bound**2 + other**2
        middle = b.literal(largest * g.uniform(0.3, 0.6))
        half = b.literal(largest * g.uniform(0.7, 1.2))
        return b.make("DIV", b.make("SUB", squares, middle), half)

    def threshold(self) -> int:
        """Draw sums that are cut at zero or at limits, or chosen by another's sign."""
        b = self.b
        g = self.g
        node, bound = self.linear(6)
        shifted = b.make("ADD", node, b.literal(bound * g.uniform(-0.5, 0.5)))
        kind = g.random()
        if kind < 0.3:
            return b.make("MAX", shifted, b.literal(0.0))
        if kind < 0.6:
            limit = bound * g.uniform(0.2, 0.8)
            high = b.make("MIN", shifted, b.literal(limit))
            return b.make("MAX", high, b.literal(-limit * g.uniform(0, 1)))
        is_negative = b.make("LT", shifted, b.literal(0.0))
        return b.make("SEL", is_negative, self.polynomial(1), self.norm())
