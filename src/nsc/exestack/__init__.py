"""The data set of executable C programs: harvested, generated and mutated.

Must not know torch or topologies.
"""

from nsc.exestack.dataset.build import build_dataset as build_dataset
from nsc.exestack.dataset.executors import on_processes as on_processes
from nsc.exestack.dataset.executors import on_ray as on_ray
from nsc.exestack.dataset.info import dataset_info as dataset_info
from nsc.exestack.dataset.leaks import leaks as leaks
from nsc.exestack.dataset.leaks import shared_programs as shared_programs
from nsc.exestack.parrot.dataset import ParrotProgram as ParrotProgram
from nsc.exestack.parrot.dataset import read_parrot as read_parrot
from nsc.exestack.parrot.dataset import write_parrot as write_parrot
from nsc.exestack.parrot.images import photograph as photograph
from nsc.exestack.parrot.programs import BENCHMARKS as BENCHMARKS
from nsc.exestack.parrot.programs import ParrotCode as ParrotCode
from nsc.exestack.parrot.programs import parrot_dags as parrot_dags
from nsc.exestack.parrot.programs import parrot_programs as parrot_programs
from nsc.exestack.release.write import release_dataset as release_dataset
from nsc.exestack.sources.outline import Outline as Outline
from nsc.exestack.synthetic.dataset import Rejected as Rejected
from nsc.exestack.synthetic.dataset import candidate as candidate
from nsc.exestack.synthetic.dataset import checked_programs as checked_programs
from nsc.exestack.synthetic.dataset import write_shard as write_shard
from nsc.exestack.synthetic.dataset import write_synthetic as write_synthetic
