"""Sizes of a BERT, the papers' two covering architectures, settings of training.

Source: ICML 2024 ("exestackcpn") and its preprint ("hybertnet"; section 5.1 and Table 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.compnet.config import expect_device
from nsc.errors import InputError
from nsc.surrogate import COVERING, Topology

COVERINGS = {"exestackcpn": COVERING, "hybertnet": Topology((1, 4, 4, 2))}
READS = ("text", "dag")
SCHEDULES = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class BertConfig:
    """Widths of a BERT; as they stand, those of BERT-Tiny (Turc et al., 2019) but for the vocabulary.

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


@dataclass(frozen=True)
class BertTrainConfig:
    """Training of the papers' CompNet; saved as JSON beside its results.

    Table 2 of the preprint gives the batch (32 programs, 1,024 inputs each), the learning rate and 1,200 epochs. It
    names neither optimizer nor schedule: Adam without weight decay is what the paper finetunes with, and a constant
    rate is what a single number says. The papers start from the pretrained checkpoint; where there is none (no
    `pretrained`), the encoder starts from BERT's random initialisation, with a vocabulary learnt from the corpus.

    Args:
        profile: which covering architecture, a key of `COVERINGS`.
        reads: the program's "text", as the papers, or its "dag", a control that is no paper's.
        pretrained: digest of the checkpoint the encoder starts from; "" for a random start.
        epochs: the budget where neither `steps` nor `seconds` is given.
        steps, seconds: budgets; the first one spent ends the run.
        dropout: BERT's own, on embeddings, attention and both sums of a layer.
        vocabulary: word pieces to learn where there is no pretrained checkpoint; BERT's own has 30,522.
        device: "cpu" or "cuda".
        bf16: multiply the encoder's matrices in bfloat16.
    """

    profile: str = "exestackcpn"
    reads: str = "text"
    pretrained: str = ""
    programs: int = 32
    inputs: int = 1024
    learning_rate: float = 2e-5
    schedule: str = "constant"
    epochs: int = 1200
    steps: int | None = None
    seconds: float | None = None
    dropout: float = 0.1
    vocabulary: int = 4000
    seed: int = 0
    checkpoint_every: int = 100
    threads: int = 1
    device: str = "cpu"
    bf16: bool = False

    def __post_init__(self) -> None:
        expect_device(self.device)
        if self.schedule not in SCHEDULES:
            raise InputError(f"unknown schedule '{self.schedule}'; known are {', '.join(SCHEDULES)}")
        if self.reads not in READS:
            raise InputError(f"--reads expects {' or '.join(READS)}; found '{self.reads}'")
        for name in ("steps", "seconds", "learning_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} must be positive; found {value}")
        covering_named(self.profile)


def covering_named(profile: str) -> Topology:
    """Look a covering architecture up.

    Raises:
        InputError: no profile has that name.
    """
    if profile not in COVERINGS:
        raise InputError(f"unknown profile '{profile}'; known are {', '.join(COVERINGS)}")
    return COVERINGS[profile]


def encoder_shapes(c: BertConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight of `model.BertNet` but the head's, by name."""
    d, wide = c.hidden, c.intermediate
    found = {"words.weight": (c.vocabulary, d), "positions.weight": (c.positions, d), "segments.weight": (2, d)}
    found |= {"norm.weight": (d,), "norm.bias": (d,)}
    for k in range(c.layers):
        for name, shape in (*((n, (d, d)) for n in ("query", "key", "value", "merge")),
                            ("wide", (wide, d)), ("narrow", (d, wide))):  # fmt: skip
            found |= {f"layers.{k}.{name}.weight": shape, f"layers.{k}.{name}.bias": shape[:1]}
        for name in ("norm_1", "norm_2"):
            found |= {f"layers.{k}.{name}.weight": (d,), f"layers.{k}.{name}.bias": (d,)}
    return found
