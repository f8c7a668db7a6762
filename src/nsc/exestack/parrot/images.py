"""Two photographs that come with scikit-learn, at the sizes of the paper's images.

In: nothing. Out: colours in [0, 1], `rows columns 3`. Non-goals: what programs make of
them (inputs.py). The paper's own images are not at hand. china.jpg (427 rows, 640
columns) has no 512x512 pixels; cut to 427x614 it has exactly as many 3x3 windows, 425 *
612 = 510 * 510, and nothing needs to be blown up.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from nsc.errors import MissingExtraError

TRAIN = "china.jpg"
TEST = "flower.jpg"
# rows, columns
TRAIN_SHAPE = (427, 614)
TEST_SHAPE = (200, 220)


def train_image() -> np.ndarray:
    """Return the middle of china.jpg, 427 rows of 614 pixels.

    It stands in place of the paper's 512x512.

    Raises:
        MissingExtraError: scikit-learn or Pillow is not installed.
    """
    return _middle(photograph(TRAIN), *TRAIN_SHAPE) / 255.0


def test_image() -> np.ndarray:
    """Return the middle of flower.jpg, 200 rows of 220 pixels, as the paper's 220x200.

    Each pixel is the mean of 2x2.

    Raises:
        MissingExtraError: scikit-learn or Pillow is not installed.
    """
    rows, columns = TEST_SHAPE
    large = _middle(photograph(TEST), 2 * rows, 2 * columns).astype(np.int64)
    return large.reshape(rows, 2, columns, 2, 3).sum(axis=(1, 3)) / (4 * 255.0)


def pixel_digests() -> dict[str, str]:
    """Name the pixels of both photographs: another decoder of JPEG may round otherwise."""
    return {
        name: hashlib.sha256(photograph(name).tobytes()).hexdigest()
        for name in (TRAIN, TEST)
    }


@lru_cache(maxsize=2)
def photograph(name: str) -> np.ndarray:
    """Return one of the photographs, uint8 `rows columns 3`.

    Raises:
        MissingExtraError: scikit-learn or Pillow is not installed.
    """
    try:
        # Extras; scikit-learn reads pictures with PIL.
        import PIL.Image  # noqa: F401  # pyright: ignore[reportMissingImports]
        from sklearn.datasets import (  # pyright: ignore[reportMissingImports]
            load_sample_image,
        )
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("PIL", "sklearn"):
            raise MissingExtraError(
                "scikit-learn or Pillow, from which the photographs come,",
                "parrot",
            ) from None
        raise
    return load_sample_image(name)


def _middle(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    top = (image.shape[0] - rows) // 2
    left = (image.shape[1] - columns) // 2
    return image[top : top + rows, left : left + columns]
