"""What a polynomial, a rational function or a table of equal error would cost.

In: a verified surrogate of 1 to 3 inputs, the runs that verified it. Out: `OtherForms`.
Polynomials and rational functions are fitted to most of these runs, tables hold the
surrogate's values; the others of the runs say what error each form has. Bytes are
counted, nanoseconds modelled, for the network as for the others. Non-goals: exporting
any of them, choosing by it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np

from nsc.compilation import Compilation, modelled_ns
from nsc.report import Form, OtherForms
from nsc.surrogate import Surrogate, resize_inputs

MOST_INPUTS = 3
MOST_OUTPUTS = 4
FEWEST = 64  # runs that tell
FITTED = 0.75  # of them; the others judge
EQUAL = 1.1  # times the network's error
FLOOR = 1e-12  # nmse below which errors are equal
RIDGE = 1e-14  # of a term's square, which keeps matrices regular
SPARE = 3  # runs for each number that is fitted

# of the model, by the least of many timings of compiled C: for any form; for each step
# of a chain of multiply-adds; for each number that is read; for each value of a cubic
NS_BASE = 5.0
NS_PER_STEP = 0.12
NS_PER_NUMBER = 0.012
NS_PER_CUBIC = 0.25
BYTES = 8  # of a number
MOST_IN_TABLE = 4096  # numbers: that many stay in the first-level cache
DEGREES = {
    1: (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 31),
    2: (1, 2, 3, 4, 5, 6, 8, 10, 12, 15),
    3: (1, 2, 3, 4, 5),
}
TERMS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20)  # of a rational function

Array = np.ndarray
Values = Callable[[Array], Array]  # inputs `n i` in [-1, 1] -> one output, `n`
# what it is, how many numbers it holds, ns a call, its values at the judging runs
Tried = tuple[str, int, float, Array]


class _Runs:
    """Runs that forms are fitted to, and runs that judge them; of one output.

    Args:
        at: the network's own output.
    """

    def __init__(self, u: Array, y: Array, at: Values):
        first = int(FITTED * len(u))
        self.u = u[:first]
        self.y = y[:first]
        self.judging = u[first:]
        self.truth = y[first:]
        self.at = at
        self.variance = float(self.truth.var())

    def nmse(self, found: Array) -> float:
        """Return the error of values at the judging runs."""
        with np.errstate(all="ignore"):
            error = float(((found - self.truth) ** 2).mean()) / self.variance
        return error if np.isfinite(error) else np.inf


def other_forms(found: Compilation) -> OtherForms | None:
    """Say what other forms of equal error would cost; None where that is not asked."""
    surrogate = found.surrogate
    inputs = len(surrogate.lo)
    outputs = len(surrogate.output_names)
    if inputs > MOST_INPUTS or outputs > MOST_OUTPUTS or len(found.x) < FEWEST:
        return None
    each = list(_runs_of(surrogate, found))
    if not all(runs.variance > 0 for runs in each):
        return None
    size = sum(
        resize_inputs(m.w, m.topology, inputs)[1].n_parameters
        for m in surrogate.members
    )
    ns = sum(modelled_ns(m.topology, inputs) for m in surrogate.members)
    network = Form("network", "", BYTES * size, ns, _worst_own(each))
    forms = [
        form
        for kind, tried in _KINDS.items()
        if (form := _cheapest(kind, tried, each, network)) is not None
    ]
    return OtherForms(len(each[0].u), network, tuple(forms))


def _runs_of(surrogate: Surrogate, found: Compilation) -> Iterator[_Runs]:
    """Yield the runs of each output, as far as they are numbers."""
    u = surrogate.normalise(found.x)
    middle = (surrogate.hi + surrogate.lo) / 2
    half = (surrogate.hi - surrogate.lo) / 2
    for k in range(found.y.shape[1]):

        def at(wanted: Array, k: int = k) -> Array:
            return surrogate.evaluate(middle + half * wanted)[:, k]

        yield _Runs(u, found.y[:, k], at)


def _worst_own(each: Sequence[_Runs]) -> float:
    return max(runs.nmse(runs.at(runs.judging)) for runs in each)


def _cheapest(
    kind: str,
    tried: Callable[[_Runs], Iterator[Tried]],
    each: Sequence[_Runs],
    network: Form,
) -> Form | None:
    """Take the first of a kind that is as good for every output; None for none."""
    said: list[str] = []
    numbers = 0
    ns = 0.0
    worst = 0.0
    for runs in each:
        good = _first_as_good(tried(runs), runs)
        if good is None:
            return None
        what, count, took, values = good
        said.append(what)
        numbers += count
        ns += took
        worst = max(worst, runs.nmse(values))
    is_better = ns <= network.ns and BYTES * numbers <= network.bytes
    how = ", ".join(dict.fromkeys(said))
    return Form(kind, how, BYTES * numbers, ns, worst, is_better)


def _first_as_good(tried: Iterator[Tried], runs: _Runs) -> Tried | None:
    """Take the first that is about as good as the network; None for none."""
    own = runs.nmse(runs.at(runs.judging))
    allowed = max(EQUAL * own, FLOOR)
    return next((t for t in tried if runs.nmse(t[3]) <= allowed), None)


def _polynomials(runs: _Runs) -> Iterator[Tried]:
    """Fit products of Chebyshev polynomials by least squares, of growing degree."""
    inputs = runs.u.shape[1]
    able = [
        degree
        for degree in DEGREES[inputs]
        if SPARE * (degree + 1) ** inputs <= len(runs.u)
    ]
    if not able:
        return
    terms = _chebyshev(runs.u, max(able))
    judged = _chebyshev(runs.judging, max(able))
    degrees = np.array(
        [max(each) for each in product(range(max(able) + 1), repeat=inputs)]
    )
    gram = terms.T @ terms
    moments = terms.T @ runs.y
    for degree in able:
        kept = np.flatnonzero(degrees <= degree)
        square = gram[np.ix_(kept, kept)]
        square += RIDGE * len(runs.u) * np.eye(len(kept))
        weights = np.linalg.solve(square, moments[kept])
        ns = NS_BASE + NS_PER_STEP * inputs * degree
        ns += NS_PER_NUMBER * len(kept)
        of_each = " in each input" if inputs > 1 else ""
        what = f"of degree {degree}{of_each}"
        yield what, len(kept), ns, judged[:, kept] @ weights


def _chebyshev(u: Array, degree: int) -> Array:
    """Return all products of one Chebyshev polynomial an input, `n t`."""
    found = np.ones((len(u), 1))
    for column in u.T:
        one = np.polynomial.chebyshev.chebvander(column, degree)
        found = (found[:, :, None] * one[:, None, :]).reshape(len(u), -1)
    return found


def _rationals(runs: _Runs) -> Iterator[Tried]:
    """Fit rational functions of one input by AAA, where scipy has it."""
    if runs.u.shape[1] != 1:
        return
    try:
        from scipy.interpolate import AAA
    except ImportError:
        return
    u, first = np.unique(runs.u[:, 0], return_index=True)
    y = runs.y[first]
    for terms in TERMS:
        if 2 * SPARE * terms > len(u):
            return
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # more terms follow
            values = AAA(u, y, rtol=0.0, max_terms=terms)(runs.judging[:, 0])
        ns = NS_BASE + 2 * NS_PER_STEP * terms + 1.0
        what = f"of type ({terms - 1}, {terms - 1})"
        yield what, 2 * terms, ns, np.real(values)


def _linear_tables(runs: _Runs) -> Iterator[Tried]:
    yield from _tables(runs, _linear_weights, 0.0)


def _cubic_tables(runs: _Runs) -> Iterator[Tried]:
    inputs = runs.u.shape[1]
    yield from _tables(runs, _cubic_weights, NS_PER_CUBIC * 4.0**inputs)


def _tables(
    runs: _Runs,
    weights: Callable[[Array], tuple[Array, ...]],
    ns: float,
) -> Iterator[Tried]:
    """Interpolate between the surrogate's values on grids that double."""
    inputs = runs.u.shape[1]
    nodes = 4
    while nodes**inputs <= MOST_IN_TABLE:
        axis = np.linspace(-1.0, 1.0, nodes)
        grid = np.stack(np.meshgrid(*[axis] * inputs, indexing="ij"), axis=-1)
        values = runs.at(grid.reshape(-1, inputs)).reshape((nodes,) * inputs)
        found = _interpolated(values, runs.judging, weights)
        what = f"of {' x '.join([str(nodes)] * inputs)} values"
        yield what, values.size, NS_BASE + 0.5 + ns, found
        nodes *= 2


def _interpolated(
    values: Array, u: Array, weights: Callable[[Array], tuple[Array, ...]]
) -> Array:
    """Interpolate a table at inputs in [-1, 1]."""
    nodes = values.shape[0]
    place = np.clip((u + 1) / 2, 0.0, 1.0) * (nodes - 1)
    here = np.clip(place.astype(int), 0, nodes - 2)
    parts = [weights(column) for column in (place - here).T]
    width = len(parts[0])
    before = (width - 2) // 2
    found = np.zeros(len(u))
    for corner in product(range(width), repeat=u.shape[1]):
        at = tuple(
            np.clip(here[:, k] + step - before, 0, nodes - 1)
            for k, step in enumerate(corner)
        )
        share = np.prod(
            [parts[k][step] for k, step in enumerate(corner)], axis=0
        )
        found += share * values[at]
    return found


def _linear_weights(s: Array) -> tuple[Array, ...]:
    return 1 - s, s


def _cubic_weights(s: Array) -> tuple[Array, ...]:
    """Weigh four values as cubic convolution does (Keys 1981)."""
    return (
        s * (-0.5 + s * (1 - 0.5 * s)),
        1 + s * s * (-2.5 + 1.5 * s),
        s * (0.5 + s * (2 - 1.5 * s)),
        s * s * (-0.5 + 0.5 * s),
    )


_KINDS: dict[str, Callable[[_Runs], Iterator[Tried]]] = {
    "polynomial": _polynomials,
    "rational function": _rationals,
    "table, linear interpolation": _linear_tables,
    "table, cubic interpolation": _cubic_tables,
}
