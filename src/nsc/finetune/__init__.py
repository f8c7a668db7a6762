"""Finetuning: many surrogates on their examples. Must not know programs or where
parameters came from.
"""

from nsc.finetune.engine import MAX_LM_PARAMETERS as MAX_LM_PARAMETERS
from nsc.finetune.engine import FinetuneConfig as FinetuneConfig
from nsc.finetune.engine import FinetuneData as FinetuneData
from nsc.finetune.engine import FinetuneResult as FinetuneResult
from nsc.finetune.engine import finetune as finetune
from nsc.finetune.engine import split_examples as split_examples
from nsc.finetune.engine import spread_of as spread_of
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
from nsc.finetune.sweep import PAPER_DATA_SIZES as PAPER_DATA_SIZES
from nsc.finetune.sweep import Score as Score
from nsc.finetune.sweep import Trial as Trial
from nsc.finetune.sweep import share_of as share_of
from nsc.finetune.sweep import sweep as sweep
