"""What ablations group programs by, beside what they compute.

In: programs. Out: plain values: tokens and calls of the mathematical library in the
text, and how similar the most similar training program is (the cosine of embeddings, of
the library that ships with the package). Non-goals: groups (groups.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from nsc.compnet import CompNet, load_compnet
from nsc.errors import InputError
from nsc.experiments.subject import Subject
from nsc.initial import shipped_library

_DIRECTIVE = re.compile(r"^\s*#.*$", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|\"[^\"]*\"|\S")
_TRANSCENDENTAL = re.compile(
    r"\b(?:a?(?:sin|cos|tan)h?|atan2|exp(?:2|10|m1)?|log(?:2|10|1p)?|pow|[lt]gamma"
    r"|erfc?|cbrt|hypot)f?\s*\("
)


def traits_of(subjects: Iterable[Subject]) -> Iterator[dict[str, Any]]:
    """Yield each program's traits."""
    for subject in subjects:
        parts = subject.parts or (subject,)
        texts = [_DIRECTIVE.sub("", part.text) for part in parts]
        yield {
            "tokens": sum(len(_TOKEN.findall(text)) for text in texts),
            "calls": sum(len(_TRANSCENDENTAL.findall(t)) for t in texts),
            "cosine": _cosine(subject),
        }


def _cosine(subject: Subject) -> float | None:
    """Return how similar the most similar training program is; None if unknown."""
    reader = _reader()
    if reader is None or subject.dag is None or len(subject.parts) > 1:
        return None
    embedding = reader.embed(subject.dag, 0)
    if embedding is None:
        return None
    near = shipped_library().embeddings @ embedding.astype(np.float32)
    best = float(near.max())
    return round(best, 5) if np.isfinite(best) else None


@lru_cache(maxsize=1)
def _reader() -> CompNet | None:
    """Return the compiler that embedded the library; None if it is another."""
    try:
        return shipped_library().expect_embeddings_of(load_compnet(None))
    except InputError:
        return None
