"""The papers' CompNet in numpy: program text -> parameters of a covering architecture.

In: a checkpoint's arrays and vocabulary, text. Out: `Emission`. Non-goals: training;
running the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nsc.compnet.bert.config import BertConfig
from nsc.compnet.bert.text import linearised, read_text
from nsc.compnet.bert.wordpiece import WordPiece
from nsc.compnet.compile import Emission
from nsc.graph import Dag
from nsc.program import Program
from nsc.record import Record
from nsc.surrogate import COVERING, Topology, resize_inputs


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

    @cached_property
    def base(self) -> np.ndarray:
        """What it emits for an empty text, the nearest it has to a text-free vector;
        float64 (65,).
        """
        return self.emit_text("").w

    def emit_text(self, text: str, output: int = 0) -> Emission:
        """Compile one output of a program's text; a text that is too long is cut, and
        the note says so.
        """
        return self._emit(read_text(text), output)

    def _emit(self, text: str, output: int) -> Emission:
        numbers = self.tokenizer.encode(text)
        limit = self.config.positions
        notes = ()
        if len(numbers) > limit:
            notes = (
                f"CompNet read the first {limit} of {len(numbers)} word pieces [cut]",
            )
        w = self.parameters(np.array(self.tokenizer.clip(numbers, limit)))
        return Emission(self._covering(w, output), np.empty(0), notes=notes)

    def emit_records(self, records: list[Record]) -> list[Emission]:
        """Compile the first output of each record."""
        if not self._reads_dag:
            return [self.emit_text(record.text) for record in records]
        return [
            (
                self._fallback("no expression DAG")
                if record.dag is None
                else self._emit(linearised(record.dag), 0)
            )
            for record in records
        ]

    def emission_for(self, program: Program, output: int = 0) -> Emission:
        """Compile one output of a program; fall back on `base`, with a note, where that
        cannot be.
        """
        if program.function is not None:
            return self._fallback(
                "a Python callable has no C text to read [python_callable]"
            )
        if program.n_inputs > COVERING.n_inputs:
            found = (
                f"{program.n_inputs} inputs; CompNet reads at most {COVERING.n_inputs}"
            )
            return self._fallback(f"{found} [too_many_inputs]")
        if not self._reads_dag:
            return self.emit_text(program.text, output)
        dag = program.dag
        return (
            self._emit(linearised(dag), output)
            if isinstance(dag, Dag)
            else self._fallback(dag.message)
        )

    @property
    def _reads_dag(self) -> bool:
        return self.metadata["config"].get("reads") == "dag"

    def emissions_for(self, program: Program, outputs: Sequence[int]) -> list[Emission]:
        """Compile several outputs of a program, as `emission_for` does each."""
        return [self.emission_for(program, k) for k in outputs]

    def _fallback(self, why: str) -> Emission:
        return Emission(
            self.base, np.empty(0), notes=(f"text-free base vector: {why}",)
        )

    def _covering(self, w: np.ndarray, output: int) -> np.ndarray:
        """Carry one output of what was emitted into 9-4-4-1, exactly.

        A covering architecture of one output gives it to every output (ICML 2024,
        section 3); one of fewer inputs does not read those it lacks.
        """
        layers = self.topology.layers(w)
        row = min(output, self.topology.n_outputs - 1)
        layers[-1] = tuple(part[row : row + 1] for part in layers[-1])
        one = Topology((*self.topology.widths[:-1], 1))
        return resize_inputs(one.join(layers), one, COVERING.n_inputs)[0]

    def parameters(self, numbers: np.ndarray) -> np.ndarray:
        """Emit the covering architecture's parameters for one encoded text: (t,) ->
        float64 (w,).
        """
        a = self.arrays
        h = (
            a["words.weight"][numbers]
            + a["positions.weight"][: len(numbers)]
            + a["segments.weight"][0]
        )
        h = self._norm("norm", h)
        for k in range(self.config.layers):
            h = self._layer(
                f"layers.{k}.", h, 1 if k == self.config.layers - 1 else len(h)
            )
        return self._linear("head", h)[0].astype(np.float64)

    def _layer(self, name: str, h: np.ndarray, rows: int) -> np.ndarray:
        """Apply one layer: `t d` -> the first `rows` states it gives."""
        top = h[:rows]
        query, key, value = (
            self._linear(name + part, z)
            .reshape(len(z), self.config.heads, -1)
            .transpose(1, 0, 2)
            for part, z in (("query", top), ("key", h), ("value", h))
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        context = (weights @ value).transpose(1, 0, 2).reshape(top.shape)
        top = self._norm(name + "norm_1", top + self._linear(name + "merge", context))
        return self._norm(
            name + "norm_2",
            top
            + self._linear(name + "narrow", _gelu(self._linear(name + "wide", top))),
        )

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]

    def _norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.mean(centred * centred, axis=-1, keepdims=True)
        scaled = centred / np.sqrt(variance + np.float32(self.config.eps))
        return scaled * self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]


def _gelu(z: np.ndarray) -> np.ndarray:
    return 0.5 * z * (1.0 + _erf(z * np.float32(np.sqrt(0.5))))


def _erf(z: np.ndarray) -> np.ndarray:
    """Approximate the error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26); numpy
    has none.
    """
    t = 1.0 / (1.0 + 0.3275911 * np.abs(z))
    series = (
        (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
        + 0.254829592
    ) * t
    return np.sign(z) * (1.0 - series * np.exp(-z * z))
