"""The weights that ship with nsc -> a folder that can be published.

In: the checkpoints in the package, a model card. Out: the same files, a README with
front matter. Non-goals: training, uploading.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from nsc.compnet import SHIPPED, CompNet, load_compnet
from nsc.errors import InputError
from nsc.host import replacing_folder, write_whole
from nsc.initial import WEIGHTS
from nsc.report import weights_card

_LIST = "weights.json"  # what a folder of ours is known by
_WHAT = {
    "compnet": "CompNet: reads the expression DAG of a program",
    "bert": "the papers' compiler: reads its text",
    "pretrained": "baseline: one network trained on all programs",
    "maml": "baseline: one network that finetunes well",
    "nearest": "baseline: networks of the training programs, by embedding",
}


def publish_weights(out: Path, card: Path, bert: Path | None) -> list[dict]:
    """Write weights and card to a folder, which appears whole or not at all.

    Args:
        out: a new folder, or one that this wrote before, which is replaced.
        card: the model card, Markdown.
        bert: a checkpoint of the papers' compiler, which does not ship.

    Returns:
        Of each file of weights its "name", "bytes", "sha256", and "what" it is.

    Raises:
        InputError: out is not to be replaced, or card cannot be read.
        NscError: a checkpoint that cannot be loaded.
    """
    words = _read(card)
    baselines = sorted(WEIGHTS.glob("*.safetensors"))
    sources = {"compnet": SHIPPED} | {path.stem: path for path in baselines}
    if bert is not None:
        _expect_bert(bert)
        sources["bert"] = bert
    with replacing_folder(out, _LIST) as made:
        files = [_put(made, name, path) for name, path in sources.items()]
        write_whole(made / "README.md", weights_card(words, files))
        write_whole(made / _LIST, json.dumps(files, indent=2))
    return files


def _expect_bert(path: Path) -> None:
    """Load a checkpoint: what cannot be loaded is not published."""
    if isinstance(load_compnet(path), CompNet):
        raise InputError(
            f"{path}: expected a checkpoint of the papers' compiler (nsc train"
            " --encoder bert); found a CompNet, and the shipped one is published"
        )


def _put(folder: Path, name: str, source: Path) -> dict:
    """Copy a checkpoint, and describe the copy."""
    data = source.read_bytes()
    target = folder / f"{name}.safetensors"
    target.write_bytes(data)
    return {
        "name": target.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "what": _WHAT.get(name, "baseline"),
    }


def _read(card: Path) -> str:
    try:
        return card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{card}: expected a model card, Markdown in UTF-8; {error}"
        ) from None
