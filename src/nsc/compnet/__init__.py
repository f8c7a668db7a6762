"""CompNet, the hypernetwork: a program's expression DAG -> the 65 parameters of a
9-4-4-1 surrogate.

It reads text and never runs anything. Inference is numpy and a compiled walk over the
DAG; only training needs torch. Must not know wasm, where programs come from, or other
initialisers.
"""

from nsc.compnet.compile import CompNet as CompNet
from nsc.compnet.compile import Emission as Emission
from nsc.compnet.config import MAX_INPUTS as MAX_INPUTS
from nsc.compnet.evaluate import evaluate_compnet as evaluate_compnet
from nsc.compnet.fit import FIT as FIT
from nsc.compnet.fit import KEPT as KEPT
from nsc.compnet.fit import anchor_inputs as anchor_inputs
from nsc.compnet.fit import fit_emissions as fit_emissions
from nsc.compnet.fit import fit_values as fit_values
from nsc.compnet.load import SHIPPED as SHIPPED
from nsc.compnet.load import load_compnet as load_compnet
