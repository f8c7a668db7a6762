"""Inputs that a surrogate does not use: left out of what a kernel sees, put back after.

Kernels take the number of inputs as an argument, and an input that is zero on every
example moves no weight. In: a task. Out: smaller ones. Non-goals: what is computed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nsc.finetune.task import FinetuneData, Task
from nsc.surrogate import Topology

Numbers = npt.NDArray[np.int64]


def used_inputs(task: Task) -> npt.NDArray[np.bool_]:
    """Say which inputs each surrogate uses, `p i`: those not zero on all its examples.

    At least the first is.
    """
    data = task.data
    used = np.zeros((len(data.x_train), task.topology.n_inputs), bool)
    for x in (data.x_train, data.x_validation, data.x_test):
        if x is not None:
            used |= (x[:1] if _is_shared(x) else x).any(axis=1)
    uses_none = ~used.any(axis=1)
    used[uses_none, 0] = True
    return used


def with_inputs(task: Task, used: Numbers) -> Task:
    """Take some of the inputs: of the topology, the parameters and the examples."""
    topology = task.topology
    data = task.data
    first, rest = _parted(task.w, topology)
    small = first[:, :, used].reshape(len(task.w), -1)
    x_test = data.x_test
    return Task(
        w=np.concatenate([small, rest], axis=1),
        topology=replace(topology, widths=(len(used), *topology.widths[1:])),
        data=FinetuneData(
            _columns(data.x_train, used),
            data.y_train,
            _columns(data.x_validation, used),
            data.y_validation,
            None if x_test is None else _columns(x_test, used),
            data.y_test,
            data.weights,
        ),
    )


def with_inputs_put_back(
    task: Task, used: Numbers, small: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Put trained parameters back; weights of unused inputs stay as they were."""
    topology = task.topology
    units = topology.widths[1]
    count = len(used) * units
    first, _ = _parted(task.w.copy(), topology)
    first[:, :, used] = small[:, :count].reshape(len(small), units, len(used))
    return np.concatenate(
        [first.reshape(len(small), -1), small[:, count:]], axis=1
    )


def _is_shared(x: npt.NDArray[np.float64]) -> bool:
    """Say whether all surrogates see the same examples: a broadcast first axis."""
    return x.strides[0] == 0


def _columns(
    x: npt.NDArray[np.float64], used: Numbers
) -> npt.NDArray[np.float64]:
    """Take the used inputs; what surrogates share stays shared."""
    if not _is_shared(x):
        return x[..., used]
    return np.broadcast_to(x[:1][..., used], (*x.shape[:2], len(used)))


def _parted(
    w: npt.NDArray[np.float64], topology: Topology
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Part `p w` into the first layer's weights, `p h i`, and the rest."""
    inputs, units = topology.widths[:2]
    first = w[:, : inputs * units].reshape(len(w), units, inputs)
    return first, w[:, inputs * units :]
