"""Initial parameters fitted to the program's own values at the anchors: this executes
the program, at compile time.

In: a program, its oracle, a topology, a seed. Out: `Initial` whose `runs` say so. A
bound for what text alone can do, and a practical choice where the program is cheap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.compnet import FIT, anchor_inputs, fit_values
from nsc.graph import Dag, evaluate
from nsc.initial.compiled import FITS
from nsc.initial.start import Initial
from nsc.oracle import Oracle
from nsc.program import Program, with_whole_inputs
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
    """Fit a topology to 512 exact values: of the expression DAG where there is one,
    else of runs of the program.
    """
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    x = anchor_inputs(program.n_inputs, tuple(range(min(program.n_inputs, 9))))
    inputs = with_whole_inputs(program, lo + (x + 1) / 2 * (hi - lo))
    x = 2 * (inputs - lo) / (hi - lo) - 1
    runs = 0
    if isinstance(program.dag, Dag) and program.dag.is_exact:
        y = evaluate(program.dag, x)
    else:
        y = np.array(oracle(inputs.copy()), np.float64).reshape(len(x), -1)
        runs = len(x)
    return replace(
        distilled(
            x, y if output is None else y[:, output : output + 1], topology, seed
        ),
        runs=runs,
    )


def distilled(x: np.ndarray, y: np.ndarray, topology: Topology, seed: int) -> Initial:
    """Fit a topology to exact values `512 i` -> `512 o`, undefined ones left out."""
    good = np.isfinite(y).all(axis=1)
    starts = np.stack([random_parameters(topology, seed=seed + k) for k in range(FITS)])
    best, *others = fit_values(
        starts, topology, x[good], y[good], config=replace(FIT, steps=STEPS)
    )
    note = f"distilled: {len(x)} values of the program were computed at compile time"
    return Initial(best, tuple(others), notes=(note,))
