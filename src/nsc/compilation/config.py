"""What a surrogate compilation may spend."""

from __future__ import annotations

from dataclasses import dataclass, field

from nsc.errors import InputError
from nsc.finetune import LmSettings, Settings

# by what is preferred: times the least error that a smaller network may have
TOLERANCES = {"accuracy": 1.2, "speed": 10.0}


@dataclass(frozen=True)
class CompilationConfig:
    """What surrogate compilation may spend.

    Args:
        budget: I/O pairs for training and validation together (80:20); 0 is zero-shot.
        seed: of inputs, split, restarts and verification; the same seed gives the same
            bits.
        finetune: the optimizer's settings.
        restarts: random starts that compete with the given ones.
        verification: fresh inputs that no training saw.
        target_error: rmse to reach, in the outputs' units; budget and widths grow until
            it holds.
        max_budget: where a target error stops growing the budget.
        prefer: "accuracy" or "speed": how much error a smaller network may cost, where
            the size is chosen.
        max_ns: nanoseconds that a call may take by the model of sizes.py, where the
            size is chosen.
        time_limit: seconds after which a target error is given up, and with it the
            round that is under way, unless it is the first; what is found then hangs on
            the machine.

    Raises:
        InputError: a number that makes no sense; the message begins with its name.
    """

    budget: int = 1024
    seed: int = 0
    finetune: Settings = field(default_factory=LmSettings)
    restarts: int = 7
    verification: int = 4096
    target_error: float | None = None
    max_budget: int = 32768
    time_limit: float | None = None
    prefer: str = "accuracy"
    max_ns: float | None = None

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise InputError(
                "budget must be 0 (zero-shot) or a number of examples; found"
                f" {self.budget}"
            )
        if self.verification < 1:
            raise InputError(
                f"verification must be at least 1 input; found {self.verification}"
            )
        if self.seed < 0 or self.restarts < 0:
            raise InputError(
                "the seed and the number of restarts must be 0 or more; found"
                f" {self.seed} and {self.restarts}"
            )
        if self.prefer not in TOLERANCES:
            raise InputError(
                f"prefer must be one of {', '.join(TOLERANCES)}; found"
                f" {self.prefer!r}"
            )
        if self.max_ns is not None and not self.max_ns > 0:
            raise InputError(
                f"max_ns must be above 0 nanoseconds; found {self.max_ns}"
            )
        self._check_target()

    def _check_target(self) -> None:
        target = self.target_error
        limit = self.time_limit
        if target is not None and not target > 0:
            raise InputError(f"target_error must be above 0; found {target}")
        if limit is not None and not limit > 0:
            raise InputError(
                f"time_limit must be above 0 seconds; found {limit}"
            )
        if limit is not None and target is None:
            raise InputError(
                "time_limit ends the search for a target error; give a target_error,"
                " or leave it out"
            )
