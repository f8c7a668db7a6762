"""Records -> encoded texts and outputs, what the papers' CompNet trains on.

In: a folder of record shards, a profile, a tokenizer or none. Out: `Corpus`, in memory:
a program takes 4 kB an output and some bytes a word piece. The papers' filters hold: at
most 512 word pieces, every output finite and below 10 in magnitude. Non-goals: making
records.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from nsc.compnet.bert.config import covering_named
from nsc.compnet.bert.text import linearised, read_text
from nsc.compnet.bert.training.config import BertTrainConfig
from nsc.compnet.bert.training.vocabulary import learn_vocabulary
from nsc.compnet.bert.wordpiece import WordPiece, words
from nsc.errors import InputError
from nsc.record import Record, read_records
from nsc.surrogate import Topology

MAX_OUTPUT = 10.0


@dataclass(frozen=True)
class Examples:
    """Programs that a covering architecture can be trained on.

    Args:
        texts: as `read_text` or `linearised` gives them.
        outputs: float32 `p o n`, at the shared inputs; missing outputs are 0.
        n_inputs: int64 (p,).
        left_out: how many records were left out, by reason.
    """

    texts: list[str]
    outputs: np.ndarray
    n_inputs: np.ndarray
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Corpus:
    """Encoded programs laid end to end; `offsets` (p+1) bound each one's tokens."""

    tokens: np.ndarray  # int32
    offsets: np.ndarray  # int64 (p+1,)
    outputs: np.ndarray  # float32 `p o n`
    n_inputs: np.ndarray  # int64 (p,)
    left_out: Counter[str]

    def __len__(self) -> int:
        return len(self.n_inputs)

    @property
    def name(self) -> str:
        """How many programs, and a digest of their tokens and outputs."""
        digest = hashlib.blake2b(
            self.tokens.tobytes() + self.offsets.tobytes(), digest_size=6
        )
        digest.update(np.ascontiguousarray(self.outputs).data)
        return f"{len(self)} programs, {digest.hexdigest()}"

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)

    def batch(
        self, programs: np.ndarray, pad: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the tokens of some programs, and how many each has.

        Returns:
            int64 `p t`, padded to the longest, and int64 (p,).
        """
        lengths = self.lengths[programs]
        tokens = np.full((len(programs), lengths.max()), pad, np.int64)
        for row, program in zip(tokens, programs, strict=True):
            found = self.tokens[
                self.offsets[program] : self.offsets[program + 1]
            ]
            row[: len(found)] = found
        return tokens, lengths


def read_examples(folder: Path, config: BertTrainConfig) -> Examples:
    """Read the records of every shard of a folder.

    Raises:
        InputError: the folder has no shards, or no program that fits the profile.
    """
    if not any(folder.glob("*.parquet")):
        raise InputError(
            f"{folder} has no record shards; make some with: nsc data synthetic -o"
            f" {folder}"
        )
    topology = covering_named(config.profile)
    texts: list[str] = []
    outputs: list[np.ndarray] = []
    n_inputs: list[int] = []
    left_out: Counter[str] = Counter()
    for record in read_records(folder):
        found = _example(record, config, topology)
        if isinstance(found, str):
            left_out[found] += 1
            continue
        text, y = found
        texts.append(text)
        outputs.append(y)
        n_inputs.append(record.n_inputs)
    if not texts:
        raise InputError(
            f"no program in {folder} fits profile '{config.profile}': {dict(left_out)}"
        )
    return Examples(
        texts, np.stack(outputs), np.array(n_inputs, np.int64), left_out
    )


def _example(
    record: Record, config: BertTrainConfig, topology: Topology
) -> tuple[str, np.ndarray] | str:
    """Return what is read of a record and its outputs, or why it is left out."""
    reads_dag = config.reads == "dag"
    if reads_dag and record.dag is None:
        return "no_dag"
    y = _outputs(record, topology, config.inputs)
    if isinstance(y, str):
        return y
    if reads_dag and record.dag is not None:
        return linearised(record.dag), y
    return read_text(record.text), y


def _outputs(record: Record, topology: Topology, n: int) -> np.ndarray | str:
    """Return a record's first n outputs, float32 `o n`, or why it is left out."""
    if record.n_inputs > topology.n_inputs:
        return "too_many_inputs"
    if record.input_seed != 0 or len(record.outputs) < n:
        return "other_inputs"
    y = record.raw_outputs[:n, : topology.n_outputs].T
    if not (np.abs(y) < MAX_OUTPUT).all():
        return "too_large_output"
    found = np.zeros((topology.n_outputs, n), np.float32)
    found[: len(y)] = y
    return found


def learn_tokenizer(examples: Examples, size: int) -> WordPiece:
    """Learn a vocabulary of at most `size` pieces from the programs' texts."""
    counts: Counter[str] = Counter()
    for text in examples.texts:
        counts.update(words(text))
    return WordPiece(learn_vocabulary(counts, size))


def encode(examples: Examples, tokenizer: WordPiece, positions: int) -> Corpus:
    """Encode programs; those of more tokens than `positions` are left out.

    Raises:
        InputError: all are longer.
    """
    encoded = [tokenizer.encode(text) for text in examples.texts]
    kept = [
        k for k, numbers in enumerate(encoded) if len(numbers) <= positions
    ]
    if not kept:
        raise InputError(
            f"every program is longer than {positions} word pieces, all that this BERT"
            " reads"
        )
    sizes = [len(encoded[k]) for k in kept]
    numbers = chain.from_iterable(encoded[k] for k in kept)
    return Corpus(
        tokens=np.fromiter(numbers, np.int32, sum(sizes)),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        outputs=examples.outputs[kept],
        n_inputs=examples.n_inputs[kept],
        left_out=examples.left_out
        + Counter(too_long=len(encoded) - len(kept)),
    )
