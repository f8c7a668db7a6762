# ruff: noqa: F722 (axes, not forward references)
"""The pattern of surrogate adaptation: a program's network and measurements of the real
thing -> a network that is nearer to it than either.

In: `Problem` for each output. Out: `Adaptation`. Non-goals: where networks and
measurements come from (app).

Source: A. Renda, Y. Ding, M. Carbin, "Programming with Neural Surrogates of Programs"
(Onward! 2021): surrogate adaptation; M. C. Kennedy, A. O'Hagan, "Predicting the output
from a complex computer code when fast approximations are available", Biometrika 87
(2000): a multiple of the program plus a Gaussian process.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.adaptation.forms import FORMS
from nsc.adaptation.judge import (
    SPLITS,
    Curve,
    HeldOut,
    Progress,
    curve,
    held_out,
)
from nsc.adaptation.network import Network
from nsc.adaptation.problem import Problem, learn


@dataclass(frozen=True)
class Adaptation:
    """One output, adapted.

    Args:
        network: inputs in [-1, 1], the output in the user's units.
        form: the name of the form that counts most; a row of `FORMS`.
        parts: what was blended, and its part.
        tried: each form's root mean squared error at measurements left out.
        held_out: errors by nested cross-validation.
        curve: errors against the number of measurements; None where not wanted.
        noise: standard deviation of what no function of the inputs explains, as a
            process estimates it; None where none told.
        apart: how far the network is from the blend, root mean squared.
    """

    network: Network
    form: str
    parts: dict[str, float]
    tried: dict[str, float]
    held_out: HeldOut
    curve: Curve | None
    noise: float | None
    apart: float

    @property
    def said(self) -> str:
        """Describe the form that counts most."""
        return FORMS[self.form].said


def surrogate_adaptation(
    problem: Problem,
    *,
    seed: int = 0,
    splits: int = SPLITS,
    progress: Progress = lambda what, fraction: None,
) -> Adaptation:
    """Adapt one output to measurements.

    Args:
        splits: how often measurements are divided for the curve; 0 for none.
    """
    progress("adapting", 0.0)
    learned = learn(problem, np.arange(len(problem.y)), seed)
    network, apart = learned.distilled(seed)
    blend = learned.blend
    judged = held_out(problem, seed=seed, progress=progress)
    drawn = None
    if splits:
        drawn = curve(problem, splits=splits, seed=seed, progress=progress)
    noise = blend.noise
    return Adaptation(
        network,
        blend.form,
        {each.form: part for each, part in blend.parts},
        {
            each.form: float(np.sqrt((each.missed**2).mean())) * learned.spread
            for each in blend.tried
        },
        judged,
        drawn,
        None if noise is None else noise * learned.spread,
        apart,
    )
