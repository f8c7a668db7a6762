"""Finetuning of many surrogates: one seam for every optimizer and backend.

In: parameters `p w`, a topology, examples, a config. Out: `FinetuneResult`, which names
its backend.
Non-goals: programs, where `w` came from, units (the caller standardises outputs).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from threadpoolctl import threadpool_limits

from nsc.errors import InputError
from nsc.surrogate import Topology, pad_inputs

# (step, step limit, best validation loss); the loss is NaN while a kernel is being
# built
Progress = Callable[[int, int, float], None]
BACKENDS = ("cpu", "reference")
MAX_LM_PARAMETERS = 3000


@dataclass(frozen=True)
class FinetuneConfig:
    """Settings of finetuning.

    Args:
        optimizer: "lm" (Levenberg-Marquardt) or "adam".
        steps: trial steps of LM, epochs of Adam.
        patience: LM stops after this many accepted steps without a better validation
            loss.
        damping, damping_up, damping_down: LM's first damping, its factor on reject,
            divisor on accept.
        ridge: LM's penalty on the squared norm of the parameters; keeps cancelling
            spikes away.
        plateau_steps, plateau_gain: LM stops when the best validation loss of that many
            steps is above this share of the best before them.
        tolerance: LM stops when the training loss (of standardised outputs) is below
            it.
        evaluate_every: epochs of Adam between measurements of the validation loss.
        target_loss: Adam stops when the test loss (the validation loss, without test
            examples), measured where validation is best so far, is at most this.
    """

    optimizer: str = "lm"
    steps: int = 350
    learning_rate: float = 0.01
    patience: int = 60
    damping: float = 0.1
    damping_up: float = 4.0
    damping_down: float = 2.0
    ridge: float = 0.0
    plateau_steps: int = 100
    plateau_gain: float = 0.8
    tolerance: float = 1e-14
    evaluate_every: int = 1
    target_loss: float | None = None

    def __post_init__(self) -> None:
        if self.optimizer not in ("lm", "adam"):
            raise InputError(
                f"unknown optimizer '{self.optimizer}'; known are lm, adam"
            )
        if self.steps < 0:
            raise InputError(f"steps must be 0 or more; found {self.steps}")
        if self.evaluate_every < 1:
            raise InputError(
                f"evaluate_every must be at least 1; found {self.evaluate_every}"
            )

    @staticmethod
    def paper() -> FinetuneConfig:
        """Adam as ICML 2024, section 5: learning rate 0.01, 5,000 full-batch epochs,
        measured every 3.
        """
        return FinetuneConfig(
            optimizer="adam", steps=5000, learning_rate=0.01, evaluate_every=3
        )


@dataclass(frozen=True)
class FinetuneData:
    """Examples of each surrogate: x `p n i`, y `p n o`; the first axis may be 1 to
    share.

    Test examples are only measured, and only where validation is best so far. `weights`
    of the training examples, `p n`, multiply their squared errors (Levenberg-Marquardt
    alone); 1 without.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    weights: np.ndarray | None = None

    def arrays(self) -> tuple[np.ndarray | None, ...]:
        """Return the six arrays of examples, x and y in turn."""
        return (
            self.x_train,
            self.y_train,
            self.x_validation,
            self.y_validation,
            self.x_test,
            self.y_test,
        )


@dataclass(frozen=True)
class FinetuneResult:
    """Parameters at the best validation loss, and how they were reached.

    Args:
        w, w_final: `p w`, at the best validation loss and at the last step.
        train_loss, validation_loss, test_loss: `p e`, mean squared errors before step
            0, 1, ...; NaN after the end and where not measured.
        best_step: `p`; step 0 is the start.
        stopped: per surrogate "step_limit", "patience", "plateau", "converged",
            "no_progress" or "target".
    """

    w: np.ndarray
    w_final: np.ndarray
    train_loss: np.ndarray
    validation_loss: np.ndarray
    test_loss: np.ndarray
    best_step: np.ndarray
    stopped: tuple[str, ...]
    optimizer: str
    backend: str
    seconds: float

    @property
    def best_validation(self) -> np.ndarray:
        """The best validation loss of each surrogate, `p`."""
        return np.nanmin(self.validation_loss, axis=1)

    @property
    def test_at_best(self) -> np.ndarray:
        """The test loss at the best validation loss, `p`; NaN without test examples."""
        return np.take_along_axis(self.test_loss, self.best_step[:, None], axis=1)[:, 0]


def spread_of(y: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each output of `n o`; 0 where there is none but
    rounding.
    """
    spread = y.std(axis=0)
    return np.where(spread > 1e-12 * np.abs(y).max(axis=0), spread, 0.0)


def split_examples(
    x: np.ndarray, y: np.ndarray, *, seed: int, validation_fraction: float = 0.2
) -> FinetuneData:
    """Split `n i`, `n o` at random into train and validation, 80:20 as ICML 2024,
    section 5.

    At least one example goes to each side; a single example serves as both.
    """
    n = len(x)
    if n == 0:
        raise InputError(
            "there are no examples to finetune on; a budget of 0 is the zero-shot mode"
        )
    order = np.random.default_rng(seed).permutation(n)
    held = min(max(1, round(n * validation_fraction)), max(n - 1, 1))
    train, validation = (order, order) if n == 1 else (order[held:], order[:held])
    return FinetuneData(
        x[None, train], y[None, train], x[None, validation], y[None, validation]
    )


def finetune(
    w: np.ndarray,
    topology: Topology,
    data: FinetuneData,
    config: FinetuneConfig,
    *,
    backend: str = "cpu",
    threads: int | None = None,
    progress: Progress = lambda step, limit, best: None,
) -> FinetuneResult:
    """Finetune surrogates on their examples.

    Deterministic: full batches, no randomness; each surrogate's bits do not depend on
    its neighbours, on their order or on the number of threads.

    Args:
        w: `p w` or `w`.
        backend: "cpu" (compiled for the topology, all cores) or "reference" (numpy).
        threads: of the cpu backend; default one per core.

    Raises:
        InputError: unknown backend, shapes that do not fit, NaN or infinite examples,
            LM asked for on a topology whose normal equations would not fit.
    """
    from nsc.finetune.backends.cpu import run_cpu
    from nsc.finetune.backends.reference import run_adam, run_lm

    if backend not in BACKENDS:
        raise InputError(
            f"unknown finetuning backend '{backend}'; known are {', '.join(BACKENDS)}"
        )
    w = np.atleast_2d(np.asarray(w, np.float64))
    data = _checked(w, topology, data)
    if config.optimizer == "lm" and topology.n_parameters > MAX_LM_PARAMETERS:
        raise InputError(
            f"Levenberg-Marquardt handles at most {MAX_LM_PARAMETERS} parameters,"
            f" {topology} has {topology.n_parameters}; use --optimizer adam or a"
            " smaller topology"
        )
    if data.weights is not None and config.optimizer != "lm":
        raise InputError(
            "weights of examples are for Levenberg-Marquardt; leave them out for adam"
        )
    started = time.perf_counter()
    if backend == "cpu":
        found = run_cpu(w, topology, data, config, progress, threads)
    else:
        run = run_lm if config.optimizer == "lm" else run_adam
        # small matrices: threads cost more than they give, and change bits
        with threadpool_limits(1, "blas"):
            found = run(w, topology, data, config, progress)
    return FinetuneResult(
        *found,
        optimizer=config.optimizer,
        backend=backend,
        seconds=time.perf_counter() - started,
    )


def _checked(w: np.ndarray, topology: Topology, data: FinetuneData) -> FinetuneData:
    """Pad inputs to the topology, share across surrogates, and refuse what cannot be
    learned.
    """
    p = len(w)
    if w.shape[1] != topology.n_parameters:
        raise InputError(
            f"{topology} has {topology.n_parameters} parameters; found {w.shape[1]}"
        )
    if not np.isfinite(w).all():
        raise InputError("the parameters to start from hold NaN or infinity")
    arrays = []
    for field in fields(data)[:6]:
        name = field.name
        if getattr(data, name) is None:
            arrays.append(None)
            continue
        a = np.asarray(getattr(data, name), np.float64)
        a = a[None] if a.ndim == 2 else a
        if a.ndim != 3 or a.shape[0] not in (1, p) or a.shape[1] == 0:
            raise InputError(
                f"{name} must be p x n x columns with p = 1 or {p} and n > 0; found"
                f" {a.shape}"
            )
        if not np.isfinite(a).all():
            raise InputError(f"{name} holds NaN or infinity")
        a = pad_inputs(a, topology) if name.startswith("x") else a
        if name.startswith("y") and a.shape[2] != topology.n_outputs:
            raise InputError(
                f"{topology} has {topology.n_outputs} outputs; {name} has {a.shape[2]}"
            )
        arrays.append(np.broadcast_to(a, (p, *a.shape[1:])))
    for x, y, what in zip(
        arrays[::2], arrays[1::2], ("train", "validation", "test"), strict=True
    ):
        rows = [0 if a is None else a.shape[1] for a in (x, y)]
        if rows[0] != rows[1]:
            raise InputError(
                f"x_{what} and y_{what} must have as many examples; found {rows[0]} and"
                f" {rows[1]}"
            )
    return FinetuneData(*arrays, weights=_checked_weights(data, arrays[0].shape[:2]))


def _checked_weights(data: FinetuneData, shape: tuple[int, ...]) -> np.ndarray | None:
    if data.weights is None:
        return None
    weights = np.asarray(data.weights, np.float64)
    if (
        weights.ndim != 2
        or weights.shape[0] not in (1, shape[0])
        or weights.shape[1] != shape[1]
    ):
        raise InputError(
            f"weights must be p x n with p = 1 or {shape[0]} and n = {shape[1]}; found"
            f" {weights.shape}"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise InputError("weights must be finite and 0 or more")
    return np.broadcast_to(weights, shape)
