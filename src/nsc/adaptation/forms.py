# ruff: noqa: F722 (axes, not forward references)
"""How measurements may correct a program, and how they do without it.

In: `Measured`, the program's network. Out: `Fitted`: values anywhere, and errors at each
measurement as the others predict it. Each form is a row of `FORMS`; strengths of
penalties are chosen inside a form. Non-goals: which form is believed (choice.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int

from nsc.adaptation.network import Column, Inputs, Network, Vector, fit
from nsc.surrogate import Topology, random_parameters
from nsc.teacher import (
    KERNELS,
    MEASURED_NOISE,
    Kernel,
    Process,
    fit_process,
)

Value = Callable[[Inputs], Column]
Basis = Callable[[Inputs], Float[np.ndarray, "n p"]]

# of the squared distance from where parameters started, outputs being standardised
STRENGTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
SCRATCH_STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1)
SCRATCH_FOLDS = 5
HIDDEN = (8, 8)  # of a network from scratch
RANDOM_STARTS = 3
FITTED = 128  # measurements that hyperparameters are fitted to
MOST = 1000  # measurements that a process holds
# a process flatters: its hyperparameters have seen what it is judged on
OPTIMISM = 4.0  # measurements at which its squared error counts twice
_LARGEST_SHARE = 0.999  # of a measurement's own part in its prediction


@dataclass(frozen=True)
class Measured:
    """Measurements of one output.

    Args:
        u: inputs in [-1, 1], the program's first.
        y: standardised outputs.
        folds: the number of each measurement's fold.
        zero: what is 0 in the user's units.
    """

    u: Inputs
    y: Column
    folds: Int[np.ndarray, " n"]
    zero: float = 0.0

    def without(self, fold: int) -> Measured:
        """Return the measurements of the other folds."""
        rest = self.folds != fold
        return replace(
            self, u=self.u[rest], y=self.y[rest], folds=self.folds[rest]
        )


@dataclass(frozen=True)
class Fitted:
    """What one form makes of measurements.

    Args:
        value: inputs -> outputs.
        missed: each measurement less what the others predict.
        network: the same as a network, where it is one.
        noise: standard deviation of what it takes for noise; 0 where it does not tell.
        strength: of the penalty that it was fitted with; None without one.
        doubt: factor of its squared error.
    """

    form: str
    value: Value
    missed: Column
    network: Network | None = None
    noise: float = 0.0
    strength: float | None = None
    doubt: float = 1.0

    @property
    def error(self) -> float:
        """Mean squared error at measurements, as the others predict them."""
        return float((self.missed**2).mean()) * self.doubt


# (measurements, the program's network, seed) -> what it makes of them, None for nothing
Fit = Callable[[Measured, Network, int], Fitted | None]


@dataclass(frozen=True)
class Form:
    """A row of the table of forms.

    Args:
        said: what it is, for people.
        uses_program: whether it knows the program.
    """

    name: str
    said: str
    fit: Fit
    uses_program: bool = True


def _as_it_is(m: Measured, program: Network, seed: int) -> Fitted:
    return Fitted("program", program, m.y - program(m.u), program)


def _least_squares(
    name: str, m: Measured, basis: Basis, network: Callable[[Vector], Network]
) -> Fitted | None:
    """Fit a linear model; None where measurements are too few."""
    columns = basis(m.u)
    n, p = columns.shape
    if n < 2 * p:
        return None
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    left = left[:, singular > 1e-10 * singular[0]]
    weights = np.linalg.lstsq(columns, m.y, rcond=1e-10)[0]
    own = np.minimum((left**2).sum(axis=1), _LARGEST_SHARE)
    missed = (m.y - columns @ weights) / (1.0 - own)
    return Fitted(name, lambda u: basis(u) @ weights, missed, network(weights))


def _affine(m: Measured, program: Network, seed: int) -> Fitted | None:
    def basis(u: Inputs) -> np.ndarray:
        return np.column_stack([np.ones(len(u)), program(u)])

    found = _least_squares(
        "affine", m, basis, lambda w: program.of_outputs(w[1], w[0])
    )
    return found


def _linear_beside(m: Measured, program: Network, seed: int) -> Fitted | None:
    def basis(u: Inputs) -> np.ndarray:
        return np.column_stack([np.ones(len(u)), program(u), u])

    found = _least_squares("linear", m, basis, lambda w: program)
    return found and replace(found, network=None)


def _scratch_linear(m: Measured, program: Network, seed: int) -> Fitted | None:
    def basis(u: Inputs) -> np.ndarray:
        return np.column_stack([np.ones(len(u)), u])

    found = _least_squares("scratch_linear", m, basis, lambda w: program)
    return found and replace(found, network=None)


def _constant(m: Measured, program: Network, seed: int) -> Fitted:
    mean = float(m.y.mean())
    n = len(m.y)
    missed = (m.y - mean) * (n / (n - 1))
    return Fitted("constant", lambda u: np.full(len(u), mean), missed)


def warped(m: Measured, program: Network, strength: float) -> Network:
    """Shift and scale the program's inputs and output, near to what they are."""
    inputs = program.topology.n_inputs

    def network(p: Vector) -> Network:
        moved = program.of_inputs(p[:inputs], p[inputs : 2 * inputs])
        return moved.of_outputs(p[-2], p[-1])

    def evaluate(p: Vector) -> tuple[Column, np.ndarray]:
        given = m.u * p[:inputs] + p[inputs : 2 * inputs]
        value, _, along = program.derivatives(given)
        along = p[-2] * along
        ones = np.ones((len(value), 1))
        columns = [along * m.u, along, value[:, None], ones]
        return p[-2] * value + p[-1], np.concatenate(columns, axis=1)

    start = np.concatenate([np.ones(inputs), np.zeros(inputs), [1.0, 0.0]])
    penalty = np.full(len(start), strength)
    return network(fit(evaluate, start, m.y, penalty, start))


def finetuned(m: Measured, program: Network, strength: float) -> Network:
    """Finetune all parameters, near to what they are."""
    return program.fitted_to(m.u, m.y, strength, around=program.w)


Near = Callable[[Measured, Network, float], Network]


def _network_form(name: str, near: Near) -> Fit:
    """Make a form of fits that stay near the program, by a strength that is chosen."""

    def fit_form(m: Measured, program: Network, seed: int) -> Fitted | None:
        errors = [
            _error_in_folds(m, lambda part, s=s: near(part, program, s))
            for s in STRENGTHS
        ]
        best = int(np.argmin([float((e**2).mean()) for e in errors]))
        strength = STRENGTHS[best]
        network = near(m, program, strength)
        return Fitted(name, network, errors[best], network, strength=strength)

    return fit_form


def _error_in_folds(
    m: Measured, fitted: Callable[[Measured], Value]
) -> Column:
    """Return what each fold's outputs are more than what the others say."""
    missed = np.zeros(len(m.y))
    for fold in np.unique(m.folds):
        own = m.folds == fold
        missed[own] = m.y[own] - fitted(m.without(fold))(m.u[own])
    return missed


@dataclass(frozen=True)
class _Explained:
    """What a process explains, and by what.

    Args:
        base: is subtracted first.
        basis: what it stands beside, with free weights.
        features: what correlations are of, in [-1, 1].
    """

    kernel: Kernel
    base: Value = field(default=lambda u: np.zeros(len(u)))
    basis: Basis = field(default=lambda u: np.ones((len(u), 1)))
    features: Callable[[Inputs], Inputs] = field(default=lambda u: u)


def _process_form(
    name: str, explained: Callable[[Network], _Explained]
) -> Fit:
    """Make a form of a Gaussian process."""

    def fit_form(m: Measured, program: Network, seed: int) -> Fitted | None:
        return _with_process(name, m, explained(program))

    return fit_form


def _with_process(name: str, m: Measured, e: _Explained) -> Fitted | None:
    seen = m.y - e.base(m.u)
    scale = float(seen.std())
    basis = e.basis(m.u)
    if not scale > 1e-9 or len(seen) < basis.shape[1] + 3:
        return None
    process = _fitted_process(e, m.u, seen / scale, basis)
    if process is None:
        return None

    def value(u: Inputs) -> Column:
        parts = [u[k : k + MOST] for k in range(0, len(u), MOST)]
        here = [process(e.features(part), e.basis(part))[0] for part in parts]
        return e.base(u) + scale * np.concatenate(here)

    missed = m.y - value(m.u)
    held = slice(min(MOST, len(seen)))
    missed[held] = process.left_out * scale
    noise = process.noise * scale
    doubt = 1.0 + OPTIMISM / len(seen)
    return Fitted(name, value, missed, noise=noise, doubt=doubt)


def _fitted_process(
    e: _Explained, u: Inputs, y: Column, basis: np.ndarray
) -> Process | None:
    """Fit hyperparameters to the first measurements, and condition on more."""
    features = e.features(u)
    first = slice(FITTED)
    held = slice(MOST)
    try:
        found = fit_process(
            e.kernel,
            features[first],
            y[first],
            basis[first],
            noise=MEASURED_NOISE,
        )
        if found is None or len(y) <= FITTED:
            return found
        return found.given(features[held], y[held], basis[held])
    except np.linalg.LinAlgError:
        return None


def _beside_program(kernel: Kernel) -> Callable[[Network], _Explained]:
    return lambda program: _Explained(kernel, base=program)


def _beside_multiple(kernel: Kernel) -> Callable[[Network], _Explained]:
    def explained(program: Network) -> _Explained:
        def basis(u: Inputs) -> np.ndarray:
            return np.column_stack([np.ones(len(u)), program(u)])

        return _Explained(kernel, basis=basis)

    return explained


def _over_program(kernel: Kernel) -> Callable[[Network], _Explained]:
    """Let correlations be of the inputs and of what the program says there."""

    def explained(program: Network) -> _Explained:
        def features(u: Inputs) -> Inputs:
            return np.column_stack([u, 0.5 * program(u)])

        def basis(u: Inputs) -> np.ndarray:
            return np.column_stack([np.ones(len(u)), program(u)])

        return _Explained(kernel, basis=basis, features=features)

    return explained


def _beside_warped(m: Measured, program: Network, seed: int) -> Fitted | None:
    """Explain what is left of shifted and scaled inputs, in folds."""
    near = FORMS["inputs"].fit(m, program, seed)
    if near is None or near.network is None or near.strength is None:
        return None
    strength = near.strength
    e = _Explained(KERNELS["RBF"], base=near.network)
    whole = _with_process("residual_inputs", m, e)
    if whole is None:
        return None

    def fitted(part: Measured) -> Value:
        base = warped(part, program, strength)
        own = replace(e, base=base)
        found = _with_process("residual_inputs", part, own)
        return base if found is None else found.value

    if len(m.y) > FITTED:  # where what the fit has seen matters little
        return whole
    missed = _error_in_folds(m, fitted)
    return replace(whole, missed=missed, doubt=1.0)


def scratch_network(m: Measured, program: Network, seed: int) -> Fitted | None:
    """Train networks from random starts, their squared parameters penalised.

    The penalty's strength is chosen with the first start; values are the mean of all.
    """
    topology = Topology((m.u.shape[1], *HIDDEN, 1), "tanh")
    generator = np.random.default_rng(seed)
    starts = [
        Network(topology, random_parameters(topology, seed=generator))
        for _ in range(RANDOM_STARTS)
    ]
    nothing = np.zeros(topology.n_parameters)

    def trained(part: Measured, start: Network, strength: float) -> Network:
        return start.fitted_to(part.u, part.y, strength, around=nothing)

    fewer = replace(m, folds=m.folds % SCRATCH_FOLDS)
    errors = [
        _error_in_folds(fewer, lambda part, s=s: trained(part, starts[0], s))
        for s in SCRATCH_STRENGTHS
    ]
    best = int(np.argmin([float((e**2).mean()) for e in errors]))
    strength = SCRATCH_STRENGTHS[best]
    return Fitted(
        "scratch_network",
        _mean_of([trained(m, start, strength) for start in starts]),
        errors[best],
        strength=strength,
    )


def _mean_of(values: Sequence[Value]) -> Value:
    return lambda u: np.mean([value(u) for value in values], axis=0)


def _ratio(m: Measured, program: Network, seed: int) -> Fitted | None:
    """Explain the logarithm of what measurements are over what the program says."""
    measured = m.y - m.zero
    ratios = measured / (program(m.u) - m.zero)
    if not (np.isfinite(ratios) & (ratios > 0)).all():
        return None
    logarithms = replace(m, y=np.log(ratios))
    found = _with_process("ratio", logarithms, _Explained(KERNELS["RBF"]))
    if found is None:
        return None
    least = float(logarithms.y.min()) - 1.0
    most = float(logarithms.y.max()) + 1.0

    def times(y: Column, program_y: Column) -> Column:
        return m.zero + (program_y - m.zero) * np.exp(np.clip(y, least, most))

    def value(u: Inputs) -> Column:
        return times(found.value(u), program(u))

    others = times(logarithms.y - found.missed, program(m.u))
    return replace(found, value=value, missed=m.y - others, noise=0.0)


def _plain(kernel: Kernel) -> Callable[[Network], _Explained]:
    return lambda program: _Explained(kernel)


_RBF = KERNELS["RBF"]
_MATERN = KERNELS["Matern-5/2"]

_ROWS = (
    Form("program", "the program as it is", _as_it_is),
    Form("affine", "a multiple of the program plus a constant", _affine),
    Form("linear", "the program beside a linear model", _linear_beside),
    Form(
        "inputs",
        "the program with its inputs shifted and scaled",
        _network_form("inputs", warped),
    ),
    Form(
        "network",
        "the program's network, finetuned near its parameters",
        _network_form("network", finetuned),
    ),
    Form(
        "residual",
        "the program plus a Gaussian process",
        _process_form("residual", _beside_program(_RBF)),
    ),
    Form(
        "residual_rough",
        "the program plus a rougher Gaussian process",
        _process_form("residual_rough", _beside_program(_MATERN)),
    ),
    Form(
        "residual_scaled",
        "a multiple of the program plus a Gaussian process",
        _process_form("residual_scaled", _beside_multiple(_MATERN)),
    ),
    Form(
        "residual_inputs",
        "the program with its inputs shifted and scaled, plus a Gaussian process",
        _beside_warped,
    ),
    Form(
        "process_over_program",
        "a Gaussian process of the inputs and the program's output",
        _process_form("process_over_program", _over_program(_RBF)),
    ),
    Form(
        "ratio",
        "the program times the exponential of a Gaussian process",
        _ratio,
    ),
    Form("constant", "a constant", _constant, uses_program=False),
    Form(
        "scratch_linear", "a linear model", _scratch_linear, uses_program=False
    ),
    Form(
        "scratch_process",
        "a Gaussian process without the program",
        _process_form("scratch_process", _plain(_RBF)),
        uses_program=False,
    ),
    Form(
        "scratch_process_rough",
        "a rougher Gaussian process without the program",
        _process_form("scratch_process_rough", _plain(_MATERN)),
        uses_program=False,
    ),
    Form(
        "scratch_network",
        "a network without the program",
        scratch_network,
        uses_program=False,
    ),
)
FORMS: Mapping[str, Form] = {row.name: row for row in _ROWS}
