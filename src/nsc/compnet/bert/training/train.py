"""Training of the papers' CompNet: resumable, seeded, on one process.

In: a folder of records, `BertTrainConfig`, perhaps a BERT checkpoint. Out: a checkpoint
and a log of losses. Loss: mean squared error of the emitted surrogates (ICML 2024,
section 3.2). Non-goals: evaluation (compnet/evaluate.py).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from nsc.compnet.bert.config import BertConfig, covering_named
from nsc.compnet.bert.store import save_bert
from nsc.compnet.bert.training.config import BertTrainConfig
from nsc.compnet.bert.training.corpus import (
    Corpus,
    encode,
    learn_tokenizer,
    read_examples,
)
from nsc.compnet.bert.training.model import BertNet, run_surrogates
from nsc.compnet.bert.training.pretrained import Pretrained, load_pretrained
from nsc.compnet.bert.wordpiece import PAD, WordPiece, read_vocabulary
from nsc.compnet.training.device import device_named
from nsc.compnet.training.run_state import (
    read_state,
    refuse_other,
    with_defaults,
    write_state,
)
from nsc.host import write_whole
from nsc.record import shared_inputs

CHUNK = 64  # batches' worth of programs that are sorted by length together
_NOT_THE_RUN = ("device",)  # may differ on a resume
Progress = Callable[[dict], None]


def train_bert(
    data: Path,
    out_dir: Path,
    config: BertTrainConfig,
    *,
    pretrained: Path | None = None,
    progress: Progress = lambda row: None,
) -> Path:
    """Train on the shards under `data`; interrupted runs go on from the last
    checkpoint.

    Args:
        pretrained: a BERT checkpoint folder in the format of `transformers`; without
            one, BERT-Tiny starts at random.

    Returns:
        The path of the finished checkpoint, `out_dir/compnet.safetensors`.
    """
    torch.set_num_threads(config.threads)
    device_named(config.device)  # before anything is read
    start = None if pretrained is None else load_pretrained(pretrained)
    config = replace(config, pretrained="" if start is None else start.digest)
    state = read_state(out_dir)
    if state:
        theirs = with_defaults(state["config"], BertTrainConfig)
        refuse_other(out_dir, theirs, asdict(config), _NOT_THE_RUN)
    corpus, tokenizer, bert = _prepare(data, out_dir, config, start, state)
    run = _Training(corpus, tokenizer, bert, config, out_dir)
    run.begin(start, state)
    progress(
        {
            "programs": len(corpus),
            "left_out": dict(corpus.left_out),
            "vocabulary": len(tokenizer.vocabulary),
        }
    )
    while run.done < 1.0:
        row = run.run_for(config.checkpoint_every)
        run.save()
        progress(row)
    return run.export()


def _prepare(
    data: Path,
    out_dir: Path,
    config: BertTrainConfig,
    start: Pretrained | None,
    state: dict | None,
) -> tuple[Corpus, WordPiece, BertConfig]:
    """Read the records, and learn their vocabulary unless a checkpoint or an earlier
    part of the run has one.

    Raises:
        InputError: no record fits, or the folder holds a run on other data.
    """
    examples = read_examples(data, config)
    known = out_dir / "vocab.txt"
    if start is not None:
        tokenizer = start.tokenizer
        bert = start.config
    else:
        tokenizer = (
            WordPiece(read_vocabulary(known))
            if state
            else learn_tokenizer(examples, config.vocabulary)
        )
        bert = BertConfig(len(tokenizer.vocabulary))
    corpus = encode(examples, tokenizer, bert.positions)
    if state:
        refuse_other(out_dir, {"records": state["records"]}, {"records": corpus.name})
    out_dir.mkdir(parents=True, exist_ok=True)
    write_whole(known, "".join(f"{piece}\n" for piece in tokenizer.vocabulary))
    write_whole(out_dir / "config.json", json.dumps(asdict(config), indent=2))
    return corpus, tokenizer, bert


class _Training:
    """Model, optimizer and position of one run."""

    def __init__(
        self,
        corpus: Corpus,
        tokenizer: WordPiece,
        bert: BertConfig,
        config: BertTrainConfig,
        out_dir: Path,
    ):
        self.corpus = corpus
        self.tokenizer = tokenizer
        self.bert = bert
        self.config = config
        self.out_dir = out_dir
        self.topology = covering_named(config.profile)
        torch.manual_seed(config.seed)
        self.device = device_named(config.device)
        self.net = BertNet(bert, self.topology.n_parameters, dropout=config.dropout).to(
            self.device
        )
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=config.learning_rate
        )
        self.x = self._tensor(
            shared_inputs()[: config.inputs, : self.topology.n_inputs].astype(
                np.float32
            )
        )
        self.step = 0
        self.seconds = 0.0

    @property
    def per_epoch(self) -> int:
        return max(1, len(self.corpus) // self.config.programs)

    @property
    def steps(self) -> int | None:
        """Steps of the whole run; None where time alone ends it."""
        c = self.config
        return (
            c.epochs * self.per_epoch
            if c.steps is None and c.seconds is None
            else c.steps
        )

    @property
    def done(self) -> float:
        """The fraction of the budget that is spent: of the steps or of the seconds,
        whichever is more.
        """
        by_steps = self.step / self.steps if self.steps else 0.0
        return max(
            by_steps, self.seconds / self.config.seconds if self.config.seconds else 0.0
        )

    def run_for(self, steps: int) -> dict:
        """Train so many steps, or to the end of the budget; returns the mean loss and
        the speed.
        """
        first = self.step
        before = self.seconds
        loss = 0.0
        batches = self._batches()
        while self.step < first + steps and self.done < 1.0:
            started = time.perf_counter()
            loss += self._train_step(next(batches))
            self.seconds += time.perf_counter() - started
            self.step += 1
        n = self.step - first
        seconds = self.seconds - before
        speed = round(n * self.config.programs / seconds, 1)
        return {
            "step": self.step,
            "done": round(min(self.done, 1.0), 4),
            "programs_per_s": speed,
            "loss": round(loss / n, 5),
            "seconds": round(self.seconds, 1),
        }

    def _batches(self) -> Iterator[np.ndarray]:
        """Yield program numbers; epochs are shuffled, batches hold programs of similar
        length.

        A function of (seed, step) alone, so that a resumed run sees the same batches.
        """
        size = self.config.programs
        lengths = self.corpus.lengths
        epoch, position = divmod(self.step, self.per_epoch)
        while True:
            generator = np.random.default_rng([self.config.seed, epoch])
            shuffled = generator.permutation(len(lengths))
            chunks = np.array_split(
                shuffled, range(size * CHUNK, len(shuffled), size * CHUNK)
            )
            order = np.concatenate(
                [chunk[np.argsort(lengths[chunk], kind="stable")] for chunk in chunks]
            )
            for k in generator.permutation(self.per_epoch)[position:]:
                yield order[k * size : (k + 1) * size]
            epoch = epoch + 1
            position = 0

    def _rate(self) -> float:
        c = self.config
        done = self.done
        factor = {
            "constant": 1.0,
            "linear": 1.0 - done,
            "cosine": 0.5 + 0.5 * math.cos(math.pi * done),
        }
        return c.learning_rate * factor[c.schedule]

    def _train_step(self, programs: np.ndarray) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        tokens, lengths = self.corpus.batch(programs, self.tokenizer.number[PAD])
        autocast = torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.config.bf16
        )
        with (
            torch.random.fork_rng(
                devices=[self.device] if self.device.type == "cuda" else []
            ),
            autocast,
        ):
            torch.manual_seed(
                int(
                    np.random.default_rng([self.config.seed, 1, self.step]).integers(
                        2**62
                    )
                )
            )
            w = self.net(self._tensor(tokens), self._tensor(lengths)).float()
        emitted = run_surrogates(
            w, self.topology, self.x, self._tensor(self.corpus.n_inputs[programs])
        )
        loss = (emitted - self._tensor(self.corpus.outputs[programs])).pow(2).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _tensor(self, a: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(a).to(self.device)

    def save(self) -> None:
        state = {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "config": asdict(self.config),
            "records": self.corpus.name,
        }
        write_state(self.out_dir, state)

    def begin(self, start: Pretrained | None, state: dict | None) -> None:
        """Go on from the last checkpoint; where there is none, load the pretrained
        encoder, if any.
        """
        if state:
            self.net.load_state_dict(state["net"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
            self.seconds = state["seconds"]
        elif start:
            self.net.load_state_dict(start.weights, strict=False)

    def export(self) -> Path:
        path = self.out_dir / "compnet.safetensors"
        arrays = {
            name: p.detach().cpu().numpy() for name, p in self.net.named_parameters()
        }
        metadata = {
            "encoder": "bert",
            "config": asdict(self.config),
            "records": self.corpus.name,
            "steps": self.step,
            "training_seconds": round(self.seconds, 1),
        }
        save_bert(path, arrays, self.bert, self.tokenizer, metadata)
        return path
