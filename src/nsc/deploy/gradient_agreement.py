"""Whether exported derivatives are those of what was verified.

In: an `ExportJob`, derivatives that an export gave. Out: nothing, or an error that says
where they differ. Non-goals: values (agreement).
"""

from __future__ import annotations

import numpy as np

from nsc.deploy.exporter import ExportJob
from nsc.deploy.rounding import (
    ACTIVATION_ERROR,
    LEAST,
    UNIT,
    activated,
    before_activation,
    is_float32,
)
from nsc.errors import BuildError
from nsc.surrogate import (
    Member,
    activation_slope,
    forward,
    input_gradient,
    pad_inputs,
)

# terms that may underflow
_TERMS = 4096


def check_gradient(job: ExportJob, x: np.ndarray, found: np.ndarray) -> None:
    """Compare derivatives with those of the network that was verified.

    They may be off by what rounding explains. With a guard there are none outside the
    domain, where they are NaN: such rows are not given here.

    Args:
        x: `n i`.
        found: `n (o i)`.

    Raises:
        BuildError: they differ; names the output and the input.
    """
    surrogate = job.surrogate
    u = surrogate.normalise(x)
    half = (surrogate.hi - surrogate.lo) / 2
    expected = np.concatenate(
        [input_gradient(m.w, m.topology, u) for m in surrogate.members], axis=1
    )
    bound = np.concatenate(
        [_bound_of(m, u, job.real) for m in surrogate.members], axis=1
    )
    stored = UNIT["float" if _is_stored_in_float(job) else job.real]
    least = LEAST["float" if _is_stored_in_float(job) else job.real]
    expected = expected / half
    bound = bound / half + 8 * stored * np.abs(expected) + 8 * least
    agrees = np.abs(found.reshape(expected.shape) - expected) <= bound
    if agrees.all():
        return
    row, output, k = np.argwhere(~agrees)[0]
    where = ", ".join(f"{v:.9g}" for v in x[row])
    raise BuildError(
        "the export differs from the verified network: the derivative of"
        f" {surrogate.output_names[output]} by {surrogate.input_names[k]} is"
        f" {found.reshape(expected.shape)[row, output, k]:.9g} and should be"
        f" {expected[row, output, k]:.9g} at ({where}), which is beyond rounding;"
        " nothing was written"
    )


def _is_stored_in_float(job: ExportJob) -> bool:
    return any(is_float32(leaf) for leaf in job.program.signature.outputs)


def _bound_of(member: Member, u: np.ndarray, real: str) -> np.ndarray:
    """Bound how far off one member's derivatives may be, `n o i`.

    Forwards it is `rounding_bound`; an activation's slope is off by what its value is
    off, times at most 2; backwards it is the running error of dot products again.
    """
    unit = UNIT[real]
    slopes, off_slopes = _slopes_of(member, u, real)
    *hidden, (last, _) = member.topology.layers(member.w)
    found = np.broadcast_to(last, (len(u), *last.shape))
    off = unit * np.abs(found)
    for (weight, _), slope, off_slope in zip(
        reversed(hidden), reversed(slopes), reversed(off_slopes), strict=True
    ):
        delta = found * slope[:, None, :]
        off = (
            off * (np.abs(slope) + off_slope)[:, None, :]
            + np.abs(found) * off_slope[:, None, :]
            + 4 * unit * np.abs(delta)
        )
        size = np.abs(weight)
        terms = weight.shape[0] + 4
        off = off @ size + terms * unit * (np.abs(delta) @ size)
        off = off + _TERMS * LEAST[real] * (1 + size.max())
        found = delta @ weight
    return off[:, :, : u.shape[1]]


def _slopes_of(
    member: Member, u: np.ndarray, real: str
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the activations' slopes in each hidden layer, `n h`, and how far off."""
    kind = member.topology.activation
    unit = UNIT[real]
    h = pad_inputs(u, member.topology)
    off = 4 * unit * np.abs(h)
    slopes: list[np.ndarray] = []
    off_slopes: list[np.ndarray] = []
    for weight, bias in member.topology.layers(member.w)[:-1]:
        off = before_activation(weight, bias, h, off, real)
        z = h @ weight.T + bias
        h, steepest = activated(z, off, kind)
        kink = (np.abs(z) <= off).astype(np.float64)
        off = steepest * off + ACTIVATION_ERROR[real] + unit * np.abs(h)
        slopes.append(activation_slope(h, kind))
        smooth = 2 * off + off**2 + 8 * unit
        off_slopes.append(kink if kind == "relu" else smooth)
    return slopes, off_slopes


def finite_differences(
    job: ExportJob, x: np.ndarray, step: float = 1e-4
) -> np.ndarray:
    """Return the verified network's derivatives by central differences, `n o i`.

    Args:
        step: of half a range.
    """
    surrogate = job.surrogate
    u = surrogate.normalise(x)
    half = (surrogate.hi - surrogate.lo) / 2
    columns: list[np.ndarray] = []
    for k in range(u.shape[1]):
        moved = np.zeros(u.shape[1])
        moved[k] = step
        ahead, behind = (
            np.concatenate(
                [forward(m.w, m.topology, v) for m in surrogate.members],
                axis=1,
            )
            for v in (u + moved, u - moved)
        )
        columns.append((ahead - behind) / (2 * step * half[k]))
    return np.stack(columns, axis=2)
