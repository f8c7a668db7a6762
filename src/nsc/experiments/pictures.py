"""Quantized pictures side by side: what a start is worth to the eye.

In: the result of the colour quantization, its pictures. Out: `Photos`: the picture, its
six colours by exact distances, and by surrogates that started at random and otherwise.
Non-goals: training: the surrogates are those of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nsc.errors import MissingExtraError
from nsc.experiments.names import size_text
from nsc.experiments.networks import Network
from nsc.experiments.photographs import drawn_picture, photographs
from nsc.experiments.quantization import (
    KEPT,
    exactly_quantized,
    quantized_by,
)
from nsc.experiments.results import Result
from nsc.experiments.starts import RANDOM, STARTS
from nsc.experiments.subject import Subject
from nsc.report import Photos

BUDGET = 0.01  # of the examples
SHOWN = (
    "compnet",
    "bert",
    "distill",
)  # the first that was run stands beside random
LEAST_WIDTH = 160  # of a picture in a file


def photos_of(result: Result) -> Iterator[tuple[str, Photos]]:
    """Yield (name, pictures side by side) of every photograph.

    Nothing where the packages that hold photographs are not installed.
    """
    size = BUDGET if BUDGET in result.sizes else result.sizes[-1]
    other = next((n for n in SHOWN if n in result.others), None)
    names = [RANDOM] if other is None else [RANDOM, other]
    pictures = _pictures(result)
    for program in result.programs:
        name = program["name"]
        kept = {n: result.kept.get((n, name, size)) for n in names}
        if name in pictures and all(w is not None for w in kept.values()):
            found = {n: np.array(w) for n, w in kept.items()}
            yield name, _photos(name, pictures[name], found, size)


def _pictures(result: Result) -> dict[str, np.ndarray]:
    found = {"drawn": drawn_picture()}
    if all(program["name"] in found for program in result.programs):
        return found
    try:
        return found | photographs()
    except MissingExtraError:
        return found


def _photos(
    name: str, picture: np.ndarray, kept: dict[str, np.ndarray], size: float
) -> Photos:
    subject = _subject(name, picture)
    panels = [
        ("original", picture),
        ("six colours, exact distances", exactly_quantized(subject, KEPT)),
    ]
    for start, w in kept.items():
        network = Network(subject, w)
        found = quantized_by(network, subject, KEPT)
        panels.append((f"surrogate, {STARTS[start].title}", found))
    return Photos(
        f"{name}: surrogates trained on {size_text(size)} of the examples, trial"
        f" {KEPT}",
        tuple((title, _shown(image)) for title, image in panels),
    )


def _subject(name: str, picture: np.ndarray) -> Subject:
    none = np.empty((0, 6))
    empty = Subject(
        name, "", "", ((0.0, 1.0),) * 6, None, none, none, none, none
    )
    return replace(empty, runs_on=picture)


def _shown(image: np.ndarray) -> np.ndarray:
    """Round levels to bytes; small pictures are blown up, pixels stay squares."""
    levels = np.clip(np.rint(255 * image), 0, 255).astype(np.uint8)
    times = -(-LEAST_WIDTH // levels.shape[1])
    return levels.repeat(times, axis=0).repeat(times, axis=1)
