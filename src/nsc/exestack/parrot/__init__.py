"""ParrotBenchCPN and its extension: benchmark programs in C with train and test examples. Must not know who learns."""

from nsc.exestack.parrot.dataset import ParrotProgram as ParrotProgram
from nsc.exestack.parrot.dataset import read_parrot as read_parrot
from nsc.exestack.parrot.dataset import write_parrot as write_parrot
from nsc.exestack.parrot.programs import BENCHMARKS as BENCHMARKS
from nsc.exestack.parrot.programs import ParrotCode as ParrotCode
from nsc.exestack.parrot.programs import parrot_programs as parrot_programs
