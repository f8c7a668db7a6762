"""The error of whole applications that call surrogates, as AxBench defines it.

In: a `Job` of applications. Out: a `Measured` for every application, size and trial.
Root mean squared error of pictures (sobel, kmeans, jpeg; levels in [0, 1]), average
relative error of transforms and angles, each at most 1 as in AxBench's scripts (fft,
invk2j), the rate of wrong answers (jmeint). Non-goals: training (networks.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nsc.experiments.job import Job, Measured, bounded
from nsc.experiments.networks import Network, trained
from nsc.experiments.quantization import exactly_quantized, quantized_by
from nsc.experiments.subject import Subject

# (application, its networks, trial) -> error
Error = Callable[[Subject, Sequence[Network], int], float]


def measure(job: Job) -> list[Measured]:
    """Run every application of a job with every surrogate."""
    rows = []
    for found in trained(job):
        subject = found.task.subject
        error = APPLICATIONS[subject.name]
        rows.append(
            Measured(
                subject.name,
                found.size,
                found.trial,
                value=bounded(error(subject, found.end, found.trial)),
                start=bounded(error(subject, found.start, found.trial)),
                step=0,
            )
        )
    return rows


def _edges(subject: Subject, networks: Sequence[Network], trial: int) -> float:
    """Compare edge pictures: levels are cut off at black and white."""
    part = networks[0].part
    return _rms(np.clip(networks[0](part.x_test), 0, 1), part.y_test)


def _clusters(
    subject: Subject, networks: Sequence[Network], trial: int
) -> float:
    """Compare pictures in six colours."""
    found = quantized_by(networks[0], subject, trial)
    return _rms(found, exactly_quantized(subject, trial))


def _decoded(
    subject: Subject, networks: Sequence[Network], trial: int
) -> float:
    """Compare decoded pictures."""
    part = networks[0].part
    return _rms(np.clip(networks[0](part.x_test), 0, 1), part.y_test)


def _transform(
    subject: Subject, networks: Sequence[Network], trial: int
) -> float:
    """Compare the outputs of a transform with those of exact twiddle factors."""
    signal = subject.runs_on
    assert signal is not None, "its suite gives it a signal"
    turns = np.arange(len(signal) // 2) / len(signal)
    sine, cosine = (
        network((4 * turns - 1)[:, None])[:, 0] for network in networks
    )
    found = radix_2(signal, cosine + 1j * sine)
    exact = radix_2(signal, np.exp(-2j * np.pi * turns))
    return relative_error(
        np.stack([np.real(found), np.imag(found)], axis=1),
        np.stack([np.real(exact), np.imag(exact)], axis=1),
    )


def radix_2(signal: np.ndarray, twiddles: np.ndarray) -> np.ndarray:
    """Transform a signal by Cooley and Tukey's algorithm, complex `n`.

    Args:
        signal: `n`, a power of two.
        twiddles: exp(-2 pi i k / n) for k < n / 2, or what stands for them.
    """
    n = len(signal)
    found = signal.astype(np.complex128)[None]
    # rows: interleaved subsequences; columns: their transforms
    found = found.reshape(1, n).T
    while found.shape[0] > 1:
        half = found.shape[0] // 2
        even = found[:half]
        odd = found[half:] * twiddles[::half][: found.shape[1]]
        found = np.concatenate([even + odd, even - odd], axis=1)
    return found[0]


def _angles(
    subject: Subject, networks: Sequence[Network], trial: int
) -> float:
    """Compare the angles of both joints, at positions that the hand can reach."""
    found = np.hstack([network(network.part.x_test) for network in networks])
    exact = np.hstack([network.part.y_test for network in networks])
    return relative_error(found, exact)


def relative_error(found: np.ndarray, exact: np.ndarray) -> float:
    """Return the mean length of the error over that of the exact vector, `n d`.

    Each counts as at most 1; so does what is NaN, or relative to nothing.
    """
    error = np.linalg.norm(found - exact, axis=1)
    length = np.linalg.norm(exact, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = error / length
    return float(np.minimum(np.nan_to_num(ratio, nan=1.0), 1.0).mean())


def _misses(
    subject: Subject, networks: Sequence[Network], trial: int
) -> float:
    """Count wrong answers: the larger of two outputs is the answer."""
    part = networks[0].part
    found = networks[0](part.x_test).argmax(axis=1)
    return float((found != part.y_test.argmax(axis=1)).mean())


def _rms(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.sqrt(((found - exact) ** 2).mean()))


APPLICATIONS: Mapping[str, Error] = {
    "fft": _transform,
    "invk2j": _angles,
    "kmeans": _clusters,
    "sobel": _edges,
    "jmeint": _misses,
    "jpeg": _decoded,
}
