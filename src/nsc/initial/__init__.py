"""Initialisers: program, topology and seed -> `Initial`; `INITIALISERS` lists them.

Must not know wasm, files or sources.
"""

from nsc.initial.compiled import compiler_input as compiler_input
from nsc.initial.compiled import compnet_initial as compnet_initial
from nsc.initial.compiled import fit_covering as fit_covering
from nsc.initial.compiled import holds_covering as holds_covering
from nsc.initial.compiled import initial_of as initial_of
from nsc.initial.distilled import distill_initial as distill_initial
from nsc.initial.distilled import distilled as distilled
from nsc.initial.start import Initial as Initial
from nsc.initial.start import random_initial as random_initial
from nsc.initial.table import FROM_TEXT as FROM_TEXT
from nsc.initial.table import INITIALISERS as INITIALISERS
from nsc.initial.table import TEXT_FREE as TEXT_FREE
from nsc.initial.table import Initialiser as Initialiser
from nsc.initial.table import Order as Order
from nsc.initial.table import Race as Race
from nsc.initial.table import Words as Words
from nsc.initial.table import measured as measured
from nsc.initial.trained import WEIGHTS as WEIGHTS
from nsc.initial.trained import nearest_initial as nearest_initial
from nsc.initial.trained import shipped_library as shipped_library
from nsc.initial.trained import shipped_starts as shipped_starts
from nsc.initial.trained import trained_initial as trained_initial
