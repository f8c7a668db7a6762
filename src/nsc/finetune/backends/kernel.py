"""A topology -> its compiled finetuning kernel.

In: topology, optimizer. Out: a ctypes library. Non-goals: building and caching
(nsc.host), data (cpu.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

from nsc.host import load_library
from nsc.surrogate import Topology

SOURCE = Path(__file__).parents[1] / "csrc" / "kernel.c"
_ACTIVATION = {"sigmoid": 0, "tanh": 1, "relu": 2}
_OPTIMIZER = {"adam": "ADAM", "lm": "LEVENBERG_MARQUARDT"}


def defines_of(topology: Topology, optimizer: str) -> tuple[str, ...]:
    """Return the compile-time constants of a kernel. The number of inputs stays an
    argument.

    Example: 9-4-4-1 gives TOPOLOGY=4,4,1, UNITS=9 and REST=29, the parameters behind
    the first weights.
    """
    widths = topology.widths[1:]
    rest = topology.n_parameters - topology.widths[0] * topology.widths[1]
    return (
        _OPTIMIZER[optimizer],
        f"TOPOLOGY={','.join(map(str, widths))}",
        f"LAYERS={len(widths)}",
        f"UNITS={sum(widths)}",
        f"OUTPUTS={widths[-1]}",
        f"REST={rest}",
        f"ACTIVATION={_ACTIVATION[topology.activation]}",
    )


def load_kernel(
    topology: Topology,
    optimizer: str,
    progress: Callable[[str], None] = lambda line: None,
) -> ctypes.CDLL:
    """Load a topology's kernel, building it (a second or two) if the cache has none.

    Raises:
        BuildError: the compiler refused it.
    """
    said = f"building the finetuning kernel for {topology} (once)"
    return load_library(SOURCE, defines_of(topology, optimizer), lambda: progress(said))
