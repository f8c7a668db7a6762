"""ParrotBenchCPN and its extension: benchmark programs in C. Must not know who learns."""

from nsc.exestack.parrot.programs import BENCHMARKS as BENCHMARKS
from nsc.exestack.parrot.programs import ParrotCode as ParrotCode
from nsc.exestack.parrot.programs import parrot_programs as parrot_programs
