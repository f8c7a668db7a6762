"""The examples of a trial: a share of a program's first 1,024, tested on the other
1,024.
"""

from nsc.finetune import FinetuneData, share_of
from nsc.record import Record, shared_inputs

TRAINING = 1024


def examples(record: Record, share: float, trial: int) -> FinetuneData:
    """Draw the examples of the first output, in the program's units; a function of
    (share, trial).
    """
    x, y = shared_inputs()[:, : record.n_inputs], record.raw_outputs[:, :1]
    return share_of(
        x[:TRAINING],
        y[:TRAINING],
        share=share,
        seed=trial,
        x_test=x[TRAINING:],
        y_test=y[TRAINING:],
    )


def scale(data: FinetuneData, optimizer: str) -> tuple[float, float]:
    """Return (mean, spread) that outputs are standardised with: LM's training outputs;
    Adam learns them as they are.
    """
    if optimizer == "adam" or len(data.y_train) < 2 or data.y_train.std() == 0:
        return 0.0, 1.0
    return float(data.y_train.mean()), float(data.y_train.std())
