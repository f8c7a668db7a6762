"""A Unit as an oracle: callable `n i -> n o`.

In: a Unit. Out: `ProgramOracle`. Non-goals: what to do about inputs on which the
program fails.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsc.errors import BuildError, OracleError
from nsc.program import Unit
from nsc.sandbox.build import Failed, build
from nsc.sandbox.exits import ENDED_BY_CALL, exit_reached
from nsc.sandbox.outcome import MEANING, Outcome
from nsc.sandbox.run import RunLimits, run


class ProgramOracle:
    """Runs a program in the sandbox.

    Args:
        exits: the calls that may end it, in the unit's order, for messages: "'exit' at
            a.c:3:12".

    Raises:
        BuildError: the unit was refused or does not compile.
    """

    def __init__(
        self,
        unit: Unit,
        limits: RunLimits = RunLimits(),
        exits: Sequence[str] = (),
    ):
        built = build([unit])[0]
        if isinstance(built, Failed):
            raise BuildError(f"{built.message} [{built.outcome}]")
        self.built = built
        self.limits = limits
        self.unit = unit
        self.exits = exits

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return `n o` outputs.

        Raises:
            OracleError: the program fails on some inputs; says how, how often, and on
                which.
        """
        done = run(self.built, x, self.limits)
        if done.failed:
            sample = min(
                k for k, why in done.failed.items() if why is done.outcome
            )
            where = ", ".join(f"{v:.6g}" for v in x[sample])
            meaning = MEANING[done.outcome]
            is_named = done.outcome is Outcome.forbidden_import
            asked = f" ({done.import_name})" if is_named else ""
            asked += self._place(x[sample], done.outcome)
            count = f"{len(done.failed)} of the first {max(done.failed) + 1} inputs"
            raise OracleError(
                f"the program {meaning}{asked} on {count}, for example at ({where}); "
                f"restrict the domain [{done.outcome}]"
            )
        return done.outputs

    def _place(self, x: np.ndarray, outcome: Outcome) -> str:
        """Say which call ended the program on an input; "" if that is not known."""
        if not self.exits or outcome not in ENDED_BY_CALL:
            return ""
        reached = exit_reached(self.unit, x, self.limits)
        if reached is None or reached >= len(self.exits):
            return ""
        return f" ({self.exits[reached]})"
