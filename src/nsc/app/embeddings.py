"""Programs as vectors, in Python.

In: Programs. Out: vectors, and which are near. Non-goals: how they are made (compnet).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsc.compnet import CompNet, load_compnet
from nsc.errors import InputError
from nsc.graph import Unsupported
from nsc.program import Program


def embed(program: Program, *, output: int = 0) -> np.ndarray:
    """Embed a program; programs that compute similar things are near.

    The embedding is the CompNet's, read off the text: nothing is run.

    Returns:
        float64 `d`, of unit length.

    Raises:
        InputError: the text has no expression DAG, or too large a one.

    Example:
        >>> program = nsc.parse_program("double f(double x) { return x * x; }")
        >>> nsc.embed(program).ndim
        1
    """
    if not isinstance(program, Program):
        raise InputError(
            "nsc.embed takes a Program, as nsc.parse_program returns; found"
            f" {type(program).__name__}"
        )
    if isinstance(program.dag, Unsupported):
        raise InputError(
            f"{program.name} cannot be embedded: {program.dag.said}"
        )
    compnet = load_compnet()
    assert isinstance(compnet, CompNet), "the one that is shipped reads DAGs"
    found = compnet.embed(program.dag, output)
    if found is None:
        raise InputError(
            f"{program.name} cannot be embedded: it is constant or too large"
        )
    return found


def nearest(
    program: Program, others: Sequence[Program]
) -> list[tuple[int, float]]:
    """Rank programs by how near their embeddings are to a program's.

    Returns:
        (index into `others`, cosine), the nearest first.

    Raises:
        InputError: one of the programs cannot be embedded.

    Example:
        >>> texts = ["x * x", "x * x + 0.01", "1 / (2 + x)"]
        >>> a, b, c = [
        ...     nsc.parse_program("double f(double x) { return %s; }" % text)
        ...     for text in texts
        ... ]
        >>> [index for index, _ in nsc.nearest(a, [c, b])]
        [1, 0]
    """
    wanted = embed(program)
    cosines = np.array([embed(other) @ wanted for other in others])
    ranked = np.argsort(-cosines, kind="stable")
    return [(int(k), float(cosines[k])) for k in ranked]
