"""The expression DAG: hash-consed operations over inputs and literals, in topological
order.

In: nothing. Out: `Dag`, `OPS`, `evaluate`. Non-goals: where a DAG comes from (see
evaluate.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

# Truth values are 1.0 and 0.0. SEL(c, a, b) is `c ? a : b`. Every operation is total on
# float64:
# what C leaves undefined (a float too large for an int) is whatever numpy returns.
OPS: tuple[str, ...] = (
    "IN",
    "LIT",
    "ADD",
    "SUB",
    "MUL",
    "DIV",
    "NEG",
    "SQRT",
    "SIN",
    "COS",
    "TAN",
    "EXP",
    "LOG",
    "ABS",
    "POW",
    "ATAN",
    "ATAN2",
    "TANH",
    "FLOOR",
    "MIN",
    "MAX",
    "FMOD",
    "ASIN",
    "SINH",
    "COSH",
    "CBRT",
    "ERF",
    "ROUND",
    "TRUNC",
    "LT",
    "EQ",
    "AND",
    "OR",
    "NOT",
    "SEL",
    "SQ",
)
TRUTHS = frozenset(("LT", "EQ", "AND", "OR", "NOT"))  # operations that give 0 or 1
OP_INDEX: dict[str, int] = {name: k for k, name in enumerate(OPS)}

_COUNTS = {"IN": 0, "LIT": 0, "SEL": 3} | dict.fromkeys(
    "ADD SUB MUL DIV POW ATAN2 MIN MAX FMOD LT EQ AND OR".split(), 2
)
_ARITY = np.array([_COUNTS.get(name, 1) for name in OPS])

_ERF = np.vectorize(math.erf, otypes=[np.float64])


def _truth(predicate: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    return lambda *args: predicate(*args).astype(np.float64)


def _round_half_away(a: np.ndarray) -> np.ndarray:
    return np.trunc(a + np.copysign(0.5, a))


EVALUATE: dict[str, Callable[..., np.ndarray]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "NEG": np.negative,
    "SQRT": np.sqrt,
    "SIN": np.sin,
    "COS": np.cos,
    "TAN": np.tan,
    "EXP": np.exp,
    "LOG": np.log,
    "ABS": np.abs,
    "POW": np.power,
    "ATAN": np.arctan,
    "ATAN2": np.arctan2,
    "TANH": np.tanh,
    "FLOOR": np.floor,
    "MIN": np.fmin,
    "MAX": np.fmax,
    "FMOD": np.fmod,
    "ASIN": np.arcsin,
    "SINH": np.sinh,
    "COSH": np.cosh,
    "CBRT": np.cbrt,
    "ERF": _ERF,
    "ROUND": _round_half_away,
    "TRUNC": np.trunc,
    "LT": _truth(np.less),
    "EQ": _truth(np.equal),
    "AND": _truth(np.logical_and),
    "OR": _truth(np.logical_or),
    "NOT": _truth(np.logical_not),
    "SEL": lambda c, a, b: np.where(np.not_equal(c, 0), a, b),
    "SQ": np.square,
}
_IN = OP_INDEX["IN"]
_LIT = OP_INDEX["LIT"]
_FUNCTIONS = tuple(EVALUATE.get(name) for name in OPS)


@dataclass(frozen=True)
class Dag:
    """`m` nodes in topological order (children before parents).

    Args:
        ops: int16 (m,), index into OPS.
        args: int32 (m, 3), children, -1 where absent.
        values: float64 (m,), the literal of LIT, the input's number of IN, else 0.
        roots: int32 (o,), one node per output.
        n_inputs: how many inputs exist (some may be unused). IN nodes range over [-1,
            1].
        bounded: whether a loop that inputs may keep running was cut off. Then the DAG
            is what the program computes only where the loop ends in time: good to read,
            but no source of labels.
        guesses: functions without a body, each with the name of what stands in for it,
            "" where nothing does. Then the DAG is a guess.
    """

    ops: np.ndarray
    args: np.ndarray
    values: np.ndarray
    roots: np.ndarray
    n_inputs: int
    bounded: bool = False
    guesses: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.ops)

    @property
    def is_exact(self) -> bool:
        """Whether this is what the program computes (over the reals) wherever it
        computes anything.
        """
        return not self.bounded and not self.guesses

    @property
    def fingerprint(self) -> str:
        """A name that programs share which differ only in names, layout and spelling."""
        digest = hashlib.blake2b(digest_size=16)
        parts = zip(
            (self.ops, self.args, self.values, self.roots),
            ("i2", "i4", "f4", "i4"),
            strict=True,
        )
        for array, kind in parts:
            digest.update(np.ascontiguousarray(array, kind).tobytes())
        return digest.hexdigest()


def are_sound(dags: Sequence[Dag]) -> bool:
    """Say whether every node of some DAGs is an operation on nodes before it: DAGs that
    are read may be anything.
    """
    shaped = all(
        d.args.shape == (len(d), 3) and d.values.shape == (len(d),) and len(d.roots)
        for d in dags
    )
    if not dags or not shaped:
        return shaped
    sizes = np.array([len(d) for d in dags])
    ops, args, values, roots = (
        np.concatenate([getattr(d, a) for d in dags])
        for a in ("ops", "args", "values", "roots")
    )
    if not (
        _within(ops, len(OPS))
        and _within(roots, np.repeat(sizes, [len(d.roots) for d in dags]))
    ):
        return False
    # of a node in its DAG
    number = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    expected = np.arange(3) < _ARITY[ops][:, None]
    before = np.where(expected, (args >= 0) & (args < number[:, None]), args == -1)
    is_input = ops == _IN
    inputs = values[is_input]
    known = np.repeat([d.n_inputs for d in dags], sizes)[is_input]
    return (
        bool(before.all())
        and _within(inputs, known)
        and bool((inputs == np.floor(inputs)).all())
    )


def _within(numbers: np.ndarray, end: np.ndarray | int) -> bool:
    return bool(((numbers >= 0) & (numbers < end)).all())


def bind_inputs(dag: Dag, n_inputs: int, value: float) -> Dag:
    """Keep the first inputs of a DAG; every other becomes a literal."""
    rest = (dag.ops == OP_INDEX["IN"]) & (dag.values >= n_inputs)
    ops = np.where(rest, OP_INDEX["LIT"], dag.ops).astype(dag.ops.dtype)
    return replace(
        dag, ops=ops, values=np.where(rest, value, dag.values), n_inputs=n_inputs
    )


@dataclass(frozen=True)
class Unsupported:
    """Why a program has no DAG: a named reason and where."""

    reason: str
    message: str
    line: int = 0
    column: int = 0


def evaluate_nodes(dag: Dag, x: np.ndarray) -> np.ndarray:
    """Evaluate every node. x: `n i` in [-1, 1]; returns `m n` float64 (NaN and inf may
    appear).
    """
    return _rows(_values(dag, x), len(x))


def evaluate(dag: Dag, x: np.ndarray) -> np.ndarray:
    """Evaluate the outputs. x: `n i` in [-1, 1], quickest in Fortran order; returns `n
    o` float64.
    """
    values = _values(dag, x)
    return _rows([values[root] for root in dag.roots.tolist()], len(x)).T


def _values(dag: Dag, x: np.ndarray) -> list[np.ndarray | float]:
    """Evaluate every node: literals, and what depends on them alone, to numbers, all
    others to (n,) arrays.
    """
    out: list[np.ndarray | float] = []
    with np.errstate(all="ignore"):
        for op, (a, b, c), value in zip(
            dag.ops.tolist(), dag.args.tolist(), dag.values.tolist(), strict=True
        ):
            if op == _LIT:
                out.append(value)
            elif op == _IN:
                out.append(x[:, int(value)])
            elif b < 0:
                out.append(_FUNCTIONS[op](out[a]))
            elif c < 0:
                out.append(_FUNCTIONS[op](out[a], out[b]))
            else:
                out.append(_FUNCTIONS[op](out[a], out[b], out[c]))
    return out


def _rows(values: list[np.ndarray | float], n: int) -> np.ndarray:
    rows = np.empty((len(values), n))
    for k, value in enumerate(values):
        rows[k] = value
    return rows
