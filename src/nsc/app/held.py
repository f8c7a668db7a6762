"""What the outputs of a program can be: any number, whole ones, or a few values.

In: Program, the outputs of the runs that a surrogate learns from. Out: `Held`s, one an
output. Non-goals: rounding (surrogate).
"""

from __future__ import annotations

import numpy as np

from nsc.graph import OPS, TRUTHS, Dag
from nsc.program import Program
from nsc.surrogate import Held, OneOf, Whole

MOST_VALUES = 16
# runs for each value that they show, before others are taken to be none
RUNS_FOR_A_VALUE = 8
_TRUTH = frozenset((0.0, 1.0))

Values = frozenset[float] | None  # None: too many, or unknown


def held_of(program: Program, y: np.ndarray) -> tuple[Held, ...]:
    """Say what stands for each real output of a network; () where all are real.

    An integer output is one of a few values where the text says so (a comparison,
    constants that conditions choose from), or where runs show MOST_VALUES or fewer,
    RUNS_FOR_A_VALUE times as many runs as values. Verification is on other runs: what
    these few do not show counts there as wrong.

    Args:
        y: `n o`, the outputs of the runs that are learned from, if there are any.
    """
    kinds = [leaf.type.kind for leaf in program.signature.outputs]
    if all(kind == "float" for kind in kinds):
        return ()
    said = _said_by_text(program)
    return tuple(
        _held(program, k, said[k], y[:, k] if len(y) else y[:0].ravel())
        for k in range(program.n_outputs)
    )


def _held(program: Program, k: int, said: Values, seen: np.ndarray) -> Held:
    output = program.signature.outputs[k].type
    if output.kind == "float":
        return None
    if output.kind == "bool":
        return OneOf((0.0, 1.0))
    shown = frozenset(np.unique(seen).tolist())
    if said is not None and len(said | shown) <= MOST_VALUES:
        return OneOf(tuple(sorted(said | shown)))
    is_small = 0 < len(shown) <= MOST_VALUES
    if is_small and len(seen) >= RUNS_FOR_A_VALUE * len(shown):
        return OneOf(tuple(sorted(shown)))
    return Whole(*output.limits)


def _said_by_text(program: Program) -> list[Values]:
    dag = program.dag
    if not isinstance(dag, Dag) or not dag.is_exact:
        return [None] * program.n_outputs
    return _values_of(dag)


def _values_of(dag: Dag) -> list[Values]:
    """Return the values that each output of a DAG can have, where they are few."""
    found: list[Values] = []
    for op, args, value in zip(dag.ops, dag.args, dag.values, strict=True):
        name = OPS[op]
        values: Values = None
        if name == "LIT":
            values = frozenset((float(value),))
        elif name in TRUTHS:
            values = _TRUTH
        elif name == "SEL":
            values = _either(found[args[1]], found[args[2]])
        found.append(values)
    return [_whole(found[root]) for root in dag.roots]


def _either(a: Values, b: Values) -> Values:
    if a is None or b is None or len(a | b) > MOST_VALUES:
        return None
    return a | b


def _whole(values: Values) -> Values:
    """Return values if all are whole numbers: a program makes an integer of others."""
    if values is None or not all(float(v).is_integer() for v in values):
        return None
    return values
