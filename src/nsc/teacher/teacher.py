# ruff: noqa: F722 (axes, not forward references)
"""What few runs say of a program everywhere: a blend of Gaussian processes.

In: inputs in [-1, 1], outputs, what was known before. Out: `Values` at other inputs, with
standard deviations and a measured error. Several processes are fitted: of the outputs
or of their logarithms, beside nothing, a linear model or what was known; a constant and
polynomials of degree one and two stand beside them, so that a network is not worse than
these. Each counts by
its error without one example at a time, which is closed-form. Non-goals: who learns
from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from threadpoolctl import (  # pyright: ignore[reportMissingTypeStubs]  # has none
    threadpool_limits,
)

from nsc.teacher.kernels import MATERN, RBF, SUMS, Kernel
from nsc.teacher.noise import is_noisy
from nsc.teacher.polynomial import DEGREES, fit_polynomial, monomials
from nsc.teacher.process import Process, fit_process

Column = Float[np.ndarray, " n"]
Inputs = Float[np.ndarray, "n i"]

FEWEST = 4  # examples
MOST = 500  # examples; more speak for themselves
FITTED = 128  # of them that hyperparameters are fitted to
SHARPNESS = 1.5  # a model counts by its error to this power
# and by its likelihood to this one: the errors of few examples are a matter of luck
HEEDED = 0.25
SLIGHTEST = 1e-3  # part of a blend below which a model is left out
# models are chosen by the error that is told: with few examples it flatters
OPTIMISM = 20.0  # examples at which the error is twice what was found
HIGHEST = 3.0  # of a logarithm, above the largest seen
_EXACT = 1e-14


@dataclass(frozen=True)
class Known:
    """A guess of the outputs before any run.

    Args:
        there: at the examples, `n`.
        here: at the inputs where values are wanted, `k`.
    """

    name: str
    there: Column
    here: Float[np.ndarray, " k"]


@dataclass(frozen=True)
class Model:
    """One way to explain outputs.

    Args:
        kernel: None where a constant, a polynomial, or what was known, is taken as it
            is.
        is_log: whether logarithms are explained.
        mean: "constant", "linear", "quadratic" (without a kernel), "known" (plus a
            constant) or "scaled" (a linear function of what was known).
    """

    kernel: Kernel | None
    is_log: bool = False
    mean: str = "constant"

    def said(self, known: str) -> str:
        """Describe it."""
        if self.kernel is None and self.mean == "known":
            return f"{known} as it is"
        if self.kernel is None:
            return "a constant" if self.mean == "constant" else self.mean
        of = "logarithms" if self.is_log else "outputs"
        beside = {"linear": " beside a linear model"}.get(self.mean, "")
        if self.mean == "known":
            beside = f" beside {known}"
        if self.mean == "scaled":
            beside = f" beside a multiple of {known}"
        return f"{self.kernel.name} of {of}{beside}"


@dataclass(frozen=True)
class Values:
    """What a teacher says of one output.

    Args:
        y: `k`.
        deviation: standard deviations of `y`, `k`.
        nmse: squared error to expect over the variance.
        noise: standard deviation of what no function of the inputs explains; 0 where
            there is no strong evidence of any.
        models: what was blended, and its part.
    """

    y: Float[np.ndarray, " k"]
    deviation: Float[np.ndarray, " k"]
    nmse: float
    noise: float
    models: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class _Fitted:
    """A model's values, in the outputs' units.

    Args:
        missed: outputs less what each other example says, `n`.
        evidence: logarithm of the restricted likelihood, of outputs in units of their
            spread; None where no process was fitted.
    """

    model: Model
    missed: Column
    y: np.ndarray
    deviation: np.ndarray
    noise: float
    process: Process | None = None
    evidence: float | None = None

    @cached_property
    def error(self) -> float:
        return float((self.missed**2).mean())


def teach(
    u: Inputs,
    y: Column,
    wanted: Float[np.ndarray, "k i"],
    known: Known | None = None,
    *,
    tells_noise: bool = True,
) -> Values | None:
    """Say what outputs are at the wanted inputs.

    Args:
        u, wanted: in [-1, 1].
        y: the outputs at `u`.
        tells_noise: whether to look for noise, which takes as long again.

    Returns:
        None where there are too few or too many examples, outputs do not vary, or
        nothing explains them.
    """
    spread = float(y.std()) if len(y) else 0.0
    is_able = FEWEST <= len(y) <= MOST and np.isfinite(y).all()
    if not is_able or not spread > 1e-12 * np.abs(y).max():
        return None
    # many small matrices: threads would wait for each other
    with threadpool_limits(1, "blas"):
        tried = [
            _fitted(model, (u, y), wanted, known)
            for model in _models(u, y, known is not None)
        ]
        found = [each for each in tried if each is not None]
        name = known.name if known else ""
        return _blended(found, y, name, tells_noise=tells_noise)


def _models(u: Inputs, y: Column, is_known: bool) -> Iterator[Model]:
    """Yield the models that examples may tell apart."""
    n, inputs = u.shape
    kernels = [RBF, MATERN, SUMS] if inputs > 1 else [RBF, MATERN]
    yield Model(None)
    yield from (Model(kernel) for kernel in kernels)
    if y.min() > 0:
        yield from (Model(kernel, is_log=True) for kernel in kernels)
    if n >= 2 * (inputs + 1):
        yield Model(RBF, mean="linear")
        yield Model(None, mean="linear")
    if n >= inputs**2 + 3 * inputs + 2:  # twice its terms
        yield Model(None, mean="quadratic")
    if is_known:
        yield Model(None, mean="known")
        yield Model(RBF, mean="known")
        yield Model(MATERN, mean="known")
        yield Model(kernels[-1], mean="scaled")


def _fitted(
    model: Model,
    examples: tuple[Inputs, Column],
    wanted: np.ndarray,
    known: Known | None,
) -> _Fitted | None:
    """Fit a model; None where it cannot be, or says nothing finite."""
    u, y = examples
    if model.kernel is None and model.mean == "constant":
        return _constant(model, y, len(wanted))
    if model.kernel is None and model.mean != "known":
        return _polynomial(model, u, y, wanted)
    if model.kernel is None:
        assert known is not None, "only what is known is taken as it is"
        nothing = np.zeros(len(wanted))
        return _Fitted(model, y - known.there, known.here, nothing, 0.0)
    base = known.there if known and model.mean == "known" else 0.0
    seen = np.log(y) if model.is_log else y - base
    centre = float(seen.mean())
    scale = float(seen.std())
    if not scale > 0:
        return None
    process = _process(
        model, u, (seen - centre) / scale, _basis(model, u, known)
    )
    if process is None:
        return None
    here, deviation = process(wanted, _basis(model, wanted, known, here=True))
    here = here * scale + centre
    evidence = -process.solved.loss - len(y) * np.log(scale)
    evidence += len(y) * np.log(y.std())
    left_out = seen - process.left_out * scale
    if model.is_log:
        top = float(seen.max()) + HIGHEST
        here = np.exp(np.minimum(here, top))
        missed = y - np.exp(np.minimum(left_out, top))
        spread = deviation * scale * here
        noise = process.noise * scale * float(y.mean())
        evidence -= float(seen.sum())
        return _Fitted(model, missed, here, spread, noise, process, evidence)
    if known is not None and model.mean == "known":
        here = here + known.here
    noise = process.noise * scale
    missed = seen - left_out
    deviation = deviation * scale
    return _Fitted(model, missed, here, deviation, noise, process, evidence)


def _constant(model: Model, y: Column, count: int) -> _Fitted:
    """Take the mean, of the others where an example is left out."""
    n = len(y)
    missed = (y - y.mean()) * (n / (n - 1))
    deviation = np.full(count, float(y.std()))
    return _Fitted(model, missed, np.full(count, y.mean()), deviation, 0.0)


def _polynomial(
    model: Model, u: Inputs, y: Column, wanted: np.ndarray
) -> _Fitted | None:
    """Fit a polynomial; what it misses without an example is closed-form."""
    fit = fit_polynomial(u, y[:, None], DEGREES[model.mean])
    if fit is None:
        return None
    missed = fit.missed[:, 0]
    spread = float(np.sqrt((missed**2).mean()))
    here = monomials(wanted, fit.degree)
    said = np.linalg.solve(fit.triangle.T, here.T)
    deviation = spread * np.sqrt(1.0 + (said**2).sum(axis=0))
    return _Fitted(model, missed, fit(wanted)[:, 0], deviation, 0.0)


def _process(
    model: Model, u: Inputs, y: Column, basis: np.ndarray
) -> Process | None:
    """Fit hyperparameters to the first examples, and condition on all."""
    assert model.kernel is not None
    first = slice(FITTED)
    try:
        found = fit_process(model.kernel, u[first], y[first], basis[first])
        if found is None or len(y) <= FITTED:
            return found
        return found.given(u, y, basis)
    except np.linalg.LinAlgError:
        return None


def _basis(
    model: Model, u: Inputs, known: Known | None, *, here: bool = False
) -> np.ndarray:
    """Return the known functions of a model at inputs, `n p`."""
    constant = np.ones((len(u), 1))
    if model.mean == "linear":
        return np.column_stack([constant, u])
    if known is not None and model.mean == "scaled":
        spread = float(known.there.std()) or 1.0
        column = known.here if here else known.there
        standard = (column - known.there.mean()) / spread
        return np.column_stack([constant, standard])
    return constant


def _likelihoods(found: list[_Fitted]) -> np.ndarray:
    """Return what each model's likelihood makes it count, 1 for the likeliest."""
    known = [each.evidence for each in found if each.evidence is not None]
    top = max(known, default=0.0)
    # what has no process to fit has no likelihood to compare: its error judges it
    behind = [
        0.0 if each.evidence is None else each.evidence - top for each in found
    ]
    return np.exp(HEEDED * np.array(behind))


def _blended(
    found: list[_Fitted], y: Column, known: str, *, tells_noise: bool
) -> Values | None:
    """Let each model count by its error."""
    variance = float(y.var())
    usable = [
        each
        for each in found
        if np.isfinite(each.y).all() and np.isfinite(each.error)
    ]
    if not usable:
        return None
    doubt = 1.0 + OPTIMISM / len(y)
    doubts = [1.0 if each.model.kernel is None else doubt for each in usable]
    errors = np.array([each.error for each in usable]) * doubts
    errors = errors / variance + _EXACT
    parts = (errors.min() / errors) ** SHARPNESS * _likelihoods(usable)
    parts /= parts.max()
    parts = np.where(parts < SLIGHTEST, 0.0, parts)
    parts /= parts.sum()
    values = np.stack([each.y for each in usable])
    blend = parts @ values
    apart = parts @ (values - blend) ** 2
    within = parts @ np.stack([each.deviation**2 for each in usable])
    missed = parts @ np.stack([each.missed for each in usable])
    missed = missed * np.sqrt(parts @ np.array(doubts))
    nmse = float((missed**2).mean()) / variance
    return Values(
        blend,
        np.sqrt(apart + within),
        nmse,
        _believed_noise(usable, parts) if tells_noise else 0.0,
        tuple(
            (each.model.said(known), float(part))
            for each, part in sorted(
                zip(usable, parts, strict=True), key=lambda pair: -pair[1]
            )
            if part > 0
        ),
    )


def _believed_noise(usable: list[_Fitted], parts: np.ndarray) -> float:
    """Return the blended noise where that of the largest part is to be believed."""
    process = usable[int(np.argmax(parts))].process
    if process is None:
        return 0.0
    first = slice(FITTED)
    if len(process.y) > FITTED:
        process = process.given(
            process.x[first], process.y[first], process.basis[first]
        )
    if not is_noisy(process):
        return 0.0
    return float(parts @ np.array([each.noise for each in usable]))
