"""Training of a CompNet: resumable, seeded, on one process or several.

In: a folder of records, `TrainConfig`. Out: a checkpoint and rows of losses. Non-goals:
evaluation (compnet/evaluate.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
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
from nsc.compnet.training.model import TermNet
from nsc.compnet.training.parallel import Ranks, together
from nsc.compnet.training.run_state import (
    OnRow,
    read_state,
    refuse_other,
    with_defaults,
    write_state,
)
from nsc.compnet.training.schedule import batches, eps_at, rate_at
from nsc.compnet.training.tape import Tape
from nsc.errors import InputError
from nsc.graph import Dag
from nsc.host import write_whole

# may differ on a resume
_NOT_THE_RUN = (
    "threads",
    "workers",
    "processes",
    "checkpoint_every",
    "device",
)
_UNDECAYED = ("inputs", "gain", "bias", "base")  # how their names begin


def train_compnet(
    data: Path,
    out_dir: Path,
    config: TrainConfig,
    *,
    benchmark: Sequence[Dag] = (),
    progress: OnRow = lambda row: None,
) -> Path:
    """Train on programs grown from the records under `data`.

    Interrupted runs go on from the last checkpoint. `config.processes` share each
    batch; under torchrun, its processes do.

    Args:
        data: a folder of record shards.
        out_dir: of the checkpoint, the state of the run and the grown programs.
        benchmark: DAGs over [-1, 1] of which none is met in training.
        progress: told each row of losses, and what was grown.

    Returns:
        The path of the finished checkpoint, `out_dir/compnet.safetensors`.

    Raises:
        InputError: there are too few programs, no such device, or the folder holds
            another run.
        StoreError: the state of the run is damaged.
    """
    device_named(config.device)
    with together(
        config.processes,
        config.device,
        _train,
        data,
        out_dir,
        config,
        tuple(benchmark),
    ) as ranks:
        told = progress if ranks.is_first else lambda row: None
        return _train(ranks, data, out_dir, config, tuple(benchmark), told)


def _train(
    ranks: Ranks,
    data: Path,
    out_dir: Path,
    config: TrainConfig,
    benchmark: tuple[Dag, ...],
    progress: OnRow = lambda row: None,
) -> Path:
    """Be one of the processes of a run.

    The first one grows programs, saves and reports.
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
        benchmark=benchmark,
        progress=lambda line: progress({"grown": line}),
    )
    if len(corpus) < config.batch:
        raise InputError(
            f"programs must be enough for a batch: {len(corpus)} can be learned from,"
            f" less than a batch of {config.batch}; grow more"
        )
    run = _Training(corpus, config, out_dir, ranks, device)
    run.resume()
    if ranks.is_first:
        ranks.wait()
        write_whole(
            out_dir / "config.json", json.dumps(asdict(config), indent=2)
        )
    while run.step < config.steps:
        row = run.run_until(
            min(run.step + config.checkpoint_every, config.steps)
        )
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
        self.device = device
        self.net = TermNet(config.model).to(device)
        for p in self.net.parameters():
            p.grad = torch.zeros_like(p)
        self.optimizer = _optimizer(self.net, config)
        self.step = 0
        self.seconds = 0.0

    @property
    def grown(self) -> str:
        """What it is trained on, in words that a resumed run compares."""
        c = self.corpus
        return f"{len(c)} programs from {c.origin}, {c.left_out} left out"

    def run_until(self, step: int) -> dict:
        """Train to `step`; returns the mean losses and speed since the last call."""
        started = time.perf_counter()
        first = self.step
        totals = np.zeros(len(NAMES))
        coming = batches(
            self.corpus.packed.depths,
            self.config.batch,
            seed=self.config.seed,
            step=first,
        )
        while self.step < step:
            totals += self._train_step(next(coming))
            self.step += 1
        seconds = time.perf_counter() - started
        self.seconds += seconds
        steps = self.step - first
        means = (totals / steps).round(4).tolist()
        return {
            "step": self.step,
            "steps": self.config.steps,
            "programs_per_s": round(steps * self.config.batch / seconds, 1),
            **dict(zip(NAMES, means, strict=True)),
            "seconds": round(self.seconds, 1),
        }

    def _train_step(self, programs: np.ndarray) -> np.ndarray:
        """Take one step on a batch; returns the losses in the order of NAMES."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.config, self.step)
        programs = self.ranks.part(programs)
        batch = make_batch(self.corpus.packed, programs)
        self.optimizer.zero_grad(set_to_none=False)
        tape = Tape(self.net, on_device(batch, self.device), self.config.bf16)
        losses = Losses(
            self.net, self.corpus, tape, batch, programs, self.ranks
        )
        generator = np.random.default_rng([self.config.seed, 1, self.step])
        found = torch.stack(
            losses.all(eps_at(self.config, self.step), generator)
        )
        found.sum().backward()
        tape.backward()
        found = found.detach()
        gradients = [
            p.grad for p in self.net.parameters() if p.grad is not None
        ]
        self.ranks.add([found, *gradients])
        norm = torch.nn.utils.clip_grad_norm_(
            self.net.parameters(), self.config.clip_norm
        )
        if torch.isfinite(norm):
            self.optimizer.step()
        return found.cpu().numpy().astype(np.float64)

    # checkpoints

    def save(self) -> None:
        """Write the state, from which `resume` goes on."""
        state = {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "config": asdict(self.config),
            "grown": self.grown,
        }
        write_state(self.out_dir, state)

    def resume(self) -> None:
        """Go on from the last state, if there is one.

        Raises:
            InputError: the folder holds a run with other settings or other data.
            StoreError: the state is damaged.
        """
        state = read_state(self.out_dir)
        if state is None:
            return
        theirs = with_defaults(state["config"], TrainConfig)
        theirs |= {"grown": state.get("grown")}
        ours = asdict(self.config) | {"grown": self.grown}
        refuse_other(self.out_dir, theirs, ours, _NOT_THE_RUN)
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.seconds = state["seconds"]

    def export(self, path: Path) -> None:
        """Write the checkpoint that `load_compnet` reads."""
        arrays = {
            name: p.detach().cpu().numpy()
            for name, p in self.net.named_parameters()
        }
        metadata = {
            "config": asdict(self.config),
            "grown": self.grown,
            "steps": self.step,
            "training_seconds": round(self.seconds, 1),
        }
        save_compnet(path, arrays, metadata)


def _optimizer(net: TermNet, config: TrainConfig) -> torch.optim.Optimizer:
    """Make AdamW, with weight decay on matrices that mix.

    Gains, biases and input embeddings have none.
    """
    decayed = []
    others = []
    for name, p in net.named_parameters():
        mixes = p.dim() == 2 and not name.startswith(_UNDECAYED)
        (decayed if mixes else others).append(p)
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=config.learning_rate, betas=(0.9, 0.98)
    )
