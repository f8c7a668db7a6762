"""What a program's price decides: how many inputs verify it, and how hard it is looked at.

In: fuel and seconds of a call. Out: counts, limits. Non-goals: measuring it (sandbox).

Fuel decides, which is the same on every machine; seconds are only told.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.sandbox import RunLimits

CHEAP_FUEL = 2_000_000  # of a call; up to here as many inputs verify as can
VERIFICATION = 4096  # fresh inputs, where they are cheap
LEAST_VERIFICATION = 64
FULL_CHECKS = 8192  # runs that all checks take together, about
CHECKS_FUEL = (
    4e9  # that they may take whatever the budget costs, about half a second
)
PATIENCE = 8  # times the price, that one call of a check may cost
LEAST_ROWS = 2  # of each check


@dataclass(frozen=True)
class Effort:
    """How hard checks look.

    Args:
        share: of the inputs that checks run a cheap program on.
        limits: of a call.
    """

    share: float = 1.0
    limits: RunLimits = RunLimits()

    def rows(self, of: int) -> int:
        """Return how many inputs stand for so many."""
        return max(min(of, LEAST_ROWS), round(of * self.share))


@dataclass(frozen=True)
class Cost:
    """What a call costs.

    Args:
        fuel: wasm instructions.
        seconds: on this machine.
    """

    fuel: float
    seconds: float

    @property
    def is_dear(self) -> bool:
        """Whether anything must be spared."""
        return self.fuel > CHEAP_FUEL

    def verification(self, budget: int) -> int:
        """Return how many fresh inputs verify, where nobody says.

        For a dear program they cost no more than the budget, but are never fewer than
        `LEAST_VERIFICATION`.
        """
        if not self.is_dear:
            return VERIFICATION
        return min(VERIFICATION, max(LEAST_VERIFICATION, budget))

    def effort(self, budget: int) -> Effort:
        """Return how hard checks look.

        They cost no more than the budget does, or than half a second does.
        """
        runs = max(budget, CHECKS_FUEL / self.fuel)
        # a call of a program that is nearly dear may cost more than its mean, too
        limits = RunLimits(max(CHEAP_FUEL, int(PATIENCE * self.fuel)))
        return Effort(min(1.0, runs / FULL_CHECKS), limits)


CHEAP = Cost(1.0, 0.0)
