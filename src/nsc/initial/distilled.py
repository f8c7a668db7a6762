"""Initial parameters fitted to the program's own values at the anchors.

In: a program, its oracle, a topology, a seed. Out: `Initial`. The program is executed
at compile time, and `runs` says so: a bound for what text alone can do, and a practical
choice where the program is cheap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.compnet import FIT, MAX_INPUTS, anchor_inputs, fit_values
from nsc.graph import Dag, evaluate
from nsc.initial.compiled import FITS
from nsc.initial.start import Initial
from nsc.oracle import Oracle
from nsc.program import Program, draw_inputs, is_drawn, with_whole_inputs
from nsc.surrogate import Topology, random_parameters

STEPS = 200


def distill_initial(
    program: Program,
    topology: Topology,
    seed: int,
    *,
    oracle: Oracle,
    output: int | None = None,
) -> Initial:
    """Fit a topology to 512 exact values: of the DAG where there is one, else of runs.

    Args:
        seed: of the random starts of the fit.
        oracle: `n i` in the program's units -> `n o`.
        output: which output the network computes; None for all of them.
    """
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    inputs = tuple(range(min(program.n_inputs, MAX_INPUTS)))
    anchors = anchor_inputs(program.n_inputs, inputs)
    in_units = with_whole_inputs(program, lo + (anchors + 1) / 2 * (hi - lo))
    # what is never drawn may be what the program cannot do
    is_out = ~is_drawn(program, in_units)
    generator = np.random.default_rng(seed)
    if is_out.any():
        in_units[is_out] = draw_inputs(
            program, int(is_out.sum()), generator=generator
        )
    x = 2 * (in_units - lo) / (hi - lo) - 1
    runs = 0
    if isinstance(program.dag, Dag) and program.dag.is_exact:
        y = evaluate(program.dag, x)
    else:
        y = np.array(oracle(in_units.copy()), np.float64).reshape(len(x), -1)
        runs = len(x)
    if output is not None:
        y = y[:, output : output + 1]
    return replace(distilled(x, y, topology, seed), runs=runs)


def distilled(
    x: np.ndarray, y: np.ndarray, topology: Topology, seed: int
) -> Initial:
    """Fit a topology to exact values; where they are undefined they are left out.

    Args:
        x, y: `n i` in [-1, 1] and `n o`.
        seed: of the random starts of the fit.
    """
    is_defined = np.isfinite(y).all(axis=1)
    starts = np.stack(
        [random_parameters(topology, seed=seed + k) for k in range(FITS)]
    )
    best, *others = fit_values(
        starts,
        topology,
        x[is_defined],
        y[is_defined],
        config=replace(FIT, steps=STEPS),
    )
    note = f"distilled: {len(x)} values of the program were computed at compile time"
    return Initial(best, tuple(others), notes=(note,))
