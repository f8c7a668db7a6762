"""An optimizer and a topology -> their compiled finetuning kernel.

In: a row, a topology. Out: a ctypes library. All that Python and C must agree on is
said here, by constants. Non-goals: building and caching (nsc.host), data (layout.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nsc.finetune.backends.layout import layout_defines, settings_in_c
from nsc.finetune.task import STOPS, Optimizer
from nsc.host import load_library
from nsc.surrogate import Topology

SOURCE = Path(__file__).parents[1] / "csrc" / "kernel.c"


def defines_of(
    optimizer: Optimizer[Any], topology: Topology
) -> tuple[str, ...]:
    """Return the compile-time constants of a kernel.

    The number of inputs stays an argument.

    Example: 9-4-4-1 gives TOPOLOGY=4,4,1, UNITS=9 and REST=29, the parameters behind
    the first weights.
    """
    widths = topology.widths[1:]
    rest = topology.n_parameters - topology.widths[0] * topology.widths[1]
    return (
        f'OPTIMIZER="{optimizer.header}"',
        f"PRECISION={8 * np.dtype(optimizer.precision).itemsize}",
        f"SIDE_BY_SIDE={int(optimizer.lanes_up_to > 0)}",
        f"SETTINGS={settings_in_c(optimizer.settings)}",
        f"STOPS={', '.join(STOPS).upper()}",
        *(f"{name}={value!r}" for name, value in optimizer.constants.items()),
        *layout_defines(optimizer.precision),
        f"TOPOLOGY={','.join(map(str, widths))}",
        f"LAYERS={len(widths)}",
        f"UNITS={sum(widths)}",
        f"OUTPUTS={widths[-1]}",
        f"REST={rest}",
        f"ACTIVATION={topology.activation.upper()}",
    )


def load_kernel(
    optimizer: Optimizer[Any],
    topology: Topology,
    progress: Callable[[str], None] = lambda line: None,
) -> ctypes.CDLL:
    """Load a topology's kernel, building it (a second or two) if the cache has none.

    Raises:
        BuildError: the compiler refused it.
    """
    said = f"building the finetuning kernel for {topology} (once)"
    defines = defines_of(optimizer, topology)
    return load_library(SOURCE, defines, lambda: progress(said))
