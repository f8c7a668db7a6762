"""The suites of whole applications: photographs, AxBench's programs, pairs of outputs.

In: the benchmark's folder, or nothing for small ones that the package makes. Out:
`Suite`s whose subjects have parts. Photographs come with scikit-learn and scikit-image;
each is averaged over squares to at most 220x200 pixels, the papers' size. jmeint and
jpeg have more inputs than 9-4-4-1: their surrogates have AxBench's topologies, and only
starts that are drawn.
Non-goals: running applications.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nsc.errors import InputError, MissingExtraError
from nsc.exestack import ParrotProgram, photograph
from nsc.experiments.protocol import seed_of
from nsc.experiments.quantization import EXTRA
from nsc.experiments.subject import Subject
from nsc.surrogate import Topology

LEARNED = ("china", "flower")  # scikit-learn's
IMAGES = ("astronaut", "coffee", "chelsea", "rocket")  # scikit-image's
PIXELS = 220 * 200
SIGNAL = 2048  # samples that are transformed
PICTURE = (200, 220)  # rows, columns of the benchmark's test picture
LEVELS = 255.0
DRAWN = (48, 64)  # rows, columns of a picture without photographs
TRIANGLES = Topology((18, 32, 8, 2))
BLOCKS = Topology((64, 16, 64))
PAIRS = ("fft", "invk2j")


def photographs() -> dict[str, np.ndarray]:
    """Return pictures by name, `rows columns 3` in [0, 1].

    Raises:
        MissingExtraError: scikit-learn, Pillow or scikit-image is not installed.
    """
    found = {name: photograph(f"{name}.jpg") for name in LEARNED}
    try:
        # An extra.
        from skimage import data  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        raise MissingExtraError("scikit-image", EXTRA) from None
    found |= {name: getattr(data, name)() for name in IMAGES}
    return {name: averaged(image) for name, image in found.items()}


def averaged(image: np.ndarray) -> np.ndarray:
    """Average over squares until a picture is small enough; levels in [0, 1]."""
    rows, columns, _ = image.shape
    side = math.ceil(math.sqrt(rows * columns / PIXELS))
    down = rows // side
    across = columns // side
    kept = image[: down * side, : across * side].astype(np.float64)
    squares = kept.reshape(down, side, across, side, 3)
    return squares.mean(axis=(1, 3)) / LEVELS


def drawn_picture() -> np.ndarray:
    """Make a picture of slopes and discs, `rows columns 3` in [0, 1]."""
    rows, columns = DRAWN
    y, x = np.mgrid[:rows, :columns] / [[[rows]], [[columns]]]
    picture = np.stack([x, y, 1 - x], axis=2)
    for k, colour in enumerate(((0.9, 0.2, 0.1), (0.1, 0.6, 0.9))):
        is_in = (x - 0.3 - 0.4 * k) ** 2 + (y - 0.5) ** 2 < 0.04
        picture[is_in] = colour
    return picture


def picture_subjects(
    distance: Subject, pictures: dict[str, np.ndarray]
) -> tuple[Subject, ...]:
    """Let k-means run on each picture with one and the same surrogate."""
    return tuple(
        _application(name, (distance,), picture)
        for name, picture in pictures.items()
    )


def _application(
    name: str, parts: Sequence[Subject], runs_on: np.ndarray | None = None
) -> Subject:
    return replace(parts[0], name=name, parts=tuple(parts), runs_on=runs_on)


def applications(
    programs: dict[str, Subject], picture: np.ndarray
) -> tuple[Subject, ...]:
    """Make applications of the pointer-free programs."""
    signal = np.random.default_rng(seed_of("signal")).uniform(0, 1, SIGNAL)
    fft = [programs["fft_0"], programs["fft_1"]]
    return (
        _application("fft", fft, signal),
        _application("invk2j", [programs["invk2j_0"], programs["invk2j_1"]]),
        _application("kmeans", [programs["kmeans"]], picture),
        _application("sobel", [programs["sobel"]]),
    )


def benchmark_picture(kmeans: ParrotProgram) -> np.ndarray:
    """Read the benchmark's test picture from its pixels, each beside a centroid."""
    pixels = kmeans.test_inputs[:, :3].astype(np.float64)
    if len(pixels) != PICTURE[0] * PICTURE[1]:
        raise InputError(
            f"kmeans has {len(pixels)} test inputs; expected the"
            f" {PICTURE[0] * PICTURE[1]} pixels of a picture: make the benchmark anew"
            " with: nsc data parrot"
        )
    return pixels.reshape(*PICTURE, 3)


def wide_applications(
    programs: Sequence[ParrotProgram],
) -> tuple[Subject, ...]:
    """Make applications that 9-4-4-1 has too few inputs for."""
    found = []
    for program in programs:
        if program.name == "jmeint":
            meets = [program.train_outputs, program.test_outputs]
            train, test = (np.hstack([y, 1 - y]) for y in meets)
            found.append(_wide(program, TRIANGLES, train, test))
        if program.name == "jpeg":
            train = program.train_outputs / LEVELS
            test = program.test_outputs / LEVELS
            found.append(_wide(program, BLOCKS, train, test))
    return tuple(found)


def _wide(
    program: ParrotProgram,
    topology: Topology,
    y_train: np.ndarray,
    y_test: np.ndarray,
) -> Subject:
    code = program.code
    lo, hi = np.array(code.box, np.float64).T
    train, test = (
        2 * (x.astype(np.float64) - lo) / (hi - lo) - 1
        for x in (program.train_inputs, program.test_inputs)
    )
    part = Subject(
        name=code.name,
        text=code.text or code.original_text,
        function=code.function or code.original_function,
        box=code.box,
        dag=None,
        x_train=train,
        y_train=y_train.astype(np.float64),
        x_test=test,
        y_test=y_test.astype(np.float64),
        topology=topology,
    )
    return _application(code.name, [part])
