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
from nsc.sandbox.count import counted_runs
from nsc.sandbox.exits import ENDED_BY_CALL, exit_reached
from nsc.sandbox.indeterminate import Unsettled, filled_builds, unsettled
from nsc.sandbox.outcome import MEANING, Outcome
from nsc.sandbox.run import Execution, RunLimits, run


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
        self.filled = filled_builds(unit, built)
        # how often calls ran the program again, with other contents of memory
        self.repeats = 0

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return `n o` outputs.

        Raises:
            OracleError: the program fails on some inputs, or C does not settle what it
                returns; says how, how often, and on which.
        """
        done = run(self.built, x, self.limits)
        with counted_runs() as repeated:
            found = self.unsettled(x, done)
        self.repeats += repeated.n
        if found is not None:
            raise _error(found.outcome, x, found.samples.tolist(), found.seen)
        if done.failed:
            is_named = done.outcome is Outcome.forbidden_import
            asked = f" ({done.import_name})" if is_named else ""
            failed = sorted(
                done.failed, key=lambda k: done.failed[k] is not done.outcome
            )
            asked += self._place(x[failed[0]], done.outcome)
            n = max(done.failed) + 1
            raise _error(done.outcome, x, failed, n, asked)
        return done.outputs

    def unsettled(
        self, x: np.ndarray, done: Execution | None = None
    ) -> Unsettled | None:
        """Find what the program returns on inputs `n i` that C does not settle.

        Args:
            done: what came of a run on them, where there was one.
        """
        if done is None:
            done = run(self.built, x, self.limits)
        return unsettled(self.built, self.filled, x, done, self.limits)

    def _place(self, x: np.ndarray, outcome: Outcome) -> str:
        """Say which call ended the program on an input; "" if that is not known."""
        if not self.exits or outcome not in ENDED_BY_CALL:
            return ""
        reached = exit_reached(self.unit, x, self.limits)
        if reached is None or reached >= len(self.exits):
            return ""
        return f" ({self.exits[reached]})"


def _error(
    outcome: Outcome,
    x: np.ndarray,
    samples: list[int],
    n: int,
    asked: str = "",
) -> OracleError:
    """Say what a program did on samples of the first `n` inputs."""
    where = ", ".join(f"{v:.6g}" for v in x[samples[0]])
    return OracleError(
        f"the program {MEANING[outcome]}{asked} on {len(samples)} of the first {n} inputs,"
        f" for example at ({where}); restrict the domain [{outcome}]"
    )
