"""Training of a CompNet: resumable, seeded, on one process or several.

In: a folder of records, `TrainConfig`. Out: a checkpoint and rows of losses. Non-goals:
evaluation (evaluate.py).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from nsc.compnet.checkpoint import save_compnet
from nsc.compnet.pack import make_batch
from nsc.compnet.training.config import TrainConfig
from nsc.compnet.training.corpus import Corpus, grown_corpus
from nsc.compnet.training.device import device_named, on_device
from nsc.compnet.training.losses import NAMES, Losses
from nsc.compnet.training.model import Tape, TermNet
from nsc.compnet.training.parallel import Ranks, together
from nsc.compnet.training.run_state import (
    read_state,
    refuse_other,
    with_defaults,
    write_state,
)
from nsc.errors import InputError
from nsc.host import write_whole

Progress = Callable[[dict], None]
_CHUNK = 20_000  # programs sorted by depth at a time
# may differ on a resume
_NOT_THE_RUN = ("threads", "workers", "processes", "checkpoint_every", "device")


def train_compnet(
    data: Path,
    out_dir: Path,
    config: TrainConfig,
    *,
    progress: Progress = lambda row: None,
) -> Path:
    """Train on programs grown from the records under `data`; interrupted runs go on
    from the last checkpoint.

    `config.processes` share each batch; under torchrun, its processes do.

    Returns:
        The path of the finished checkpoint, `out_dir/compnet.safetensors`.
    """
    device_named(config.device)
    with together(
        config.processes, config.device, _train, data, out_dir, config
    ) as ranks:
        return _train(
            ranks,
            data,
            out_dir,
            config,
            progress if ranks.is_first else lambda row: None,
        )


def _train(
    ranks: Ranks,
    data: Path,
    out_dir: Path,
    config: TrainConfig,
    progress: Progress = lambda row: None,
) -> Path:
    """Be one of the processes of a run; the first one grows programs, saves and
    reports.
    """
    torch.set_num_threads(config.threads)
    device = device_named(config.device, ranks)  # before programs are grown
    if not ranks.is_first:
        ranks.wait()
    corpus = grown_corpus(
        data,
        out_dir / "grown",
        programs=config.programs,
        seed=config.seed,
        workers=config.workers,
        progress=lambda line: progress({"grown": line}),
    )
    if len(corpus) < config.batch:
        raise InputError(
            f"{len(corpus)} programs are less than a batch of {config.batch}; grow more"
            " with --programs"
        )
    run = _Training(corpus, config, out_dir, ranks, device)
    run.resume()
    if ranks.is_first:
        ranks.wait()
        write_whole(out_dir / "config.json", json.dumps(asdict(config), indent=2))
    while run.step < config.steps:
        row = run.run_until(min(run.step + config.checkpoint_every, config.steps))
        if ranks.is_first:
            run.save()
            progress(row)
    path = out_dir / "compnet.safetensors"
    if ranks.is_first:
        run.export(path)
    return path


class _Training:
    """Model, optimizer and position of one run."""

    def __init__(
        self,
        corpus: Corpus,
        config: TrainConfig,
        out_dir: Path,
        ranks: Ranks,
        device: torch.device,
    ):
        torch.manual_seed(config.seed)
        self.corpus = corpus
        self.config = config
        self.out_dir = out_dir
        self.ranks = ranks
        self.grown = (
            f"{len(corpus)} programs from {corpus.origin}, {corpus.left_out} left out"
        )
        self.depths = corpus.packed.depths
        self.device = device
        self.net = TermNet(config.model).to(device)
        for p in self.net.parameters():
            p.grad = torch.zeros_like(p)
        self.optimizer = _optimizer(self.net, config)
        self.step = 0
        self.seconds = 0.0

    def run_until(self, step: int) -> dict:
        """Train to `step`; returns the mean losses and speed since the last call."""
        started = time.perf_counter()
        first = self.step
        totals = np.zeros(len(NAMES))
        batches = self._batches()
        while self.step < step:
            totals += self._train_step(next(batches))
            self.step += 1
        seconds = time.perf_counter() - started
        self.seconds += seconds
        steps = self.step - first
        losses = dict(zip(NAMES, (totals / steps).round(4).tolist(), strict=True))
        speed = round(steps * self.config.batch / seconds, 1)
        return {
            "step": self.step,
            "steps": self.config.steps,
            "programs_per_s": speed,
            **losses,
            "seconds": round(self.seconds, 1),
        }

    def _batches(self) -> Iterator[np.ndarray]:
        """Yield program numbers; epochs are shuffled, batches hold programs of similar
        depth.

        A function of (seed, step) alone, so that a resumed run sees the same batches.
        """
        size = self.config.batch
        depths = self.depths
        per_epoch = max(1, len(self.corpus) // size)
        epoch, position = divmod(self.step, per_epoch)
        while True:
            generator = np.random.default_rng([self.config.seed, epoch])
            jitter = depths + 2.0 * generator.random(len(depths))
            chunks = np.array_split(
                generator.permutation(len(depths)), max(1, len(depths) // _CHUNK)
            )
            order = np.concatenate([c[np.argsort(jitter[c])] for c in chunks])
            for k in generator.permutation(per_epoch)[position:]:
                yield order[k * size : (k + 1) * size]
            epoch = epoch + 1
            position = 0

    def _schedule(self) -> tuple[float, float]:
        """Return (learning rate, eps) of this step."""
        c = self.config
        done = self.step / self.config.steps
        warm = min(1.0, (self.step + 1) / c.warmup_steps)
        rate = c.learning_rate * warm * (0.5 + 0.5 * math.cos(math.pi * done) + 0.003)
        return rate, c.eps_from * (c.eps_to / c.eps_from) ** done

    def _train_step(self, programs: np.ndarray) -> np.ndarray:
        rate, eps = self._schedule()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        programs = self.ranks.part(programs)
        batch = make_batch(self.corpus.packed, programs)
        self.optimizer.zero_grad(set_to_none=False)
        tape = Tape(self.net, on_device(batch, self.device), self.config.bf16)
        generator = np.random.default_rng([self.config.seed, 1, self.step])
        losses = torch.stack(
            Losses(self.net, self.corpus, tape, batch, programs, self.ranks).all(
                eps, generator
            )
        )
        losses.sum().backward()
        tape.backward()
        found = losses.detach()
        self.ranks.add([found, *(p.grad for p in self.net.parameters())])
        norm = torch.nn.utils.clip_grad_norm_(
            self.net.parameters(), self.config.clip_norm
        )
        if torch.isfinite(norm):
            self.optimizer.step()
        return found.cpu().numpy().astype(np.float64)

    # checkpoints

    def save(self) -> None:
        write_state(
            self.out_dir,
            {
                "net": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "config": asdict(self.config),
                "grown": self.grown,
            },
        )

    def resume(self) -> None:
        """Go on from the last state, if there is one.

        Raises:
            InputError: the folder holds a run with other settings or other data.
            StoreError: the state is damaged.
        """
        state = read_state(self.out_dir)
        if state is None:
            return
        theirs = with_defaults(state["config"], TrainConfig) | {
            "grown": state.get("grown")
        }
        refuse_other(
            self.out_dir,
            theirs,
            asdict(self.config) | {"grown": self.grown},
            _NOT_THE_RUN,
        )
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.seconds = state["seconds"]

    def export(self, path: Path) -> None:
        arrays = {
            name: p.detach().cpu().numpy() for name, p in self.net.named_parameters()
        }
        metadata = {
            "config": asdict(self.config),
            "grown": self.grown,
            "steps": self.step,
            "training_seconds": round(self.seconds, 1),
        }
        save_compnet(path, arrays, metadata)


def _optimizer(net: TermNet, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW; weight decay on matrices that mix, not on gains, biases and input
    embeddings.
    """
    kept = ("inputs", "gain", "bias", "base")
    decayed = [
        p for n, p in net.named_parameters() if p.dim() == 2 and not n.startswith(kept)
    ]
    chosen = {id(p) for p in decayed}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))
