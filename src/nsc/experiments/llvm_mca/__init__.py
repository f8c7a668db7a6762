"""The llvm-mca case study: compile, then adapt, a processor's simulator.

Must not know the command line.
"""

from nsc.experiments.llvm_mca.study import STAGES as STAGES
from nsc.experiments.llvm_mca.study import Study as Study
from nsc.experiments.llvm_mca.study import run_study as run_study
