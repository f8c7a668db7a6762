"""What a run costs where nobody can count instructions: by the clock.

In: what runs a program. Out: `Cost`. Non-goals: what a cost decides (cost), programs in
the sandbox, whose instructions are counted (running).

A clock never says the same twice, so what it said is noted beside the runs that are kept:
the same command decides alike when it goes on.
"""

from __future__ import annotations

import statistics

import numpy as np

from nsc.app.cost import Cost
from nsc.runs import Runner

TIMED = 4  # runs that tell what one takes
FUEL_A_SECOND = 7e9  # instructions that the sandbox runs in a second, about


def cost_by_time(runner: Runner, x: np.ndarray) -> Cost:
    """Run inputs `n i` one by one, unless it is known what that takes.

    Raises:
        OracleError: all of them fail.
    """
    ledger = runner.memory.ledger
    facts = {} if ledger is None else ledger.facts
    if "fuel" in facts:
        cost = Cost(facts["fuel"], facts["seconds"])
    else:
        seconds = _seconds(runner, x)
        cost = Cost(max(1.0, seconds * FUEL_A_SECOND), seconds)
        if ledger is not None:
            ledger.note(fuel=cost.fuel, seconds=cost.seconds)
    runner.seconds = cost.seconds
    return cost


def _seconds(runner: Runner, x: np.ndarray) -> float:
    tried = getattr(runner.executable, "tried", None)
    if tried is not None:
        return float(tried[2])
    took: list[float] = []
    failed = None
    for k in range(len(x)):
        batch = runner.executable(x[k : k + 1])
        # what tells the price is what verifies first: it is not run again
        runner.learn(x[k : k + 1], batch)
        if batch.failed:
            failed = runner.refuse(x[k : k + 1], batch.failed)
        else:
            took.append(batch.seconds)
    if failed is not None and not took:
        raise failed
    return statistics.median(took)
