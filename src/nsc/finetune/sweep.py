"""Sweeps: any number of surrogates, of any mix of data sizes, streamed through the
engine.

In: an iterable of `Trial`s, made lazily. Out: a `Score` each, kept in a file as they
come. Memory: at most `max_bytes` of waiting examples, plus one batch (its examples
twice, and 24 bytes a step and surrogate for the curves), however many trials there are.
Non-goals: which trials to run, what their scores mean.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nsc.errors import InputError, StoreError
from nsc.finetune.engine import FinetuneConfig, FinetuneData, finetune, split_examples
from nsc.surrogate import Topology, forward

# shares of a program's examples (ICML 2024, section 5)
PAPER_DATA_SIZES = (0.0, 0.001, 0.01, 0.1, 1.0)


def share_of(
    x: np.ndarray,
    y: np.ndarray,
    *,
    share: float,
    seed: int,
    x_test: np.ndarray | None = None,
    y_test: np.ndarray | None = None,
) -> FinetuneData:
    """Take a share of a program's examples `n i`, `n o` for one trial, split 80:20.

    Smaller shares of the same seed are part of larger ones. A share above zero holds at
    least one example; a single one serves as training and validation alike.

    Example: share_of(x, y, share=0.1, seed=0) of 8,192 examples trains on 655 and
    validates on 164.
    """
    if not 0 <= share <= 1:
        raise InputError(f"a share lies between 0 and 1; found {share}")
    count = round(share * len(x)) or int(share > 0)
    chosen = np.random.default_rng(seed).permutation(len(x))[:count]
    if not count:
        return FinetuneData(x[:0], y[:0], x[:0], y[:0], x_test, y_test)
    parts = split_examples(x[chosen], y[chosen], seed=seed).arrays()[:4]
    return FinetuneData(*(a[0] for a in parts), x_test, y_test)


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
    def shape(self) -> tuple:
        return tuple(None if a is None else a.shape for a in self.data.arrays())

    @property
    def n_bytes(self) -> int:
        return sum(a.nbytes for a in self.data.arrays() if a is not None)


@dataclass(frozen=True)
class Score:
    """What a sweep keeps of a trial: mean squared errors at the start and where
    validation was best.

    `validation` is NaN without training examples; `test_start` and `test` without test
    examples.
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
    config: FinetuneConfig,
    *,
    file: Path | None = None,
    about: str = "",
    backend: str = "cpu",
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
            a data set); it stands in the file's first line, beside topology and config.

    Raises:
        StoreError: `file` holds something else, or scores of another topology, config
            or `about`.
        InputError: a trial's examples do not fit the topology, or a key comes twice.
    """
    scores_of = _ScoreFile(file, topology, config, about)
    kept = scores_of.read()
    yield from kept.values()
    seen: set[str] = set()
    waiting: dict[tuple, list[Trial]] = {}
    done = len(kept)
    n_bytes = 0
    progress(done)

    def flush(shape: tuple) -> Iterator[Score]:
        nonlocal done, n_bytes
        chosen = waiting.pop(shape)
        n_bytes -= sum(t.n_bytes for t in chosen)
        scores = _run(chosen, topology, config, backend, threads)
        scores_of.append(scores)
        done += len(scores)
        progress(done)
        yield from scores

    for trial in trials:
        if trial.data.weights is not None:
            raise InputError(
                f"the trial '{trial.key}' has weights; a sweep's examples all count"
                " alike"
            )
        if trial.key in seen:
            raise InputError(f"the sweep has two trials named '{trial.key}'")
        seen.add(trial.key)
        if trial.key in kept:
            continue
        waiting.setdefault(trial.shape, []).append(trial)
        n_bytes += trial.n_bytes
        if len(waiting[trial.shape]) >= batch:
            yield from flush(trial.shape)
        while n_bytes > max_bytes:
            yield from flush(
                max(waiting, key=lambda s: sum(t.n_bytes for t in waiting[s]))
            )
    for shape in list(waiting):
        yield from flush(shape)


def _run(
    trials: list[Trial],
    topology: Topology,
    config: FinetuneConfig,
    backend: str,
    threads: int | None,
) -> list[Score]:
    w = np.stack([t.w() if callable(t.w) else t.w for t in trials])
    rows = zip(*(t.data.arrays() for t in trials), strict=True)
    data = FinetuneData(
        *(None if arrays[0] is None else np.stack(arrays) for arrays in rows)
    )
    start = np.full(len(w), np.nan)
    if data.x_test is not None:
        start = ((forward(w, topology, data.x_test) - data.y_test) ** 2).mean(
            axis=(1, 2)
        )
    if data.x_train.shape[1] == 0:
        nan = float("nan")
        return [
            Score(t.key, float(s), float(s), nan, 0, 0, "zero_shot")
            for t, s in zip(trials, start, strict=True)
        ]
    found = finetune(w, topology, data, config, backend=backend, threads=threads)
    steps = np.isfinite(found.train_loss).sum(axis=1) - 1
    columns = (
        start,
        found.test_at_best,
        found.best_validation,
        found.best_step,
        steps,
        found.stopped,
    )
    return [
        Score(t.key, float(a), float(b), float(c), int(d), int(e), f)
        for t, a, b, c, d, e, f in zip(trials, *columns, strict=True)
    ]


class _ScoreFile:
    """Scores, an object a line, behind a line that says of which sweep."""

    def __init__(
        self, file: Path | None, topology: Topology, config: FinetuneConfig, about: str
    ):
        self.file = file
        self.head = {
            "sweep": str(topology),
            "activation": topology.activation,
            "config": asdict(config),
            "about": about,
        }

    def read(self) -> dict[str, Score]:
        """Read the scores of an earlier run, dropping what stands behind the last whole
        line.
        """
        if self.file is None or not self.file.exists():
            return {}
        text = self.file.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        try:
            head, *scores = (
                map(json.loads, whole.splitlines()) if whole else (self.head,)
            )
            scores = [Score(**score) for score in scores]
        except (ValueError, TypeError):
            head = {}
            scores = []
        if "sweep" not in head:
            raise StoreError(
                f"{self.file} does not hold the scores of a sweep; choose another file"
            )
        if head != self.head:
            differing = ", ".join(
                k for k in head | self.head if head.get(k) != self.head.get(k)
            )
            raise StoreError(
                f"{self.file} holds scores of another sweep ({differing}): remove it or"
                " choose another file"
            )
        if len(whole) < len(text):
            os.truncate(self.file, len(whole))
        return {s.key: s for s in scores}

    def append(self, scores: list[Score]) -> None:
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as out:
            lines = [*([] if out.tell() else [self.head]), *map(asdict, scores)]
            out.write("".join(json.dumps(line) + "\n" for line in lines))
