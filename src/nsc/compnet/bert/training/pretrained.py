"""A BERT checkpoint folder, as `transformers` writes it -> what an encoder starts from.

In: a folder with config.json, vocab.txt, model.safetensors or pytorch_model.bin. Out:
`Pretrained`: configuration, tokenizer, weights. Names may start with `bert.` and layer
norms may be called gamma and beta, as old checkpoints have it; heads and pooler are
left out.
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
    """A checkpoint.

    Args:
        weights: of the encoder, by the names of `model.BertNet`.
        digest: of the weights and of the vocabulary.
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
    found = {
        _our_name(name): value for name, value in _read_weights(folder).items()
    }
    weights = _checked(folder, found, encoder_shapes(config))
    tokenizer = WordPiece(vocabulary, lower=config.lower)
    return Pretrained(config, tokenizer, weights, _digest(weights, vocabulary))


def _checked(
    folder: Path,
    found: dict[str, torch.Tensor],
    shapes: dict[str, tuple[int, ...]],
) -> dict[str, torch.Tensor]:
    """Return the weights that an encoder has, in float32; the others are left out."""
    for name, shape in shapes.items():
        there = tuple(found[name].shape) if name in found else "nothing"
        if there != shape:
            raise StoreError(
                f"{folder}: '{name}' should have shape {shape}; found {there}"
            )
    return {name: found[name].float() for name in shapes}


def _our_name(name: str) -> str:
    for theirs, ours in _NAMES:
        name = re.sub(theirs, ours, name)
    return name


def _read_config(folder: Path) -> BertConfig:
    path = folder / "config.json"
    try:
        given = json.loads(path.read_text())
        sizes = {ours: int(given[theirs]) for ours, theirs in _SIZES.items()}
        lower = _is_lower(folder / "tokenizer_config.json")
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
    return BertConfig(**sizes, eps=eps, lower=lower)


def _is_lower(path: Path) -> bool:
    """Say whether a tokenizer lowers the case; without a word on it, it does."""
    if not path.exists():
        return True
    return bool(json.loads(path.read_text()).get("do_lower_case", True))


def _read_weights(folder: Path) -> dict[str, torch.Tensor]:
    safe = folder / "model.safetensors"
    pickled = folder / "pytorch_model.bin"
    try:
        if safe.exists():
            return load_file(safe)
        if pickled.exists():
            found = torch.load(pickled, map_location="cpu", weights_only=True)
            return {
                k: v for k, v in found.items() if isinstance(v, torch.Tensor)
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
    raise StoreError(
        f"{folder} has neither model.safetensors nor pytorch_model.bin"
    )


def _digest(weights: dict[str, torch.Tensor], vocabulary: list[str]) -> str:
    found = hashlib.sha256("\n".join(vocabulary).encode())
    for name in sorted(weights):
        found.update(
            name.encode() + weights[name].contiguous().numpy().tobytes()
        )
    return found.hexdigest()[:16]
