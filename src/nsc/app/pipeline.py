"""The main job: a Program -> a verified Surrogate with its report.

In: Program, options. Out: `Compiled`. Wires the rooms together; each step is one call
of a room.
Non-goals: files (files.py), the command line.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral

import numpy as np

from nsc.compilation import (
    Compilation,
    CompilationConfig,
    Progress,
    Start,
    surrogate_compilation,
)
from nsc.compnet import KEPT, load_compnet
from nsc.errors import InputError
from nsc.finetune import Settings, settings_for
from nsc.initial import Initial, compnet_initial, distill_initial, random_initial
from nsc.oracle import Oracle
from nsc.program import Program, as_returned, draw_inputs
from nsc.sandbox import ProgramOracle, warm_up
from nsc.surrogate import COVERING, Member, Surrogate, Topology
from nsc.verify import Verification, verify

INITIALS = ("auto", "compnet", "distill", "random")
USELESS = 0.5  # of an output's variance is error
RACERS = 8  # starts that race where nothing else is asked for


@dataclass(frozen=True)
class CompileOptions:
    """Choices of one compilation; see `nsc compile --help`.

    Args:
        initial: "compnet" compiles the text, "distill" runs the program at the anchors,
            "random" does neither; "auto" lets the compiled text race random starts on
            validation.
        restarts: random starts that race with those; None is 4 for auto, 7 for random,
            none for the others.
        topology: widths like "9-4-4-1"; None is the covering architecture, widened as
            needed.
        split: one network per output instead of one with several outputs.
        target_error: rmse to reach, in the outputs' units.
        time_limit: seconds after which it is given up.
        text_only: run nothing and verify nothing, whatever the budget; functions
            without a body are guessed by name.
    """

    budget: int = 1024
    seed: int = 0
    initial: str = "auto"
    optimizer: str = "lm"
    topology: str | None = None
    activation: str = "sigmoid"
    split: bool = False
    target_error: float | None = None
    time_limit: float | None = None
    verification: int = 4096
    restarts: int | None = None
    compnet: str | None = None
    text_only: bool = False

    def __post_init__(self) -> None:
        for name in ("budget", "seed", "verification"):
            if not isinstance(getattr(self, name), Integral):
                raise InputError(
                    f"{name} must be a whole number; found {getattr(self, name)!r}"
                )
        if self.topology is not None and not isinstance(self.topology, str):
            raise InputError(
                f"topology must be widths like '9-4-4-1'; found {self.topology!r}"
            )
        if self.initial not in INITIALS:
            raise InputError(
                f"--initial is one of {', '.join(INITIALS)}; found '{self.initial}'"
            )
        if self.text_only and self.initial not in ("auto", "compnet"):
            raise InputError(
                f"--text-only starts from the text; found --initial {self.initial}"
            )
        if self.text_only and self.target_error is not None:
            raise InputError("--text-only verifies nothing; leave out --target-error")
        self.compilation()

    @property
    def random_starts(self) -> int:
        """How many random starts race with the given ones; auto's eight starts cost as
        much as random's.
        """
        by_default = {"auto": RACERS - KEPT, "random": RACERS - 1}.get(self.initial, 0)
        return by_default if self.restarts is None else self.restarts

    def compilation(self) -> CompilationConfig:
        """Return what the pattern may spend; checks every number."""
        return CompilationConfig(
            budget=self.budget,
            seed=self.seed,
            finetune=self.finetune(),
            restarts=self.random_starts,
            verification=self.verification,
            target_error=self.target_error,
            time_limit=self.time_limit,
        )

    def finetune(self) -> Settings:
        """Return the optimizer's settings for one surrogate, which is cheap."""
        return settings_for(self.optimizer)


@dataclass(frozen=True)
class Compiled:
    """A surrogate, how it was made, and what the initial states were worth.

    Args:
        expected_nmse: what the CompNet expected of the compiled text before any run,
            per output; None where the text could not be read.
        initial_runs: program runs that went into the initial parameters.
    """

    program: Program
    oracle: Oracle
    compilation: Compilation
    zero_shot: Mapping[str, Verification]
    expected_nmse: tuple[float, ...] | None
    notes: tuple[str, ...]
    initial_runs: int = 0
    time_s: dict[str, float] = field(default_factory=dict)

    @property
    def surrogate(self) -> Surrogate:
        return self.compilation.surrogate


@dataclass(frozen=True)
class Draft:
    """A surrogate from the text alone, which nothing has verified; fields as of
    `Compiled`.
    """

    program: Program
    surrogate: Surrogate
    expected_nmse: tuple[float, ...]
    notes: tuple[str, ...]
    time_s: dict[str, float]


def compile_text(program: Program, options: CompileOptions) -> Draft:
    """Compile a program's text and run nothing: for programs that cannot run here, or
    must not.

    Raises:
        InputError: options that do not fit the program, or a text that cannot be read.
    """
    started = time.perf_counter()
    topologies = _topologies(program, options)
    initial = tuple(_compiled(program, k, t, options) for k, t in enumerate(topologies))
    starts = _starts(initial, topologies, options)
    surrogate = _untrained(_template(program), starts)
    notes = tuple(dict.fromkeys(note for i in initial for note in i.notes))
    expected = _expected(initial, surrogate)
    if expected is None:
        raise InputError(
            f"{program.name}: its text alone does not give a surrogate:"
            f" {'; '.join(notes)}"
        )
    return Draft(
        program, surrogate, expected, notes, {"compile": time.perf_counter() - started}
    )


def compile_program(
    program: Program,
    options: CompileOptions,
    *,
    progress: Progress = lambda what, fraction: None,
) -> Compiled:
    """Compile a program: initial parameters from its text, finetuning on runs,
    verification on fresh runs.

    Raises:
        OracleError: the program fails on part of its domain.
        InputError: options that do not fit the program.
    """
    started = time.perf_counter()
    progress("compiling the text", 0.0)
    topologies = _topologies(program, options)
    initial = {
        "compnet": tuple(
            _compiled(program, k, t, options) for k, t in enumerate(topologies)
        ),
        "random": tuple(
            random_initial(program, t, options.seed + k)
            for k, t in enumerate(topologies)
        ),
    }
    compile_s = time.perf_counter() - started
    started = time.perf_counter()
    oracle = _oracle(program, progress)
    build_s = time.perf_counter() - started
    template = _template(program)
    if options.initial == "distill":
        started = time.perf_counter()
        initial["distill"] = tuple(
            _distilled(program, k, t, options, oracle) for k, t in enumerate(topologies)
        )
        compile_s += time.perf_counter() - started
    name = "compnet" if options.initial == "auto" else options.initial
    starts = {
        key: _starts(group, topologies, options) for key, group in initial.items()
    }
    found = surrogate_compilation(
        oracle,
        starts[name],
        lambda n, g: draw_inputs(program, n, generator=g),
        template,
        options.compilation(),
        rounding=partial(as_returned, program),
        progress=progress,
    )
    started = time.perf_counter()
    untrained = {key: _untrained(template, group) for key, group in starts.items()}
    compile_s += time.perf_counter() - started
    zero_shot = {
        key: verify(found.y, as_returned(program, surrogate(found.x)))
        for key, surrogate in untrained.items()
    }
    notes = _notes(program, initial[name], found, options.target_error)
    times = {
        "compile": compile_s,
        "execute": build_s + found.time_s["execute"],
        "finetune": found.time_s["finetune"],
        "verify": found.time_s["verify"],
    }
    expected = _expected(initial["compnet"], untrained["compnet"])
    runs = sum(i.runs for i in initial[name])
    return Compiled(program, oracle, found, zero_shot, expected, notes, runs, times)


def _notes(
    program: Program,
    initial: tuple[Initial, ...],
    found: Compilation,
    target_error: float | None,
) -> tuple[str, ...]:
    """Say what of a compilation its user should know."""
    notes = list(dict.fromkeys(note for i in initial for note in i.notes))
    if found.reached is False:
        best = found.verification.rmse
        notes.append(
            f"the target error {target_error:g} was not reached; verified rmse is"
            f" {best:.3g}: {found.given_up}"
        )
    notes += [
        f"{name} was not found, and is left out: give its folder with -I DIR"
        for name in program.unread
    ]
    return (*notes, *_useless(found.verification, found.surrogate.output_names))


def _useless(found: Verification, names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the outputs that the mean would be nearly as good for."""
    each = found.outputs or (found,)
    poor = [
        f"{name} (nmse {v.nmse:.2g})"
        for name, v in zip(names, each, strict=True)
        if USELESS < v.nmse < np.inf
    ]
    if not poor:
        return ()
    advice = (
        "narrow the --domain, raise --budget or --topology, or give a --target-error"
    )
    return (f"hardly better than a constant: {', '.join(poor)}; {advice}",)


def _expected(
    initial: tuple[Initial, ...], untrained: Surrogate
) -> tuple[float, ...] | None:
    """Add up what the text says wrongly and what the networks miss of it, per output."""
    if any(i.expected_nmse is None for i in initial):
        return None
    found: list[float] = []
    for i, member in zip(initial, untrained.members, strict=True):
        missed = (
            i.predicted.misfit(member.w, member.topology)
            if i.predicted
            else np.zeros(len(i.expected_nmse))
        )
        found += (np.array(i.expected_nmse) + missed).tolist()
    return tuple(found)


def _oracle(program: Program, progress: Progress) -> Oracle:
    if program.function is not None:
        return program.function
    if program.bodiless:
        raise InputError(
            f"{program.name} calls '{program.bodiless[0]}', which has no body here, so"
            " that nothing can run it: give oracle=, a callable that runs it, or"
            " text_only=True"
        )
    warm_up(lambda line: progress(line, 0.0))
    progress("building the program", 0.0)
    return ProgramOracle(program.unit)


def _template(program: Program) -> Surrogate:
    signature = program.signature
    return Surrogate(
        (),
        np.array(program.domain.lo),
        np.array(program.domain.hi),
        tuple(leaf.name for leaf in signature.inputs),
        tuple(leaf.name for leaf in signature.outputs),
    )


def _topologies(program: Program, options: CompileOptions) -> tuple[Topology, ...]:
    """Choose the topology of each member."""
    outputs = 1 if options.split else program.n_outputs
    if options.topology is None:
        inputs = max(COVERING.n_inputs, program.n_inputs)
        topology = Topology((inputs, *COVERING.hidden, outputs), options.activation)
    else:
        topology = Topology.parse(options.topology, options.activation)
        if topology.n_inputs < program.n_inputs or topology.n_outputs != outputs:
            raise InputError(
                f"--topology {topology} does not fit {program.name}: it needs"
                f" {program.n_inputs} or more inputs and {outputs}"
                f" output{'s' * (outputs > 1)}"
            )
    return (topology,) * (program.n_outputs if options.split else 1)


def _compiled(
    program: Program, member: int, topology: Topology, options: CompileOptions
) -> Initial:
    output = member if options.split else None
    return compnet_initial(
        program,
        topology,
        options.seed,
        compnet=load_compnet(options.compnet),
        output=output,
    )


def _distilled(
    program: Program,
    member: int,
    topology: Topology,
    options: CompileOptions,
    oracle: Oracle,
) -> Initial:
    output = member if options.split else None
    return distill_initial(
        program, topology, options.seed, oracle=oracle, output=output
    )


def _starts(
    initial: tuple[Initial, ...],
    topologies: tuple[Topology, ...],
    options: CompileOptions,
) -> tuple[Start, ...]:
    return tuple(
        _start(i, t, options) for i, t in zip(initial, topologies, strict=True)
    )


def _start(initial: Initial, topology: Topology, options: CompileOptions) -> Start:
    """Name what races: auto takes every fit of the compiled text, the others only the
    best of theirs.
    """
    if options.initial == "random":
        return Start(topology, (("random 0", initial.w),), is_informed=False)
    words = "distilled" if options.initial == "distill" else "compiled text"
    others = initial.others if options.initial == "auto" else ()
    more = tuple((f"{words}, fit {k}", w) for k, w in enumerate(others, 2))
    return Start(
        topology,
        ((words, initial.w), *more),
        predicted=initial.predicted if options.initial == "auto" else None,
    )


def _untrained(template: Surrogate, starts: tuple[Start, ...]) -> Surrogate:
    return replace(
        template, members=tuple(Member(s.topology, s.without_runs) for s in starts)
    )
