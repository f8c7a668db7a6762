"""The table of optimizers. To add one: its file, its header in csrc, its row here.

In: a name or settings. Out: an `Optimizer`. Non-goals: running it.
"""

from __future__ import annotations

from typing import Any

from nsc.errors import InputError
from nsc.finetune.adam import ADAM
from nsc.finetune.lm import LM
from nsc.finetune.task import FinetuneData, Optimizer, Settings
from nsc.surrogate import Topology

# Any: each row is of its own settings
OPTIMIZERS: dict[str, Optimizer[Any]] = {row.name: row for row in (LM, ADAM)}


def optimizer_of(settings: Settings) -> Optimizer[Any]:
    """Return the optimizer that settings are for.

    Raises:
        InputError: they are no optimizer's.
    """
    for row in OPTIMIZERS.values():
        if type(settings) is row.settings:
            return row
    known = ", ".join(row.settings.__name__ for row in OPTIMIZERS.values())
    found = type(settings).__name__
    raise InputError(f"{found} are no optimizer's settings; known are {known}")


def settings_for(name: str) -> Settings:
    """Return an optimizer's settings for one surrogate, where time is cheap.

    Raises:
        InputError: there is no optimizer of this name.
    """
    if name not in OPTIMIZERS:
        known = ", ".join(OPTIMIZERS)
        raise InputError(f"unknown optimizer '{name}'; known are {known}")
    found: Settings = OPTIMIZERS[name].for_one
    return found


def can_finetune(topology: Topology, settings: Settings) -> bool:
    """Say whether a topology is small enough for the optimizer of these settings."""
    return optimizer_of(settings).holds(topology)


def check_abilities(
    settings: Settings, topology: Topology, data: FinetuneData
) -> None:
    """Refuse what the optimizer of these settings cannot do.

    Args:
        data: with all axes, `p n i` and `p n o`.

    Raises:
        InputError: too many parameters, or weights where it takes none.
    """
    optimizer = optimizer_of(settings)
    rows = OPTIMIZERS.values()
    residuals = data.y_train.shape[1] * data.y_train.shape[2]
    if not optimizer.solves(topology, residuals, settings):
        others = ", ".join(row.name for row in rows if row.holds(topology))
        raise InputError(
            f"{optimizer.title} handles at most {optimizer.max_parameters} parameters"
            f"{_or_residuals(optimizer, settings, residuals)}, {topology} has"
            f" {topology.n_parameters}; use another optimizer ({others}) or a smaller"
            " topology"
        )
    if data.weights is not None and not optimizer.takes_weights:
        takers = ", ".join(row.title for row in rows if row.takes_weights)
        raise InputError(
            f"weights of examples are for {takers}; leave them out for {optimizer.name}"
        )


def _or_residuals(
    optimizer: Optimizer[Any], settings: Settings, residuals: int
) -> str:
    """Say how few training examples would do; nothing where none would."""
    if not optimizer.is_over_residuals(settings):
        return ""
    return (
        " or training examples times outputs, if these are fewer (here there are"
        f" {residuals})"
    )
