# ruff: noqa: F722 (axes, not forward references)
"""Which forms are believed, and how much: by errors at measurements left out.

In: measurements of one output, the program's network. Out: `Adapted`: a blend of the
forms, each counting by its error. Non-goals: the forms (forms.py), networks of the
blend (distil.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int
from threadpoolctl import (  # pyright: ignore[reportMissingTypeStubs]  # has none
    threadpool_limits,
)

from nsc.adaptation.forms import FORMS, Fitted, Form, Measured
from nsc.adaptation.network import Column, Inputs, Network

FOLDS = 5
MORE_FOLDS = 10  # of few measurements
FEW = 30
# a form counts by its squared error to this power times the root of the number of
# measurements: as fast as errors become sure
SHARPNESS = 1.0
SLIGHTEST = 0.02  # part of a blend below which a form is left out
_EXACT = 1e-14
# standard errors that anything must be better by than the program as it is
_BETTER = 1.0
# how far beyond what was measured, or what the program says, values may go: in spreads
_BEYOND = 1.0
_DRAWN = 1000  # inputs that tell what a program can say


@dataclass(frozen=True)
class Adapted:
    """A blend of forms, for one output in standard units.

    Args:
        parts: (what a form made of the measurements, its part).
        tried: all that could be fitted.
        lo, hi: what no value exceeds.
    """

    parts: tuple[tuple[Fitted, float], ...]
    tried: tuple[Fitted, ...]
    lo: float
    hi: float

    def __call__(self, u: Inputs) -> Column:
        """Return values at inputs."""
        found = sum(
            part * np.clip(each.value(u), self.lo, self.hi)
            for each, part in self.parts
        )
        return np.asarray(found)

    @property
    def form(self) -> str:
        """The name of the form that counts most."""
        return max(self.parts, key=lambda pair: pair[1])[0].form

    @cached_property
    def missed(self) -> Column:
        """Return each measurement less what the others predict."""
        return np.asarray(sum(p * each.missed for each, p in self.parts))

    @property
    def noise(self) -> float | None:
        """What the processes among all that was tried take for noise; None without."""
        told = [f for f in self.tried if f.noise > 0]
        best = min(told, key=lambda f: f.error, default=None)
        return None if best is None else best.noise

    @property
    def network(self) -> Network | None:
        """The blend as a network of the program's topology, where it is one form's."""
        [first, *rest] = self.parts
        return None if rest else first[0].network


def folds_of(n: int, seed: int) -> Int[np.ndarray, " n"]:
    """Divide `n` measurements at random into folds of about equal size."""
    order = np.random.default_rng(seed).permutation(n)
    return order % (MORE_FOLDS if n <= FEW else FOLDS)


def adapt(
    u: Inputs,
    y: Column,
    program: Network,
    *,
    seed: int,
    zero: float = 0.0,
    forms: Sequence[Form] = tuple(FORMS.values()),
) -> Adapted:
    """Fit every form, and let each count by its error.

    Args:
        u: in [-1, 1].
        y: standardised outputs, in whose units the program's network is.
        zero: what is 0 in the user's units.
        forms: those that may be used.
    """
    m = Measured(u, y, folds_of(len(y), seed), zero)
    # many small matrices: threads would wait for each other
    with threadpool_limits(1, "blas"):
        tried = [form.fit(m, program, seed) for form in forms]
        there = program(np.concatenate([u, _anywhere(u.shape[1], seed)]))
    usable = tuple(
        each for each in tried if each is not None and np.isfinite(each.error)
    )
    parts = _parts(usable)
    as_it_is = [each for each in usable if each.form == "program"]
    if as_it_is and not _is_better(parts, as_it_is[0]):
        parts = ((as_it_is[0], 1.0),)
    lo = min(float(y.min()), float(there.min()))
    hi = max(float(y.max()), float(there.max()))
    beyond = _BEYOND * (hi - lo)
    return Adapted(parts, usable, lo - beyond, hi + beyond)


def _anywhere(inputs: int, seed: int) -> Inputs:
    """Draw inputs that tell what a program can say."""
    return np.random.default_rng(seed).uniform(-1, 1, (_DRAWN, inputs))


def _is_better(parts: Sequence[tuple[Fitted, float]], program: Fitted) -> bool:
    """Say whether a blend is better than the program, beyond chance."""
    missed = np.asarray(sum(part * each.missed for each, part in parts))
    gain = program.missed**2 - missed**2
    chance = float(gain.std()) / np.sqrt(len(gain))
    return float(gain.mean()) > _BETTER * chance


def _parts(usable: Sequence[Fitted]) -> tuple[tuple[Fitted, float], ...]:
    """Let each form count by its error; slight parts are left out."""
    errors = np.array([each.error for each in usable]) + _EXACT
    power = SHARPNESS * np.sqrt(len(usable[0].missed))
    parts = (errors.min() / errors) ** power
    parts /= parts.sum()
    parts = np.where(parts < SLIGHTEST, 0.0, parts)
    parts /= parts.sum()
    pairs = zip(usable, map(float, parts), strict=True)
    return tuple(
        sorted(
            (pair for pair in pairs if pair[1] > 0), key=lambda pair: -pair[1]
        )
    )
