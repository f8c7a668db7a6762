"""Finetuning: many surrogates on their examples.

Must not know programs or where parameters came from.
"""

from nsc.finetune.adam import AdamSettings as AdamSettings
from nsc.finetune.adam import AdamState as AdamState
from nsc.finetune.engine import finetune as finetune
from nsc.finetune.examples import split_examples as split_examples
from nsc.finetune.lm import LmSettings as LmSettings
from nsc.finetune.optimizers import OPTIMIZERS as OPTIMIZERS
from nsc.finetune.optimizers import can_finetune as can_finetune
from nsc.finetune.optimizers import settings_for as settings_for
from nsc.finetune.predictions import FEW as FEW
from nsc.finetune.predictions import Predictions as Predictions
from nsc.finetune.predictions import bears_out as bears_out
from nsc.finetune.predictions import (
    finetune_with_predictions as finetune_with_predictions,
)
from nsc.finetune.predictions import has_few as has_few
from nsc.finetune.race import TRUST_PREDICTIONS as TRUST_PREDICTIONS
from nsc.finetune.race import finetune_best_of as finetune_best_of
from nsc.finetune.race import handicap as handicap
from nsc.finetune.scale import Scale as Scale
from nsc.finetune.scale import spread_of as spread_of
from nsc.finetune.scale import with_constants as with_constants
from nsc.finetune.sweep import PAPER_DATA_SIZES as PAPER_DATA_SIZES
from nsc.finetune.sweep import Score as Score
from nsc.finetune.sweep import Trial as Trial
from nsc.finetune.sweep import share_examples as share_examples
from nsc.finetune.sweep import share_of as share_of
from nsc.finetune.sweep import sweep as sweep
from nsc.finetune.task import FinetuneData as FinetuneData
from nsc.finetune.task import FinetuneResult as FinetuneResult
from nsc.finetune.task import Progress as Progress
from nsc.finetune.task import Settings as Settings
