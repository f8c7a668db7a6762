"""Sizes of a BERT, and the papers' two covering architectures.

Source: ICML 2024 ("exestackcpn") and its preprint ("hybertnet"; section 5.1 and Table
2). In / Out: values. Non-goals: settings of training (bert/training/config.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.errors import InputError
from nsc.surrogate import COVERING, Topology

COVERINGS = {"exestackcpn": COVERING, "hybertnet": Topology((1, 4, 4, 2))}


@dataclass(frozen=True)
class BertConfig:
    """Widths of a BERT; by default those of BERT-Tiny (Turc et al., 2019).

    Args:
        vocabulary: how many word pieces.
        positions: the longest text it reads, in word pieces, [CLS] and [SEP] included.
        lower: lower the case and strip accents before cutting words into pieces.
    """

    vocabulary: int
    hidden: int = 128
    layers: int = 2
    heads: int = 2
    intermediate: int = 512
    positions: int = 512
    eps: float = 1e-12
    lower: bool = True


def covering_named(profile: str) -> Topology:
    """Look a covering architecture up.

    Raises:
        InputError: no profile has that name.
    """
    if profile not in COVERINGS:
        raise InputError(
            f"unknown profile '{profile}'; known are {', '.join(COVERINGS)}"
        )
    return COVERINGS[profile]


def encoder_shapes(c: BertConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight of `model.BertNet` but the head's, by name."""
    d = c.hidden
    found = {
        "words.weight": (c.vocabulary, d),
        "positions.weight": (c.positions, d),
        "segments.weight": (2, d),
        "norm.weight": (d,),
        "norm.bias": (d,),
    }
    linear = {name: (d, d) for name in ("query", "key", "value", "merge")}
    linear |= {"wide": (c.intermediate, d), "narrow": (d, c.intermediate)}
    norms = {"norm_1": (d,), "norm_2": (d,)}
    for k in range(c.layers):
        for name, shape in (linear | norms).items():
            found[f"layers.{k}.{name}.weight"] = shape
            found[f"layers.{k}.{name}.bias"] = shape[:1]
    return found
