"""Optimization of a program's inputs through models of its runs.

In: a callable that runs the program. Out: its best runs. Knows no program, no files.
"""

from nsc.optimization.history import History as History
from nsc.optimization.problem import Guide as Guide
from nsc.optimization.problem import Measured as Measured
from nsc.optimization.problem import Problem as Problem
from nsc.optimization.problem import Settings as Settings
from nsc.optimization.problem import Space as Space
from nsc.optimization.search import ENDED as ENDED
from nsc.optimization.search import Found as Found
from nsc.optimization.search import optimise as optimise
from nsc.optimization.solvers import expect_scipy as expect_scipy
