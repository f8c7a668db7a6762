"""All that a program is run for before anything is learnt from it.

In: Program, what runs it. Out: notes, and how often it ran. Non-goals: each check
(behaviour, checks, state).
"""

from __future__ import annotations

from nsc.app.behaviour import PATTERNED, REPEATED, check_by_running
from nsc.app.checks import SAMPLE, notes_on_open_behaviour
from nsc.app.cost import Effort
from nsc.app.running import Running
from nsc.app.state import check_static_variables
from nsc.program import Program
from nsc.runs import spelled
from nsc.sandbox import counted_runs


def checked(
    program: Program, running: Running, *, seed: int, budget: int
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Look for what forbids a surrogate, and for what its user should know.

    Returns:
        Notes, and how often the program ran, by what was looked for.

    Raises:
        SourceError: what forbids one.
    """
    if running.sandboxed is None:
        return (), {}
    effort = running.cost.effort(budget)
    oracle = running.sandboxed
    with counted_runs() as of_state:
        notes = check_static_variables(program, seed=seed, effort=effort)
    with counted_runs() as of_signature:
        check_by_running(program, oracle, seed=seed, effort=effort)
    with counted_runs() as of_undefined:
        notes += notes_on_open_behaviour(program, oracle, seed, effort)
    return (*notes, *_spared(running, effort)), {
        "state": of_state.n,
        "signature": of_signature.n,
        "undefined behaviour": of_undefined.n,
    }


def _spared(running: Running, effort: Effort) -> tuple[str, ...]:
    """Say what was not looked at because it is dear."""
    if effort.share >= 1:
        return ()
    return (
        f"a call takes about {spelled(running.cost.seconds)}, so that checks saw few"
        f" inputs: {effort.rows(REPEATED)} instead of {REPEATED} on whether results"
        f" depend on earlier calls, {effort.rows(PATTERNED)} instead of {PATTERNED} on"
        f" memory without a value and behind pointers, {effort.rows(SAMPLE)} instead of"
        f" {SAMPLE} on what"
        " C leaves undefined; others were not checked",
    )
