"""CompNet inference in numpy: a DAG -> predicted values and the parameters of 9-4-4-1.

In: a checkpoint's arrays, a DAG. Out: `Emission`. Non-goals: training; running the program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nsc.compnet.config import MAX_INPUTS
from nsc.compnet.pack import Batch, make_batch, pack
from nsc.program import Dag, Program, Unsupported
from nsc.record import Record

MAX_NODES = 512

_CUT_OFF = "CompNet read a loop whose end depends on the inputs for its first trips only"


@dataclass(frozen=True)
class Emission:
    """What a CompNet emits for one output of a program.

    Args:
        w: float64 (65,), flat parameters of 9-4-4-1 that map [-1, 1]^9 to the program's units.
        values: float64 (512,), predicted outputs at the root anchors; empty for the base vector.
        note: why the text-free base vector was used, or what of the text was left out; None when all was compiled.
    """

    w: np.ndarray
    values: np.ndarray
    note: str | None = None


def squash(y: np.ndarray) -> np.ndarray:
    """Compress values for prediction: 2 asinh(y / 2)."""
    return 2.0 * np.arcsinh(y / 2.0)


def unsquash(z: np.ndarray) -> np.ndarray:
    """Invert `squash`."""
    return 2.0 * np.sinh(z / 2.0)


def _silu(z: np.ndarray) -> np.ndarray:
    return z / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))


class CompNet:
    """A trained CompNet. `arrays` are the tensors of `model.DagNet`, by name."""

    def __init__(self, arrays: dict[str, np.ndarray], metadata: dict[str, str]):
        self.arrays = {name: np.asarray(a, np.float32) for name, a in arrays.items()}
        self.metadata = metadata

    @property
    def base(self) -> np.ndarray:
        """The text-free base vector, float64 (65,)."""
        return self.arrays["base"].astype(np.float64)

    def emit(self, dag: Dag, output: int = 0) -> Emission:
        """Compile one output of a DAG."""
        return self.emit_many([dag], output)[0]

    def emit_many(self, dags: list[Dag], output: int = 0) -> list[Emission]:
        """Compile the same output of several DAGs in one batch."""
        batch = make_batch(pack(dags, output), np.arange(len(dags)))
        h = self._embed(batch)[batch.roots]
        w, z = self._parameters(h), self._root_values(h)
        return [Emission(w[k].astype(np.float64), unsquash(z[k].astype(np.float64))) for k in range(len(dags))]

    def emit_records(self, records: list[Record]) -> list[Emission]:
        """Compile the first output of each record; those without a DAG get the base vector."""
        dags = [r.dag for r in records if r.dag is not None]
        found = iter(self.emit_many(dags) if dags else ())
        return [self._fallback("no DAG") if r.dag is None else next(found) for r in records]

    def emission_for(self, program: Program, output: int = 0) -> Emission:
        """Compile one output of a program; fall back to the base vector, with a note, where it has no DAG."""
        dag = program.dag
        if isinstance(dag, Unsupported):
            where = f" (line {dag.line})" if dag.line else ""
            return self._fallback(f"{dag.message}{where} [{dag.reason}]")
        if dag.n_inputs > MAX_INPUTS:
            return self._fallback(f"{dag.n_inputs} inputs; CompNet reads at most {MAX_INPUTS} [too_many_inputs]")
        if len(dag) > MAX_NODES:
            return self._fallback(f"{len(dag)} operations; CompNet reads at most {MAX_NODES} [too_many_nodes]")
        emission = self.emit(dag, output)
        return replace(emission, note=_CUT_OFF) if dag.bounded else emission

    def _fallback(self, why: str) -> Emission:
        return Emission(self.base, np.empty(0), f"text-free base vector: {why}")

    def _embed(self, batch: Batch) -> np.ndarray:
        a = self.arrays
        h = np.empty((len(batch.ops), a["inputs"].shape[1]), np.float32)
        n = len(batch.inputs)
        h[:n] = a["inputs"][batch.inputs]
        features = _silu(batch.literals @ a["literal_1.weight"].T + a["literal_1.bias"])
        h[n : n + len(features)] = features @ a["literal_2.weight"].T + a["literal_2.bias"]
        for level in batch.levels:
            rows = slice(level.start, level.stop)
            h[rows] = self._cell(batch.ops[rows], h, batch.args[rows], level.binary, level.ternary)
        return h

    def _cell(self, op: np.ndarray, h: np.ndarray, args: np.ndarray, binary: int, ternary: int) -> np.ndarray:
        a = self.arrays
        first, second, third = h[args[:, 0]], h[args[:binary, 1]], h[args[:ternary, 2]]
        z = first @ a["child_1"]
        z[:binary] += second @ a["child_2"]
        z[:ternary] += third @ a["child_3"]
        z = z * a["gain_in"][op] + a["bias_in"][op]
        gated, bilinear = self._split(z.shape[1], a["gain_out"].shape[1])
        units = np.concatenate([_silu(z[:, :gated]), z[:, gated : gated + bilinear] * z[:, gated + bilinear :]], axis=1)
        out = (units * a["gain_out"][op]) @ a["mix"] + a["bias_out"][op] + a["skip"][op, 0] * first
        out[:binary] += a["skip"][op[:binary], 1] * second
        out[:ternary] += a["skip"][op[:ternary], 2] * third
        rms = np.sqrt(np.mean(out * out, axis=1, keepdims=True))
        return out / np.maximum(rms / 3.0, 1.0)

    @staticmethod
    def _split(wide: int, narrow: int) -> tuple[int, int]:
        """Recover (gated, bilinear) from gated + 2 bilinear and gated + bilinear."""
        bilinear = wide - narrow
        return narrow - bilinear, bilinear

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]

    def _parameters(self, h: np.ndarray) -> np.ndarray:
        inner = _silu(self._linear("head_2", _silu(self._linear("head_1", h))))
        return self.arrays["base"] + self._linear("head_3", inner)

    def _root_values(self, h: np.ndarray) -> np.ndarray:
        return self._linear("root_linear", h) + self._linear("root_2", _silu(self._linear("root_1", h)))
