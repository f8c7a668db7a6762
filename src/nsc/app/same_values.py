"""Whether a text with variables in the place of constants computes what it did.

In: `Subject`, what runs it. Out: how often the original ran. Non-goals: making the text
(tuning).
"""

from __future__ import annotations

from contextlib import closing

import numpy as np

from nsc.app.objective_runs import Calls
from nsc.app.optimize_sources import Subject
from nsc.app.options import CompileOptions
from nsc.app.running import Running, running_of
from nsc.errors import InputError
from nsc.program import draw_inputs

COMPARED = 64  # inputs
DEAR_S = 1e-2
COMPARED_DEAR = 4  # of a program that is dear to run
STREAM = 11  # of random numbers


def expect_same_values(
    subject: Subject, running: Running, options: CompileOptions
) -> int:
    """Compare both at the constants of the text.

    Returns:
        How often they ran.

    Raises:
        InputError: they differ.
    """
    original = subject.original
    if original is None:
        return 0
    n = COMPARED_DEAR if running.cost.seconds > DEAR_S else COMPARED
    generator = np.random.default_rng([options.seed, STREAM])
    x = draw_inputs(original, n, generator=generator)
    with closing(running_of(original, options)) as before:
        wanted = Calls(before, original.n_outputs)(x)
    columns = {
        leaf.name: x[:, k] for k, leaf in enumerate(original.signature.inputs)
    }
    columns |= {
        name: np.full(n, value) for name, value in subject.default.items()
    }
    names = [leaf.name for leaf in subject.program.signature.inputs]
    there = np.stack([columns[name] for name in names], axis=1)
    found = Calls(running, original.n_outputs).again(there)
    is_same = (wanted == found) | (np.isnan(wanted) & np.isnan(found))
    if not is_same.all():
        row = int(np.flatnonzero(~is_same.all(axis=1))[0])
        where = ", ".join(f"{v:.6g}" for v in x[row])
        raise InputError(
            f"tune must name constants that can be variables; with"
            f" {', '.join(subject.constants)} so, the program gives {found[row, 0]:.17g}"
            f" instead of {wanted[row, 0]:.17g} at ({where}): is a whole constant divided"
            " by, or in #if?"
        )
    return 2 * n
