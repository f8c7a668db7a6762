"""A file of basic blocks -> cycles, by the surrogates that come with the package.

In: a path: assembly with llvm-mca's regions, a CSV, an ELF file. Out: a row a block.
Needs no llvm-mca; CSV with `hex` or `asm_intel`, and ELF files, need LLVM's library.
Non-goals: printing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.mca.blocks import Block, Reading, read_regions, read_table
from nsc.mca.elf import elf_blocks, is_elf
from nsc.mca.model import Model, Predicted, load_models

ITERATIONS = 100
MODELS = ("compiled", "adapted")
WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Row:
    """What is said of a block.

    Args:
        name: of the block.
        cycles: per 100 iterations; None where the block cannot be read.
        instructions: of the block.
        unknown: instructions whose form the model lacks; their cost is a guess.
        refused: why there are no cycles; empty where there are.
    """

    name: str
    cycles: float | None
    instructions: int
    unknown: int
    refused: str = ""


@lru_cache
def shipped(model: str) -> tuple[Model, ...]:
    """Load a surrogate that comes with the package, or one of a file.

    Args:
        model: compiled (mimics llvm-mca), adapted (to measured Haswell blocks), or a
            file .safetensors that an adaptation wrote.

    Raises:
        InputError: there is none of that name.
        StoreError: its file is missing or damaged.
    """
    if model.endswith(".safetensors"):
        return tuple(load_models(Path(model)))
    if model not in MODELS:
        raise InputError(
            f"model must be one of {', '.join(MODELS)} or a file .safetensors; found"
            f" {model!r}"
        )
    return tuple(load_models(WEIGHTS / f"{model}.safetensors"))


def read_blocks(path: Path) -> Reading:
    """Read blocks from a file of any kind that is known.

    Args:
        path: an ELF file, a CSV (`.csv`, `.csv.gz`), or assembly (AT&T).

    Raises:
        InputError: it cannot be read.
        HostError: it needs a tool that is not installed.
    """
    if is_elf(path):
        return Reading(elf_blocks(path), [])
    if path.name.endswith((".csv", ".csv.gz")):
        return read_table(path)
    return read_regions(path)


def predict_file(path: Path, model: str = "compiled") -> list[Row]:
    """Predict the cycles of the blocks in a file.

    Args:
        path: of the file.
        model: compiled, adapted or a file .safetensors.

    Returns:
        A row a block, refused ones last.

    Raises:
        InputError: the file cannot be read, or there is no such model.
        HostError: the file needs a tool that is not installed.
    """
    models = shipped(model)
    reading = read_blocks(path)
    rows = predict_blocks(reading.blocks, models)
    refused = [Row(name, None, 0, 0, why) for name, why in reading.refused]
    return rows + refused


def predict_blocks(
    blocks: list[Block], models: tuple[Model, ...]
) -> list[Row]:
    """Predict the cycles of blocks.

    Args:
        blocks: with their texts.
        models: an ensemble of one vocabulary, or a single one.
    """
    texts = [block.text for block in blocks]
    each = [model.predict(texts) for model in models]
    logs = [np.log(one.cycles + 1e-6) for one in each]
    cycles = ITERATIONS * np.exp(np.mean(logs, axis=0))
    return [
        _row(block.name, float(value), k, each[0])
        for k, (block, value) in enumerate(zip(blocks, cycles, strict=True))
    ]


def _row(name: str, cycles: float, k: int, told: Predicted) -> Row:
    instructions = int(told.instructions[k])
    unknown = int(told.unknown[k])
    if instructions < 1:
        return Row(name, None, 0, 0, "expected 1 to 600 instructions")
    if unknown == instructions:
        why = "no instruction of it is known to the model"
        return Row(name, None, instructions, unknown, why)
    return Row(name, cycles, instructions, unknown)
