"""Training of a CompNet: resumable, seeded, on one process.

In: folders of records, `TrainConfig`. Out: a checkpoint and a log of losses. The only rooms' file,
with model.py, that imports torch. Non-goals: evaluation against baselines (evaluate.py).
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from nsc.compnet.checkpoint import save_compnet
from nsc.compnet.config import ROOT_ANCHORS, TrainConfig
from nsc.compnet.corpus import Corpus, load_corpus
from nsc.compnet.model import DagNet, Tape, surrogate_forward
from nsc.compnet.pack import Batch, make_batch
from nsc.errors import InputError
from nsc.record import shared_inputs

SURROGATE_SAMPLES = 96
VARIANCE_FLOOR = 1e-3
Progress = Callable[[dict], None]


def train(data: Path, out_dir: Path, config: TrainConfig, *, progress: Progress = lambda row: None) -> Path:
    """Train on the shards under `data`; interrupted runs go on from the last checkpoint.

    Returns:
        The path of the finished checkpoint, `out_dir/compnet.safetensors`.
    """
    torch.set_num_threads(config.threads)
    corpus = load_corpus(data, data / "packed")
    out_dir.mkdir(parents=True, exist_ok=True)
    run = _Training(corpus, config, out_dir)
    run.resume()
    (out_dir / "config.json").write_text(json.dumps(asdict(config), indent=2))
    while run.step < config.steps:
        row = run.run_until(min(run.step + config.checkpoint_every, config.steps))
        run.save()
        progress(row)
    return run.export()


class _Training:
    """Model, optimizer and position of one run."""

    def __init__(self, corpus: Corpus, config: TrainConfig, out_dir: Path):
        torch.manual_seed(config.seed)
        self.corpus, self.config, self.out_dir = corpus, config, out_dir
        self.net = DagNet(config.model)
        self.optimizer = _optimizer(self.net, config)
        self.step = 0
        self.seconds = 0.0
        self.x = torch.from_numpy(shared_inputs()[:ROOT_ANCHORS].astype(np.float32))

    def run_until(self, step: int) -> dict:
        """Train to `step`; returns the mean losses and speed since the last call."""
        started, first = time.perf_counter(), self.step
        totals = np.zeros(3)
        batches = self._batches()
        while self.step < step:
            totals += self._train_step(next(batches))
            self.step += 1
        seconds = time.perf_counter() - started
        self.seconds += seconds
        steps = self.step - first
        losses = dict(zip(("nodes", "roots", "surrogates"), (totals / steps).round(4).tolist(), strict=True))
        speed = round(steps * self.config.batch / seconds, 1)
        return {"step": self.step, "steps": self.config.steps, "programs_per_s": speed, **losses,
                "seconds": round(self.seconds, 1)}  # fmt: skip

    def _batches(self) -> Iterator[np.ndarray]:
        """Yield program numbers; epochs are shuffled, batches hold programs of similar depth.

        A function of (seed, step) alone, so that a resumed run sees the same batches.
        """
        size, depths = self.config.batch, self.corpus.depths
        per_epoch = max(1, len(self.corpus) // size)
        epoch, position = divmod(self.step, per_epoch)
        while True:
            generator = np.random.default_rng([self.config.seed, epoch])
            jitter = depths + 2.0 * generator.random(len(depths))
            chunk = generator.permutation(len(depths))
            order = np.concatenate(
                [c[np.argsort(jitter[c])] for c in np.array_split(chunk, max(1, len(chunk) // 20_000))]
            )
            starts = generator.permutation(per_epoch)
            for k in starts[position:]:
                yield order[k * size : (k + 1) * size]
            epoch, position = epoch + 1, 0

    def _schedule(self) -> tuple[float, float]:
        """Return (learning rate, eps) of this step."""
        c, done = self.config, self.step / self.config.steps
        warm = min(1.0, (self.step + 1) / c.warmup_steps)
        rate = c.learning_rate * warm * (0.5 + 0.5 * math.cos(math.pi * done) + 0.003)
        return rate, c.eps_from * (c.eps_to / c.eps_from) ** done

    def _train_step(self, programs: np.ndarray) -> np.ndarray:
        rate, eps = self._schedule()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        generator = np.random.default_rng([self.config.seed, 1, self.step])
        batch = make_batch(self.corpus.packed, programs)
        self.optimizer.zero_grad(set_to_none=True)
        tape = Tape(self.net, batch)
        losses = self._losses(tape.h, batch, programs, eps, generator)
        torch.stack(losses).sum().backward()
        tape.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.config.clip_norm)
        self.optimizer.step()
        return np.array([loss.item() for loss in losses])

    def _losses(
        self, h: torch.Tensor, batch: Batch, programs: np.ndarray, eps: float, generator: np.random.Generator
    ) -> list[torch.Tensor]:
        """Return the losses of node values, root values and surrogates: means of log(NMSE + eps)."""
        net, corpus = self.net, self.corpus
        truth = torch.from_numpy(corpus.node_values[batch.order].astype(np.float32))
        finite = torch.isfinite(truth).all(1) & (truth.abs().amax(1) < 50)
        nodes = _log_nmse(net.node_values(h)[finite], truth[finite], eps)
        roots = h[torch.from_numpy(batch.roots)]
        outputs = torch.from_numpy(corpus.outputs[programs])
        n_inputs = torch.from_numpy(corpus.n_inputs[programs])
        values = _log_nmse(net.root_values_of(roots), 2 * torch.asinh(outputs / 2), eps)
        start = int(generator.integers(0, ROOT_ANCHORS - SURROGATE_SAMPLES))
        window = slice(start, start + SURROGATE_SAMPLES)
        emitted = surrogate_forward(net.parameters_of(roots), self.x[window], n_inputs)
        surrogates = _log_nmse(emitted, outputs[:, window], eps)
        inner = self._inner_surrogates(h, batch, truth, finite, n_inputs, eps, generator)
        return [nodes, values, (surrogates + inner) / 2 if inner is not None else surrogates]

    def _inner_surrogates(
        self, h: torch.Tensor, batch: Batch, truth: torch.Tensor, finite: torch.Tensor,
        n_inputs: torch.Tensor, eps: float, generator: np.random.Generator,
    ) -> torch.Tensor | None:  # fmt: skip
        """Treat random inner nodes as programs of their own."""
        usable = finite & (truth.var(1) > 1e-3) & (truth.abs().amax(1) < 4.6)
        usable &= torch.from_numpy(batch.ops > 1)
        candidates = np.flatnonzero(usable.numpy())
        if len(candidates) < 8:
            return None
        chosen = torch.from_numpy(generator.choice(candidates, len(n_inputs)))
        start = 32 * int(generator.integers(0, 2))
        window = slice(start, start + SURROGATE_SAMPLES)
        y = 2 * torch.sinh(truth[chosen][:, window] / 2)
        owner = torch.from_numpy(batch.program)[chosen]
        emitted = surrogate_forward(self.net.parameters_of(h[chosen]), self.x[window], n_inputs[owner])
        return _log_nmse(emitted, y, eps)

    # checkpoints

    @property
    def _state_path(self) -> Path:
        return self.out_dir / "state.pt"

    def save(self) -> None:
        state = {
            "net": self.net.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step,
            "seconds": self.seconds, "config": asdict(self.config), "records": len(self.corpus),
        }  # fmt: skip
        temporary = self._state_path.with_name(f".state.{os.getpid()}")
        torch.save(state, temporary)
        os.replace(temporary, self._state_path)

    def resume(self) -> None:
        """Go on from the last checkpoint, if there is one.

        Raises:
            InputError: the folder holds a run with other settings or other data.
        """
        if not self._state_path.exists():
            return
        state = torch.load(self._state_path, weights_only=True)
        theirs = state["config"] | {"records": state["records"]}
        ours = asdict(self.config) | {"records": len(self.corpus)}
        differing = [f"{k} {theirs.get(k)} there, {ours[k]} here" for k in ours if theirs.get(k) != ours[k]]
        if differing:
            raise InputError(
                f"{self.out_dir} holds another run ({'; '.join(differing)}); choose another folder with -o"
            )
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]

    def export(self) -> Path:
        path = self.out_dir / "compnet.safetensors"
        arrays = {name: p.detach().numpy() for name, p in self.net.named_parameters()}
        metadata = {
            "config": asdict(self.config), "records": len(self.corpus), "steps": self.step,
            "training_seconds": round(self.seconds, 1),
        }  # fmt: skip
        save_compnet(path, arrays, metadata)
        return path


def _optimizer(net: DagNet, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW; weight decay on matrices that mix, not on gains, biases, skips and input embeddings."""
    kept = ("inputs", "gain", "bias", "skip", "base")
    decayed = [p for n, p in net.named_parameters() if p.dim() == 2 and not n.startswith(kept)]
    chosen = {id(p) for p in decayed}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))


def _log_nmse(predicted: torch.Tensor, truth: torch.Tensor, eps: float) -> torch.Tensor:
    """Mean over rows of log(MSE / (variance + floor) + eps)."""
    error = (predicted - truth).pow(2).mean(1)
    return (error / (truth.var(1, unbiased=False) + VARIANCE_FLOOR) + eps).log().mean()
