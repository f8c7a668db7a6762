# ruff: noqa: F722 (axes, not forward references)
"""The finetuner's nouns: what is asked of it, what it is told, what it gives back.

In / Out: frozen values. Non-goals: algorithms (lm.py, adam.py), how they are computed
(backends).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Int

from nsc.errors import InputError
from nsc.surrogate import Topology

# (step, step limit, best validation loss); the loss is NaN while a kernel is being
# built
Progress = Callable[[int, int, float], None]


def show_nothing(step: int, limit: int, best: float) -> None:
    """Ignore progress."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every optimizer is told; each has a class of its own (lm.py, adam.py).

    Args:
        steps: how many at most.
        backend: "cpu" (compiled for the topology, all cores) or "reference" (numpy).
    """

    steps: int
    backend: str = "cpu"

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise InputError(f"steps must be 0 or more; found {self.steps}")


class Examples(NamedTuple):
    """One set of examples: x `p n i`, y `p n o`."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class FinetuneData:
    """Examples of each surrogate: x `p n i`, y `p n o`; the first axis may be 1 to share.

    Args:
        x_train, y_train: what is learned from.
        x_validation, y_validation: what the best step is chosen by.
        x_test, y_test: only measured, and only where validation is best so far.
        weights: of the training examples, `p n`; they multiply squared errors
            (optimizers that take weights); 1 without.
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

    @property
    def train(self) -> Examples:
        """The training examples."""
        return Examples(self.x_train, self.y_train)

    @property
    def validation(self) -> Examples:
        """The validation examples."""
        return Examples(self.x_validation, self.y_validation)

    @property
    def test(self) -> Examples | None:
        """The test examples, where there are any."""
        if self.x_test is None or self.y_test is None:
            return None
        return Examples(self.x_test, self.y_test)

    def of_surrogates(self, chosen: Int[np.ndarray, " k"]) -> FinetuneData:
        """Take the examples of some surrogates, by number."""

        def maybe(a: np.ndarray | None) -> np.ndarray | None:
            return None if a is None else a[chosen]

        return FinetuneData(
            self.x_train[chosen],
            self.y_train[chosen],
            self.x_validation[chosen],
            self.y_validation[chosen],
            maybe(self.x_test),
            maybe(self.y_test),
            maybe(self.weights),
        )


@dataclass(frozen=True)
class Task:
    """What is to be finetuned, checked: `p` surrogates of one topology.

    Args:
        w: `p w`, where they start.
        data: every array has its first axis of length p; inputs are the topology's.
    """

    w: Float[np.ndarray, "p w"]
    topology: Topology
    data: FinetuneData


@dataclass(frozen=True)
class Outcome:
    """Parameters at the best validation loss, and how they were reached.

    Args:
        w, w_final: `p w`, at the best validation loss and at the last step.
        train_loss, validation_loss, test_loss: `p e`, mean squared errors before step
            0, 1, ...; NaN after the end and where not measured.
        best_step: `p`; step 0 is the start.
        stopped: why each ended, one of `STOPS`.
    """

    w: Float[np.ndarray, "p w"]
    w_final: Float[np.ndarray, "p w"]
    train_loss: Float[np.ndarray, "p e"]
    validation_loss: Float[np.ndarray, "p e"]
    test_loss: Float[np.ndarray, "p e"]
    best_step: Int[np.ndarray, " p"]
    stopped: tuple[str, ...]


# Why a surrogate's finetuning ends. A kernel answers with a number of this list.
STOPS = (
    "step_limit",
    "patience",
    "plateau",
    "converged",
    "no_progress",
    "target",
)


@dataclass(frozen=True)
class FinetuneResult(Outcome):
    """An outcome, and what it was reached with."""

    optimizer: str
    backend: str
    seconds: float

    @property
    def best_validation(self) -> Float[np.ndarray, " p"]:
        """The best validation loss of each surrogate, `p`."""
        return np.nanmin(self.validation_loss, axis=1)

    @property
    def test_at_best(self) -> Float[np.ndarray, " p"]:
        """The test loss at the best validation loss, `p`; NaN without test examples."""
        return np.take_along_axis(
            self.test_loss, self.best_step[:, None], axis=1
        )[:, 0]

    @property
    def steps_run(self) -> Int[np.ndarray, " p"]:
        """How many steps each surrogate took, `p`."""
        return np.isfinite(self.train_loss).sum(axis=1) - 1


def stacked(outcomes: Sequence[Outcome]) -> Outcome:
    """Put outcomes one below the other; shorter curves end in NaN."""
    width = max(outcome.train_loss.shape[1] for outcome in outcomes)

    def curves(each: Callable[[Outcome], np.ndarray]) -> np.ndarray:
        return np.concatenate([_padded(each(o), width) for o in outcomes])

    return Outcome(
        w=np.concatenate([o.w for o in outcomes]),
        w_final=np.concatenate([o.w_final for o in outcomes]),
        train_loss=curves(lambda o: o.train_loss),
        validation_loss=curves(lambda o: o.validation_loss),
        test_loss=curves(lambda o: o.test_loss),
        best_step=np.concatenate([o.best_step for o in outcomes]),
        stopped=tuple(why for o in outcomes for why in o.stopped),
    )


def _padded(
    curve: Float[np.ndarray, "p e"], width: int
) -> Float[np.ndarray, "p _"]:
    missing = width - curve.shape[1]
    return np.pad(curve, ((0, 0), (0, missing)), constant_values=np.nan)


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Optimizer(Generic[S]):
    """A row of the table of optimizers: an algorithm and what it can do.

    Args:
        name: what it is called in options, files and reports.
        title: what it is called in sentences.
        settings: the class of its settings; a kernel gets every number in it.
        reference: the algorithm in numpy, which defines what is correct.
        header: the same, compiled: a file of csrc, which says what it must define.
        precision: the numbers that the kernel computes in.
        for_one: settings for finetuning one surrogate, where time is cheap.
        constants: numbers of the algorithm that the kernel is compiled with.
        max_parameters: of a topology, whatever the examples; None for any number.
        is_over_residuals: whether with these settings a larger topology is held too,
            where training examples times outputs are as few.
        takes_weights: whether examples may have weights.
        lanes_up_to: on up to so many training examples the kernel takes surrogates
            side by side; 0 for never.
        continued: (settings, steps done) -> the settings that go on from the last
            parameters; None for what has a memory that these do not hold.
    """

    name: str
    title: str
    settings: type[S]
    reference: Callable[[Task, S, Progress], Outcome]
    header: str
    precision: type[np.floating]
    for_one: S
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    max_parameters: int | None = None
    is_over_residuals: Callable[[S], bool] = lambda settings: False
    takes_weights: bool = False
    lanes_up_to: int = 0
    continued: Callable[[S, int], S] | None = None

    def solves(self, topology: Topology, residuals: int, settings: S) -> bool:
        """Say whether a topology, or what it is to learn from, is small enough."""
        if self.holds(topology):
            return True
        most = self.max_parameters
        is_few = most is not None and residuals <= most
        return is_few and self.is_over_residuals(settings)

    def holds(self, topology: Topology) -> bool:
        """Say whether a topology is small enough, whatever it is to learn from."""
        most = self.max_parameters
        return most is None or topology.n_parameters <= most
