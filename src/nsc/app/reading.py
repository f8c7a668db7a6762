"""At which length a CompNet reads a program's loops.

In: Program, a CompNet. Out: `CompilerInput`. A DAG of thousands of operations is too
deep for what a CompNet has learnt, and a program's may be too large to be made at all.
The same program with shorter loops is a coarse relative of it (nsc.twins), which can be
read. Which length is read decides the error that is to be expected: the CompNet's own,
and that of the coarse DAG, which is compared with a finer one. Nothing is run; what is
read so is a guess, its DAG says so, and it stays here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np

from nsc.compnet import Compiler, CompilerInput, CompNet
from nsc.errors import InputError
from nsc.graph import MAX_NODES as LARGEST_STORED
from nsc.graph import Dag, Unsupported, evaluate
from nsc.initial import compiler_input
from nsc.program import DagLimits, Program, parse_program
from nsc.record import Record
from nsc.twins import Shortened, lengths_of

WHOLE = DagLimits(4096, 4096, steps=50_000, seconds=5.0)
COARSE = DagLimits(1024, 1024, steps=10_000, seconds=1.0)
# why a DAG may be had of a program with shorter loops
OF_SIZE = frozenset(
    (
        "too_many_nodes",
        "long_loop",
        "takes_too_long",
        "too_deep",
        "data_dependent_loop",
    )
)
DOUBTFUL = 0.2  # expected nmse from which on other lengths are tried
WORTH_IT = (
    0.8  # of the whole program's expected nmse, what another must be below
)
MOST_WRONG = 0.5  # nmse of a coarse DAG
CONVERGED = 0.1  # nmse between the two longest
LOOKED_AT = 4  # of such differences, the last
FADING = 0.5  # of the nmse between the two before
MAX_READ = 64  # coarser programs of a short text
LONG_TEXT = 4000  # characters that take as long again
LARGE = 500  # operations that do
IN_VAIN = 4096  # that are made where there comes no DAG of it
GOOD = 0.03  # expected nmse that is not bettered
MOST_GROWTH = 8.0  # of a DAG, from one length to the next
MAX_EMITTED = 24
ROWS = 128  # inputs at which DAGs are compared
_LOOP = re.compile(r"\b(for|while|do|goto)\b")


@dataclass(frozen=True)
class _Reading:
    """A coarse DAG; nmse: by output, how wrong it seems to be."""

    dag: Dag
    nmse: tuple[float, ...]


def reading_of(program: Program, compnet: Compiler) -> CompilerInput:
    """Choose what a CompNet reads of a program: all of it, or one with shorter loops.

    A compiler of another make, which does not say what error it expects of a DAG, reads
    what there is.
    """
    plain = compiler_input(program)
    if not isinstance(compnet, CompNet) or not _LOOP.search(program.source):
        return plain
    whole = _whole(program, plain)
    expected = _expected(compnet, whole, program.n_outputs)
    if isinstance(whole.dag, Unsupported):
        if whole.dag.reason not in OF_SIZE:
            return plain
    elif expected <= DOUBTFUL or whole.dag.bounded:
        return whole
    found = whole
    least = WORTH_IT * min(expected, 1.0)
    for reading in islice(_readings(program, whole.dag), MAX_EMITTED):
        if float(np.mean(reading.nmse)) >= least:
            continue
        coarse = replace(whole, dag=reading.dag, dag_nmse=reading.nmse)
        error = _expected(compnet, coarse, program.n_outputs)
        if error < least:
            found = coarse
            least = error
        if least <= GOOD:
            break
    return found


def reread(record: Record, compnet: Compiler) -> Record:
    """Give a record of a program that is too large for a stored DAG what is read of it.

    Returns:
        The record itself where it has a DAG, or its text cannot be read; else one that
        is for a CompNet to read and is never kept.
    """
    if record.dag is not None:
        return record
    function = record.name.rsplit(":", 1)[-1]
    try:
        program = parse_program(record.text, function=function)
    except InputError:
        return record
    if program.n_inputs != record.n_inputs:
        return record
    lo, hi = zip(*record.box, strict=True)
    domain = replace(program.domain, lo=lo, hi=hi)
    found = reading_of(replace(program, domain=domain), compnet)
    is_read = isinstance(found.dag, Dag) and (
        found.dag.coarse or len(found.dag) > LARGEST_STORED
    )
    return replace(record, dag=found.dag) if is_read else record


def _whole(program: Program, plain: CompilerInput) -> CompilerInput:
    """Return all of the program, as large as it may be."""
    dag = plain.dag
    if isinstance(dag, Unsupported) and dag.reason in OF_SIZE:
        return replace(plain, dag=program.dag_within(WHOLE))
    return plain


def _expected(
    compnet: Compiler, given: CompilerInput, n_outputs: int
) -> float:
    """Say what nmse to expect of a reading, 1 where there is nothing to read."""
    if isinstance(given.dag, Unsupported):
        return 1.0
    emitted = compnet.emissions_for(given, range(n_outputs))
    errors = [e.expected_nmse for e in emitted]
    return float(np.mean([1.0 if e is None else e for e in errors]))


@dataclass
class _Budget:
    """What may still be spent on coarse programs, in readings of a short one."""

    left: float = MAX_READ

    def spend_on(self, program: Program, dag: Dag | Unsupported) -> None:
        """Count a reading: of a long text or a large DAG it takes longer."""
        size = len(dag) if isinstance(dag, Dag) else IN_VAIN
        self.left -= 1 + len(program.source) / LONG_TEXT + size / LARGE


def _readings(
    program: Program, whole: Dag | Unsupported
) -> Iterator[_Reading]:
    """Yield coarse DAGs that seem to compute about what the program does."""
    generator = np.random.default_rng(0)
    x = np.asfortranarray(
        generator.uniform(-1.0, 1.0, (ROWS, program.n_inputs))
    )
    truth = None
    if isinstance(whole, Dag) and not whole.bounded:
        truth = evaluate(whole, x)
    budget = _Budget()
    for chain in lengths_of(program):
        if budget.left <= 0:
            return
        largest = COARSE if truth is not None else WHOLE
        dags = list(_dags(chain, budget, largest))
        values = [evaluate(dag, x) for dag in dags]
        yield from _judged(dags, values, truth)


def _dags(
    chain: Iterator[Shortened], budget: _Budget, largest: DagLimits
) -> Iterator[Dag]:
    """Yield the DAGs of a chain as long as they grow, up to one over COARSE.

    Args:
        largest: what that one may be, to compare others with.
    """
    sizes = [0]
    for shortened in chain:
        next_size = _next_size(sizes)
        if sizes[-1] > COARSE.nodes or next_size > largest.nodes:
            return
        limits = COARSE if next_size <= COARSE.nodes else largest
        dag = shortened.program.dag_within(limits)
        budget.spend_on(shortened.program, dag)
        if not isinstance(dag, Dag) or len(dag) <= sizes[-1]:
            return
        sizes.append(len(dag))
        yield replace(dag, coarse=shortened.said)


def _next_size(sizes: Sequence[int]) -> float:
    """Guess how large the next DAG of a chain is, from those so far."""
    if len(sizes) < 3:
        return sizes[-1]
    return sizes[-1] * min(sizes[-1] / sizes[-2], MOST_GROWTH)


def _judged(
    dags: Sequence[Dag],
    values: Sequence[np.ndarray],
    truth: np.ndarray | None,
) -> Iterator[_Reading]:
    """Say of each DAG of a chain how wrong it seems to be.

    Args:
        values: of each, `n o`.
        truth: of the whole program, `n o`. Without it the finest of the chain stands in,
            whose own error is about what lies between it and the next.
    """
    own: float | np.ndarray = 0.0
    if truth is None:
        steps = [_nmse(a, b) for a, b in pairwise(values)]
        if not _converges(steps):
            return
        own = steps[-1]
        truth = values[-1]
    for dag, y in zip(dags, values, strict=True):
        error = _nmse(y, truth) + own
        if len(dag) <= COARSE.nodes and np.all(error <= MOST_WRONG):
            yield _Reading(dag, tuple(error.tolist()))


def _converges(steps: Sequence[np.ndarray]) -> bool:
    """Say whether ever longer programs differ less and less: a method of the first order
    gives a quarter of the squared error at twice the length.
    """
    fade = [np.all(b <= FADING * a) for a, b in pairwise(steps[-LOOKED_AT:])]
    return bool(fade) and all(fade) and bool(np.all(steps[-1] <= CONVERGED))


def _nmse(y: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Compare values `n o`; infinite where hardly any are numbers, or nothing varies."""
    with np.errstate(all="ignore"):
        known = np.isfinite(y).all(axis=1) & np.isfinite(truth).all(axis=1)
        if known.sum() < ROWS // 2:
            return np.full(y.shape[1], np.inf)
        error = ((y[known] - truth[known]) ** 2).mean(axis=0)
        found = error / truth[known].var(axis=0)
    return np.where(np.isfinite(found), found, np.inf)
