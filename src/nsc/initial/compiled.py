"""Initial parameters from a program's text alone.

In: a program, what a CompNet emits for it, a topology, a seed. Out: `Initial`, fitted
to the values that the CompNet predicts at the anchors. Nothing is run.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.compnet import (
    FIT,
    Compiler,
    CompilerInput,
    Emission,
    anchor_inputs,
    fit_values,
)
from nsc.finetune import Predictions, can_finetune, spread_of
from nsc.initial.start import Initial
from nsc.program import Program
from nsc.surrogate import (
    COVERING,
    Topology,
    clone_outputs,
    random_parameters,
    resize_inputs,
    widen,
)

# starts of the fit: the emission, where the topology holds it, and random ones
FITS = 12


def compnet_initial(
    program: Program,
    topology: Topology,
    seed: int,
    *,
    compnet: Compiler,
    output: int | None = None,
    text: CompilerInput | None = None,
) -> Initial:
    """Compile a program's outputs (or one of them) into any topology.

    Where the text cannot be read, the text-free base vector is used if the topology
    holds it, else random parameters; the note says so.

    Args:
        seed: of the random starts of the fit.
        output: which output the network computes; None for all of them.
        text: what the CompNet reads, where it is not just the program.
    """
    outputs = range(program.n_outputs) if output is None else [output]
    emissions = compnet.emissions_for(text or compiler_input(program), outputs)
    initial = initial_of(emissions, program.n_inputs, topology, seed)
    is_doubted = any(e.is_doubtful for e in emissions)
    if not is_doubted or not holds_covering(topology):
        return initial
    silent = fit_covering(compnet.base, topology, seed=seed)
    return replace(initial, silent=silent)


def compiler_input(program: Program) -> CompilerInput:
    """Return what a CompNet may read of a program.

    Where a Python function runs it, it is that function, and the text is not its own.
    """
    text = "" if program.function is not None else program.text
    return CompilerInput(text, program.n_inputs, program.dag)


def initial_of(
    emissions: list[Emission], n_inputs: int, topology: Topology, seed: int
) -> Initial:
    """Turn the emissions of a program's outputs into parameters of a topology.

    Args:
        emissions: one for each output of the topology.
        n_inputs: of the program.
        seed: of the random starts of the fit.
    """
    notes = tuple(dict.fromkeys(note for e in emissions for note in e.notes))
    if not can_finetune(topology, FIT):
        why = (
            f"{topology} has {topology.n_parameters} parameters, too many to fit to"
            " what the text says"
        )
        return _at_random(topology, seed, notes, why)
    held = None
    if holds_covering(topology):
        held = fit_covering(emissions[0].w, topology, seed=seed)
    if all(e.values.size for e in emissions):
        return replace(
            _fitted(emissions, n_inputs, topology, seed, held), notes=notes
        )
    if held is not None:
        return Initial(held, notes=notes)
    why = (
        f"{topology} {topology.activation} cannot hold {COVERING}, and the text could"
        " not be read"
    )
    return _at_random(topology, seed, notes, why)


def _at_random(
    topology: Topology, seed: int, notes: tuple[str, ...], why: str
) -> Initial:
    """Draw parameters where the text gives none, and say why."""
    w = random_parameters(topology, seed=seed)
    return Initial(w, notes=(*notes, f"random: {why}"))


def _fitted(
    emissions: list[Emission],
    n_inputs: int,
    topology: Topology,
    seed: int,
    held: np.ndarray | None,
) -> Initial:
    """Fit a topology to predicted values, from what was emitted and random starts.

    Args:
        held: the emission, where the topology holds it.
    """
    inputs = max((e.inputs for e in emissions), key=len)
    x = anchor_inputs(n_inputs, inputs)
    y = np.stack([e.values for e in emissions], axis=1)
    starts = [random_parameters(topology, seed=seed + k) for k in range(FITS)]
    if held is not None:
        starts[0] = held
    best, *others = fit_values(
        np.stack(starts), topology, x, y, informed=held is not None
    )
    says_something = spread_of(y).any()
    return Initial(
        best,
        tuple(others),
        predicted=Predictions(
            everywhere(x, inputs),
            y,
            is_doubtful=any(e.is_doubtful for e in emissions),
        )
        if says_something
        else None,
        expected_nmse=_expected(emissions),
    )


def _expected(emissions: list[Emission]) -> tuple[float, ...] | None:
    """Collect the errors that the CompNet expects, if it expects any."""
    found = [e.expected_nmse for e in emissions if e.expected_nmse is not None]
    return tuple(found) if len(found) == len(emissions) else None


def everywhere(x: np.ndarray, inputs: tuple[int, ...]) -> np.ndarray:
    """Let unused inputs take any value: the program's outputs stay as they are.

    Args:
        x: `512 i` in [-1, 1].
        inputs: those that the program uses.
    """
    used = list(inputs)
    spread = np.random.default_rng(0).uniform(-1.0, 1.0, x.shape)
    spread[:, used] = x[:, used]
    return spread


def holds_covering(topology: Topology) -> bool:
    """Say whether a topology can start from the covering architecture's parameters."""
    hidden = topology.hidden
    return (
        topology.activation == COVERING.activation
        and len(hidden) == 2
        and min(hidden) >= COVERING.hidden[0]
    )


def fit_covering(
    w: np.ndarray, topology: Topology, *, seed: int
) -> np.ndarray:
    """Carry parameters of the covering architecture into a topology that can hold them.

    Extra outputs clone the last layer's unit (ICML 2024, section 3).

    Args:
        w: flat parameters of 9-4-4-1.
        seed: of the units that are added.
    """
    w, shape = clone_outputs(w, COVERING, topology.n_outputs)
    w, shape = resize_inputs(w, shape, topology.n_inputs)
    if topology.hidden != shape.hidden:
        w, shape = widen(w, shape, topology.hidden, seed=seed)
    return w
