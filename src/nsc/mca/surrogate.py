"""A structured model as a surrogate that measured blocks adapt, by itself.

In: models, blocks' texts, measured cycles. Out: cycles; an ensemble that learned.
It is a `Learner` of nsc.adaptation, so that `nsc.adapt` takes it.
Non-goals: a step of learning (learn), files of blocks (predict).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.mca.disassembly import Disassembler, plain
from nsc.mca.learn import Adaptation, Rates, adapt, relative_error
from nsc.mca.mending import to_att
from nsc.mca.model import Model, ensemble_cycles, random_model, save_models
from nsc.mca.predict import ITERATIONS, shipped

MEMBERS = 5
COLUMNS = ("asm", "asm_intel", "hex")  # how a block may be written
FILE = "blocks.safetensors"
# clipping the error would take the gradient of the worst blocks: hence the logarithm
_SHARED = {"batch": 32, "logarithmic": 0.5, "longest": 1.0}
ADAPTED = (
    Adaptation(Rates(table=0.02, network=0.001, pull=1e-3, **_SHARED)),
    Adaptation(Rates(table=0.08, network=0.001, pull=1e-4, **_SHARED)),
)
SCRATCH = (
    Adaptation(Rates(table=0.02, network=0.004, **_SHARED)),
    Adaptation(Rates(table=0.06, network=0.004, **_SHARED)),
)


@dataclass(frozen=True)
class BlockSurrogate:
    """Blocks' texts in, cycles out.

    Args:
        models: of one vocabulary: one, or an ensemble.
        ways: of learning, of which the one with the least validation error is taken.
        column: what texts are: asm (AT&T), asm_intel or hex.
        iterations: that cycles are of.
        about: words for whoever reads the file.
    """

    models: tuple[Model, ...]
    ways: tuple[Adaptation, ...] = ADAPTED
    column: str = "asm"
    iterations: int = ITERATIONS
    about: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.column not in COLUMNS:
            raise InputError(
                f"column must be one of {', '.join(COLUMNS)}; found {self.column!r}"
            )

    @property
    def measure(self) -> str:
        """The name of its error."""
        return "mean relative error"

    def error(self, predicted: np.ndarray, true: np.ndarray) -> float:
        """Compute the mean of |predicted - true| / true."""
        return relative_error(predicted, true)

    def __call__(self, x: Sequence[str]) -> np.ndarray:
        """Predict cycles; NaN for a block that cannot be read."""
        texts = self._texts(x)
        found = np.full(len(texts), np.nan)
        known = self._readable(texts)
        if len(known):
            vocabulary = self.models[0].vocabulary
            records = vocabulary.records([texts[k] for k in known])
            cycles = ensemble_cycles(self.models, records)
            found[known] = self.iterations * cycles
        return found

    def learn(
        self, x: Sequence[str], y: np.ndarray, seed: int
    ) -> BlockSurrogate:
        """Make an ensemble that learned from measured blocks.

        Args:
            x: their texts.
            y: their cycles, above 0.
            seed: of who leaves out what, and of the orders.

        Raises:
            InputError: a block cannot be read, or its cycles are not above 0.
        """
        texts = self._texts(x)
        if len(self._readable(texts)) < len(texts) or not (y > 0).all():
            raise InputError(
                "blocks to learn from expect code that can be read and cycles above 0"
            )
        starts = [self.models[k % len(self.models)] for k in range(MEMBERS)]
        models = adapt(
            starts,
            self.models[0].vocabulary.records(texts),
            y / self.iterations,
            np.arange(len(texts)),
            self.ways,
            seed,
        )
        about = {**self.about, "adapted to": f"{len(texts)} measured blocks"}
        return replace(self, models=tuple(models), about=about)

    def scratch(self, seed: int) -> BlockSurrogate:
        """Make an ensemble of the same forms that knows nothing of any processor."""
        vocabulary = self.models[0].vocabulary
        models = [random_model(vocabulary, seed + k) for k in range(MEMBERS)]
        return replace(self, models=tuple(models), ways=SCRATCH, about={})

    def with_forwarding(self) -> BlockSurrogate:
        """Let loads wait for stores to the same place, which it then learns."""
        models = tuple(model.with_forwarding() for model in self.models)
        return replace(self, models=models, ways=self.ways[:1])

    def save(self, folder: Path) -> str:
        """Write it, for `nsc mca predict --model`; returns the file's name.

        Args:
            folder: that is there.

        Raises:
            InputError: it cannot be written.
        """
        save_models(folder / FILE, self.models, self.about)
        return FILE

    def _texts(self, x: Sequence[str]) -> list[str]:
        """Write blocks in AT&T syntax; "" where that cannot be."""
        if self.column == "asm_intel":
            return [text or "" for text in to_att(x)]
        if self.column == "hex":
            return _disassembled(x)
        return [
            ";".join(
                filter(None, map(plain, text.replace("\n", ";").split(";")))
            )
            for text in x
        ]

    def _readable(self, texts: Sequence[str]) -> np.ndarray:
        told = self.models[0].predict(texts)
        return np.flatnonzero(told.instructions > 0)


def _disassembled(x: Sequence[str]) -> list[str]:
    disassembler = Disassembler()
    found: list[str] = []
    for text in x:
        try:
            lines = disassembler.lines(bytes.fromhex(text))
        except ValueError:
            lines = None
        found.append(";".join(line.text for line in lines or ()))
    return found


def block_surrogate(
    model: str = "compiled", column: str = "asm"
) -> BlockSurrogate:
    """Take a surrogate that comes with the package, or one of a file.

    Args:
        model: compiled (mimics llvm-mca), adapted (to measured Haswell blocks), or a
            file .safetensors that an adaptation wrote.
        column: what blocks' texts are: asm (AT&T), asm_intel or hex.

    Raises:
        InputError: there is none of that name.
        StoreError: its file is missing or damaged.

    Example:
        >>> adapted = nsc.adapt(
        ...     block_surrogate("compiled", "asm_intel"),
        ...     "measured.csv",
        ...     inputs="asm_intel",
        ...     outputs="cycles_per_100_iterations",
        ... )
    """
    return BlockSurrogate(shipped(model), column=column)
