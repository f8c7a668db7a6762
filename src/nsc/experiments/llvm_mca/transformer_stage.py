"""Trained transformers beside the structured model: error and speed, from text.

In: a Corpus, a file of checkpoints (transformer_training writes it). Out: rows.
Non-goals: training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nsc.errors import InputError
from nsc.experiments.llvm_mca.clock import own_seconds
from nsc.experiments.llvm_mca.corpus import Corpus
from nsc.experiments.llvm_mca.transformer_tokens import (
    TextTokens,
    Windows,
    frequent_words,
    instruction_windows,
)
from nsc.mca import Vocabulary, frequent_forms, no_roles, relative_error

Row = dict[str, Any]
CHECKPOINTS = "transformers.npz"
FEWEST = 3  # occurrences of a form or word that transformers learn of
_PASSES = 3
_BESIDE = "predicted"  # arrays of the file that are no parameters


def transformer_rows(
    corpus: Corpus,
    path: Path,
    timed: np.ndarray,
    say: Callable[[str], None],
) -> list[Row]:
    """Time and judge every transformer of a file, on one thread.

    Args:
        corpus: the blocks that they were trained for.
        path: of the checkpoints.
        timed: numbers of the blocks that are timed and judged.
        say: told what goes on.

    Raises:
        InputError: they were trained for other blocks.
    """
    import torch

    torch.set_num_threads(1)
    texts = corpus.texts(timed)
    readers = token_readers(corpus)
    rows: list[Row] = []
    for name, arrays in stored_transformers(path).items():
        say(f"transformer {name}")
        reader = readers[kind_of(name)]
        reader.check(path, name, arrays)
        true = corpus.cycles[timed]
        rows.append(_row(name, arrays, partial(reader.read, texts), true))
    return rows


@dataclass(frozen=True)
class TokenReader:
    """Reads blocks into one kind of tokens.

    Args:
        tokens: how many there are, with the pad and the unknown one.
        read: makes windows of texts.
    """

    tokens: int
    read: Callable[[Sequence[str]], Windows]

    def check(
        self, path: Path, name: str, arrays: dict[str, np.ndarray]
    ) -> None:
        """Refuse a transformer of other tokens.

        Args:
            path: of the checkpoints.
            name: of the transformer.
            arrays: its parameters.
        """
        found = len(arrays["word.weight"])
        if found != self.tokens:
            raise InputError(
                f"{path} must know {self.tokens} tokens of these blocks; {name} knows"
                f" {found}"
            )


def kind_of(name: str) -> str:
    """Return the kind of tokens of a transformer, by its name."""
    return "instruction" if name.startswith("instruction") else "text"


def token_readers(corpus: Corpus) -> dict[str, TokenReader]:
    """Make readers of the tokens in the blocks that are learned from, by kind.

    Args:
        corpus: the blocks.
    """
    learned = corpus.texts(corpus.train)
    forms = frequent_forms(learned, FEWEST)
    vocabulary = Vocabulary(forms, no_roles(len(forms) + 2))
    words = frequent_words(learned)
    return {
        "instruction": TokenReader(
            len(forms) + 2,
            lambda texts: instruction_windows(texts, vocabulary),
        ),
        "text": TokenReader(len(words) + 2, TextTokens(words).windows),
    }


def stored_transformers(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """Read the parameters of every transformer of a file.

    Args:
        path: of the checkpoints.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path) as file:
        for key in file.files:
            name, _, part = key.partition("/")
            if part != _BESIDE:
                found.setdefault(name, {})[part] = file[key]
    return found


def _row(
    name: str,
    arrays: dict[str, np.ndarray],
    read: Callable[[], Windows],
    true: np.ndarray,
) -> Row:
    from nsc.experiments.llvm_mca.transformer import predicted, restored

    model = restored(arrays)
    windows = read()
    parts = (windows.flat, windows.starts, windows.owner)
    reading = own_seconds(read, _PASSES)
    computing = own_seconds(lambda: predicted(model, *parts), _PASSES)
    return {
        "kind": "transformer",
        "name": f"transformer {name}",
        "parameters": int(sum(array.size for array in arrays.values())),
        "blocks_per_s": len(true) / (reading + computing),
        "model_blocks_per_s": len(true) / computing,
        "mape": relative_error(predicted(model, *parts), true),
    }
