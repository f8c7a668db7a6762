"""Whether a fitted noise is one, or only what a kernel cannot follow.

In: a fitted process. Out: yes or no. Noise is believed where the runs are far likelier
with it than with any kernel that goes through all of them, and where leaving a run out
misses by about as much as the noise says. Non-goals: how large it is (process).

Source: C. M. Crainiceanu, D. Ruppert, "Likelihood ratio tests in linear mixed models
with one variance component", JRSS B 66 (2004): the ratio's distribution on the boundary
lies below chi^2 of one degree.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nsc.teacher.kernels import KERNELS, Kernel
from nsc.teacher.process import Process, loss_without_noise

# log likelihood, by which noise must be better: a family of kernels is not every
# function there is, so that this is more than chance alone would ask for
EVIDENCE = 5.0
FAINTEST = 5e-3  # of the outputs' spread: below it noise and what kernels miss look alike
MISSED = (0.7, 2.0)  # what a run left out misses by, over the noise
SHIFTS = (0.0, -1.0, -2.0, -3.0)  # of lengths, to begin with
STEPS = 25


def is_noisy(process: Process) -> bool:
    """Say whether a process's noise is to be believed.

    Its noise is compared on the runs that its hyperparameters were fitted to.
    """
    if process.noise < FAINTEST * float(process.y.std()):
        return False
    missed = float(np.sqrt((process.left_out**2).mean()))
    least, most = MISSED
    if not least * process.noise <= missed <= most * process.noise:
        return False
    quiet = min(_quiet_loss(kernel, process) for kernel in KERNELS.values())
    return quiet - process.solved.loss > EVIDENCE


def _quiet_loss(kernel: Kernel, process: Process) -> float:
    """Return the least loss of a kernel that goes through all runs."""
    return min(
        loss_without_noise(
            kernel, process, _start(kernel, process, shift), steps=STEPS
        )
        for shift in SHIFTS
    )


def _start(
    kernel: Kernel, process: Process, shift: float
) -> Float[np.ndarray, " h"]:
    """Begin with the process's lengths, shifted; other parameters are 1."""
    inputs = process.x.shape[1]
    start = np.zeros(kernel.count(inputs))
    start[:inputs] = process.h[:inputs] + shift
    return start
