"""How an experiment is done: sizes, trials, optimizer, seed.

In: choices. Out: `Protocol`. Source of `PAPER`: ICML 2024, sections 5.2 and 5.3.
Non-goals: which programs, which initialisations.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from nsc.errors import InputError
from nsc.finetune import (
    PAPER_DATA_SIZES,
    AdamSettings,
    LmSettings,
    Settings,
)

EVERY = 3  # epochs between measurements, as in the papers
LM_STEPS = 200
DRAWS = 9
OPTIMIZERS = ("adam", "lm")


@dataclass(frozen=True)
class Protocol:
    """What is the same for all programs and initialisations.

    Args:
        optimizer: "adam" or "lm".
        steps: epochs of Adam, trial steps of Levenberg-Marquardt.
        trials: of the data efficiency, each with a subset of the examples of its own.
        time_trials: of the training time, and random runs that set its target.
        sizes: shares of a program's examples.
        seed: of all that is drawn.
        is_quick: whether this is less than the papers did.
    """

    optimizer: str = "adam"
    steps: int = 5000
    trials: int = 9
    time_trials: int = 3
    sizes: tuple[float, ...] = PAPER_DATA_SIZES
    seed: int = 0
    is_quick: bool = False

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            known = " or ".join(OPTIMIZERS)
            raise InputError(
                f"optimizer expects {known}; found '{self.optimizer}'"
            )
        if self.trials < 1:
            raise InputError(f"trials must be at least 1; found {self.trials}")
        if self.seed < 0:
            raise InputError(f"seed must be 0 or more; found {self.seed}")

    @property
    def draws(self) -> int:
        """How many random starts a program has: no two trials share one."""
        return max(DRAWS, self.trials, 2 * self.time_trials)

    @property
    def settings(self) -> Settings:
        """The optimizer's settings; Adam measures validation every third epoch."""
        if self.optimizer == "lm":
            return LmSettings(steps=self.steps)
        return AdamSettings(steps=self.steps, evaluate_every=EVERY)

    def settings_until(self, target: float) -> Settings:
        """Return settings that end at a target, where the optimizer can."""
        settings = self.settings
        if isinstance(settings, AdamSettings):
            return replace(settings, target_loss=target)
        return settings

    def as_json(self) -> dict[str, Any]:
        """Return plain values, as JSON would give them back."""
        return asdict(self) | {"sizes": list(self.sizes)}


def protocol_of(
    optimizer: str, trials: int | None, seed: int, *, quick: bool
) -> Protocol:
    """Choose the papers' protocol, or one that takes less than a minute.

    Args:
        trials: None for 9, or 2 where it is to be quick.
    """
    steps = LM_STEPS if optimizer == "lm" else Protocol.steps
    if quick:
        steps = steps // 10
    return Protocol(
        optimizer,
        steps=steps,
        trials=trials if trials is not None else (2 if quick else 9),
        time_trials=2 if quick else 3,
        seed=seed,
        is_quick=quick,
    )


def seed_of(*what: object) -> int:
    """Turn what is drawn for whom into a seed, whatever else is drawn.

    Example: seed_of(0, "erf.c:erf", "random", 3)
    """
    text = "\0".join(map(str, what))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
