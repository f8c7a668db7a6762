"""Train a baseline from records: one file, in minutes on one core.

In: a baseline's name, a folder of record shards. Out: its file; the same seed gives
the same bits. What is in `validation` beside the folder judges it, and chooses between
MAML's two orders. Non-goals: resuming, for none takes longer than a few minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.baselines.library import FIT_STEPS, Library, build_library
from nsc.baselines.maml import MamlConfig, train_maml
from nsc.baselines.pretrained import STEPS, train_pretrained
from nsc.baselines.store import Baseline, write_library, write_starts
from nsc.baselines.tasks import Tasks, first_tasks, read_tasks
from nsc.baselines.validate import Gains, gains_of, sample
from nsc.compnet import CompNet, load_compnet
from nsc.errors import InputError

SEEDS = 3

OnRow = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Order:
    """A baseline to train.

    Args:
        data: a folder of record shards.
        seed: trained seeds are three times it, and the next two.
        steps: optimizer steps; None is the baseline's own number.
        compnet: path of the checkpoint that embeds a library; None is the shipped one.
        on_row: told what goes on.
    """

    data: Path
    seed: int
    steps: int | None
    compnet: str | None
    on_row: OnRow

    @property
    def seeds(self) -> list[int]:
        """The seeds that are trained."""
        return [SEEDS * self.seed + k for k in range(SEEDS)]

    @property
    def validation(self) -> Path:
        """Where the records that judge are."""
        return self.data.resolve().parent / "validation"


def train_baseline(
    name: str,
    data: Path,
    path: Path,
    *,
    seed: int = 0,
    steps: int | None = None,
    compnet: str | None = None,
    on_row: OnRow = lambda row: None,
) -> Path:
    """Train a baseline and write its file.

    Args:
        name: one of `BASELINES`.
        data: a folder of record shards.
        seed: the same gives the same bits.
        steps: optimizer steps (epochs of maml; of Levenberg-Marquardt for nearest).
        compnet: a checkpoint, for nearest; default the shipped one.
        on_row: told what goes on.

    Returns:
        `path`.

    Raises:
        InputError: an unknown name, or data that it cannot be trained on.
    """
    if name not in BASELINES:
        raise InputError(
            f"baseline must be one of {', '.join(BASELINES)}; found '{name}'"
        )
    if compnet is not None and name != "nearest":
        raise InputError(
            f"compnet must be left out for baseline {name}, which reads no text"
        )
    if path.is_dir():
        raise InputError(
            f"output must be a file with a baseline; {path} is a folder"
        )
    if seed < 0:
        raise InputError(f"seed must be 0 or more; found {seed}")
    if steps is not None and steps < 1:
        raise InputError(f"steps must be 1 or more; found {steps}")
    path.parent.mkdir(parents=True, exist_ok=True)
    BASELINES[name](Order(data, seed, steps, compnet, on_row), path)
    return path


def _pretrained(order: Order, path: Path) -> None:
    tasks = read_tasks(order.data)

    def show(step: int, loss: float) -> None:
        order.on_row({"baseline": "pretrained", "step": step, "loss": loss})

    steps = order.steps or STEPS
    w = train_pretrained(tasks, order.seeds, show, steps=steps)
    judged = _judged(order, "pretrained", w)
    about = _about(order, tasks) | _said(judged) | {"steps": steps}
    write_starts(path, Baseline("pretrained", w, about))


def _one_order(is_second_order: bool) -> Callable[[Order, Path], None]:
    def train(order: Order, path: Path) -> None:
        write_starts(
            path, _maml(order, read_tasks(order.data), is_second_order)[0]
        )

    return train


def _both_orders(order: Order, path: Path) -> None:
    """Train both orders, and keep what is better after finetuning on ten examples."""
    if not order.validation.is_dir():
        raise InputError(
            f"baseline maml chooses between two orders on {order.validation}, which is"
            " not there; put validation records beside the data, or choose maml1 or"
            " maml2"
        )
    tasks = read_tasks(order.data)
    found = [_maml(order, tasks, is_second) for is_second in (False, True)]
    best, _ = max(found, key=lambda pair: _finetuned(pair[1]))
    order.on_row({"baseline": "maml", "kept": best.about["order"]})
    write_starts(path, best)


def _finetuned(gains: Gains | None) -> float:
    return 0.0 if gains is None else gains.finetuned


def _maml(
    order: Order, tasks: Tasks, is_second_order: bool
) -> tuple[Baseline, Gains | None]:
    config = MamlConfig(is_second_order=is_second_order)
    if order.steps is not None:
        config = replace(config, epochs=order.steps)
    which = 2 if is_second_order else 1
    name = f"maml{which}"
    found: list[np.ndarray] = []
    for seed in order.seeds:

        def show(step: int, loss: float, seed: int = seed) -> None:
            row = {"baseline": name, "seed": seed, "step": step, "loss": loss}
            order.on_row(row)

        found.append(train_maml(tasks, seed, config, show))
    w = np.stack(found)
    judged = _judged(order, name, w)
    about = _about(order, tasks) | _said(judged)
    about |= {"order": which, "config": asdict(config)}
    return Baseline("maml", w, about), judged


def _judged(order: Order, name: str, w: np.ndarray) -> Gains | None:
    """Judge starts `s w` on the validation split; None without one."""
    if not order.validation.is_dir():
        return None
    tasks = read_tasks(order.validation)
    tasks = tasks.select(sample(len(tasks), 0))
    starts = np.repeat(w[:, None], len(tasks), axis=1)
    found = gains_of(starts, tasks)
    order.on_row({"baseline": name, **asdict(found)})
    return found


def _said(found: Gains | None) -> dict[str, Any]:
    return {} if found is None else {"validation": asdict(found)}


def _about(order: Order, tasks: Tasks) -> dict[str, Any]:
    """Say what was trained on."""
    digest = hashlib.blake2b(tasks.arity.tobytes(), digest_size=8)
    digest.update(tasks.outputs.tobytes())
    return {
        "data": digest.hexdigest(),
        "programs": len(tasks),
        "seeds": order.seeds,
    }


def _nearest(order: Order, path: Path) -> None:
    compnet = load_compnet(order.compnet)
    if not isinstance(compnet, CompNet):
        raise InputError(
            "compnet must be one that reads DAGs; found a checkpoint that reads text"
        )

    def show(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            row = {"baseline": "nearest", "trained": done, "of": total}
            order.on_row(row)

    steps = order.steps or FIT_STEPS
    library = build_library(order.data, compnet, order.seed, show, steps=steps)
    judged = _judged_library(order, library, compnet)
    about = {"programs": len(library), "seed": order.seed, "steps": steps}
    about |= _said(judged)
    write_library(path, library, about)


def _judged_library(
    order: Order, library: Library, compnet: CompNet
) -> Gains | None:
    """Judge a library on the validation programs' first outputs; None without any."""
    if not order.validation.is_dir():
        return None
    tasks, dags = first_tasks(order.validation)
    chosen = sample(len(tasks), 0)
    tasks = tasks.select(chosen)
    starts = np.repeat(compnet.base[None], len(tasks), axis=0)
    for k, number in enumerate(chosen.tolist()):
        dag = dags[number]
        if dag is not None:
            w = library.start_for(compnet.emit(dag), compnet.embed(dag))
            starts[k] = starts[k] if w is None else w
    found = gains_of(np.stack([starts] * SEEDS), tasks)
    order.on_row({"baseline": "nearest", **asdict(found)})
    return found


BASELINES: Mapping[str, Callable[[Order, Path], None]] = {
    "pretrained": _pretrained,
    "maml": _both_orders,
    "maml1": _one_order(False),
    "maml2": _one_order(True),
    "nearest": _nearest,
}
