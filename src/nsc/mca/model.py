"""The structured model of a processor: blocks' texts in, cycles an iteration out.

Latencies and resource uses of each form, a recurrence over registers, a small network
that corrects the bounds (csrc/model.h).
In: a file, or a vocabulary and a start. Out: cycles.
Non-goals: learning (learn), where blocks come from (blocks).
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nsc.errors import StoreError
from nsc.mca import native
from nsc.mca.native import HIDDEN, LATENCIES, RESOURCES, Roles
from nsc.mca.vocabulary import FIRST_FORM, Records, Vocabulary
from nsc.surrogate import read_stored, write_stored

SHARPNESS = 12.0  # of the soft maximum
_WHAT = "structured model of a processor"
_SEEN = RESOURCES + 4
_NETWORK = _SEEN * HIDDEN + HIDDEN + HIDDEN * HIDDEN + HIDDEN + HIDDEN + 3


class Predicted(NamedTuple):
    """What a model says of blocks.

    Args:
        cycles: of an iteration (n); NaN where a block cannot be read.
        instructions: of each block; 0 for none, -1 for too many.
        unknown: those whose form the vocabulary lacks.
    """

    cycles: np.ndarray
    instructions: np.ndarray
    unknown: np.ndarray


@dataclass(frozen=True)
class Model:
    """A structured model.

    Args:
        vocabulary: the forms that it knows.
        w: raw parameters, as csrc/model.h lays them out.
        sharpness: of the soft maximum.
        forwards: whether a load waits for a store to the same place.
        about: where it comes from, for whoever reads the file.
    """

    vocabulary: Vocabulary
    w: np.ndarray
    sharpness: float = SHARPNESS
    forwards: bool = False
    about: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def positive(self) -> np.ndarray:
        """Make the parameters as C computes with them."""
        out = np.zeros_like(self.w)
        native.library().nsc_mca_positive(
            native.pointer(self.w),
            native.pointer(out),
            ctypes.c_int32(self.vocabulary.roles.forms),
            ctypes.c_int64(len(self.w)),
        )
        return out

    def cycles(self, records: Records) -> np.ndarray:
        """Predict cycles an iteration.

        Args:
            records: of blocks, by this model's vocabulary.
        """
        out = np.zeros(len(records), np.float32)
        roles = self.vocabulary.roles.struct()
        native.library().nsc_mca_cycles(
            native.pointer(records.flat),
            native.pointer(records.offsets),
            ctypes.c_int64(len(records)),
            ctypes.byref(roles),
            native.pointer(self.positive),
            ctypes.c_float(self.sharpness),
            ctypes.c_int32(self.forwards),
            native.pointer(out),
        )
        return out

    def predict(self, blocks: Sequence[str]) -> Predicted:
        """Predict cycles an iteration from text, in one pass.

        Args:
            blocks: assembly in AT&T syntax, instructions apart by ";" or newlines.
        """
        return self.predict_text(*native.joined(list(blocks)))

    def predict_text(self, text: bytes, offsets: np.ndarray) -> Predicted:
        """Predict from blocks that are joined already.

        Args:
            text: all blocks.
            offsets: where each begins, and where the last ends (n + 1).
        """
        n = len(offsets) - 1
        cycles = np.zeros(n, np.float32)
        counts = np.zeros(n, np.int64)
        unknown = np.zeros(n, np.int64)
        words = self.vocabulary.struct()
        roles = self.vocabulary.roles.struct()
        native.library().nsc_mca_text(
            text, native.pointer(offsets), ctypes.c_int64(n),
            ctypes.byref(words), ctypes.byref(roles),
            native.pointer(self.positive), ctypes.c_float(self.sharpness),
            ctypes.c_int32(self.forwards), native.pointer(cycles),
            native.pointer(counts), native.pointer(unknown),
        )  # fmt: skip
        return Predicted(cycles, counts, unknown)

    def with_forwarding(self) -> Model:
        """Let loads wait for stores to the same place, at first not at all longer."""
        return replace(self, forwards=True)


def random_model(vocabulary: Vocabulary, seed: int) -> Model:
    """Start from nothing that is known of the processor.

    Args:
        vocabulary: the forms.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    forms = vocabulary.roles.forms
    latency = 0.55 + 0.02 * rng.standard_normal((forms, LATENCIES))
    latency[:, 2] = 1.5
    use = 0.5 * rng.standard_normal((forms, RESOURCES)) - 1.2
    return Model(vocabulary, parameters(latency, use, rng))


def parameters(
    latency: np.ndarray, use: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Lay out raw parameters; the network's last layer is zero: it corrects nothing.

    Args:
        latency: forms x LATENCIES, raw.
        use: forms x RESOURCES, raw.
        rng: draws the network's first layers.
    """
    w1 = _uniform(rng, (_SEEN, HIDDEN))
    b1 = _uniform(rng, (_SEEN, HIDDEN))[0]
    w2 = _uniform(rng, (HIDDEN, HIDDEN))
    b2 = _uniform(rng, (HIDDEN, HIDDEN))[0]
    last = np.zeros(HIDDEN + 3)
    parts = [latency, use, w1, b1, w2, b2, last]
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def _uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    most = shape[0] ** -0.5
    return rng.uniform(-most, most, shape)


_ROLES = ("slot_reads", "slot_writes", "reads", "writes", "memory")


def save_models(
    path: Path, models: Sequence[Model], about: Mapping[str, str]
) -> None:
    """Write models of one vocabulary; together they are an ensemble.

    Args:
        path: of the file.
        models: one or more.
        about: words for whoever reads it.

    Raises:
        InputError: it cannot be written.
    """
    first = models[0]
    tables = {name: getattr(first.vocabulary.roles, name) for name in _ROLES}
    # halves: what is lost is a thousandth of the error
    tables["w"] = np.stack([m.w for m in models]).astype(np.float16)
    header = {
        "forms": json.dumps(first.vocabulary.forms),
        "sharpness": repr(first.sharpness),
        "forwards": str(int(first.forwards)),
        "about": json.dumps(dict(about)),
    }
    write_stored(path, tables, header)


def load_models(path: Path) -> list[Model]:
    """Read what `save_models` wrote.

    Args:
        path: of the file.

    Raises:
        StoreError: it is missing, damaged, or holds something else.
    """
    stored = read_stored(path, what=_WHAT)
    try:
        tables = {name: stored.tensors[name] for name in _ROLES}
        forms = tuple(json.loads(stored.header["forms"]))
        vocabulary = Vocabulary(forms, Roles(**tables))
        rows = np.atleast_2d(stored.tensors["w"]).astype(np.float32)
        sharpness = float(stored.header["sharpness"])
        forwards = stored.header["forwards"] == "1"
        about = json.loads(stored.header["about"])
    except (KeyError, ValueError) as error:
        raise StoreError(f"{path} is not a {_WHAT}: {error}") from None
    _check_size(path, rows, vocabulary)
    return [
        Model(vocabulary, np.ascontiguousarray(w), sharpness, forwards, about)
        for w in rows
    ]


def _check_size(path: Path, rows: np.ndarray, vocabulary: Vocabulary) -> None:
    forms = len(vocabulary.forms) + FIRST_FORM
    expected = native.parameter_count(forms)
    if rows.shape[1] != expected or not np.isfinite(rows).all():
        raise StoreError(
            f"{path} is not a {_WHAT}: {expected} finite parameters expected,"
            f" {rows.shape[1]} found"
        )


def ensemble_cycles(models: Sequence[Model], records: Records) -> np.ndarray:
    """Predict by several models: the geometric mean of what each says.

    Args:
        models: of one vocabulary.
        records: of blocks.
    """
    logs = [np.log(model.cycles(records) + 1e-6) for model in models]
    return np.exp(np.mean(logs, axis=0))
