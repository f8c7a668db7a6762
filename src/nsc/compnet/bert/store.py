"""A trained BERT CompNet on disk: the tensors in float16; vocabulary, sizes and settings in the header.

In: arrays, or a header and arrays. Out: a file, or `BertCompNet`. Opening files is compnet/checkpoint.py's.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from nsc.compnet.bert.compile import BertCompNet
from nsc.compnet.bert.config import BertConfig, covering_named
from nsc.compnet.bert.wordpiece import WordPiece
from nsc.compnet.checkpoint import write_checkpoint


def save_bert(
    path: Path, arrays: dict[str, np.ndarray], bert: BertConfig, tokenizer: WordPiece, metadata: dict
) -> None:
    """Write a checkpoint; `metadata["config"]["profile"]` names the covering architecture."""
    write_checkpoint(path, arrays, {
        "encoder": "bert", "bert": json.dumps(asdict(bert)), "vocabulary": "\n".join(tokenizer.vocabulary),
        "metadata": json.dumps(metadata),
    })  # fmt: skip


def bert_from(header: dict[str, str], arrays: dict[str, np.ndarray]) -> BertCompNet:
    """Put a BertCompNet together again."""
    bert, metadata = BertConfig(**json.loads(header["bert"])), json.loads(header["metadata"])
    tokenizer = WordPiece(header["vocabulary"].split("\n"), lower=bert.lower)
    wide = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    return BertCompNet(wide, bert, tokenizer, covering_named(metadata["config"]["profile"]), metadata)
