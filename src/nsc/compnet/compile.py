"""CompNet inference in numpy: a DAG -> predicted values and the parameters of 9-4-4-1.

In: a checkpoint's arrays, a DAG. Out: `Emission`. Non-goals: training; running the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsc.compnet.config import MAX_INPUTS, NODE_ANCHORS, ROOT_ANCHORS, SMALLEST_STRETCH
from nsc.compnet.pack import Batch, make_batch, pack
from nsc.compnet.rewrite import terms_of_all
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.compnet.walk import Described, Embedded, Walk
from nsc.program import Dag, Program, Unsupported
from nsc.record import Record

MAX_NODES = 512
HOPELESS = 4.0  # the expected nmse from which on nothing is kept; chosen on validation programs

_CUT_OFF = "CompNet read a loop whose end depends on the inputs for its first trips only"


def _guess(named: tuple[str, str]) -> str:
    name, stand_in = named
    if stand_in:
        return f"'{name}' has no body here and is read as {stand_in}, by its name"
    return f"'{name}' has no body here, and its name says nothing: it is read as 0"


@dataclass(frozen=True)
class Emission:
    """What a CompNet emits for one output of a program.

    Args:
        w: float64 (65,), flat parameters of 9-4-4-1 that map [-1, 1]^9 to the program's units.
        values: float64 (512,), predicted outputs at the anchors of the inputs in `inputs`; empty for the base vector.
        inputs: which input of the program each column of the anchors stands for.
        expected_nmse: predicted mean squared error of the surrogate over the variance; None for the base vector.
        note: why the text-free base vector was used, or what of the text was left out; None when all was compiled.
    """

    w: np.ndarray
    values: np.ndarray
    inputs: tuple[int, ...] = ()
    expected_nmse: float | None = None
    note: str | None = None


def error_features(batch: Batch, walk: Walk) -> np.ndarray:
    """Describe how hard programs are to predict, float32 `p 6`: depth, size, scales."""
    roots = batch.roots
    size = np.bincount(batch.program, minlength=len(roots))
    depth = np.zeros(len(roots))
    for number, level in enumerate(batch.levels, 1):
        rows = slice(level.start, level.stop)
        depth[batch.program[rows]] = number
    used = np.bincount(batch.program[: batch.n_leaves], minlength=len(roots))
    scale, mean = walk.scales[roots], walk.means[roots]
    formula = scale / np.maximum(walk.formula_scales[roots], 1e-30)
    columns = [
        depth / 10, np.log(size) / 3, used / MAX_INPUTS, np.clip(np.log10(scale), -6, 6) / 3,
        np.clip(np.log10(np.abs(mean) / scale + 1e-3), -3, 3), np.clip(np.log(formula), -6, 3),
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def _silu(z: np.ndarray) -> np.ndarray:
    return z / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))


class _Embedder:
    """The numpy backend of `Walk`."""

    def __init__(self, arrays: dict[str, np.ndarray], shapes: np.ndarray, rows: int):
        self.arrays, self._shapes = arrays, shapes
        self.h = np.empty((rows, shapes.shape[1]), np.float32)

    def leaves(self, rows: slice, slots: np.ndarray) -> Embedded:
        return self._store(rows, self.arrays["inputs"][slots], np.zeros(len(slots), np.float32))

    def linear(self, rows: slice, owner: np.ndarray, source: np.ndarray, share: np.ndarray) -> Embedded:
        total = np.zeros((rows.stop - rows.start, self.h.shape[1]), np.float32)
        np.add.at(total, owner, self.h[source] * share[:, None])
        return self._store(rows, total, np.zeros(len(total), np.float32))

    def product(self, rows: slice, a: np.ndarray, b: np.ndarray, parts: np.ndarray) -> Embedded:
        first, second, w = self.h[a], self.h[b], self.arrays
        units = (first @ w["product_in"]) * (second @ w["product_in"])
        out = (units @ w["product_out"]) * parts[2][:, None]
        return self._store(rows, out[:, :-1] + parts[0][:, None] * first + parts[1][:, None] * second, out[:, -1])

    def unary(self, rows: slice, a: np.ndarray, function: np.ndarray, described: Described) -> Embedded:
        h, w = self.h[a], self.arrays
        hidden = _silu(_linear(w, "modulate_1", described.quantiles))
        gain, bias = np.split(_linear(w, "modulate_2", hidden), 2, axis=1)
        z = (h @ w["unary_in"]) * (w["gain_in"][function] + gain) + w["bias_in"][function] + bias
        bilinear = z.shape[1] - w["gain_out"].shape[1]
        gated, left, right = z[:, : -2 * bilinear], z[:, -2 * bilinear : -bilinear], z[:, -bilinear:]
        units = np.concatenate([_silu(gated), left * right], axis=1) * w["gain_out"][function]
        out = (units @ w["unary_out"] + w["bias_out"][function]) * described.rest[:, None]
        return self._store(rows, out[:, :-1] + described.slope[:, None] * h, out[:, -1])

    def _store(self, rows: slice, raw: np.ndarray, shift: np.ndarray) -> Embedded:
        shapes = raw @ self._shapes.T
        stretch = np.maximum(np.sqrt(np.mean(shapes * shapes, axis=1) + 1e-12), SMALLEST_STRETCH)
        self.h[rows] = raw / stretch[:, None]
        return Embedded(shift.astype(np.float64), stretch.astype(np.float64), shapes / stretch[:, None])


class CompNet:
    """A trained CompNet. `arrays` are the tensors of `model.TermNet`, by name."""

    def __init__(self, arrays: dict[str, np.ndarray], metadata: dict[str, str]):
        self.arrays = {name: np.asarray(a, np.float32) for name, a in arrays.items()}
        self.metadata = metadata
        shapes = self.arrays["decode"][:NODE_ANCHORS]
        self._shapes = shapes - shapes.mean(axis=0)

    @property
    def base(self) -> np.ndarray:
        """The text-free base vector, float64 (65,); its output is 0, for nothing is known of the program."""
        w = self.arrays["base"].astype(np.float64)
        w[60:] = 0.0
        return w

    def emit(self, dag: Dag, output: int = 0) -> Emission:
        """Compile one output of a DAG."""
        return self.emit_many([dag], output)[0]

    def emit_many(self, dags: list[Dag], output: int = 0) -> list[Emission]:
        """Compile the same output of several DAGs in one batch."""
        return self._emit_read([self._terms(dag, [output])[0] for dag in dags])

    def emit_records(self, records: list[Record]) -> list[Emission]:
        """Compile the first output of records; those without a DAG get the base vector."""
        with_dag = [k for k, r in enumerate(records) if r.dag is not None]
        emitted = dict(zip(with_dag, self.emit_many([records[k].dag for k in with_dag]), strict=True))
        return [emitted.get(k) or self._fallback("no expression DAG") for k in range(len(records))]

    def emission_for(self, program: Program, output: int = 0) -> Emission:
        """Compile one output of a program; fall back to the base vector, with a note, where it has no DAG."""
        return self.emissions_for(program, [output])[0]

    def emissions_for(self, program: Program, outputs: Sequence[int]) -> list[Emission]:
        """Compile several outputs of a program in one batch, as `emission_for` does each."""
        dag = program.dag
        if isinstance(dag, Unsupported):
            where = f" (line {dag.line})" if dag.line else ""
            return [self._fallback(f"{dag.message}{where} [{dag.reason}]")] * len(outputs)
        notes = [*([_CUT_OFF] if dag.bounded else []), *map(_guess, dag.guesses)]
        found = self._emit_read(self._terms(dag, outputs))
        return [replace(e, note="; ".join(notes)) if notes and e.note is None else e for e in found]

    def embed(self, dag: Dag, output: int = 0) -> np.ndarray | None:
        """Embed one output of a DAG: float64 (d,), of unit length; None where it has no terms."""
        found = self.embed_many([dag], output)[0]
        return None if np.isnan(found).any() else found

    def embed_many(self, dags: list[Dag], output: int = 0) -> np.ndarray:
        """Embed the same output of several DAGs: float64 `p d`; rows of NaN where there are no terms."""
        terms = {k: t for k, t in enumerate(self._terms(d, [output])[0] for d in dags) if isinstance(t, Terms)}
        embeddings = np.full((len(dags), self.arrays["inputs"].shape[1]), np.nan)
        if terms:
            batch, _, h = self._walk(list(terms.values()))
            u = h[batch.roots].astype(np.float64)
            embeddings[list(terms)] = u / np.linalg.norm(u, axis=1, keepdims=True)
        return embeddings

    def _terms(self, dag: Dag, outputs: Sequence[int]) -> list[Terms | Emission]:
        """Rewrite outputs of a DAG; what cannot be compiled is emitted at once."""
        if len(dag) > MAX_NODES:
            why = f"{len(dag)} operations; CompNet reads at most {MAX_NODES} [too_many_nodes]"
            return [self._fallback(why)] * len(outputs)
        try:
            found = terms_of_all(dag, outputs)
        except TooManyTerms:
            why = "its linear combinations and products are too many [too_many_terms]"
            return [self._fallback(why)] * len(outputs)
        return [self._checked(t) if isinstance(t, Terms) else self._constant(t) for t in found]

    def _checked(self, terms: Terms) -> Terms | Emission:
        inputs = max(len(terms.inputs), max(terms.inputs) + 1)
        if inputs > MAX_INPUTS:
            return self._fallback(f"{inputs} inputs; CompNet reads at most {MAX_INPUTS} [too_many_inputs]")
        return terms

    def _fallback(self, why: str) -> Emission:
        return Emission(self.base, np.empty(0), note=f"text-free base vector: {why}")

    def _constant(self, value: float) -> Emission:
        w = self.base
        w[64] = value
        return Emission(w, np.full(ROOT_ANCHORS, value), (), 0.0)

    def _walk(self, terms: list[Terms]) -> tuple[Batch, Walk, np.ndarray]:
        batch = make_batch(pack(terms), np.arange(len(terms)))
        embedder = _Embedder(self.arrays, self._shapes, len(batch.kinds))
        return batch, Walk(batch, embedder), embedder.h

    def _emit_read(self, read: list[Terms | Emission]) -> list[Emission]:
        """Emit what has terms, in one batch, beside what is emitted already."""
        terms = [t for t in read if isinstance(t, Terms)]
        emitted = iter(self._emit(terms) if terms else ())
        return [next(emitted) if isinstance(t, Terms) else t for t in read]

    def _emit(self, terms: list[Terms]) -> list[Emission]:
        batch, walk, embedded = self._walk(terms)
        h, roots = embedded[batch.roots], batch.roots
        mean, scale = walk.means[roots, None], walk.scales[roots, None]
        values = mean + scale * self._root_shapes(h)
        values = np.clip(values, batch.lo[roots, None], batch.hi[roots, None])
        w = self._parameters(h).astype(np.float64)
        w[:, 60:64] *= scale
        w[:, 64:] = w[:, 64:] * scale + mean
        expected = np.exp(self._errors(h, error_features(batch, walk)).astype(np.float64))
        values, w = _shrunk(values, w, expected[:, :1])
        return [
            Emission(_spread_inputs(w[k], t.inputs), values[k], t.inputs, float(expected[k, 1]))
            for k, t in enumerate(terms)
        ]

    def _parameters(self, h: np.ndarray) -> np.ndarray:
        inner = _silu(_linear(self.arrays, "head_2", _silu(_linear(self.arrays, "head_1", h))))
        return self.arrays["base"] + _linear(self.arrays, "head_3", inner)

    def _root_shapes(self, h: np.ndarray) -> np.ndarray:
        return h @ self.arrays["decode"].T + _linear(self.arrays, "root_2", _silu(_linear(self.arrays, "root_1", h)))

    def _errors(self, h: np.ndarray, features: np.ndarray) -> np.ndarray:
        return _linear(
            self.arrays, "error_2", _silu(_linear(self.arrays, "error_1", np.concatenate([h, features], axis=1)))
        )


def _linear(arrays: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]


def _shrunk(values: np.ndarray, w: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw predictions towards their median, the more so the larger the error they expect, and that towards zero.

    Predictions as wide as the truth that correlate with it by r have nmse 2 - 2 r, and r of their width is best. Where
    they are hopeless, so is their median: near a pole it can be off by many orders of magnitude.
    """
    kept = np.clip(1.0 - expected / HOPELESS, 0.0, 1.0)
    centre = np.median(values, axis=1, keepdims=True)
    shifted = np.minimum(1.0, 2.0 * kept) * centre
    w = np.concatenate([w[:, :60], kept * w[:, 60:64], shifted + kept * (w[:, 64:] - centre)], axis=1)
    return shifted + kept * (values - centre), w


def _spread_inputs(w: np.ndarray, inputs: tuple[int, ...]) -> np.ndarray:
    """Move the first layer's columns from slots to the program's inputs; unused inputs get zeros."""
    first = np.zeros((4, MAX_INPUTS))
    first[:, list(inputs)] = w[:36].reshape(4, MAX_INPUTS)[:, : len(inputs)]
    return np.concatenate([first.ravel(), w[36:]])
