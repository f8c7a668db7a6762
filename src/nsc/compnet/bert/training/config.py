"""What one training of the papers' compiler is made of.

In: numbers. Out: `BertTrainConfig`. Non-goals: the encoder's sizes (bert/config.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.compnet.bert.config import covering_named
from nsc.compnet.training.config import expect_device
from nsc.errors import InputError

READS = ("text", "dag")
SCHEDULES = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class BertTrainConfig:
    """Training of the papers' CompNet; saved as JSON beside its results.

    Table 2 of the preprint gives the batch (32 programs, 1,024 inputs each), the
    learning rate and 1,200 epochs. It names neither optimizer nor schedule: Adam
    without weight decay is what the paper finetunes with, and a constant rate is what a
    single number says. The papers start from the pretrained checkpoint; where there is
    none (no `pretrained`), the encoder starts from BERT's random initialisation, with a
    vocabulary learnt from the corpus.

    Args:
        profile: which covering architecture, a key of `COVERINGS`.
        reads: the program's "text", as the papers, or its "dag", a control that is no
            paper's.
        pretrained: digest of the checkpoint the encoder starts from; "" for a random
            start.
        programs: a batch.
        inputs: of each program, on which it is judged.
        schedule: of the learning rate, one of SCHEDULES, over the budget.
        epochs: the budget where neither `steps` nor `seconds` is given.
        steps, seconds: budgets; the first one spent ends the run.
        dropout: BERT's own, on embeddings, attention and both sums of a layer.
        vocabulary: word pieces to learn where there is no pretrained checkpoint; BERT's
            own has 30,522.
        checkpoint_every: steps between states on disk, and between rows of losses.
        threads: of torch.
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
            raise InputError(
                f"unknown schedule '{self.schedule}'; known are {', '.join(SCHEDULES)}"
            )
        if self.reads not in READS:
            raise InputError(
                f"reads expects {' or '.join(READS)}; found '{self.reads}'"
            )
        for name in ("steps", "seconds", "learning_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} must be positive; found {value}")
        covering_named(self.profile)
