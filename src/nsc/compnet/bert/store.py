"""A trained BERT CompNet on disk, as compnet/checkpoint.py writes it.

Vocabulary, sizes and settings are in the header. In: arrays, or a header and arrays.
Out: a file, or `BertCompNet`. Non-goals: opening files (compnet/load.py).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from nsc.compnet.bert.compile import BertCompNet
from nsc.compnet.bert.config import BertConfig, covering_named, encoder_shapes
from nsc.compnet.bert.wordpiece import WordPiece
from nsc.compnet.checkpoint import names_that_differ, write_checkpoint
from nsc.errors import StoreError


def save_bert(
    path: Path,
    arrays: dict[str, np.ndarray],
    bert: BertConfig,
    tokenizer: WordPiece,
    metadata: dict,
) -> None:
    """Write a checkpoint; `metadata["config"]["profile"]` names its covering."""
    header = {
        "encoder": "bert",
        "bert": json.dumps(asdict(bert)),
        "vocabulary": "\n".join(tokenizer.vocabulary),
        "metadata": json.dumps(metadata),
    }
    write_checkpoint(path, arrays, header)


def bert_from(
    header: dict[str, str], arrays: dict[str, np.ndarray]
) -> BertCompNet:
    """Put a BertCompNet together again.

    Raises:
        StoreError: the header lacks something, or the tensors do not fit it.
    """
    try:
        bert = BertConfig(**json.loads(header["bert"]))
        metadata = json.loads(header["metadata"])
        topology = covering_named(metadata["config"]["profile"])
        vocabulary = header["vocabulary"].split("\n")
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"the checkpoint's header is damaged: {type(error).__name__} {error}"
        ) from None
    n = topology.n_parameters
    head = {"head.weight": (n, bert.hidden), "head.bias": (n,)}
    differing = names_that_differ(encoder_shapes(bert) | head, arrays)
    if differing or len(vocabulary) > bert.vocabulary:
        raise StoreError(
            "the checkpoint's tensors do not fit its header:"
            f" {', '.join(differing[:3]) or 'vocabulary'}"
        )
    single = {
        name: np.asarray(array, np.float32) for name, array in arrays.items()
    }
    tokenizer = WordPiece(vocabulary, lower=bert.lower)
    return BertCompNet(single, bert, tokenizer, topology, metadata)
