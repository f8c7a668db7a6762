"""What an ONNX graph does with fractions of integer inputs, and outside the domain.

In: a policy, a program. Out: what the graph is made of, words for its properties, or why
there is no graph. A graph can take the nearest inputs, and give NaN; it cannot say
anything, end the process or call the program.
Non-goals: the networks (onnx).
"""

from __future__ import annotations

import numpy as np

from nsc.program import Program

_SAID = {
    None: "nothing is tested; the networks answer",
    "warn": "the networks answer; a graph cannot warn",
    "clip": "the nearest inputs of the domain are taken; a NaN stays one",
    "nan": "NaN",
}


def refusal_of(program: Program, outside: str | None) -> str | None:
    """Say why a program's policy cannot be in a graph; None where it can."""
    if outside in ("raise", "original"):
        does = (
            "call the original" if outside == "original" else "refuse inputs"
        )
        return (
            f"a graph cannot {does} outside the domain; outside='clip' and 'nan' can be"
            " in one"
        )
    if outside == "nan" and program.drawing.conditions:
        return (
            "conditions between inputs are not written into a graph, so that"
            " outside='nan' cannot be in it"
        )
    return None


def policy_of(outside: str | None) -> str:
    """Say what is done outside the domain."""
    return _SAID[outside]


def whole_inputs(program: Program) -> np.ndarray:
    """Say of each input whether it is an integer, `i`."""
    kinds = [leaf.type.kind for leaf in program.signature.inputs]
    return np.array([kind != "float" for kind in kinds])
