"""The papers' CompNet in numpy: program text -> parameters of a covering architecture.

In: a checkpoint's arrays and vocabulary, text. Out: `Emission`. Non-goals: training;
running the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nsc.compnet.axes import Parameters, Tokens
from nsc.compnet.bert.config import BertConfig
from nsc.compnet.bert.text import linearised, read_text
from nsc.compnet.bert.wordpiece import WordPiece
from nsc.compnet.emission import (
    NO_DAG,
    CompilerInput,
    Emission,
    base_emission,
    too_many_inputs,
)
from nsc.compnet.layers import gelu, layer_norm, linear
from nsc.graph import Dag
from nsc.record import Record
from nsc.surrogate import COVERING, Topology, resize_inputs

_NO_TEXT = "a Python callable has no C text to read [python_callable]"


@dataclass(frozen=True)
class BertCompNet:
    """A trained BERT CompNet.

    Args:
        arrays: the tensors of `model.BertNet`, float32, by name.
        metadata: what it was trained on, and how.
    """

    arrays: dict[str, np.ndarray]
    config: BertConfig
    tokenizer: WordPiece
    topology: Topology
    metadata: dict

    @property
    def base(self) -> Parameters:
        """What it emits for an empty text, float64 (65,).

        It is the nearest that it has to a text-free vector.
        """
        return self._base

    @cached_property
    def _base(self) -> Parameters:
        return self.emit_text("").w

    def emit_text(self, text: str, output: int = 0) -> Emission:
        """Compile one output of a program's text.

        A text that is too long is cut, and the note says so.
        """
        return self._emit(read_text(text), output)

    def _emit(self, text: str, output: int) -> Emission:
        numbers = self.tokenizer.encode(text)
        limit = self.config.positions
        notes = ()
        if len(numbers) > limit:
            note = f"CompNet read the first {limit} of {len(numbers)} word pieces [cut]"
            notes = (note,)
        w = self.parameters(np.array(self.tokenizer.clip(numbers, limit)))
        return Emission(self._covering(w, output), np.empty(0), notes=notes)

    def emit_records(self, records: list[Record]) -> list[Emission]:
        """Compile the first output of each record."""
        if not self._reads_dag:
            return [self.emit_text(record.text) for record in records]
        return [
            base_emission(self.base, NO_DAG)
            if record.dag is None
            else self._emit(linearised(record.dag), 0)
            for record in records
        ]

    def emission_for(
        self, program: CompilerInput, output: int = 0
    ) -> Emission:
        """Compile one output of a program.

        Returns:
            `base`, with a note, where the program has no text or too many inputs.
        """
        if not program.text:
            return base_emission(self.base, _NO_TEXT)
        if program.n_inputs > COVERING.n_inputs:
            return base_emission(self.base, too_many_inputs(program.n_inputs))
        if not self._reads_dag:
            return self.emit_text(program.text, output)
        if isinstance(program.dag, Dag):
            return self._emit(linearised(program.dag), output)
        return base_emission(self.base, program.dag.message)

    def emissions_for(
        self, program: CompilerInput, outputs: Sequence[int]
    ) -> list[Emission]:
        """Compile several outputs of a program, as `emission_for` does each."""
        return [self.emission_for(program, k) for k in outputs]

    @property
    def _reads_dag(self) -> bool:
        return self.metadata["config"].get("reads") == "dag"

    def _covering(self, w: np.ndarray, output: int) -> np.ndarray:
        """Carry one output of what was emitted into 9-4-4-1, exactly.

        A covering architecture of one output gives it to every output (ICML 2024,
        section 3); one of fewer inputs does not read those it lacks.
        """
        *hidden, (weight, bias) = self.topology.layers(w)
        row = min(output, self.topology.n_outputs - 1)
        chosen = (weight[row : row + 1], bias[row : row + 1])
        one = Topology((*self.topology.widths[:-1], 1))
        return resize_inputs(
            one.join([*hidden, chosen]), one, COVERING.n_inputs
        )[0]

    def parameters(self, numbers: Tokens) -> Parameters:
        """Emit the covering architecture's parameters for one encoded text.

        Args:
            numbers: (t,), of its word pieces from [CLS] to [SEP].
        """
        a = self.arrays
        positions = a["positions.weight"][: len(numbers)]
        h = a["words.weight"][numbers] + positions + a["segments.weight"][0]
        h = self._norm("norm", h)
        last = self.config.layers - 1
        for k in range(self.config.layers):
            # of the last layer only the state of [CLS] is read
            h = self._layer(f"layers.{k}.", h, 1 if k == last else len(h))
        return linear(a, "head", h)[0].astype(np.float64)

    def _layer(self, name: str, h: np.ndarray, rows: int) -> np.ndarray:
        """Apply one layer: `t d` -> the first `rows` states it gives."""
        top = h[:rows]
        query = self._heads(f"{name}query", top)
        key = self._heads(f"{name}key", h)
        value = self._heads(f"{name}value", h)
        scores = (
            query
            @ key.transpose(0, 2, 1)
            / np.float32(np.sqrt(query.shape[-1]))
        )
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        context = (weights @ value).transpose(1, 0, 2).reshape(top.shape)
        merged = linear(self.arrays, f"{name}merge", context)
        top = self._norm(f"{name}norm_1", top + merged)
        wide = gelu(linear(self.arrays, f"{name}wide", top))
        narrow = linear(self.arrays, f"{name}narrow", wide)
        return self._norm(f"{name}norm_2", top + narrow)

    def _heads(self, name: str, h: np.ndarray) -> np.ndarray:
        """Apply a linear layer and deal it to the heads: `t d` -> `head t d/head`."""
        z = linear(self.arrays, name, h)
        return z.reshape(len(h), self.config.heads, -1).transpose(1, 0, 2)

    def _norm(self, name: str, x: np.ndarray) -> np.ndarray:
        return layer_norm(self.arrays, name, x, self.config.eps)
