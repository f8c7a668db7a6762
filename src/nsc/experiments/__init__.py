"""The papers' experiments: how much a start is worth, against random initialisation.

Must not know the command line, or how compilers and baselines are trained.
"""

from nsc.experiments.bench import Ask as Ask
from nsc.experiments.bench import bench as bench
from nsc.experiments.bench import experiments_of as experiments_of
from nsc.experiments.bench import left_out as left_out
from nsc.experiments.bench import suites_of as suites_of
from nsc.experiments.llvm_mca import Study as Study
from nsc.experiments.llvm_mca import run_study as run_study
from nsc.experiments.pages import write_report as write_report
from nsc.experiments.protocol import Protocol as Protocol
from nsc.experiments.protocol import protocol_of as protocol_of
from nsc.experiments.results import Result as Result
from nsc.experiments.results import read_results as read_results
from nsc.experiments.results import rows as rows
from nsc.experiments.starts import STARTS as STARTS
from nsc.experiments.starts import Sources as Sources
from nsc.experiments.starts import Start as Start
from nsc.experiments.starts import chosen_starts as chosen_starts
from nsc.experiments.table import EXPERIMENTS as EXPERIMENTS
