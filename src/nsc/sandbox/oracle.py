"""A Unit as an oracle: callable `n i -> n o`.

In: a Unit. Out: `ProgramOracle`. Non-goals: what to do about inputs on which the
program fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

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
            raise self.refusal(x, done.failed, import_name=done.import_name)
        return done.outputs

    def refusal(
        self,
        x: np.ndarray,
        failed: Mapping[int, Outcome],
        *,
        n: int | None = None,
        import_name: str = "",
    ) -> OracleError:
        """Say how, how often and on which of the inputs `n i` the program fails.

        Args:
            n: how many were run; None is all up to the last that failed.
        """
        worst = Counter(failed.values()).most_common(1)[0][0]
        is_named = worst is Outcome.forbidden_import
        asked = f" ({import_name})" if is_named and import_name else ""
        samples = sorted(failed, key=lambda k: (failed[k] is not worst, k))
        asked += self._place(x[samples[0]], worst)
        if n is None:
            n = max(failed) + 1
        return _error(worst, x, samples, n, asked, self.limits.seconds)

    def unsettled(
        self,
        x: np.ndarray,
        done: Execution | None = None,
        *,
        limits: RunLimits | None = None,
    ) -> Unsettled | None:
        """Find what the program returns on inputs `n i` that C does not settle.

        Args:
            done: what came of a run on them, where there was one.
            limits: None are the oracle's.
        """
        limits = limits or self.limits
        if done is None:
            done = run(self.built, x, limits)
        return unsettled(self.built, self.filled, x, done, limits)

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
    seconds: float | None = None,
) -> OracleError:
    """Say what a program did on samples of the first `n` inputs."""
    meaning = MEANING[outcome]
    advice = "restrict the domain"
    if outcome is Outcome.out_of_time and seconds is not None:
        meaning = f"ran longer than {seconds:g} s"
        advice += ", or give a call longer with call_limit='SECONDS'"
    where = ", ".join(f"{v:.6g}" for v in x[samples[0]])
    return OracleError(
        f"the program {meaning}{asked} on {len(samples)} of the first {n} inputs,"
        f" for example at ({where}); {advice} [{outcome}]"
    )
