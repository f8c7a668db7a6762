"""Surrogate adaptation: a program's network and measurements -> a better network.

Arrays in and out. Knows no C, no files and no command line.
"""

from nsc.adaptation.forms import FORMS as FORMS
from nsc.adaptation.judge import LINES as LINES
from nsc.adaptation.judge import SPLITS as SPLITS
from nsc.adaptation.judge import Curve as Curve
from nsc.adaptation.judge import HeldOut as HeldOut
from nsc.adaptation.judge import root_mean_square as root_mean_square
from nsc.adaptation.network import Network as Network
from nsc.adaptation.pattern import Adaptation as Adaptation
from nsc.adaptation.pattern import surrogate_adaptation as surrogate_adaptation
from nsc.adaptation.problem import Problem as Problem
from nsc.adaptation.problem import learn as learn
