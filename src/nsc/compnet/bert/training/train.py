"""Training of the papers' CompNet: resumable, seeded, on one process.

In: a folder of records, `BertTrainConfig`, perhaps a BERT checkpoint. Out: a checkpoint
and a log of losses. Loss: mean squared error of the emitted surrogates (ICML 2024,
section 3.2). Non-goals: evaluation (compnet/evaluate.py).
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from nsc.compnet.bert.config import BertConfig, covering_named
from nsc.compnet.bert.store import save_bert
from nsc.compnet.bert.training.config import BertTrainConfig
from nsc.compnet.bert.training.corpus import (
    Corpus,
    Examples,
    encode,
    learn_tokenizer,
    read_examples,
)
from nsc.compnet.bert.training.model import BertNet
from nsc.compnet.bert.training.pretrained import Pretrained, load_pretrained
from nsc.compnet.bert.training.schedule import batches, fraction_done, rate_at
from nsc.compnet.bert.wordpiece import PAD, WordPiece, read_vocabulary
from nsc.compnet.training.device import device_named
from nsc.compnet.training.run_state import (
    OnRow,
    read_state,
    refuse_other,
    with_defaults,
    write_state,
)
from nsc.compnet.training.surrogates import run_surrogates
from nsc.host import write_whole
from nsc.record import shared_inputs

_NOT_THE_RUN = ("device",)  # may differ on a resume


def train_bert(
    data: Path,
    out_dir: Path,
    config: BertTrainConfig,
    *,
    pretrained: Path | None = None,
    progress: OnRow = lambda row: None,
) -> Path:
    """Train on the shards under `data`.

    Interrupted runs go on from the last checkpoint.

    Args:
        data: a folder of record shards.
        out_dir: of the checkpoint, the state of the run and the vocabulary.
        pretrained: a BERT checkpoint folder in the format of `transformers`; without
            one, BERT-Tiny starts at random.
        progress: told what is trained on, then each row of losses.

    Returns:
        The path of the finished checkpoint, `out_dir/compnet.safetensors`.

    Raises:
        InputError: no record fits, no such device, or the folder holds another run.
        StoreError: the state of the run, or the BERT checkpoint, is damaged.
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
    """Read and encode the records, and write down how.

    Raises:
        InputError: no record fits, or the folder holds a run on other data.
    """
    examples = read_examples(data, config)
    known = out_dir / "vocab.txt"
    if start is None:
        tokenizer = _own_tokenizer(
            examples, config, known, resumes=bool(state)
        )
        bert = BertConfig(len(tokenizer.vocabulary))
    else:
        tokenizer = start.tokenizer
        bert = start.config
    corpus = encode(examples, tokenizer, bert.positions)
    if state:
        refuse_other(
            out_dir, {"records": state["records"]}, {"records": corpus.name}
        )
    out_dir.mkdir(parents=True, exist_ok=True)
    write_whole(known, "".join(f"{piece}\n" for piece in tokenizer.vocabulary))
    write_whole(out_dir / "config.json", json.dumps(asdict(config), indent=2))
    return corpus, tokenizer, bert


def _own_tokenizer(
    examples: Examples, config: BertTrainConfig, known: Path, *, resumes: bool
) -> WordPiece:
    """Learn a vocabulary, or read the one that an earlier part of the run learnt."""
    if resumes:
        return WordPiece(read_vocabulary(known))
    return learn_tokenizer(examples, config.vocabulary)


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
        n = self.topology.n_parameters
        self.net = BertNet(bert, n, dropout=config.dropout).to(self.device)
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=config.learning_rate
        )
        x = shared_inputs()[: config.inputs, : self.topology.n_inputs]
        self.x = self._tensor(x.astype(np.float32))
        self.step = 0
        self.seconds = 0.0

    @property
    def done(self) -> float:
        """The fraction of the budget that is spent."""
        return fraction_done(
            self.config, len(self.corpus), step=self.step, seconds=self.seconds
        )

    def run_for(self, steps: int) -> dict:
        """Train so many steps, or to the end of the budget.

        Returns:
            The mean loss and the speed.
        """
        c = self.config
        first = self.step
        before = self.seconds
        loss = 0.0
        coming = batches(
            self.corpus.lengths, c.programs, seed=c.seed, step=first
        )
        while self.step < first + steps and self.done < 1.0:
            started = time.perf_counter()
            loss += self._train_step(next(coming))
            self.seconds += time.perf_counter() - started
            self.step += 1
        n = self.step - first
        seconds = self.seconds - before
        return {
            "step": self.step,
            "done": round(min(self.done, 1.0), 4),
            "programs_per_s": round(n * c.programs / seconds, 1),
            "loss": round(loss / n, 5),
            "seconds": round(self.seconds, 1),
        }

    def _train_step(self, programs: np.ndarray) -> float:
        """Take one step on a batch; returns its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.config, self.done)
        w = self._emit(programs)
        n_inputs = self._tensor(self.corpus.n_inputs[programs])
        found = run_surrogates(w, self.topology, self.x, n_inputs)
        loss = (
            (found - self._tensor(self.corpus.outputs[programs])).pow(2).mean()
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _emit(self, programs: np.ndarray) -> torch.Tensor:
        """Emit parameters `p w`; what is dropped depends on the seed and the step."""
        tokens, lengths = self.corpus.batch(
            programs, self.tokenizer.number[PAD]
        )
        generator = np.random.default_rng([self.config.seed, 1, self.step])
        forked = [self.device] if self.device.type == "cuda" else []
        autocast = torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.config.bf16
        )
        with torch.random.fork_rng(devices=forked), autocast:
            torch.manual_seed(int(generator.integers(2**62)))
            return self.net(
                self._tensor(tokens), self._tensor(lengths)
            ).float()

    def _tensor(self, a: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(a).to(self.device)

    def save(self) -> None:
        """Write the state, from which `begin` goes on."""
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
        """Go on from the last state; without one, from the pretrained encoder."""
        if state:
            self.net.load_state_dict(state["net"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
            self.seconds = state["seconds"]
        elif start:
            self.net.load_state_dict(start.weights, strict=False)

    def export(self) -> Path:
        """Write the checkpoint that `load_compnet` reads, and return its path."""
        path = self.out_dir / "compnet.safetensors"
        arrays = {
            name: p.detach().cpu().numpy()
            for name, p in self.net.named_parameters()
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
