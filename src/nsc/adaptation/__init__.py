"""Surrogate adaptation: a program's network and measurements -> a better network.

Arrays in and out. Knows no C, no files and no command line.
"""

from nsc.adaptation.forms import FORMS as FORMS
from nsc.adaptation.judge import LINES as LINES
from nsc.adaptation.judge import SPLITS as SPLITS
from nsc.adaptation.judge import Curve as Curve
from nsc.adaptation.judge import HeldOut as HeldOut
from nsc.adaptation.judge import root_mean_square as root_mean_square
from nsc.adaptation.learner import Judged as Judged
from nsc.adaptation.learner import Learner as Learner
from nsc.adaptation.learner import LearnerAdaptation as LearnerAdaptation
from nsc.adaptation.learner import Method as Method
from nsc.adaptation.learner import adapt_learner as adapt_learner
from nsc.adaptation.learner import as_it_is as as_it_is
from nsc.adaptation.learner import from_scratch as from_scratch
from nsc.adaptation.learner import group_splits as group_splits
from nsc.adaptation.learner import is_learner as is_learner
from nsc.adaptation.learner import judge_methods as judge_methods
from nsc.adaptation.learner import most_judged as most_judged
from nsc.adaptation.learner import random_splits as random_splits
from nsc.adaptation.network import Network as Network
from nsc.adaptation.pattern import Adaptation as Adaptation
from nsc.adaptation.pattern import surrogate_adaptation as surrogate_adaptation
from nsc.adaptation.problem import Problem as Problem
from nsc.adaptation.problem import learn as learn
