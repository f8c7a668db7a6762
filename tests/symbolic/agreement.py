"""What tests of symbolic evaluation share: programs read and built, and whether their
DAGs agree with their runs.
"""

from collections.abc import Sequence

import numpy as np

from nsc.graph import Unsupported, evaluate
from nsc.program import Program, parse_program
from nsc.sandbox import Built, build, run


def read_and_built(texts: Sequence[str]) -> list[tuple[Program, Built]]:
    """Read the function f of each text, and build them all in as few modules as may be."""
    programs = [parse_program(text, function="f") for text in texts]
    return list(
        zip(
            programs,
            build([program.unit for program in programs]),
            strict=True,
        )
    )


def expect_agreement(program: Program, built: Built, x: np.ndarray) -> None:
    """Fail where a program has no DAG, or one that computes something else than the
    program on inputs `n i`.
    """
    assert not isinstance(program.dag, Unsupported), program.dag
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            evaluate(program.dag, x), run(built, x).outputs, atol=1e-9
        )
