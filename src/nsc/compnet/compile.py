"""CompNet inference without torch: a DAG -> predicted values and the parameters of
9-4-4-1.

In: a checkpoint's arrays, a DAG. Out: `Emission`. Non-goals: training; running the
program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsc.compnet.config import MAX_INPUTS, ROOT_ANCHORS
from nsc.compnet.layers import linear, silu
from nsc.compnet.native import NativeWalk
from nsc.compnet.rewrite import terms_of_all
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.compnet.walk_result import Roots, error_features
from nsc.graph import Dag, Unsupported
from nsc.program import Program
from nsc.record import Record

MAX_NODES = 512
# the expected nmse from which on nothing is kept; chosen on validation programs
HOPELESS = 4.0

WalkAll = Callable[[list[Terms]], Roots]
_CUT_OFF = (
    "CompNet read a loop whose end depends on the inputs for its first trips only"
)


def _guess(named: tuple[str, str]) -> str:
    name, stand_in = named
    if stand_in:
        return f"'{name}' has no body here and is read as {stand_in}, by its name"
    return f"'{name}' has no body here, and its name says nothing: it is read as 0"


@dataclass(frozen=True)
class Emission:
    """What a CompNet emits for one output of a program.

    Args:
        w: float64 (65,), flat parameters of 9-4-4-1 that map [-1, 1]^9 to the program's
            units.
        values: float64 (512,), predicted outputs at the anchors of the inputs in
            `inputs`; empty for the base vector.
        inputs: which input of the program each column of the anchors stands for.
        expected_nmse: mean squared error that `values` are predicted to have, over the
            variance; None for the base vector. A network that is fitted to them adds
            its misfit.
        notes: why the text-free base vector was used, or what of the text was left out
            or guessed.
    """

    w: np.ndarray
    values: np.ndarray
    inputs: tuple[int, ...] = ()
    expected_nmse: float | None = None
    notes: tuple[str, ...] = ()


class CompNet:
    """A trained CompNet. `arrays` are the tensors of `model.TermNet`, by name.

    `walk` embeds programs: compiled, unless another is given (reference.py has the same
    in numpy).
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        metadata: dict,
        walk: Callable[[dict[str, np.ndarray]], WalkAll] = NativeWalk,
    ):
        self.arrays = {name: np.asarray(a, np.float32) for name, a in arrays.items()}
        self.metadata = metadata
        self._walk = walk(self.arrays)

    @property
    def base(self) -> np.ndarray:
        """The text-free base vector, float64 (65,); its output is 0, for nothing is
        known of the program.
        """
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
        emitted = dict(
            zip(
                with_dag,
                self.emit_many([records[k].dag for k in with_dag]),
                strict=True,
            )
        )
        return [
            emitted.get(k) or self._fallback("no expression DAG")
            for k in range(len(records))
        ]

    def emission_for(self, program: Program, output: int = 0) -> Emission:
        """Compile one output of a program; fall back to the base vector, with a note,
        where it has no DAG.
        """
        return self.emissions_for(program, [output])[0]

    def emissions_for(self, program: Program, outputs: Sequence[int]) -> list[Emission]:
        """Compile several outputs of a program in one batch, as `emission_for` does
        each.
        """
        dag = program.dag
        if isinstance(dag, Unsupported):
            where = f" (line {dag.line})" if dag.line else ""
            return [self._fallback(f"{dag.message}{where} [{dag.reason}]")] * len(
                outputs
            )
        notes = (*([_CUT_OFF] if dag.bounded else ()), *map(_guess, dag.guesses))
        found = self._emit_read(self._terms(dag, outputs))
        return [e if e.notes else replace(e, notes=notes) for e in found]

    def embed(self, dag: Dag, output: int = 0) -> np.ndarray | None:
        """Embed one output of a DAG: float64 (d,), of unit length; None where it has no
        terms.
        """
        found = self.embed_many([dag], output)[0]
        return None if np.isnan(found).any() else found

    def embed_many(self, dags: list[Dag], output: int = 0) -> np.ndarray:
        """Embed the same output of several DAGs: float64 `p d`; rows of NaN where there
        are no terms.
        """
        terms = {
            k: t
            for k, t in enumerate(self._terms(d, [output])[0] for d in dags)
            if isinstance(t, Terms)
        }
        embeddings = np.full((len(dags), self.arrays["inputs"].shape[1]), np.nan)
        if terms:
            u = self._walk(list(terms.values())).h.astype(np.float64)
            embeddings[list(terms)] = u / np.linalg.norm(u, axis=1, keepdims=True)
        return embeddings

    def _terms(self, dag: Dag, outputs: Sequence[int]) -> list[Terms | Emission]:
        """Rewrite outputs of a DAG; what cannot be compiled is emitted at once."""
        if len(dag) > MAX_NODES:
            why = (
                f"{len(dag)} operations; CompNet reads at most {MAX_NODES}"
                " [too_many_nodes]"
            )
            return [self._fallback(why)] * len(outputs)
        try:
            found = terms_of_all(dag, outputs)
        except TooManyTerms:
            why = "its linear combinations and products are too many [too_many_terms]"
            return [self._fallback(why)] * len(outputs)
        return [
            self._checked(t) if isinstance(t, Terms) else self._constant(t)
            for t in found
        ]

    def _checked(self, terms: Terms) -> Terms | Emission:
        inputs = max(len(terms.inputs), max(terms.inputs) + 1)
        if inputs > MAX_INPUTS:
            return self._fallback(
                f"{inputs} inputs; CompNet reads at most {MAX_INPUTS} [too_many_inputs]"
            )
        return terms

    def _fallback(self, why: str) -> Emission:
        return Emission(
            self.base, np.empty(0), notes=(f"text-free base vector: {why}",)
        )

    def _constant(self, value: float) -> Emission:
        w = self.base
        w[64] = value
        return Emission(w, np.full(ROOT_ANCHORS, value), (), 0.0)

    def _emit_read(self, read: list[Terms | Emission]) -> list[Emission]:
        """Emit what has terms, in one batch, beside what is emitted already."""
        terms = [t for t in read if isinstance(t, Terms)]
        emitted = iter(self._emit(terms) if terms else ())
        return [next(emitted) if isinstance(t, Terms) else t for t in read]

    def _emit(self, terms: list[Terms]) -> list[Emission]:
        roots = self._walk(terms)
        h = roots.h
        mean = roots.means[:, None]
        scale = roots.scales[:, None]
        lo, hi = np.array([t.bounds[t.root] for t in terms]).T
        values = np.clip(mean + scale * self._root_shapes(h), lo[:, None], hi[:, None])
        w = self._parameters(h).astype(np.float64)
        w[:, 60:64] *= scale
        w[:, 64:] = w[:, 64:] * scale + mean
        unshrunk = np.exp(self._errors(h, error_features(roots)).astype(np.float64))[
            :, :1
        ]
        values, w = _shrunk(values, w, unshrunk)
        expected = _error_when_shrunk(unshrunk)
        return [
            Emission(
                _spread_inputs(w[k], t.inputs),
                values[k],
                t.inputs,
                float(expected[k, 0]),
            )
            for k, t in enumerate(terms)
        ]

    def _parameters(self, h: np.ndarray) -> np.ndarray:
        inner = silu(
            linear(self.arrays, "head_2", silu(linear(self.arrays, "head_1", h)))
        )
        return self.arrays["base"] + linear(self.arrays, "head_3", inner)

    def _root_shapes(self, h: np.ndarray) -> np.ndarray:
        return h @ self.arrays["decode"].T + linear(
            self.arrays, "root_2", silu(linear(self.arrays, "root_1", h))
        )

    def _errors(self, h: np.ndarray, features: np.ndarray) -> np.ndarray:
        return linear(
            self.arrays,
            "error_2",
            silu(linear(self.arrays, "error_1", np.concatenate([h, features], axis=1))),
        )


def _shrunk(
    values: np.ndarray, w: np.ndarray, expected: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw predictions towards their median, the more so the larger the error they
    expect, and that towards zero.

    Predictions as wide as the truth that correlate with it by r have nmse 2 - 2 r, and
    r of their width is best. Where they are hopeless, so is their median: near a pole
    it can be off by many orders of magnitude.
    """
    kept = np.clip(1.0 - expected / HOPELESS, 0.0, 1.0)
    centre = np.median(values, axis=1, keepdims=True)
    shifted = np.minimum(1.0, 2.0 * kept) * centre
    w = np.concatenate(
        [w[:, :60], kept * w[:, 60:64], shifted + kept * (w[:, 64:] - centre)], axis=1
    )
    return shifted + kept * (values - centre), w


def _error_when_shrunk(expected: np.ndarray) -> np.ndarray:
    """Return the nmse of shrunk predictions: k^2 - 2 k r + 1, where they keep k and
    correlate with the truth by r.
    """
    expected = np.minimum(expected, HOPELESS)
    kept = 1.0 - expected / HOPELESS
    correlation = 1.0 - expected / 2.0
    return kept * kept - 2.0 * kept * correlation + 1.0


def _spread_inputs(w: np.ndarray, inputs: tuple[int, ...]) -> np.ndarray:
    """Move the first layer's columns from slots to the program's inputs; unused inputs
    get zeros.
    """
    first = np.zeros((4, MAX_INPUTS))
    first[:, list(inputs)] = w[:36].reshape(4, MAX_INPUTS)[:, : len(inputs)]
    return np.concatenate([first.ravel(), w[36:]])
