# ruff: noqa: F722 (axes, not forward references)
"""A Gaussian process over examples, beside a linear model of known functions.

In: inputs in [-1, 1], a column of outputs, a basis. Out: `Process`: values, standard
deviations, and errors without one example at a time. Hyperparameters are the maximum of
the restricted likelihood times a weak prior; the variance is integrated out, and the
linear model's weights have a flat prior. Non-goals: which kernel and basis (teacher.py).

Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning"
(2006), sections 2.7, 5.4; O. Dubrule, "Cross validation of kriging in a unique
neighborhood", Mathematical Geology 15 (1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nsc.teacher.kernels import Apart, Kernel, apart
from nsc.teacher.minimise import minimise

Column = Float[np.ndarray, " n"]
Matrix = Float[np.ndarray, "n n"]
Basis = Float[np.ndarray, "n p"]
Vector = Float[np.ndarray, " h"]
Prior = tuple[float, float, float]

# priors of logarithms, (mode, spread below, spread above): what a length is over the root
# of the number of inputs, the share of an input's own kernel, the noise over the variance
LENGTH = (0.3, 1.2, 3.0)
SHARE = (-0.5, 3.0, 2.0)
NOISE = (-16.0, 5.0, 5.0)
MEASURED_NOISE = (-5.0, 5.0, 2.5)  # of measurements, which are never exact
_EXACT = 1e-12  # part of the outputs that is rounding, in squares
QUIETEST = 1e-14  # noise that keeps matrices regular
LOUDER = (1e-13, 1e-12, 1e-10)  # where it does not
HARDLY_NOISE = 0.1  # of a noise, what counts as none beside it
NONE = -36.0  # logarithm of a noise that is far below that
STARTS = ((-0.7, -12.0), (0.5, -12.0), (1.2, -6.0))  # (length, noise)
FIRST_STEPS = 12  # of each start; the best goes on
STEPS = 60


class _Solved(NamedTuple):
    """What one set of hyperparameters gives.

    Args:
        quiet: the inverse of the covariances, less what the basis explains.
        weights: `quiet` times the outputs.
        variance: of the process.
        loss: the negative logarithm of the restricted likelihood.
    """

    inverse: Matrix
    quiet: Matrix
    weights: Column
    variance: float
    loss: float


@dataclass(frozen=True)
class Process:
    """A fitted Gaussian process.

    Args:
        x: `n i`, of the examples.
        y: their outputs.
        basis: known functions at the examples, `n p`.
        h: logarithms of the kernel's hyperparameters and of the noise over the
            variance.
    """

    kernel: Kernel
    x: Float[np.ndarray, "n i"]
    y: Column
    basis: Basis
    h: Vector
    solved: _Solved

    @property
    def variance(self) -> float:
        """The variance of the process."""
        return self.solved.variance

    @property
    def noise(self) -> float:
        """The standard deviation of the noise."""
        return float(np.sqrt(self.variance * _noise(self.h)))

    @property
    def left_out(self) -> Column:
        """What each example's output is more than all others say."""
        return self.solved.weights / np.diag(self.solved.quiet)

    def __call__(
        self, x: Float[np.ndarray, "k i"], basis: Float[np.ndarray, "k p"]
    ) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
        """Return values at inputs, and their standard deviations without noise.

        Args:
            basis: the known functions there.
        """
        near = self.kernel.correlate(self.h[:-1], apart(x, self.x))
        found = near @ self.solved.weights
        inverse = self.solved.inverse
        here = self.kernel.correlate(self.h[:-1], apart(x[:1], x[:1]))[0, 0]
        explained = near @ inverse
        spread = here - (explained * near).sum(axis=1)
        if self.basis.shape[1]:
            gram = self.basis.T @ inverse @ self.basis
            residual = self.y - self.correlations() @ self.solved.weights
            model = np.linalg.lstsq(self.basis, residual, rcond=None)[0]
            found = found + basis @ model
            rest = basis - explained @ self.basis
            spread = spread + (rest * np.linalg.solve(gram, rest.T).T).sum(
                axis=1
            )
        return found, np.sqrt(self.variance * np.maximum(spread, 0.0))

    def correlations(self) -> Matrix:
        """Return the examples' correlations, noise included."""
        return _correlations(self.kernel, self.h, apart(self.x, self.x))

    def given(
        self, x: Float[np.ndarray, "n i"], y: Column, basis: Basis
    ) -> Process:
        """Return the process with the same hyperparameters on other examples.

        Raises:
            LinAlgError: the examples' covariances are singular.
        """
        k = self.kernel.correlate(self.h[:-1], apart(x, x))
        for h in (self.h, *_louder(self.h)):
            noisy = k + _noise(h) * np.eye(len(k))
            try:
                solved = _solve(noisy, y, basis)
            except np.linalg.LinAlgError:
                continue
            return replace(self, x=x, y=y, basis=basis, h=h, solved=solved)
        raise np.linalg.LinAlgError("the examples' covariances are singular")


def fit_process(
    kernel: Kernel,
    x: Float[np.ndarray, "n i"],
    y: Column,
    basis: Basis,
    *,
    start: Vector | None = None,
    steps: int = STEPS,
    noise: Prior = NOISE,
) -> Process | None:
    """Fit hyperparameters.

    Args:
        basis: known functions at the examples, `n p`, p below n.
        noise: prior of the logarithm of the noise over the variance.
        start: hyperparameters to begin with; None for several starts.

    Returns:
        None where no hyperparameters can be solved for.
    """
    d = apart(x, x)
    prior = _prior(kernel, x.shape[1], noise)

    def objective(h: Vector) -> tuple[float, Vector]:
        return _objective(kernel, h, d, y, basis, prior)

    if start is None:
        starts = _starts(kernel, x.shape[1])
        tried = [
            minimise(objective, begin, steps=FIRST_STEPS) for begin in starts
        ]
        start = min(tried, key=lambda each: each[0])[1]
        steps -= FIRST_STEPS
    value, h = minimise(objective, start, steps=steps)
    if not np.isfinite(value):
        return None
    solved = _solve(_correlations(kernel, h, d), y, basis)
    return Process(kernel, x, y, basis, h, solved)


def process_of(
    kernel: Kernel,
    x: Float[np.ndarray, "n i"],
    y: Column,
    basis: Basis,
    h: Vector,
) -> Process:
    """Return the process with given hyperparameters.

    Raises:
        LinAlgError: the examples' covariances are singular.
    """
    solved = _solve(_correlations(kernel, h, apart(x, x)), y, basis)
    return Process(kernel, x, y, basis, h, solved)


def loss_without_noise(
    kernel: Kernel, process: Process, h: Vector, *, steps: int
) -> float:
    """Return the least loss of a kernel that goes through a process's examples.

    What keeps matrices regular is noise, too, once a variance is enormous: such
    hyperparameters do not count.

    Args:
        h: hyperparameters to begin with, but for the noise.

    Returns:
        Infinity where none can be solved for.
    """
    most = (HARDLY_NOISE * process.noise) ** 2
    y = process.y
    basis = process.basis
    d = apart(process.x, process.x)
    prior = _prior(kernel, len(d))

    def objective(h: Vector) -> tuple[float, Vector]:
        value, slope = _objective(
            kernel, np.append(h, NONE), d, y, basis, prior
        )
        is_fit = np.isfinite(value) and is_quiet(h)
        return (value if is_fit else np.inf), slope[:-1]

    def is_quiet(h: Vector) -> bool:
        return solved(h).variance * QUIETEST <= most

    def solved(h: Vector) -> _Solved:
        return _solve(_correlations(kernel, np.append(h, NONE), d), y, basis)

    _, found = minimise(objective, h, steps=steps)
    try:
        return solved(found).loss if is_quiet(found) else np.inf
    except np.linalg.LinAlgError:
        return np.inf


def _noise(h: Vector) -> float:
    return QUIETEST + float(np.exp(h[-1]))


def _louder(h: Vector) -> Iterator[Vector]:
    """Yield hyperparameters with more noise."""
    for noise in LOUDER:
        if noise > np.exp(h[-1]):
            yield np.append(h[:-1], np.log(noise))


def _correlations(kernel: Kernel, h: Vector, d: Apart) -> Matrix:
    k = kernel.correlate(h[:-1], d)
    k[np.diag_indices(len(k))] += _noise(h)
    return k


def _solve(k: Matrix, y: Column, basis: Basis) -> _Solved:
    factor = np.linalg.cholesky(k)
    half = np.linalg.inv(factor)
    inverse = half.T @ half
    logarithms = 2.0 * np.log(np.diag(factor)).sum()
    quiet = inverse
    free = len(y) - basis.shape[1]
    # a product with `quiet` would lose the digits that a smooth process lives on
    left = half @ y
    if basis.shape[1]:
        white = half @ basis
        gram = np.linalg.cholesky(white.T @ white)
        share = np.linalg.solve(gram, white.T)
        left = left - share.T @ (share @ left)
        turned = share @ half
        quiet = inverse - turned.T @ turned
        logarithms += 2.0 * np.log(np.diag(gram)).sum()
    weights = half.T @ left
    least = _EXACT * max(float(y @ y), 1e-300)
    variance = max(float(left @ left), least) / free
    loss = 0.5 * (free * np.log(variance) + logarithms)
    return _Solved(inverse, quiet, weights, variance, float(loss))


def _objective(
    kernel: Kernel,
    h: Vector,
    d: Apart,
    y: Column,
    basis: Basis,
    prior: tuple[Vector, Vector, Vector],
) -> tuple[float, Vector]:
    """Return the negative logarithm of likelihood and prior, and its gradient."""
    nothing = np.zeros(len(h))
    if np.abs(h).max() > 40.0:
        return np.inf, nothing
    try:
        solved = _solve(_correlations(kernel, h, d), y, basis)
    except np.linalg.LinAlgError:
        return np.inf, nothing
    weights = solved.weights
    pull = 0.5 * (solved.quiet - np.outer(weights, weights) / solved.variance)
    slopes = kernel.slopes(h[:-1], d, pull)
    by_noise = np.trace(pull) * float(np.exp(h[-1]))
    mean, below, above = prior
    spread = np.where(h < mean, below, above)
    off = (h - mean) / spread
    loss = solved.loss + 0.5 * float(off @ off)
    slope = np.append(slopes, by_noise) + off / spread
    return (loss, slope) if np.isfinite(loss) else (np.inf, nothing)


def _prior(
    kernel: Kernel, inputs: int, noise: Prior = NOISE
) -> tuple[Vector, Vector, Vector]:
    """Return logarithms' modes, and spreads below and above these."""
    shares = kernel.count(inputs) - inputs
    wide = 0.5 * np.log(inputs) if not shares else 0.0
    rows = [(LENGTH[0] + wide, *LENGTH[1:])] * inputs
    rows += [SHARE] * shares + [noise]
    mode, below, above = np.array(rows).T
    return mode, below, above


def _starts(kernel: Kernel, inputs: int) -> list[Vector]:
    mode, _, _ = _prior(kernel, inputs)
    found: list[Vector] = []
    for length, noise in STARTS:
        start = mode.copy()
        start[:inputs] += length - LENGTH[0]
        start[-1] = noise
        found.append(start)
    return found
