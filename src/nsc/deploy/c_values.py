"""A value of a program's as a network takes it, and a network's as the program gives it.

In: NetworkWriter, Program. Out: C expressions. Non-goals: where they stand (c_source,
c_batch).
"""

from __future__ import annotations

import math

from nsc.deploy.c_network import NetworkWriter, double_number
from nsc.deploy.c_policy import clipped, limits_of
from nsc.program import PortableNames, Program
from nsc.surrogate import OneOf
from nsc.syntax import Leaf


class ValueWriter:
    """Spells inputs and outputs of one exported program.

    Args:
        outside: what is done outside the domain; None tests nothing.
    """

    def __init__(
        self,
        network: NetworkWriter,
        program: Program,
        names: PortableNames,
        *,
        outside: str | None,
    ):
        self.network = network
        self.program = program
        self.names = names
        self.outside = outside
        self.guard = outside == "original"

    def normalised(self, value: str, spelling: str, k: int) -> str:
        """Map input k onto [-1, 1]; what would change nothing is left out.

        A centre is taken off in double: a float's own would be up to 2^-24 of it off,
        which may be more than the range.

        Args:
            value: what it is in C, of the type that is spelled like that.
        """
        network = self.network
        lo = network.surrogate.lo[k]
        hi = network.surrogate.hi[k]
        middle = (hi + lo) / 2
        half = (hi - lo) / 2
        if self.outside == "clip":
            kind = self.program.signature.inputs[k].type
            is_own = spelling == kind.spelling
            limits = limits_of(kind) if is_own else (-math.inf, math.inf)
            value = clipped(value, lo, hi, limits)
            spelling = "double"
        real = "double" if middle else network.real
        if spelling != real:
            value = f"({real}){value}"
        if not middle:
            return (
                value if half == 1 else f"{value} * {network.number(1 / half)}"
            )
        sign = "-" if middle > 0 else "+"
        value = f"({value} {sign} {double_number(abs(middle))})"
        if half != 1:
            value = f"{value} * {double_number(1 / half)}"
        return f"(float)({value})" if network.is_single else value

    def output(self, leaf: Leaf, k: int, value: str) -> str:
        """Spell what an output's variable gets, as `Surrogate` does in numpy."""
        network = self.network
        if leaf.type.kind == "float":
            return value
        if leaf.type.kind == "bool":
            return f"{value} > 0.5"
        cast = self.names.text(leaf.type.cast)
        held = network.surrogate.held[k] if network.surrogate.held else None
        if isinstance(held, OneOf):
            return f"{cast}({self._one_of(held, value)})"
        least, largest = (network.number(limit) for limit in leaf.type.limits)
        nearest = f"{value} < 0 ? {value} - 0.5 : {value} + 0.5"
        cut_off = (
            f"{value} < {least} ? {least} : {value} > {largest} ? {largest}"
        )
        return f"{cast}({cut_off} : {nearest})"

    def _one_of(self, held: OneOf, value: str) -> str:
        """Write a table of values as a chain of tests, from the largest down."""
        limits = map(self.network.number, held.thresholds)
        # in double: a float does not hold every integer
        least, *others = map(double_number, held.values)
        rows = list(zip(limits, others, strict=True))
        tests = [
            f"{value} > {limit} ? {other}" for limit, other in reversed(rows)
        ]
        return " : ".join([*tests, least])
