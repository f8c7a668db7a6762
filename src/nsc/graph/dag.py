"""The expression DAG: operations over inputs and literals, in topological order.

In: nothing. Out: `Dag`, `OPS`, `evaluate`. Non-goals: how a DAG is made (builder.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

# Truth values are 1.0 and 0.0. SEL(c, a, b) is `c ? a : b`. Every operation is total on
# float64: what C leaves undefined (a float too large for an int) is whatever numpy
# returns. Records and weights hold operations by their position: new ones come last.
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
TRUTHS = frozenset(
    ("LT", "EQ", "AND", "OR", "NOT")
)  # operations that give 0 or 1
OP_INDEX: dict[str, int] = {name: k for k, name in enumerate(OPS)}

_COUNTS = {"IN": 0, "LIT": 0, "SEL": 3} | dict.fromkeys(
    "ADD SUB MUL DIV POW ATAN2 MIN MAX FMOD LT EQ AND OR".split(), 2
)
_ARITY = np.array([_COUNTS.get(name, 1) for name in OPS])

_ERF = np.vectorize(math.erf, otypes=[np.float64])


def _truth(predicate: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    return lambda *args: predicate(*args).astype(np.float64)


def _round_half_away(a: np.ndarray) -> np.ndarray:
    # C's round, where numpy's goes to even
    return np.trunc(a + np.copysign(0.5, a))


def _select(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(np.not_equal(c, 0), a, b)


def _no_function(*args: np.ndarray) -> np.ndarray:
    raise AssertionError("a leaf is no function of anything")


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
    "SEL": _select,
    "SQ": np.square,
}
_IN = OP_INDEX["IN"]
_LIT = OP_INDEX["LIT"]
_FUNCTIONS: tuple[Callable[..., np.ndarray], ...] = tuple(
    EVALUATE.get(name, _no_function) for name in OPS
)
# how an array is written into a fingerprint: literals are rounded to float32, so that
# programs share it whose constants differ in their last digits
_IN_FINGERPRINT = {"ops": "i2", "args": "i4", "values": "f4", "roots": "i4"}


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
        coarse: "N 4096 -> 16" where loops are read at another length than the text's;
            then the DAG is a guess too.
    """

    ops: np.ndarray
    args: np.ndarray
    values: np.ndarray
    roots: np.ndarray
    n_inputs: int
    bounded: bool = False
    guesses: tuple[tuple[str, str], ...] = ()
    coarse: str = ""

    def __len__(self) -> int:
        """Count the nodes."""
        return len(self.ops)

    @property
    def is_exact(self) -> bool:
        """Whether the program computes this wherever it computes anything."""
        return not (self.bounded or self.guesses or self.coarse)

    @property
    def fingerprint(self) -> str:
        """What programs share that differ only in names, layout and spelling."""
        digest = hashlib.blake2b(digest_size=16)
        for name, kind in _IN_FINGERPRINT.items():
            array: np.ndarray = getattr(self, name)
            digest.update(np.ascontiguousarray(array, kind).tobytes())
        return digest.hexdigest()


def are_sound(dags: Sequence[Dag]) -> bool:
    """Say whether every node of some DAGs is an operation on nodes before it.

    DAGs that are read may be anything. They are looked at together: a shard has many
    small ones.
    """
    if not all(map(_is_shaped, dags)):
        return False
    if not dags:
        return True
    sizes = np.array([len(dag) for dag in dags])
    ops = np.concatenate([dag.ops for dag in dags])
    roots = np.concatenate([dag.roots for dag in dags])
    n_roots = [len(dag.roots) for dag in dags]
    if not _are_within(ops, len(OPS)) or not _are_within(
        roots, sizes.repeat(n_roots)
    ):
        return False
    return _come_before(dags, ops, sizes) and _are_inputs_known(
        dags, ops, sizes
    )


def _is_shaped(dag: Dag) -> bool:
    m = len(dag)
    return (
        dag.args.shape == (m, 3)
        and dag.values.shape == (m,)
        and len(dag.roots) > 0
    )


def _come_before(
    dags: Sequence[Dag], ops: np.ndarray, sizes: np.ndarray
) -> bool:
    """Say whether operations have the arguments they need, all earlier nodes."""
    args = np.concatenate([dag.args for dag in dags])
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    position: np.ndarray = np.arange(len(ops)) - first  # of a node in its DAG
    is_needed = np.arange(3) < _ARITY[ops][:, None]
    is_earlier = (args >= 0) & (args < position[:, None])
    return bool(np.all(np.where(is_needed, is_earlier, args == -1)))


def _are_inputs_known(
    dags: Sequence[Dag], ops: np.ndarray, sizes: np.ndarray
) -> bool:
    """Say whether every IN node names one of its DAG's inputs."""
    is_input = ops == _IN
    inputs = np.concatenate([dag.values for dag in dags])[is_input]
    n_inputs = np.repeat([dag.n_inputs for dag in dags], sizes)[is_input]
    is_whole = inputs == np.floor(inputs)
    return _are_within(inputs, n_inputs) and bool(is_whole.all())


def _are_within(numbers: np.ndarray, end: np.ndarray | int) -> bool:
    return bool(((numbers >= 0) & (numbers < end)).all())


def bind_inputs(dag: Dag, n_inputs: int, value: float) -> Dag:
    """Keep the first inputs of a DAG; every other becomes a literal of a value."""
    is_bound = (dag.ops == _IN) & (dag.values >= n_inputs)
    ops = np.where(is_bound, _LIT, dag.ops).astype(dag.ops.dtype)
    values = np.where(is_bound, value, dag.values)
    return replace(dag, ops=ops, values=values, n_inputs=n_inputs)


@dataclass(frozen=True)
class Unsupported:
    """Why a program has no DAG: a named reason and where.

    Args:
        line, column: from 1, in `file`; 0 where no one place is to blame.
        file: whose text it is; empty for the closed text that was evaluated.
    """

    reason: str
    message: str
    line: int = 0
    column: int = 0
    file: str = ""

    @property
    def said(self) -> str:
        """The message, behind its place and before its reason."""
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.message} [{self.reason}]"

    @property
    def where(self) -> str:
        """The place as messages have it; empty where there is none."""
        if not self.line:
            return ""
        if not self.file:
            return f"line {self.line} of its closed text"
        return f"{self.file}:{self.line}:{self.column}"


def evaluate_nodes(dag: Dag, x: np.ndarray) -> np.ndarray:
    """Evaluate every node.

    Args:
        x: `n i` in [-1, 1].

    Returns:
        `m n` float64; NaN and infinities may appear.
    """
    return _rows(_values(dag, x), len(x))


def evaluate(dag: Dag, x: np.ndarray) -> np.ndarray:
    """Evaluate the outputs.

    Args:
        x: `n i` in [-1, 1], quickest in Fortran order.

    Returns:
        `n o` float64; NaN and infinities may appear.
    """
    values = _values(dag, x)
    return _rows([values[root] for root in dag.roots.tolist()], len(x)).T


def _values(dag: Dag, x: np.ndarray) -> list[np.ndarray | float]:
    """Evaluate every node to an (n,) array, or a number where it needs no input."""
    out: list[np.ndarray | float] = []
    ops: list[int] = dag.ops.tolist()
    nodes = zip(ops, dag.args.tolist(), dag.values.tolist(), strict=True)
    with np.errstate(all="ignore"):
        for op, (a, b, c), value in nodes:
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
    """Stack values, each (n,) or a number, as (len(values), n)."""
    rows = np.empty((len(values), n))
    for k, value in enumerate(values):
        rows[k] = value
    return rows
