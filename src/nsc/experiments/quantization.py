"""Colour quantization: k-means over a picture's colours, its distance a surrogate.

In: a picture, colours to begin with, a distance. Out: the picture in six colours; how
alike two such pictures are (SSIM, scikit-image's). Lloyd's iteration: exact and with a
surrogate from the same pixels, at most ten rounds, a cluster that runs empty keeps its
colour. The value of a trial is the SSIM of the picture that the surrogate quantizes
against the one of exact distances: 1 where they are the same. The papers' abstract says
"more accurate visual results", 1.0 to 1.3 times; we read it as the ratio of SSIMs.
Non-goals: training (networks.py), which pictures (photographs.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

import numpy as np

from nsc.errors import MissingExtraError
from nsc.experiments.job import Job, Measured, bounded
from nsc.experiments.networks import Network, Trained, trained
from nsc.experiments.protocol import seed_of
from nsc.experiments.subject import Subject

CENTROIDS = 6
ROUNDS = 10
KEPT = 0  # the trial whose surrogates figures show
EXTRA = "experiments"
_PACKAGES = {
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
}
# (pixels `n 3`, centroids `k 3`) -> `n k`
Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


def missing() -> str:
    """Say what is not installed; "" where all is."""
    lacking = [n for m, n in _PACKAGES.items() if find_spec(m) is None]
    if not lacking:
        return ""
    return f"{', '.join(lacking)} lacking: pip install 'nsc[{EXTRA}]'"


def measure(job: Job) -> list[Measured]:
    """Quantize every picture of a job with every surrogate."""
    return [_measured(found) for found in trained(job)]


def _measured(found: Trained) -> Measured:
    subject = found.task.subject
    reference = exactly_quantized(subject, found.trial)
    kept = found.end[0].w.tolist() if found.trial == KEPT else None
    start, end = (
        likeness(reference, quantized_by(networks[0], subject, found.trial))
        for networks in (found.start, found.end)
    )
    return Measured(
        subject.name,
        found.size,
        found.trial,
        value=bounded(end),
        start=bounded(start),
        step=0,
        w=kept,
    )


@lru_cache(maxsize=128)
def exactly_quantized(subject: Subject, trial: int) -> np.ndarray:
    """Quantize a picture with exact distances."""
    picture = picture_of(subject)
    return quantized(picture, first_colours(subject, trial), exact_distance)


def quantized_by(network: Network, subject: Subject, trial: int) -> np.ndarray:
    """Quantize a picture with a surrogate's distances."""

    def distance(pixels: np.ndarray, centres: np.ndarray) -> np.ndarray:
        return surrogate_distance(network, pixels, centres)

    picture = picture_of(subject)
    return quantized(picture, first_colours(subject, trial), distance)


def picture_of(subject: Subject) -> np.ndarray:
    """Return what is quantized, `rows columns 3` in [0, 1]."""
    assert subject.runs_on is not None, "its suite gives it a picture"
    return subject.runs_on


def first_colours(subject: Subject, trial: int) -> np.ndarray:
    """Draw pixels that clusters begin with, `k 3`: the same for every distance."""
    generator = np.random.default_rng(
        seed_of("centroids", subject.name, trial)
    )
    colours = np.unique(picture_of(subject).reshape(-1, 3), axis=0)
    count = min(CENTROIDS, len(colours))
    return colours[generator.choice(len(colours), count, replace=False)]


def quantized(
    picture: np.ndarray, first: np.ndarray, distance: Distance
) -> np.ndarray:
    """Give every pixel the colour of its cluster.

    Args:
        picture: `rows columns 3` in [0, 1].
        first: `k 3`.
        distance: NaN counts as far away.
    """
    pixels = picture.reshape(-1, 3)
    centres = first
    nearest = _nearest(pixels, centres, distance)
    for _ in range(ROUNDS):
        centres = _means(pixels, nearest, centres)
        moved = _nearest(pixels, centres, distance)
        if (moved == nearest).all():
            break
        nearest = moved
    return centres[nearest].reshape(picture.shape)


def _nearest(
    pixels: np.ndarray, centres: np.ndarray, distance: Distance
) -> np.ndarray:
    found = distance(pixels, centres)
    return np.nan_to_num(found, nan=np.inf).argmin(axis=1)


def _means(
    pixels: np.ndarray, nearest: np.ndarray, centres: np.ndarray
) -> np.ndarray:
    k = len(centres)
    counts = np.bincount(nearest, minlength=k)
    sums = [
        np.bincount(nearest, weights=channel, minlength=k)
        for channel in pixels.T
    ]
    means = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
    return np.where(counts[:, None] > 0, means, centres)


def exact_distance(pixels: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return Euclidean distances in RGB, `n k`."""
    apart = pixels[:, None, :] - centres[None, :, :]
    return np.sqrt((apart**2).sum(axis=2))


def surrogate_distance(
    network: Network, pixels: np.ndarray, centres: np.ndarray
) -> np.ndarray:
    """Ask a surrogate of `kmeans_distance` for all pairs at once, `n k`."""
    n = len(pixels)
    k = len(centres)
    pairs = np.empty((n, k, 6), np.float32)
    pairs[:, :, :3] = pixels[:, None, :]
    pairs[:, :, 3:] = centres
    scaled = 2 * pairs.reshape(n * k, 6) - 1  # the box is [0, 1]
    return network(scaled, np.float32).reshape(n, k)


def likeness(reference: np.ndarray, found: np.ndarray) -> float:
    """Return the structural similarity of two pictures, 1 for the same.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    try:
        # An extra.
        from skimage.metrics import (  # pyright: ignore[reportMissingImports]
            structural_similarity,
        )
    except ModuleNotFoundError:
        raise MissingExtraError("scikit-image", EXTRA) from None
    return float(
        structural_similarity(reference, found, channel_axis=2, data_range=1.0)
    )
