# ruff: noqa: F722 (axes, not forward references)
"""A blend of forms -> one network that keeps what program and measurements say.

In: `Adapted` of one output, the program's network, the measurements' inputs. Out: a
network, and how far it is from the blend. Non-goals: which forms are blended
(choice.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.adaptation.choice import Adapted
from nsc.adaptation.network import Inputs, Network
from nsc.finetune import FinetuneData, LmSettings, finetune_best_of
from nsc.surrogate import Topology, random_parameters, widen

POINTS = 800  # at which the blend is learned
VALIDATION = 200
LOCAL = 0.5  # of them between measurements; the others anywhere
STEPS = 150
# units of each hidden layer, by their number
WIDE = {1: 32, 2: 16}
RANDOM_STARTS = 1
_NEAR = (
    0.05  # spread around what lies between two measurements, of a half-width
)


@dataclass(frozen=True)
class Distilled:
    """One network.

    Args:
        network: its output is standardised.
        apart: root mean squared distance from the blend, in standard units, at points
            that it was not fitted to; 0 where it is the blend.
    """

    network: Network
    apart: float


def distil(
    u: Inputs, blend: Adapted, program: Network, *, seed: int
) -> Distilled:
    """Put a blend into one network.

    Args:
        u: the measurements' inputs.
    """
    if blend.network is not None:
        return Distilled(blend.network, 0.0)
    generator = np.random.default_rng(seed)
    x = _points(u, POINTS, generator)
    held = _points(u, VALIDATION, generator)
    y = blend(x)
    y_held = blend(held)
    entrants, topology = _entrants(blend, program, seed)
    found, _ = finetune_best_of(
        entrants,
        topology,
        FinetuneData(
            x[None], y[None, :, None], held[None], y_held[None, :, None]
        ),
        LmSettings(steps=STEPS, patience=STEPS),
    )
    network = Network(topology, found.w[0])
    apart = float(np.sqrt(((network(held) - y_held) ** 2).mean()))
    return Distilled(network, apart)


def _points(u: Inputs, count: int, generator: np.random.Generator) -> Inputs:
    """Draw inputs: some anywhere in the box, some between two measurements."""
    local = round(LOCAL * count)
    anywhere = generator.uniform(-1, 1, (count - local, u.shape[1]))
    pairs = generator.integers(len(u), size=(local, 2))
    share = generator.uniform(0, 1, (local, 1))
    between = share * u[pairs[:, 0]] + (1 - share) * u[pairs[:, 1]]
    between = between + _NEAR * generator.normal(size=between.shape)
    return np.concatenate([anywhere, np.clip(between, -1, 1)])


def _entrants(
    blend: Adapted, program: Network, seed: int
) -> tuple[np.ndarray, Topology]:
    """Return parameters to start from, and their topology: wide enough for a blend."""
    own = program.topology
    least = WIDE.get(len(own.hidden), 0)
    hidden = tuple(max(h, least) for h in own.hidden) or (WIDE[2], WIDE[2])
    wide = Topology((own.n_inputs, *hidden, 1), own.activation)
    networks = [f.network for f in blend.tried if f.network is not None]
    starts: list[np.ndarray] = []
    if own.hidden:
        starts += [widen(n.w, own, hidden, seed=seed)[0] for n in networks]
    starts += [
        random_parameters(wide, seed=seed + k) for k in range(RANDOM_STARTS)
    ]
    return np.stack(starts), wide
