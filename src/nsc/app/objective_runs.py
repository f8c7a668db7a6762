"""A program's runs as an optimiser asks for them, all of them kept.

In: what runs a program, goals or measurements. Out: `nsc.optimization.Measured`.
Non-goals: which inputs run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nsc.app.goals import Goals
from nsc.app.running import Running
from nsc.errors import OracleError
from nsc.optimization import Measured
from nsc.oracle import LARGEST_OUTPUT

Array = np.ndarray


@dataclass
class Calls:
    """A program that is called, and what all calls gave.

    Attributes:
        x, y: inputs and outputs, in the order of the calls; NaN where one failed.
        why: the first call that failed, said.
    """

    running: Running
    n_outputs: int
    x: list[Array] = field(default_factory=list)
    y: list[Array] = field(default_factory=list)
    why: str = ""

    def __call__(self, x: Array) -> Array:
        """Return outputs `n o` of inputs `n i`; NaN where a call failed."""
        y = self._finite(self._outcomes(x))
        self.x.append(x)
        self.y.append(y)
        return y

    def again(self, x: Array) -> Array:
        """Call the program anew, whatever is kept; NaN where a call failed."""
        runner = self.running.runner
        if runner is None:
            return self._finite(self._outcomes(x))
        return self._finite(runner.executable(x).outputs)

    @property
    def inputs(self) -> Array:
        """The inputs of all calls, `n i`."""
        return np.concatenate(self.x)

    @property
    def outputs(self) -> Array:
        """The outputs of all calls, `n o`."""
        return np.concatenate(self.y)

    def _outcomes(self, x: Array) -> Array:
        runner = self.running.runner
        if runner is not None:
            return runner.outcomes(x)
        try:
            return self._plain(x)
        except OracleError as error:
            self.why = self.why or str(error)
        # one that fails must not cost the others
        rows = [self._alone(row) for row in x]
        return np.array(rows).reshape(len(x), self.n_outputs)

    def _plain(self, x: Array) -> Array:
        found = np.array(self.running.oracle(x.copy()), np.float64)
        if found.size != len(x) * self.n_outputs:
            raise OracleError(
                f"the program gave an array of shape {found.shape} for {len(x)} inputs;"
                f" expected {len(x)} x {self.n_outputs} numbers"
            )
        return found.reshape(len(x), self.n_outputs)

    def _alone(self, row: Array) -> Array:
        try:
            return self._plain(row[None])[0]
        except OracleError:
            return np.full(self.n_outputs, np.nan)

    def _finite(self, y: Array) -> Array:
        """Count what is no number, or hardly one, as failed."""
        is_sound = np.isfinite(y) & (np.abs(y) <= LARGEST_OUTPUT)
        return np.where(np.all(is_sound, axis=1)[:, None], y, np.nan)


@dataclass(frozen=True)
class GoalRuns:
    """Runs that goals are told by."""

    calls: Calls
    goals: Goals

    def __call__(self, x: Array) -> Measured:
        """Run inputs `n i`."""
        return self.judged(x, self.calls(x))

    def judged(self, x: Array, y: Array) -> Measured:
        """Say what outputs are worth."""
        z = np.column_stack([x, y])
        none = np.empty((len(x), 0))
        return Measured(
            self.goals.objectives(y),
            self.goals.limited(z),
            self.goals.holds(z),
            none,
        )


@dataclass(frozen=True)
class Measurements:
    """Rows that a program is to reproduce.

    Args:
        inputs: the program's inputs with tuned ones free, `n i`.
        tuned: which inputs are tuned, in their order.
        outputs: columns of the program's outputs that are measured.
        y: what was measured, `n o`.
        scale: in which each output's errors count, `o`.
        learned, held: rows that are fitted to, and those that judge.
    """

    inputs: Array
    tuned: tuple[int, ...]
    outputs: tuple[int, ...]
    y: Array
    scale: Array
    learned: Array
    held: Array

    def rows(self, constants: Array, rows: Array) -> Array:
        """Return inputs of the program at some rows with constants `t`."""
        x = self.inputs[rows].copy()
        x[:, list(self.tuned)] = constants
        return x

    def residuals(self, y: Array, rows: Array) -> Array:
        """Return errors in units of the measurements' spread, `n o`."""
        return (y[:, list(self.outputs)] - self.y[rows]) / self.scale


@dataclass(frozen=True)
class FitRuns:
    """Runs that measurements are compared with: each is one of every learned row."""

    calls: Calls
    measurements: Measurements
    goals: Goals

    def __call__(self, constants: Array) -> Measured:
        """Run constants `n t`."""
        m = self.measurements
        x = [m.rows(row, m.learned) for row in constants]
        y = self.calls(np.concatenate(x)).reshape(
            len(constants), len(m.learned), -1
        )
        residuals = np.stack(
            [m.residuals(each, m.learned).ravel() for each in y]
        )
        error = np.sqrt((residuals**2).mean(axis=1))
        holds = self.goals.holds(np.stack([each[0] for each in x]))
        return Measured(
            error[:, None],
            np.empty((len(constants), 0)),
            holds,
            residuals,
        )

    def error(self, constants: Array, rows: Array, *, anew: bool) -> float:
        """Return the root mean squared error at some rows; NaN where one fails."""
        x = self.measurements.rows(constants, rows)
        y = self.calls.again(x) if anew else self.calls(x)
        found = self.measurements.residuals(y, rows)
        return float(np.sqrt((found**2).mean()))
