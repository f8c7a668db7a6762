"""Initial parameters from a program's text alone: a CompNet's emission, fitted to the
values it predicts.

In: a program or its DAG, a topology, a seed. Out: `Initial`. Nothing is run: values at
the anchors are the CompNet's.
"""

from __future__ import annotations

import numpy as np

from nsc.compnet import FIT, CompNet, Emission, anchor_inputs, fit_values
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
    compnet: CompNet,
    output: int | None = None,
) -> Initial:
    """Compile a program's outputs (or one of them) into any topology.

    Where the text cannot be read, the text-free base vector is used if the topology
    holds it, else random parameters; the note says so.
    """
    outputs = range(program.n_outputs) if output is None else [output]
    return initial_of(
        compnet.emissions_for(program, outputs), program.n_inputs, topology, seed
    )


def initial_of(
    emissions: list[Emission], n_inputs: int, topology: Topology, seed: int
) -> Initial:
    """Turn the emissions of a program's outputs into parameters of a topology."""
    notes = tuple(dict.fromkeys(note for e in emissions for note in e.notes))
    held = holds_covering(topology)
    start = fit_covering(emissions[0].w, topology, seed=seed) if held else None
    if not can_finetune(topology, FIT):
        note = (
            f"random: {topology} has {topology.n_parameters} parameters, too many to"
            " fit to what the text says"
        )
        return Initial(random_parameters(topology, seed=seed), notes=(*notes, note))
    if any(not e.values.size for e in emissions):
        if held:
            return Initial(start, notes=notes)
        note = (
            f"random: {topology} {topology.activation} cannot hold {COVERING}, and the"
            " text could not be read"
        )
        return Initial(random_parameters(topology, seed=seed), notes=(*notes, note))
    inputs = max((e.inputs for e in emissions), key=len)
    x = anchor_inputs(n_inputs, inputs)
    y = np.stack([e.values for e in emissions], axis=1)
    starts = [random_parameters(topology, seed=seed + k) for k in range(FITS)]
    if held:
        starts[0] = start
    best, *others = fit_values(np.stack(starts), topology, x, y, informed=held)
    expected = tuple(e.expected_nmse for e in emissions)
    predicted = Predictions(everywhere(x, inputs), y) if spread_of(y).any() else None
    return Initial(best, tuple(others), predicted, expected, notes=notes)


def everywhere(x: np.ndarray, inputs: tuple[int, ...]) -> np.ndarray:
    """Let inputs that the program does not use take any value: its outputs stay as they
    are.
    """
    spread = np.random.default_rng(0).uniform(-1.0, 1.0, x.shape)
    spread[:, list(inputs)] = x[:, list(inputs)]
    return spread


def holds_covering(topology: Topology) -> bool:
    """Say whether a topology can be started from parameters of the covering
    architecture.
    """
    hidden = topology.hidden
    return (
        topology.activation == COVERING.activation
        and len(hidden) == 2
        and min(hidden) >= COVERING.hidden[0]
    )


def fit_covering(w: np.ndarray, topology: Topology, *, seed: int) -> np.ndarray:
    """Carry 65 parameters of 9-4-4-1 into a topology that can hold them; extra outputs
    clone the head.
    """
    w, shape = clone_outputs(w, COVERING, topology.n_outputs)
    w, shape = resize_inputs(w, shape, topology.n_inputs)
    if topology.hidden != shape.hidden:
        w, shape = widen(w, shape, topology.hidden, seed=seed)
    return w
