"""Pictures side by side: PNG files, and the same in a page.

In: arrays of levels. Out: PNG bytes, `<img>` with the bytes in it. Non-goals: drawings
(svg.py), other formats, reading.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

GAP = 8  # white pixels between pictures
WHITE = 255


@dataclass(frozen=True, eq=False)
class Photos:
    """Pictures side by side, a title above each.

    Args:
        panels: (title, uint8 `rows columns 3`), as high as each other.
    """

    title: str
    panels: tuple[tuple[str, np.ndarray], ...]

    def svg(self) -> str:
        """Return the figure for a page."""
        shown = "".join(
            f"<div class='photo'><img alt='{escape(title, quote=True)}'"
            f" src='{_inline(image)}'><span>{escape(title)}</span></div>"
            for title, image in self.panels
        )
        return (
            f"<figure class='wide'><figcaption>{escape(self.title)}</figcaption>"
            f"<div class='photos'>{shown}</div></figure>"
        )

    def file(self) -> bytes:
        """Return the pictures as one PNG file, from left to right."""
        return png_bytes(_beside([image for _, image in self.panels]))


def _beside(images: Sequence[np.ndarray]) -> np.ndarray:
    gap = np.full((images[0].shape[0], GAP, 3), WHITE, np.uint8)
    parts = [images[0]]
    for image in images[1:]:
        parts += [gap, image]
    return np.concatenate(parts, axis=1)


def _inline(image: np.ndarray) -> str:
    text = base64.b64encode(png_bytes(image)).decode("ascii")
    return f"data:image/png;base64,{text}"


def png_bytes(image: np.ndarray) -> bytes:
    """Encode uint8 `rows columns 3` as PNG (ISO/IEC 15948), eight bits a channel."""
    rows, columns, _ = image.shape
    lines = np.ascontiguousarray(image).reshape(rows, 3 * columns)
    # each line begins with its filter: 0, none
    raw = np.hstack([np.zeros((rows, 1), np.uint8), lines]).tobytes()
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", head),
            _chunk(b"IDAT", zlib.compress(raw, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
