"""A BERT checkpoint folder, as the `transformers` library writes it -> configuration,
tokenizer, weights.

In: a folder with config.json, vocab.txt, model.safetensors or pytorch_model.bin. Out:
`Pretrained`. Names may start with `bert.` and layer norms may be called gamma and beta,
as old checkpoints have it; heads and pooler are left out.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from nsc.compnet.bert.config import BertConfig, encoder_shapes
from nsc.compnet.bert.wordpiece import WordPiece, read_vocabulary
from nsc.errors import StoreError

_NAMES = (
    (r"LayerNorm\.gamma", "LayerNorm.weight"),
    (r"LayerNorm\.beta", "LayerNorm.bias"),
    (r"^bert\.", ""),
    (r"^embeddings\.word_embeddings", "words"),
    (r"^embeddings\.position_embeddings", "positions"),
    (r"^embeddings\.token_type_embeddings", "segments"),
    (r"^embeddings\.LayerNorm", "norm"),
    (r"^encoder\.layer", "layers"),
    (r"attention\.self\.", ""),
    (r"attention\.output\.dense", "merge"),
    (r"attention\.output\.LayerNorm", "norm_1"),
    (r"intermediate\.dense", "wide"),
    (r"output\.dense", "narrow"),
    (r"output\.LayerNorm", "norm_2"),
)
_SIZES = {
    "vocabulary": "vocab_size",
    "hidden": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "positions": "max_position_embeddings",
}


@dataclass(frozen=True)
class Pretrained:
    """A checkpoint; `weights` have the names of `model.BertNet`, `digest` is of them
    and of the vocabulary.
    """

    config: BertConfig
    tokenizer: WordPiece
    weights: dict[str, torch.Tensor]
    digest: str


def load_pretrained(folder: Path) -> Pretrained:
    """Read a checkpoint folder.

    Raises:
        StoreError: a file is missing or unreadable, or the weights do not fit the
            configuration.
    """
    config = _read_config(folder)
    vocabulary = read_vocabulary(folder / "vocab.txt")
    if len(vocabulary) > config.vocabulary:
        raise StoreError(
            f"{folder}: vocab.txt has {len(vocabulary)} pieces; config.json says"
            f" {config.vocabulary}"
        )
    found = {_our_name(name): value for name, value in _read_weights(folder).items()}
    wanted = encoder_shapes(config)
    for name, shape in wanted.items():
        if name not in found or tuple(found[name].shape) != shape:
            there = tuple(found[name].shape) if name in found else "nothing"
            raise StoreError(
                f"{folder}: '{name}' should have shape {shape}; found {there}"
            )
    weights = {name: found[name].float() for name in wanted}
    return Pretrained(
        config,
        WordPiece(vocabulary, lower=config.lower),
        weights,
        _digest(weights, vocabulary),
    )


def _our_name(name: str) -> str:
    for theirs, ours in _NAMES:
        name = re.sub(theirs, ours, name)
    return name


def _read_config(folder: Path) -> BertConfig:
    path = folder / "config.json"
    try:
        given = json.loads(path.read_text())
        sizes = {ours: int(given[theirs]) for ours, theirs in _SIZES.items()}
        tokenizer = folder / "tokenizer_config.json"
        lower = (
            json.loads(tokenizer.read_text()).get("do_lower_case", True)
            if tokenizer.exists()
            else True
        )
        eps = float(given.get("layer_norm_eps", 1e-12))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} is not a readable BERT configuration: {error}"
        ) from None
    except KeyError as error:
        raise StoreError(
            f"{path} is not a BERT configuration: it has no {error}"
        ) from None
    activation = given.get("hidden_act", "gelu")
    kind = given.get("position_embedding_type", "absolute")
    if activation != "gelu" or kind != "absolute":
        raise StoreError(
            f"{path}: expected gelu and absolute positions; found {activation} and"
            f" {kind} positions"
        )
    if min(sizes.values()) < 1 or sizes["hidden"] % sizes["heads"]:
        raise StoreError(
            f"{path}: {sizes['hidden']} hidden units cannot be dealt to"
            f" {sizes['heads']} heads"
        )
    return BertConfig(**sizes, eps=eps, lower=bool(lower))


def _read_weights(folder: Path) -> dict[str, torch.Tensor]:
    safe = folder / "model.safetensors"
    pickled = folder / "pytorch_model.bin"
    try:
        if safe.exists():
            return load_file(safe)
        if pickled.exists():
            found = torch.load(pickled, map_location="cpu", weights_only=True)
            return {
                name: value
                for name, value in found.items()
                if isinstance(value, torch.Tensor)
            }
    except (
        SafetensorError,
        pickle.UnpicklingError,
        RuntimeError,
        OSError,
        EOFError,
        AttributeError,
    ) as error:
        raise StoreError(
            f"{folder} has no readable weights: {str(error).splitlines()[0]}"
        ) from None
    raise StoreError(f"{folder} has neither model.safetensors nor pytorch_model.bin")


def _digest(weights: dict[str, torch.Tensor], vocabulary: list[str]) -> str:
    found = hashlib.sha256("\n".join(vocabulary).encode())
    for name in sorted(weights):
        found.update(name.encode() + weights[name].contiguous().numpy().tobytes())
    return found.hexdigest()[:16]
