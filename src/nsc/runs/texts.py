"""Programs whose inputs are texts, numbers beside them: oracles like any other.

In: `n` rows of texts, numbers `n i`. Out: outputs `n o`.
A text stands in a row of numbers as its digest, so that pieces, processes and the ledger
are those of numbers. The ledger keeps digests, not texts: who asks has the texts.
Non-goals: what a text says, surrogates of texts.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nsc.errors import OracleError
from nsc.runs.executable import Array, Batch, Description, Failure, told
from nsc.runs.ledger import Identity, Ledger
from nsc.runs.runner import Progress, Runner

COLUMNS = 2  # numbers that stand for a text
_BYTES = 6  # of a digest in each: whole numbers that a double holds exactly
_SHOWN = 60  # characters of a text that a message shows

# the texts of a sample; or one text, where a program takes one
Texts = Sequence[str] | Sequence[Sequence[str]]


class TextExecutable(Protocol):
    """Runs samples of texts and numbers; it raises only what is no sample's fault."""

    @property
    def description(self) -> Description: ...

    def __call__(self, texts: Sequence[tuple[str, ...]], x: Array) -> Batch:
        """Run samples: the texts of each, and numbers `n i`."""
        ...


@dataclass(frozen=True)
class TextByText:
    """A Python function of one sample's texts, then its numbers.

    What it raises costs that sample.

    Args:
        function: gives a number, or `o` of them.
        n_outputs: how many.
        digest: names what decides its outputs; "" keeps nothing in a file.
    """

    function: Callable[..., npt.ArrayLike]
    n_outputs: int = 1
    call_limit: float = 10.0
    digest: str = ""
    description: Description = field(init=False)

    def __post_init__(self) -> None:
        said = Description(self.n_outputs, self.call_limit, digest=self.digest)
        object.__setattr__(self, "description", said)

    def __call__(self, texts: Sequence[tuple[str, ...]], x: Array) -> Batch:
        outputs = np.full((len(x), self.n_outputs), np.nan)
        failed: dict[int, Failure] = {}
        started = time.perf_counter()
        for k, (words, row) in enumerate(zip(texts, x, strict=True)):
            try:
                outputs[k] = self.function(*words, *map(float, row))
            except Exception as error:  # whatever a user's function raises
                failed[k] = Failure("raised", told(error))
        took = time.perf_counter() - started
        return Batch(outputs, failed, took, len(x))


@dataclass(frozen=True)
class _OfDigests:
    """An executable of numbers over one of texts: digests first, then numbers."""

    executable: TextExecutable
    n_texts: int
    texts: dict[bytes, str]

    @property
    def description(self) -> Description:
        return self.executable.description

    def __call__(self, x: Array) -> Batch:
        wide = COLUMNS * self.n_texts
        return self.executable(
            [self.texts_of(row) for row in x],
            np.ascontiguousarray(x[:, wide:]),
        )

    def texts_of(self, row: Array) -> tuple[str, ...]:
        """Return the texts of a row `i`."""
        parts = row[: COLUMNS * self.n_texts].reshape(self.n_texts, COLUMNS)
        return tuple(self.texts[part.tobytes()] for part in parts)


def digest_columns(text: str) -> Array:
    """Return the numbers that stand for a text.

    Args:
        text: any.
    """
    data = text.encode(errors="surrogatepass")
    digest = hashlib.blake2b(data, digest_size=COLUMNS * _BYTES).digest()
    return np.array(
        [
            float(int.from_bytes(digest[at : at + _BYTES], "big"))
            for at in range(0, len(digest), _BYTES)
        ]
    )


def text_identity(
    digest: str,
    program: str,
    texts: Sequence[str],
    outputs: Sequence[str],
    inputs: Sequence[str] = (),
) -> Identity:
    """Say whose runs a ledger keeps.

    Args:
        digest: names what decides the outputs.
        program: its name, for people; its version belongs here.
        texts, inputs: names of the inputs that are texts, and of those that are numbers.
        outputs: their names.
    """
    columns = [f"{name}.{k}" for name in texts for k in range(COLUMNS)]
    return Identity(digest, program, (*columns, *inputs), tuple(outputs))


class TextRunner:
    """An oracle over an executable of texts: what is kept is not run again.

    Args:
        executable: what runs.
        n_texts: texts of a sample.
        ledger: where runs are kept; None keeps them in memory.
        workers: processes at a time, where running takes long.
        progress: told what is happening, and the fraction of it that is done.
    """

    def __init__(
        self,
        executable: TextExecutable,
        *,
        n_texts: int = 1,
        ledger: Ledger | None = None,
        workers: int = 1,
        progress: Progress = lambda what, fraction: None,
    ):
        self._inner = _OfDigests(executable, n_texts, {})
        self._runner = Runner(
            self._inner,
            self._refusal,
            ledger=ledger,
            workers=workers,
            progress=progress,
        )

    def __call__(self, texts: Texts, x: npt.ArrayLike | None = None) -> Array:
        """Return outputs `n o` of texts and of numbers `n i` beside them.

        Raises:
            OracleError: the program fails on some of them.
            HostError: this machine cannot run it.
        """
        return self._runner(self._rows(texts, x))

    def outcomes(self, texts: Texts, x: npt.ArrayLike | None = None) -> Array:
        """Return outputs `n o`; NaN where a run failed.

        Raises:
            HostError: this machine cannot run it.
        """
        return self._runner.outcomes(self._rows(texts, x))

    def count_missing(
        self, texts: Texts, x: npt.ArrayLike | None = None
    ) -> int:
        """Count the different samples that are not kept and would run."""
        rows = self._rows(texts, x)
        find = self._runner.memory.find
        return len({row.tobytes() for row in rows if find(row) is None})

    def close(self) -> None:
        """Let others write where runs are kept."""
        self._runner.close()

    def _rows(self, texts: Texts, x: npt.ArrayLike | None) -> Array:
        """Write samples as numbers, and remember what their digests stand for."""
        samples = [(t,) if isinstance(t, str) else tuple(t) for t in texts]
        wanted = self._inner.n_texts
        if any(len(sample) != wanted for sample in samples):
            raise OracleError(
                f"each sample expects {wanted} text{'s' * (wanted != 1)}; found one"
                " with another number"
            )
        columns = [
            np.concatenate([self._learned(text) for text in sample])
            for sample in samples
        ]
        rows = np.array(columns).reshape(len(samples), COLUMNS * wanted)
        beside = np.zeros((len(samples), 0)) if x is None else np.array(x)
        if beside.ndim != 2 or len(beside) != len(rows):
            raise OracleError(
                f"numbers beside texts expect shape ({len(rows)}, i); found"
                f" {beside.shape}"
            )
        return np.concatenate([rows, beside.astype(np.float64)], axis=1)

    def _learned(self, text: Any) -> Array:
        if not isinstance(text, str):
            raise OracleError(
                f"an input that is a text expects str; found {type(text).__name__}"
            )
        columns = digest_columns(text)
        known = self._inner.texts.setdefault(columns.tobytes(), text)
        assert known == text, "two texts with one digest"
        return columns

    def _refusal(self, x: Array, failed: Mapping[int, Failure]) -> OracleError:
        """Say what failed, by the first text."""
        first = min(failed)
        why = failed[first]
        shown = ", ".join(
            repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
            for text in self._inner.texts_of(x[first])
        )
        detail = f": {why.detail}" if why.detail else ""
        return OracleError(
            f"the program fails on {len(failed)} of {len(x)} inputs, the first is"
            f" {shown} ({why.reason}{detail}); leave them out, or ask for outcomes,"
            " which are NaN there"
        )
