"""Processors as surrogates: basic blocks in, cycles out; llvm-mca is the oracle.

Must not know C programs, sandboxes or command lines.
"""

from nsc.mca.blocks import Block as Block
from nsc.mca.blocks import Reading as Reading
from nsc.mca.blocks import read_regions as read_regions
from nsc.mca.blocks import read_table as read_table
from nsc.mca.elf import elf_blocks as elf_blocks
from nsc.mca.labels import kept_cycles as kept_cycles
from nsc.mca.latencies import Latencies as Latencies
from nsc.mca.latencies import latencies_of as latencies_of
from nsc.mca.learn import Adaptation as Adaptation
from nsc.mca.learn import Learner as Learner
from nsc.mca.learn import Rates as Rates
from nsc.mca.learn import adapt as adapt
from nsc.mca.learn import learn as learn
from nsc.mca.learn import relative_error as relative_error
from nsc.mca.model import Model as Model
from nsc.mca.model import ensemble_cycles as ensemble_cycles
from nsc.mca.model import load_models as load_models
from nsc.mca.model import random_model as random_model
from nsc.mca.model import save_models as save_models
from nsc.mca.native import LATENCIES as LATENCIES
from nsc.mca.native import RESOURCES as RESOURCES
from nsc.mca.native import joined as joined
from nsc.mca.native import no_roles as no_roles
from nsc.mca.oracle import Simulation as Simulation
from nsc.mca.oracle import simulated_cycles as simulated_cycles
from nsc.mca.predict import ITERATIONS as ITERATIONS
from nsc.mca.predict import MODELS as MODELS
from nsc.mca.predict import Row as Row
from nsc.mca.predict import predict_file as predict_file
from nsc.mca.predict import shipped as shipped
from nsc.mca.roles import Sample as Sample
from nsc.mca.samples import samples_of as samples_of
from nsc.mca.samples import vocabulary_of as vocabulary_of
from nsc.mca.simulator import Simulator as Simulator
from nsc.mca.surrogate import BlockSurrogate as BlockSurrogate
from nsc.mca.surrogate import block_surrogate as block_surrogate
from nsc.mca.tables import tabled_model as tabled_model
from nsc.mca.tools import Tool as Tool
from nsc.mca.tools import all_mca as all_mca
from nsc.mca.tools import mca_of_major as mca_of_major
from nsc.mca.tools import newest_mca as newest_mca
from nsc.mca.vocabulary import Records as Records
from nsc.mca.vocabulary import Vocabulary as Vocabulary
from nsc.mca.vocabulary import frequent_forms as frequent_forms
from nsc.mca.words import Words as Words
from nsc.mca.words import words_of as words_of
