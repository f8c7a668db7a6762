"""Baselines: starts that are learned from other programs and read none's text closely.

Trained on records: one network for all programs (`pretrained`), one that finetunes
well (`maml`), and a library of trained programs (`nearest`). Must not know wasm,
sources, or the program that is to be compiled.
"""

from nsc.baselines.library import Library as Library
from nsc.baselines.store import Baseline as Baseline
from nsc.baselines.store import read_library as read_library
from nsc.baselines.store import read_starts as read_starts
from nsc.baselines.tasks import Tasks as Tasks
from nsc.baselines.tasks import read_tasks as read_tasks
from nsc.baselines.train import BASELINES as BASELINES
from nsc.baselines.train import train_baseline as train_baseline
from nsc.baselines.validate import Gains as Gains
from nsc.baselines.validate import gains_of as gains_of
