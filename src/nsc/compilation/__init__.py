"""Surrogate compilation: an oracle, starts and a budget -> a verified surrogate. Knows
no C.
"""

from nsc.compilation.oracle import Oracle as Oracle
from nsc.compilation.oracle import run_oracle as run_oracle
from nsc.compilation.rounds import Compilation as Compilation
from nsc.compilation.rounds import CompilationConfig as CompilationConfig
from nsc.compilation.rounds import Progress as Progress
from nsc.compilation.rounds import surrogate_compilation as surrogate_compilation
from nsc.compilation.start import Start as Start
