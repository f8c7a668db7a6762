"""CompNet, the hypernetwork: a program's DAG -> the parameters of a surrogate.

The surrogate is the covering architecture 9-4-4-1. CompNet reads and never runs
anything. Inference is numpy and a compiled walk over the DAG; only training needs
torch. Must not know the front end, wasm, where programs come from, or other
initialisers.
"""

from nsc.compnet.compile import CompNet as CompNet
from nsc.compnet.compile import spread_inputs as spread_inputs
from nsc.compnet.config import MAX_INPUTS as MAX_INPUTS
from nsc.compnet.emission import Compiler as Compiler
from nsc.compnet.emission import CompilerInput as CompilerInput
from nsc.compnet.emission import Emission as Emission
from nsc.compnet.emission import Emitter as Emitter
from nsc.compnet.evaluate import FLOOR as FLOOR
from nsc.compnet.evaluate import evaluate_compnet as evaluate_compnet
from nsc.compnet.evaluate import rows_by_start as rows_by_start
from nsc.compnet.evaluate import run_covering as run_covering
from nsc.compnet.fit import FIT as FIT
from nsc.compnet.fit import KEPT as KEPT
from nsc.compnet.fit import anchor_inputs as anchor_inputs
from nsc.compnet.fit import fit_emissions as fit_emissions
from nsc.compnet.fit import fit_values as fit_values
from nsc.compnet.load import SHIPPED as SHIPPED
from nsc.compnet.load import load_compnet as load_compnet
