"""Records of small programs, with DAGs."""

import numpy as np

from nsc.graph import evaluate
from nsc.program import parse_program
from nsc.record import Record, shared_inputs


def record(body: str, arity: int, **fields) -> Record:
    """Make a record of `double f(...) { return body; }` of inputs a, b, c."""
    inputs = ", ".join(f"double {name}" for name in "abc"[:arity])
    text = f"#include <math.h>\ndouble f({inputs}) {{ return {body}; }}"
    dag = parse_program(text).dag
    x = shared_inputs()[:, :arity]
    made = {
        "name": body,
        "text": text,
        "origin": "synthetic",
        "n_inputs": arity,
        "n_outputs": 1,
        "box": ((-1.0, 1.0),) * arity,
        "input_seed": 0,
        "outputs": evaluate(dag, x).astype(np.float32),
        "dag": dag,
    }
    return Record(**made | fields)


TRAIN = [("a + 0.5", 1), ("a * a", 1), ("sin(a)", 1), ("a + b", 2)] + [
    (f"{k} * a - b / 2", 2) for k in (1, 2, 3)
]
HELD = [("a - 0.25", 1), ("a * b + 1", 2)]
