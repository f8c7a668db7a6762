"""The main job: a Program -> a verified Surrogate with its report.

In: Program, options. Out: `Compiled`. Wires the rooms together; each step is one call of a room.
Non-goals: files (files.py), the command line.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from nsc.compnet import load_compnet
from nsc.errors import InputError
from nsc.finetune import FinetuneConfig
from nsc.patterns import Compilation, CompilationConfig, Oracle, Progress, Start, surrogate_compilation
from nsc.program import Program, draw_inputs
from nsc.sandbox import ProgramOracle, warm_up
from nsc.surrogate import (
    COVERING,
    Member,
    Surrogate,
    Topology,
    clone_outputs,
    random_parameters,
    resize_inputs,
    widen,
)
from nsc.verify import Verification, verify

INITIALS = ("compnet", "random")


@dataclass(frozen=True)
class CompileOptions:
    """Choices of one compilation; see `nsc compile --help`.

    Args:
        topology: widths like "9-4-4-1"; None is the covering architecture, widened as needed.
        split: one network per output instead of one with several outputs.
        target_error: rmse to reach, in the outputs' units.
    """

    budget: int = 1024
    seed: int = 0
    initial: str = "compnet"
    optimizer: str = "lm"
    topology: str | None = None
    activation: str = "sigmoid"
    split: bool = False
    target_error: float | None = None
    verification: int = 4096
    restarts: int = 7
    compnet: str | None = None

    def __post_init__(self) -> None:
        if self.initial not in INITIALS:
            raise InputError(f"--initial is one of {', '.join(INITIALS)}; found '{self.initial}'")

    def finetune(self) -> FinetuneConfig:
        """Adam as the paper; Levenberg-Marquardt longer than its default, for one surrogate is cheap."""
        if self.optimizer == "adam":
            return FinetuneConfig.paper()
        return FinetuneConfig(optimizer=self.optimizer, steps=800)


@dataclass(frozen=True)
class Compiled:
    """A surrogate, how it was made, and what both initial states were worth."""

    program: Program
    oracle: Oracle
    compilation: Compilation
    zero_shot: Mapping[str, Verification]
    notes: tuple[str, ...]
    time_s: dict[str, float] = field(default_factory=dict)

    @property
    def surrogate(self) -> Surrogate:
        return self.compilation.surrogate


def compile_program(
    program: Program, options: CompileOptions, *, progress: Progress = lambda what, fraction: None
) -> Compiled:
    """Compile a program: initial parameters from its text, finetuning on runs, verification on fresh runs.

    Raises:
        OracleError: the program fails on part of its domain.
        InputError: options that do not fit the program.
    """
    started = time.perf_counter()
    progress("compiling the text", 0.0)
    topologies = _topologies(program, options)
    emitted, notes = _emitted_starts(program, topologies, options)
    randoms = tuple(Start(t, random_parameters(t, seed=options.seed + k)) for k, t in enumerate(topologies))
    compile_s = time.perf_counter() - started
    started = time.perf_counter()
    oracle = _oracle(program, progress)
    build_s = time.perf_counter() - started
    template = _template(program)
    config = CompilationConfig(
        budget=options.budget, seed=options.seed, finetune=options.finetune(), restarts=options.restarts,
        verification=options.verification, target_error=options.target_error,
    )  # fmt: skip
    starts = emitted if options.initial == "compnet" else randoms
    found = surrogate_compilation(
        oracle, starts, lambda n, g: draw_inputs(program, n, generator=g), template, config, progress=progress
    )
    zero_shot = {
        name: verify(found.y, replace(template, members=tuple(Member(s.topology, s.w) for s in group))(found.x))
        for name, group in (("compnet", emitted), ("random", randoms))
    }
    if found.reached is False:
        best = found.verification.rmse
        notes += (f"the target error {options.target_error:g} was not reached; verified rmse is {best:.3g}",)
    times = {"compile": compile_s, "execute": build_s + found.time_s["execute"],
             "finetune": found.time_s["finetune"], "verify": found.time_s["verify"]}  # fmt: skip
    return Compiled(program, oracle, found, zero_shot, notes, times)


def _oracle(program: Program, progress: Progress) -> Oracle:
    if program.function is not None:
        return program.function
    warm_up(lambda line: progress(line, 0.0))
    progress("building the program", 0.0)
    return ProgramOracle(program.unit)


def _template(program: Program) -> Surrogate:
    signature = program.signature
    return Surrogate(
        (), np.array(program.domain.lo), np.array(program.domain.hi),
        tuple(leaf.name for leaf in signature.inputs), tuple(leaf.name for leaf in signature.outputs),
    )  # fmt: skip


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
                f"--topology {topology} does not fit {program.name}: it needs {program.n_inputs} or more inputs "
                f"and {outputs} output{'s' * (outputs > 1)}"
            )
    return (topology,) * (program.n_outputs if options.split else 1)


def _emitted_starts(
    program: Program, topologies: tuple[Topology, ...], options: CompileOptions
) -> tuple[tuple[Start, ...], tuple[str, ...]]:
    """Let the CompNet compile each member's (first) output, and fit the result to its topology."""
    compnet = load_compnet(options.compnet)
    starts, notes = [], []
    for k, topology in enumerate(topologies):
        if not _can_hold(topology):
            notes.append(f"CompNet emits {COVERING} with sigmoids; {topology} {topology.activation} starts at random")
            starts.append(Start(topology, random_parameters(topology, seed=options.seed + k)))
            continue
        emission = compnet.emission_for(program, k)
        if emission.note:
            notes.append(emission.note)
        starts.append(Start(topology, fit_covering(emission.w, topology, seed=options.seed)))
    return tuple(starts), tuple(dict.fromkeys(notes))


def _can_hold(topology: Topology) -> bool:
    hidden = topology.hidden
    return topology.activation == COVERING.activation and len(hidden) == 2 and min(hidden) >= COVERING.hidden[0]


def fit_covering(w: np.ndarray, topology: Topology, *, seed: int) -> np.ndarray:
    """Carry 65 parameters of 9-4-4-1 into a topology that can hold them; extra outputs clone the head."""
    w, shape = clone_outputs(w, COVERING, topology.n_outputs)
    w, shape = resize_inputs(w, shape, topology.n_inputs)
    if topology.hidden != shape.hidden:
        w, shape = widen(w, shape, topology.hidden, seed=seed)
    return w
