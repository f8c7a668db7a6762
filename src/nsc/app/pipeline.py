"""The main job: a Program -> a verified Surrogate, and what running the program showed.

In: Program, options. Out: `Compiled`. Wires the rooms together; each step is one call
of a room. All that runs the program runs here, in this order: checks, the initialiser,
training and verification, figures, timing.
Non-goals: describing it (summary), files (results), the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from nsc.app.checked import checked
from nsc.app.error_bars import expect_enough
from nsc.app.figures import Pair, figures_of
from nsc.app.first_rows import FirstRows, with_first_rows
from nsc.app.held import held_of
from nsc.app.inputs import inputs_of, with_divided_sample
from nsc.app.noise import said_of_fitted_noise
from nsc.app.notes import (
    notes_of_compilation,
    notes_of_initial,
    notes_on_fixed,
)
from nsc.app.options import CompileOptions
from nsc.app.reading import reading_of
from nsc.app.running import Running, announce_plan, running_of
from nsc.app.runs_teacher import RunsTeacher, in_turn
from nsc.app.spent import Spent
from nsc.app.state import refuse_unread_state
from nsc.app.timing import Timed, time_calls
from nsc.app.topologies import (
    LARGER_SIZE,
    OTHER_SIZES,
    topology_of,
    topology_with,
)
from nsc.app.twins import TwinTeacher, most_cost_of_twins
from nsc.app.uncertainty import with_uncertainty
from nsc.compilation import (
    Compilation,
    Progress,
    Start,
    Teach,
    surrogate_compilation,
)
from nsc.compnet import load_compnet
from nsc.errors import InputError
from nsc.initial import (
    FROM_TEXT,
    INITIALISERS,
    TEXT_FREE,
    Initial,
    Initialiser,
    Order,
)
from nsc.program import Program, as_returned, draw_inputs
from nsc.report import (
    CallTime,
    ErrorBars,
    Figures,
    Measured,
    Teacher,
    Twin,
    Within,
)
from nsc.surrogate import Member, Surrogate
from nsc.verify import Verification, verify

DRAFT_ROWS = 64  # inputs drawn to check exports of what nothing has verified


@dataclass(frozen=True)
class Evidence:
    """What running the program showed.

    Args:
        zero_shot: what initial parameters were worth, by initialiser.
        figure_runs: program runs that went into the figures.
        size_ns: nanoseconds a call of networks of other sizes, by topology.
        initial_runs: and into the initial parameters.
        check_runs: and into checks, by what was looked for; nothing is learnt from
            them.
        twin: a coarser program that taught the surrogate; None where none was looked
            for.
        teacher: what few runs told elsewhere; None where they did not.
        error_bars: how often stated intervals held; None where there are none.
    """

    compilation: Compilation
    zero_shot: Mapping[str, Verification]
    figures: Figures
    figure_runs: int
    ns_per_call: CallTime
    size_ns: Mapping[str, float] = field(default_factory=dict)
    initial_runs: int = 0
    check_runs: Mapping[str, int] = field(default_factory=dict)
    twin: Twin | None = None
    teacher: Teacher | None = None
    error_bars: ErrorBars | None = None

    @property
    def program_runs(self) -> dict[str, int]:
        """Count the program's runs by what they were for, but for those of checks."""
        runs = {**self.compilation.runs, "figures": self.figure_runs}
        return (
            {"initial": self.initial_runs, **runs}
            if self.initial_runs
            else runs
        )


@dataclass(frozen=True)
class Compiled:
    """A surrogate, and how it was made.

    Args:
        x: `n i` inputs to check exports with.
        expected_nmse: what the CompNet expected of the compiled text before any run,
            per output; None where the text could not be read.
        notes: what the user should know.
        time_s: seconds by what they were spent on.
        evidence: None for what was made from the text alone, which nothing verified.
        within: a program that calls this one, with the surrogate in its place.
        measured: measurements of that program, which it was tuned to.
    """

    program: Program
    surrogate: Surrogate
    x: np.ndarray
    expected_nmse: tuple[float, ...] | None
    notes: tuple[str, ...]
    time_s: Mapping[str, float]
    evidence: Evidence | None = None
    within: Within | None = None
    measured: Measured | None = None


def compile_text(program: Program, options: CompileOptions) -> Compiled:
    """Compile a program's text and run nothing: it cannot run here, or must not.

    Raises:
        InputError: options that do not fit the program, or a text that cannot be read.
    """
    refuse_unread_state(program)
    spent = Spent()
    row = options.initialiser
    with spent.on("compile"):
        orders = _orders(program, options)
        initial = [row.make(order) for order in orders]
        surrogate = _untrained(
            _template(program), _starts(row, initial, orders)
        )
        expected = _expected(initial, surrogate)
    notes = (
        *notes_of_initial(initial),
        *program.notes,
        *notes_on_fixed(program),
    )
    if expected is None:
        raise InputError(
            f"{program.name}: its text alone does not give a surrogate:"
            f" {'; '.join(notes)}"
        )
    no_outputs = np.empty((0, program.n_outputs))
    surrogate = replace(surrogate, held=held_of(program, no_outputs))
    generator = np.random.default_rng(options.seed)
    x = draw_inputs(program, DRAFT_ROWS, generator=generator)
    return Compiled(program, surrogate, x, expected, notes, spent.time_s)


@dataclass(frozen=True)
class _Prepared:
    """What finetuning starts from, by what it is measured as.

    Args:
        notes: what C leaves open inside the domain.
        check_runs: how often the program ran to find that out, and whether its
            signature is right.
    """

    running: Running
    initial: Mapping[str, tuple[Initial, ...]]
    starts: Mapping[str, tuple[Start, ...]]
    notes: tuple[str, ...]
    check_runs: Mapping[str, int]


def compile_program(
    program: Program,
    options: CompileOptions,
    *,
    timing: bool = True,
    folder: Path | None = None,
    rows: FirstRows | None = None,
    progress: Progress = lambda what, fraction: None,
    announce: Callable[[str], None] = lambda what: None,
) -> Compiled:
    """Compile a program: parameters from its text, finetuning, verification.

    Args:
        timing: whether the original may run natively, to say how long a call takes.
        folder: where runs that took long are kept, and found again.
        rows: examples in a file, which come first.
        announce: told what running will take, before it starts, if it takes long.

    Raises:
        OracleError: the program fails on part of its domain.
        SourceError: runs show that it is no function of its inputs, or has others.
        InputError: options that do not fit the program.
    """
    spent = Spent()
    program = with_divided_sample(program, options)
    progress("compiling the text", 0.0)
    with spent.on("compile"):
        orders = _orders(program, options)
        compared = _compared(options.initialiser)
        initial = _made(compared, orders, runs_program=False)
    with spent.on("execute"):
        running = running_of(
            program, options, folder=folder, progress=progress
        )
    with closing(running):
        with spent.on("execute"):
            program, running = with_first_rows(program, running, rows, options)
        twins = most_cost_of_twins(running, options)
        announce_plan(running, program, options, announce, twins=twins)
        prepared = _prepared(
            program, options, spent, running, (orders, initial)
        )
        return _compiled(program, options, prepared, spent, timing, progress)


def _compiled(
    program: Program,
    options: CompileOptions,
    prepared: _Prepared,
    spent: Spent,
    timing: bool,
    progress: Progress,
) -> Compiled:
    """Finetune what is prepared, verify it, and show it."""
    chosen = options.initialiser.measured_as
    starts = prepared.starts[chosen]
    running = prepared.running
    twin = TwinTeacher(program, options, running, progress)
    few = RunsTeacher(program, options)
    teach = in_turn((twin, few))
    found = _trained(program, options, prepared, teach, progress)
    with spent.on("compile"):
        untrained = _all_untrained(program, prepared)
    for what in ("execute", "finetune", "verify"):
        spent.add(what, found.time_s[what])
    found, unsure = with_uncertainty(
        program, options, found, starts, running, spent, progress
    )
    progress("exporting", 0.0)
    with spent.on("export"):
        evidence, timing_notes = _evidence(
            program, options, prepared, untrained, found, timing
        )
    teacher = few.used(found.winners)
    evidence = replace(
        evidence,
        twin=twin.used(found.winners),
        teacher=teacher,
        error_bars=unsure.error_bars,
        check_runs={**evidence.check_runs, **unsure.check_runs},
    )
    initial = prepared.initial[chosen]
    notes = notes_of_compilation(program, initial, found, options)
    notes += (*unsure.notes, *said_of_fitted_noise(teacher, found))
    notes += (*prepared.notes, *running.kept_note)
    return Compiled(
        program,
        found.surrogate,
        found.x,
        _expected(prepared.initial[FROM_TEXT.name], untrained[FROM_TEXT.name]),
        (*notes, *timing_notes),
        spent.time_s,
        replace(evidence, initial_runs=sum(i.runs for i in initial)),
    )


def _all_untrained(
    program: Program, prepared: _Prepared
) -> dict[str, Surrogate]:
    """Return what each initialiser's starts are without any run."""
    template = _template(program)
    return {
        name: _untrained(template, starts)
        for name, starts in prepared.starts.items()
    }


def _trained(
    program: Program,
    options: CompileOptions,
    prepared: _Prepared,
    teach: Teach,
    progress: Progress,
) -> Compilation:
    """Finetune what is prepared, from the chosen starts, and verify it."""
    inputs = inputs_of(program, options, prepared.running.cost)
    expect_enough(options, inputs.config)
    starts = prepared.starts[options.initialiser.measured_as]
    if options.chooses_size:
        sizes = tuple(topology_with(h, program, options) for h in OTHER_SIZES)
        larger = topology_with(LARGER_SIZE, program, options)
        starts = tuple(
            replace(start, sizes=sizes, larger=larger) for start in starts
        )
    return surrogate_compilation(
        prepared.running.oracle,
        starts,
        inputs,
        _template(program),
        inputs.config,
        rounding=partial(as_returned, program),
        held=partial(held_of, program),
        teach=teach,
        given=prepared.running.given,
        progress=progress,
    )


def _prepared(
    program: Program,
    options: CompileOptions,
    spent: Spent,
    running: Running,
    made: tuple[list[Order], dict[str, tuple[Initial, ...]]],
) -> _Prepared:
    """Check the program by running it, and make the initial parameters that run it.

    Args:
        made: what is wanted, and the initial parameters that run nothing.
    """
    orders, initial = made
    compared = _compared(options.initialiser)
    with spent.on("execute"):
        notes, check_runs = checked(
            program, running, seed=options.seed, budget=options.budget
        )
    with spent.on("compile"):
        orders = [replace(order, oracle=running.oracle) for order in orders]
        initial |= _made(compared, orders, runs_program=True)
    starts = {
        name: _starts(row, initial[name], orders)
        for name, row in compared.items()
    }
    return _Prepared(running, initial, starts, notes, check_runs)


def _compared(chosen: Initialiser) -> dict[str, Initialiser]:
    """List whose parameters are measured: the baselines', and the chosen one's."""
    baselines = {
        row.name: row for row in INITIALISERS.values() if row.is_baseline
    }
    return baselines | {chosen.measured_as: chosen}


def _made(
    rows: Mapping[str, Initialiser],
    orders: Sequence[Order],
    *,
    runs_program: bool,
) -> dict[str, tuple[Initial, ...]]:
    """Make the parameters of those rows that run the program, or that do not."""
    return {
        name: tuple(row.make(order) for order in orders)
        for name, row in rows.items()
        if row.runs_program == runs_program
    }


def _evidence(
    program: Program,
    options: CompileOptions,
    prepared: _Prepared,
    untrained: Mapping[str, Surrogate],
    found: Compilation,
    timing: bool,
) -> tuple[Evidence, tuple[str, ...]]:
    """Run what is only to be shown: figures, and calls that are timed."""
    zero_shot = {
        name: verify(
            found.y, as_returned(program, surrogate.evaluate(found.x))
        )
        for name, surrogate in untrained.items()
    }
    running = prepared.running
    pair = Pair(program, found.surrogate, running.oracle)
    share = running.cost.effort(found.rounds[-1].budget).share
    figures, figure_runs = figures_of(
        pair, found.x, found.y, share=0.0 if found.is_ended else share
    )
    timed = Timed()
    if timing and program.function is None:
        timed = time_calls(
            found.surrogate,
            program,
            found.x,
            found.y,
            errors_of(found.verification),
            seconds=running.cost.seconds,
            sizes=_other_sizes(found),
            max_ns=options.max_ns,
        )
    evidence = Evidence(
        found,
        zero_shot,
        figures,
        figure_runs,
        timed.call,
        size_ns=timed.sizes,
        check_runs={**prepared.check_runs, **running.repeats},
    )
    return evidence, timed.notes


def _other_sizes(found: Compilation) -> list[str]:
    """List the sizes that one network was chosen from, but for its own."""
    if len(found.ladders) != 1:
        return []
    (member,) = found.surrogate.members
    tried = dict.fromkeys(rung.topology for rung in found.ladders[0])
    return [size for size in tried if size != str(member.topology)]


def errors_of(found: Verification) -> np.ndarray:
    """Return the root mean squared error of each output, `o`."""
    return np.array([output.rmse for output in found.outputs or (found,)])


def _expected(
    initial: Sequence[Initial], untrained: Surrogate
) -> tuple[float, ...] | None:
    """Say what nmse to expect of each output; None where a text could not be read."""
    found: list[float] = []
    for i, member in zip(initial, untrained.members, strict=True):
        expected = i.expected_of(member.w, member.topology)
        if expected is None:
            return None
        found += expected.tolist()
    return tuple(found)


def _template(program: Program) -> Surrogate:
    """Return the program's surrogate, but for its networks."""
    signature = program.signature
    return Surrogate(
        (),
        np.array(program.domain.lo),
        np.array(program.domain.hi),
        tuple(leaf.name for leaf in signature.inputs),
        tuple(leaf.name for leaf in signature.outputs),
        whole=tuple(leaf.type.kind != "float" for leaf in signature.inputs),
        conditions=program.drawing.conditions,
    )


def _orders(program: Program, options: CompileOptions) -> list[Order]:
    """Say what initial parameters are wanted for, network by network."""
    topology = topology_of(program, options)
    compnet = load_compnet(options.compnet)
    outputs = list(range(program.n_outputs)) if options.split else [None]
    text = reading_of(program, compnet)
    return [
        Order(program, topology, options.seed, output, compnet, text=text)
        for output in outputs
    ]


def _starts(
    row: Initialiser, initial: Sequence[Initial], orders: Sequence[Order]
) -> tuple[Start, ...]:
    """Say what races, network by network."""
    return tuple(
        Start(
            order.topology,
            row.starts(made),
            is_informed=row.race.is_informed,
            instead=None if made.silent is None else (TEXT_FREE, made.silent),
            predicted=made.predicted if row.race.enters_all else None,
        )
        for made, order in zip(initial, orders, strict=True)
    )


def _untrained(template: Surrogate, starts: Sequence[Start]) -> Surrogate:
    """Return the surrogate that starts are without any run."""
    members = tuple(Member(s.topology, s.without_runs) for s in starts)
    return replace(template, members=members)
