"""CompNet inference without torch: a DAG -> predicted values and parameters of 9-4-4-1.

In: a checkpoint's arrays, a DAG. Out: `Emission`. Non-goals: training; running the
program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nsc.compnet.axes import Embedding, Embeddings, Parameters
from nsc.compnet.config import MAX_INPUTS, ROOT_ANCHORS
from nsc.compnet.emission import (
    NO_DAG,
    CompilerInput,
    Emission,
    base_emission,
    too_many_inputs,
)
from nsc.compnet.layers import linear, silu
from nsc.compnet.native import NativeWalk
from nsc.compnet.rewrite import terms_of_all
from nsc.compnet.shrink import error_when_shrunk, shrunk
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.compnet.walk_result import Roots, error_features
from nsc.graph import Dag
from nsc.record import Record
from nsc.surrogate import COVERING

MAX_NODES = 4096
USUAL_NODES = 512  # up to which programs are read as those that are trained on
MAX_DEEP_TERMS = 3 * MAX_NODES
WIDEST = (
    32  # terms of a sum in a large DAG, each added in every step of a loop
)
NO_BETTER = 0.9  # expected nmse: a constant has 1

WalkAll = Callable[[list[Terms]], Roots]
_TOO_DEEP = (
    "its operations depend on one another in more steps than CompNet can follow"
    " [too_deep]"
)
_COARSE = (
    "CompNet read the text with shorter loops ({}): as a whole it is too deep to be"
    " read well"
)
_CUT_OFF = "CompNet read a loop whose end depends on the inputs for its first trips only"


class CompNet:
    """A trained CompNet.

    Args:
        arrays: the tensors of `model.TermNet`, by name; kept in float32.
        metadata: what it was trained on, and how.
        walk: makes of the arrays what embeds programs: compiled, unless another is
            given (reference.py has the same in numpy).
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        metadata: dict,
        walk: Callable[[dict[str, np.ndarray]], WalkAll] = NativeWalk,
    ):
        self.arrays = {
            name: np.asarray(a, np.float32) for name, a in arrays.items()
        }
        self.metadata = metadata
        self._walk = walk(self.arrays)

    @property
    def base(self) -> Parameters:
        """The text-free base vector, float64 (65,).

        Its output is 0, for nothing is known of the program.
        """
        return self._constant_parameters(0.0)

    def emit(self, dag: Dag, output: int = 0) -> Emission:
        """Compile one output of a DAG."""
        return self.emit_many([dag], output)[0]

    def emit_many(
        self, dags: Sequence[Dag], output: int = 0
    ) -> list[Emission]:
        """Compile the same output of several DAGs in one batch."""
        return self._emit_read([self._read(dag, [output])[0] for dag in dags])

    def emit_records(self, records: list[Record]) -> list[Emission]:
        """Compile the first output of records; without a DAG, emit the base vector."""
        emissions = iter(
            self.emit_many([r.dag for r in records if r.dag is not None])
        )
        return [
            base_emission(self.base, NO_DAG)
            if r.dag is None
            else next(emissions)
            for r in records
        ]

    def emission_for(
        self, program: CompilerInput, output: int = 0
    ) -> Emission:
        """Compile one output of a program, as `emissions_for` does several."""
        return self.emissions_for(program, [output])[0]

    def emissions_for(
        self, program: CompilerInput, outputs: Sequence[int]
    ) -> list[Emission]:
        """Compile several outputs of a program's DAG in one batch.

        Returns:
            One emission an output; the base vector, with a note, where there is no DAG
            or too large a one.
        """
        dag = program.dag
        if not isinstance(dag, Dag):
            return [base_emission(self.base, dag.said)] * len(outputs)
        found = self._emit_read(self._read(dag, outputs))
        if _says_nothing(dag, found):
            return [base_emission(self.base, _TOO_DEEP)] * len(outputs)
        told = {"notes": _notes_on(dag), "is_doubtful": _is_doubtful(dag)}
        return [
            e if e.notes else _expected_of(program, k, replace(e, **told))
            for k, e in zip(outputs, found, strict=True)
        ]

    def embed(self, dag: Dag, output: int = 0) -> Embedding | None:
        """Embed one output of a DAG: `d`, of unit length; None without terms."""
        found = self.embed_many([dag], output)[0]
        return None if np.isnan(found).any() else found

    def embed_many(self, dags: Sequence[Dag], output: int = 0) -> Embeddings:
        """Embed the same output of several DAGs.

        Returns:
            `p d`, rows of unit length; rows of NaN where there are no terms.
        """
        read = [self._read(dag, [output])[0] for dag in dags]
        terms = {k: t for k, t in enumerate(read) if isinstance(t, Terms)}
        embeddings = np.full(
            (len(dags), self.arrays["inputs"].shape[1]), np.nan
        )
        if terms:
            h = self._walk(list(terms.values())).h.astype(np.float64)
            embeddings[list(terms)] = h / np.linalg.norm(
                h, axis=1, keepdims=True
            )
        return embeddings

    def _read(
        self, dag: Dag, outputs: Sequence[int]
    ) -> list[Terms | Emission]:
        """Rewrite outputs of a DAG; what cannot be compiled is emitted at once."""
        if len(dag) > MAX_NODES:
            why = (
                f"the program has {len(dag)} operations, and at most {MAX_NODES}"
                " are read"
            )
            return [base_emission(self.base, f"{why} [too_many_nodes]")] * len(
                outputs
            )
        try:
            found = terms_of_all(dag, outputs, **_size_of(dag))
        except TooManyTerms:
            why = "its linear combinations and products are too many [too_many_terms]"
            return [base_emission(self.base, why)] * len(outputs)
        return [
            self._checked(t) if isinstance(t, Terms) else self._constant(t)
            for t in found
        ]

    def _checked(self, terms: Terms) -> Terms | Emission:
        inputs = max(len(terms.inputs), max(terms.inputs) + 1)
        if inputs <= MAX_INPUTS:
            return terms
        return base_emission(self.base, too_many_inputs(inputs))

    def _constant(self, value: float) -> Emission:
        values = np.full(ROOT_ANCHORS, value)
        return Emission(self._constant_parameters(value), values, (), 0.0)

    def _constant_parameters(self, value: float) -> np.ndarray:
        """Return the base vector, its output a constant."""
        w = self.arrays["base"].astype(np.float64)
        weight, bias = COVERING.layers(w)[-1]
        weight[:] = 0.0
        bias[:] = value
        return w

    def _emit_read(self, read: list[Terms | Emission]) -> list[Emission]:
        """Emit what has terms, in one batch, beside what is emitted already."""
        terms = [t for t in read if isinstance(t, Terms)]
        emitted = iter(self._emit(terms) if terms else ())
        return [next(emitted) if isinstance(t, Terms) else t for t in read]

    def _emit(self, terms: list[Terms]) -> list[Emission]:
        roots = self._walk(terms)
        mean = roots.means[:, None]
        scale = roots.scales[:, None]
        lo, hi = np.array([t.bounds[t.root] for t in terms]).T
        shapes = root_shapes(self.arrays, roots.h)
        values = np.clip(mean + scale * shapes, lo[:, None], hi[:, None])
        w = parameters(self.arrays, roots.h).astype(np.float64)
        weight, bias = COVERING.layers(w)[-1]
        weight *= scale[:, :, None]
        bias[:] = bias * scale + mean
        log_errors = errors(self.arrays, roots.h, error_features(roots))
        unshrunk = np.exp(log_errors.astype(np.float64))[:, :1]
        values, w = shrunk(values, w, unshrunk)
        expected = error_when_shrunk(unshrunk)[:, 0].tolist()
        return [
            Emission(
                spread_inputs(w[k], t.inputs), values[k], t.inputs, expected[k]
            )
            for k, t in enumerate(terms)
        ]


def parameters(arrays: dict[str, np.ndarray], h: np.ndarray) -> np.ndarray:
    """Emit the covering architecture of the standardised program: `p d` -> `p w`."""
    first = silu(linear(arrays, "head_1", h))
    second = silu(linear(arrays, "head_2", first))
    return arrays["base"] + linear(arrays, "head_3", second)


def root_shapes(arrays: dict[str, np.ndarray], h: np.ndarray) -> np.ndarray:
    """Predict standardised outputs at all anchors: `p d` -> `p 512`."""
    hidden = silu(linear(arrays, "root_1", h))
    return h @ arrays["decode"].T + linear(arrays, "root_2", hidden)


def errors(
    arrays: dict[str, np.ndarray], h: np.ndarray, features: np.ndarray
) -> np.ndarray:
    """Predict log(nmse) of the values and of the surrogate: `p d`, `p 6` -> `p 2`."""
    known = np.concatenate([h, features], axis=1)
    return linear(arrays, "error_2", silu(linear(arrays, "error_1", known)))


def spread_inputs(w: np.ndarray, inputs: tuple[int, ...]) -> np.ndarray:
    """Move the first layer's columns from slots to the program's inputs.

    Unused inputs get zeros; w: `w` of the covering architecture.
    """
    by_slot, _ = COVERING.layers(w)[0]
    out = w.copy()
    by_input, _ = COVERING.layers(out)[0]
    by_input[:] = 0.0
    by_input[:, list(inputs)] = by_slot[:, : len(inputs)]
    return out


def _is_doubtful(dag: Dag) -> bool:
    return bool(dag.coarse) or len(dag) > USUAL_NODES


def _says_nothing(dag: Dag, found: Sequence[Emission]) -> bool:
    """Say whether a large DAG is predicted no better than by a constant."""
    is_hopeless = all(
        e.expected_nmse is not None and e.expected_nmse >= NO_BETTER
        for e in found
    )
    return len(dag) > USUAL_NODES and is_hopeless


def _size_of(dag: Dag) -> dict[str, int]:
    """Say how many terms a DAG may have, and how wide their sums are, if it is large.

    Those of up to USUAL_NODES are read as programs that are trained on.
    """
    if len(dag) <= USUAL_NODES:
        return {}
    return {"limit": MAX_DEEP_TERMS, "widest": WIDEST}


def _expected_of(
    program: CompilerInput, output: int, emission: Emission
) -> Emission:
    """Expect an error too where the DAG is one of another length than the program."""
    if not program.dag_nmse or emission.expected_nmse is None:
        return emission
    expected = emission.expected_nmse + program.dag_nmse[output]
    return replace(emission, expected_nmse=expected)


def _notes_on(dag: Dag) -> tuple[str, ...]:
    """Say what of the text was left out or guessed when the DAG was made."""
    cut_off = (_CUT_OFF,) if dag.bounded else ()
    coarse = (_COARSE.format(dag.coarse),) if dag.coarse else ()
    return (*cut_off, *coarse, *(_guess(*named) for named in dag.guesses))


def _guess(name: str, stand_in: str) -> str:
    if stand_in:
        return (
            f"'{name}' has no body here and is read as {stand_in}, by its name"
        )
    return f"'{name}' has no body here, and its name says nothing: it is read as 0"
