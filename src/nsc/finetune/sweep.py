# ruff: noqa: F722 (axes, not forward references)
"""Sweeps: any number of surrogates, of any mix of data sizes, finetuned in batches.

In: an iterable of `Trial`s, made lazily. Out: a `Score` each, kept in a file as they
come. Memory: at most `max_bytes` of waiting examples, plus one batch (its examples
twice, and 24 bytes a step and surrogate for the curves), however many trials there are.
Non-goals: which trials to run, what their scores mean.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nsc.errors import InputError, StoreError
from nsc.finetune.engine import finetune
from nsc.finetune.examples import split_examples
from nsc.finetune.network import mean_squared_error
from nsc.finetune.optimizers import optimizer_of
from nsc.finetune.task import FinetuneData, FinetuneResult, Settings
from nsc.surrogate import Topology

# shares of a program's examples (ICML 2024, section 5)
PAPER_DATA_SIZES = (0.0, 0.001, 0.01, 0.1, 1.0)

Shape = tuple[tuple[int, ...] | None, ...]


def share_of(
    x: Float[np.ndarray, "n i"],
    y: Float[np.ndarray, "n o"],
    *,
    share: float,
    seed: int,
    x_test: Float[np.ndarray, "m i"] | None = None,
    y_test: Float[np.ndarray, "m o"] | None = None,
) -> FinetuneData:
    """Take a share of a program's examples `n i`, `n o` for one trial, split 80:20.

    Smaller shares of the same seed are part of larger ones. A share above zero holds at
    least one example; a single one serves as training and validation alike.

    Example: share_of(x, y, share=0.1, seed=0) of 8,192 examples trains on 655 and
    validates on 164.
    """
    chosen_x, chosen_y = share_examples(x, y, share=share, seed=seed)
    if not len(chosen_x):
        return FinetuneData(x[:0], y[:0], x[:0], y[:0], x_test, y_test)
    split = split_examples(chosen_x, chosen_y, seed=seed)
    return FinetuneData(
        split.x_train[0],
        split.y_train[0],
        split.x_validation[0],
        split.y_validation[0],
        x_test,
        y_test,
    )


def share_examples(
    x: Float[np.ndarray, "n i"],
    y: Float[np.ndarray, "n o"],
    *,
    share: float,
    seed: int,
) -> tuple[Float[np.ndarray, "k i"], Float[np.ndarray, "k o"]]:
    """Take a share of a program's examples for one trial, before they are split."""
    if not 0 <= share <= 1:
        raise InputError(f"a share lies between 0 and 1; found {share}")
    at_least = 1 if share > 0 else 0
    count = max(round(share * len(x)), at_least)
    chosen = np.random.default_rng(seed).permutation(len(x))[:count]
    return x[chosen], y[chosen]


@dataclass(frozen=True)
class Trial:
    """One surrogate to finetune.

    Args:
        key: a name of its own within the sweep, e.g. "erf/size=0.01/trial=2/compnet".
        w: `w`, where it starts; or what makes it, which is called only if the trial has
            not been run before.
        data: examples of this surrogate alone, x `n i` and y `n o`. Without training
            examples (n = 0) only its start is measured.
    """

    key: str
    w: np.ndarray | Callable[[], np.ndarray]
    data: FinetuneData

    @property
    def shape(self) -> Shape:
        """The shapes of its arrays; trials of equal shapes run together."""
        return tuple(
            None if a is None else a.shape for a in self.data.arrays()
        )

    @property
    def n_bytes(self) -> int:
        """The size of its examples."""
        return sum(a.nbytes for a in self.data.arrays() if a is not None)


@dataclass(frozen=True)
class Score:
    """What a sweep keeps of a trial: mean squared errors, at the start and at best.

    Best is where validation was. `validation` is NaN without training examples;
    `test_start` and `test` are without test examples.
    """

    key: str
    test_start: float
    test: float
    validation: float
    best_step: int
    steps: int
    stopped: str


def sweep(
    trials: Iterable[Trial],
    topology: Topology,
    settings: Settings,
    *,
    file: Path | None = None,
    about: str = "",
    threads: int | None = None,
    batch: int = 256,
    max_bytes: int = 256 << 20,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Score]:
    """Finetune every trial; yield scores as batches of equal shapes are done.

    Args:
        file: scores are appended to it, a JSON object a line, and trials that it holds
            are not run again. They are yielded too. A line cut short by a kill is
            dropped and its trial run again.
        about: what the trials were made of, where their keys do not tell (a checkpoint,
            a data set); it stands in the file's first line, beside topology and
            settings.
        batch: trials of equal shapes that are run together.
        max_bytes: of examples that wait for others of their shape.
        progress: called with the number of trials done.

    Raises:
        StoreError: `file` holds something else, or scores of another topology, of other
            settings or `about`.
        InputError: a trial's examples do not fit the topology, or a key comes twice.
    """
    store = _ScoreFile(file, topology, settings, about)
    kept = store.read()
    yield from kept.values()
    done = len(kept)
    progress(done)
    for chosen in _batches(_unfinished(trials, kept), batch, max_bytes):
        scores = _run(chosen, topology, settings, threads)
        store.append(scores)
        done += len(scores)
        progress(done)
        yield from scores


def _unfinished(
    trials: Iterable[Trial], kept: Container[str]
) -> Iterator[Trial]:
    """Check every trial; yield those that no file has scores of."""
    seen: set[str] = set()
    for trial in trials:
        if trial.data.weights is not None:
            raise InputError(
                f"the trial '{trial.key}' has weights; a sweep's examples all count"
                " alike"
            )
        if trial.key in seen:
            raise InputError(f"the sweep has two trials named '{trial.key}'")
        seen.add(trial.key)
        if trial.key not in kept:
            yield trial


def _batches(
    trials: Iterable[Trial], size: int, max_bytes: int
) -> Iterator[list[Trial]]:
    """Collect trials of equal shapes; the largest collection goes when bytes run out."""
    waiting: dict[Shape, list[Trial]] = {}
    n_bytes = 0
    for trial in trials:
        waiting.setdefault(trial.shape, []).append(trial)
        n_bytes += trial.n_bytes
        if len(waiting[trial.shape]) >= size:
            full = waiting.pop(trial.shape)
            n_bytes -= _bytes_of(full)
            yield full
        while n_bytes > max_bytes:
            largest = max(waiting, key=lambda shape: _bytes_of(waiting[shape]))
            chosen = waiting.pop(largest)
            n_bytes -= _bytes_of(chosen)
            yield chosen
    yield from waiting.values()


def _bytes_of(trials: list[Trial]) -> int:
    return sum(trial.n_bytes for trial in trials)


def _run(
    trials: list[Trial],
    topology: Topology,
    settings: Settings,
    threads: int | None,
) -> list[Score]:
    """Finetune trials of equal shapes together."""
    w = np.stack([t.w() if callable(t.w) else t.w for t in trials])
    data = _stacked([t.data for t in trials])
    start = np.full(len(w), np.nan)
    if data.test is not None:
        start = mean_squared_error(w, topology, *data.test)
    if data.x_train.shape[1] == 0:
        pairs = zip(trials, start, strict=True)
        return [_untrained(t.key, float(loss)) for t, loss in pairs]
    found = finetune(w, topology, data, settings, threads=threads)
    return [
        _score(t.key, k, float(start[k]), found) for k, t in enumerate(trials)
    ]


def _stacked(data: list[FinetuneData]) -> FinetuneData:
    """Stack the examples of several surrogates, equal in shape."""

    def both(
        each: Callable[[FinetuneData], np.ndarray | None],
    ) -> np.ndarray | None:
        arrays = [a for a in map(each, data) if a is not None]
        return np.stack(arrays) if arrays else None

    return FinetuneData(
        np.stack([d.x_train for d in data]),
        np.stack([d.y_train for d in data]),
        np.stack([d.x_validation for d in data]),
        np.stack([d.y_validation for d in data]),
        both(lambda d: d.x_test),
        both(lambda d: d.y_test),
    )


def _untrained(key: str, test: float) -> Score:
    nan = float("nan")
    return Score(
        key,
        test_start=test,
        test=test,
        validation=nan,
        best_step=0,
        steps=0,
        stopped="zero_shot",
    )


def _score(
    key: str, k: int, test_start: float, found: FinetuneResult
) -> Score:
    return Score(
        key,
        test_start=test_start,
        test=float(found.test_at_best[k]),
        validation=float(found.best_validation[k]),
        best_step=int(found.best_step[k]),
        steps=int(found.steps_run[k]),
        stopped=found.stopped[k],
    )


class _ScoreFile:
    """Scores, an object a line, behind a line that says of which sweep."""

    def __init__(
        self,
        file: Path | None,
        topology: Topology,
        settings: Settings,
        about: str,
    ):
        self.file = file
        optimizer = optimizer_of(settings).name
        self.head = {
            "sweep": str(topology),
            "activation": topology.activation,
            "config": {"optimizer": optimizer, **asdict(settings)},
            "about": about,
        }

    def read(self) -> dict[str, Score]:
        """Read the scores of an earlier run; a line cut short is dropped."""
        if self.file is None or not self.file.exists():
            return {}
        text = self.file.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if lines:
            self._check_head(lines[0])
        scores = self._scores(lines[1:])
        if len(whole) < len(text):
            os.truncate(self.file, len(whole))
        return scores

    def _check_head(self, line: bytes) -> None:
        try:
            head: dict[str, object] = dict(json.loads(line))
        except (ValueError, TypeError):
            raise self._is_something_else() from None
        if "sweep" not in head:
            raise self._is_something_else()
        if head != self.head:
            keys = dict.fromkeys([*head, *self.head])
            differing = [k for k in keys if head.get(k) != self.head.get(k)]
            raise StoreError(
                f"{self.file} holds scores of another sweep ({', '.join(differing)}):"
                " remove it or choose another file"
            )

    def _scores(self, lines: list[bytes]) -> dict[str, Score]:
        try:
            scores = [Score(**json.loads(line)) for line in lines]
        except (ValueError, TypeError):
            raise self._is_something_else() from None
        return {score.key: score for score in scores}

    def _is_something_else(self) -> StoreError:
        return StoreError(
            f"{self.file} does not hold the scores of a sweep; choose another file"
        )

    def append(self, scores: list[Score]) -> None:
        """Append scores, behind the first line where there is none yet."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as out:
            is_new = out.tell() == 0
            lines = [*([self.head] if is_new else []), *map(asdict, scores)]
            out.write("".join(json.dumps(line) + "\n" for line in lines))
