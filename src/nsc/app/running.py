"""How a program is run: by its own function, or in the sandbox, in parallel and kept.

In: Program, options, a folder. Out: `Running`. Non-goals: what it is run for.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.cost import CHEAP, CHEAP_FUEL, Cost
from nsc.app.data import GivenRows
from nsc.app.executable import SandboxExecutable
from nsc.app.inputs import inputs_of
from nsc.app.native_run import (
    COMPARED,
    COMPARED_S,
    NativeExecutable,
    expect_the_same,
    native_of,
)
from nsc.app.options import MAX_EXAMPLES, CompileOptions
from nsc.app.timed_cost import TIMED, cost_by_time
from nsc.app.trial import learn_tried
from nsc.compilation import TRAINING, VERIFICATION, Given, Progress
from nsc.errors import BuildError, InputError, OracleError
from nsc.oracle import Oracle
from nsc.program import Program
from nsc.runs import (
    WORKER_DIED,
    Description,
    Executable,
    Failure,
    Identity,
    Ledger,
    Plan,
    Runner,
    is_executable,
)
from nsc.sandbox import (
    Built,
    Execution,
    Outcome,
    ProgramOracle,
    RunLimits,
    price_of,
    warm_up,
)

PRICED = 8  # inputs that tell a price
MOST_S_A_FUEL = 1e-8  # a slow machine's
PLANNED_FROM_S = 1.0  # what takes less is not worth a word


@dataclass(frozen=True)
class Running:
    """What runs a program.

    Args:
        oracle: `n i` -> `n o`.
        sandboxed: the sandbox's own, for checks; None where a function runs it.
        runner: None there too.
        given: examples that exist, which come before runs.
        folder: where runs are kept, if they are.
        notes: what its user should know of how it ran.
    """

    oracle: Oracle
    sandboxed: ProgramOracle | None = None
    runner: Runner | None = None
    cost: Cost = CHEAP
    given: Given | None = None
    folder: Path | None = None
    notes: tuple[str, ...] = ()

    def beside(
        self, built: Built, said: str, values: object, fuel: int
    ) -> Runner:
        """Build what runs a relative of the program, as the program is run.

        Args:
            said: what it differs in, for people.
            values: the same, to the last digit.
            fuel: instructions that a call may take.
        """
        runner = self.runner
        assert runner is not None and self.sandboxed is not None
        seconds = self.sandboxed.limits.seconds
        limits = RunLimits(fuel, failures=MAX_EXAMPLES, seconds=seconds)
        executable = SandboxExecutable(built, limits)
        ledger = runner.memory.ledger
        if ledger is not None and self.folder is not None:
            named = repr((ledger.identity.digest, values, fuel))
            digest = hashlib.sha256(named.encode()).hexdigest()
            identity = replace(ledger.identity, digest=digest, differs=said)
            ledger = Ledger(self.folder, identity)
        return Runner(
            executable,
            runner.refuse,
            ledger=ledger,
            workers=runner.workers,
            seconds=self.cost.seconds * fuel / max(self.cost.fuel, 1.0),
            can_end=runner.can_end,
            cluster=runner.cluster,
            progress=runner.progress,
        )

    def close(self) -> None:
        """Let others write where runs are kept."""
        if self.runner is not None:
            self.runner.close()

    @property
    def workers(self) -> int:
        """How many processes run the program at a time."""
        return 1 if self.runner is None else self.runner.workers

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was noted beside the runs that are kept, by name."""
        ledger = self.runner and self.runner.memory.ledger
        return {} if ledger is None else ledger.facts

    def note(self, **facts: Any) -> None:
        """Note plain values beside the runs, if they are kept."""
        ledger = self.runner and self.runner.memory.ledger
        if ledger is not None:
            ledger.note(**facts)

    @property
    def repeats(self) -> dict[str, int]:
        """Count the runs that tried whether contents of memory decide results."""
        if self.runner is None:
            return {}
        return {"memory": self.runner.n_repeats}

    @property
    def kept_note(self) -> tuple[str, ...]:
        """Say what of the ledger was used, and what of it was lost."""
        runner = self.runner
        notes = list(self.notes)
        if runner is not None and runner.kept_here:
            notes.append(f"all ran in one process: {runner.kept_here}")
        if runner is None or runner.memory.ledger is None:
            return tuple(notes)
        if runner.n_kept and self.cost.is_dear:
            notes.append(
                f"runs kept from before: {runner.n_kept:,}; made now:"
                f" {runner.n_made:,}"
            )
        if runner.memory.ledger.dropped:
            notes.append(
                f"the last {runner.memory.ledger.dropped} bytes of {runner.memory.ledger.path} were"
                " written in part and are dropped: their runs were made again"
            )
        return tuple(notes)


def running_of(
    program: Program,
    options: CompileOptions,
    *,
    folder: Path | None = None,
    progress: Progress = lambda what, fraction: None,
) -> Running:
    """Build what runs a program, and learn what a call costs.

    Args:
        folder: where runs are kept, if they are.

    Raises:
        InputError: nothing can run it.
        OracleError: a call takes longer than it may.
    """
    function = program.function
    if is_executable(function):
        return _executed(program, options, function, folder, progress)
    if isinstance(function, GivenRows):
        return Running(function, given=function.given)
    if function is not None:
        return Running(function)
    if program.bodiless:
        raise InputError(
            f"{program.name} calls '{program.bodiless[0]}', which has no body here, so"
            " that nothing can run it: give oracle=, a callable that runs it, or"
            " text_only=True"
        )
    warm_up(lambda line: progress(line, 0.0))
    progress("building the program", 0.0)
    if options.native:
        return _native(program, options, folder, progress)
    return _sandboxed(program, options, folder, progress)


def _sandboxed(
    program: Program,
    options: CompileOptions,
    folder: Path | None,
    progress: Progress,
) -> Running:
    """Run a C program in the sandbox."""
    limits = RunLimits(None, seconds=options.call_limit)
    exits = [call.located(program.path) for call in program.exits]
    oracle = ProgramOracle(program.unit, limits, exits=exits)
    executable = SandboxExecutable(oracle.built, limits, tuple(oracle.filled))
    runner = Runner(
        executable,
        lambda x, failed: _refusal(oracle, x, failed),
        ledger=_ledger(folder, program, options, executable.description),
        workers=options.workers or _cores(),
        can_end=folder is not None,
        cluster=options.cluster,
        progress=progress,
    )
    try:
        running = _priced(program, options, oracle, runner)
        return replace(running, folder=folder)
    except BaseException:
        runner.close()
        raise


def _native(
    program: Program,
    options: CompileOptions,
    folder: Path | None,
    progress: Progress,
) -> Running:
    """Run a C program as this machine's own, where it gives what the sandbox gives.

    What checks look for, they look for in the sandbox.
    """
    native = native_of(program, options.call_limit)
    running = _executed(program, options, native, folder, progress)
    try:
        boxed, note = _compared(program, options, native, progress)
    except BaseException:
        running.close()
        raise
    if boxed is None:
        return replace(running, notes=(note,))
    return replace(
        running,
        sandboxed=boxed.sandboxed,
        cost=Cost(boxed.cost.fuel, running.cost.seconds),
        notes=(note,),
    )


def _compared(
    program: Program,
    options: CompileOptions,
    native: NativeExecutable,
    progress: Progress,
) -> tuple[Running | None, str]:
    """Compare a native build with the sandbox's, where that runs.

    Returns:
        What runs it there, None where nothing does; and what its user should know.

    Raises:
        OracleError: they give different results.
    """
    try:
        boxed = _sandboxed(program, options, None, progress)
        n = min(
            COMPARED, max(2, int(COMPARED_S / (boxed.cost.seconds + 1e-9)))
        )
        x = first_inputs(program, options, VERIFICATION, n)
        found = np.asarray(boxed.oracle(x))
    except (BuildError, OracleError) as error:
        return None, (
            "it ran as this machine's own program alone, and no check ran it: in the"
            f" sandbox it does not run ({error})"
        )
    expect_the_same(program, native(x).outputs, found, x)
    return boxed, (
        f"it ran as this machine's own program, which gave on {n} inputs what it gives"
        " in the sandbox"
    )


def _executed(
    program: Program,
    options: CompileOptions,
    executable: Executable,
    folder: Path | None,
    progress: Progress,
) -> Running:
    """Run an executable; what one run takes, the first ones tell."""
    runner = Runner(
        executable,
        _refusal_of_runs,
        ledger=_ledger(folder, program, options, executable.description),
        workers=options.workers or _cores(),
        can_end=folder is not None,
        cluster=options.cluster,
        progress=progress,
    )
    try:
        learn_tried(runner, executable)
        x = first_inputs(program, options, VERIFICATION, TIMED)
        cost = cost_by_time(runner, x)
    except BaseException:
        runner.close()
        raise
    return Running(runner, runner=runner, cost=cost, folder=folder)


def _ledger(
    folder: Path | None,
    program: Program,
    options: CompileOptions,
    description: Description,
) -> Ledger | None:
    if folder is None or not description.digest:
        return None
    signature = program.signature
    identity = Identity(
        description.digest,
        program.name,
        tuple(leaf.name for leaf in signature.inputs),
        tuple(leaf.name for leaf in signature.outputs),
        options.seed,
    )
    return Ledger(folder, identity)


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _priced(
    program: Program,
    options: CompileOptions,
    oracle: ProgramOracle,
    runner: Runner,
) -> Running:
    """Learn what a call costs, on the first inputs that will verify; or remember it."""
    facts = (
        runner.memory.ledger.facts if runner.memory.ledger is not None else {}
    )
    if "fuel" in facts:
        cost = Cost(facts["fuel"], facts["seconds"])
        return _ready(oracle, runner, cost)
    x = first_inputs(program, options, VERIFICATION, PRICED)
    price = price_of(oracle.built, x, options.call_limit)
    if price.outcome is Outcome.out_of_time:
        n = len(price.outputs)
        raise oracle.refusal(x, {n: Outcome.out_of_time})
    x = x[: len(price.outputs)]
    fuel = price.fuel or CHEAP_FUEL
    # calls one by one have a cost of their own, which is most of a cheap one's
    cost = Cost(fuel, min(price.seconds, fuel * MOST_S_A_FUEL))
    running = _ready(oracle, runner, cost)
    if runner.memory.ledger is not None:
        runner.memory.ledger.note(fuel=cost.fuel, seconds=cost.seconds)
    executable = runner.executable
    assert isinstance(executable, SandboxExecutable), "it runs in the sandbox"
    done = Execution(price.outputs, {}, Outcome.ok)
    batch = executable.judged(x, done, len(x) * price.seconds)
    if not batch.failed:
        # what told the price is what verifies first: it is not run again
        runner.learn(x, batch)
    return running


def _ready(oracle: ProgramOracle, runner: Runner, cost: Cost) -> Running:
    """Take a cost into account; whether memory decides results, few runs of a dear
    program are to tell, those of checks.
    """
    runner.seconds = cost.seconds
    if cost.is_dear:
        runner.executable = SandboxExecutable(oracle.built, oracle.limits)
    return Running(runner, oracle, runner, cost)


def first_inputs(
    program: Program,
    options: CompileOptions,
    stream: int,
    n: int,
    cost: Cost = CHEAP,
) -> np.ndarray:
    """Return the first `n i` inputs that the compilation will take for a purpose."""
    return inputs_of(program, options, cost).take(
        n, seed=options.seed, stream=stream, number=0
    )


def announce_plan(
    running: Running,
    program: Program,
    options: CompileOptions,
    announce: Callable[[str], None],
    *,
    twins: float = 0.0,
) -> None:
    """Say what running the first round will take, if it takes long.

    Args:
        twins: what coarser programs may cost, in runs of the program.
    """
    runner = running.runner
    cost = running.cost
    if runner is None or not cost.is_dear:
        return
    config = inputs_of(program, options, cost).config
    kept = sum(
        runner.memory.count_kept(
            first_inputs(program, options, stream, n, cost)
        )
        for stream, n in (
            (TRAINING, config.budget),
            (VERIFICATION, config.verification),
        )
    )
    plan = Plan(
        (
            ("training", config.budget),
            ("verification", config.verification),
        ),
        running.cost.seconds,
        runner.workers,
        kept,
        twins,
        "coarser programs" * (twins > 0),
    )
    if plan.total_s > PLANNED_FROM_S or plan.kept:
        announce(plan.sentence())


def _refusal(
    oracle: ProgramOracle, x: np.ndarray, failed: Mapping[int, Failure]
) -> OracleError:
    """Say what failed: the program, or a process that ran it."""
    known = {str(outcome) for outcome in Outcome}
    outcomes = {
        k: Outcome(why.reason)
        for k, why in failed.items()
        if why.reason in known
    }
    if outcomes:
        details = [why.detail for why in failed.values() if why.detail]
        detail = details[0] if details else ""
        return oracle.refusal(x, outcomes, import_name=detail)
    return _refusal_of_runs(x, failed)


def _refusal_of_runs(
    x: np.ndarray, failed: Mapping[int, Failure]
) -> OracleError:
    """Say what failed first, and where."""
    sample = min(failed)
    where = ", ".join(f"{v:.6g}" for v in x[sample])
    why = failed[sample]
    if why.reason != WORKER_DIED:
        told = why.detail or why.reason
        return OracleError(f"the program failed at ({where}): {told}")
    return OracleError(
        f"a process that ran the program died twice ({why.detail}) at ({where}): is"
        f" there memory for it? Run again, or restrict the domain [{why.reason}]"
    )
