"""The data set of executable C programs: harvested, generated and mutated. Must not know torch or topologies."""

from nsc.exestack.build import build_dataset as build_dataset
from nsc.exestack.gather import leaks as leaks
from nsc.exestack.info import dataset_info as dataset_info
from nsc.exestack.parrot import ParrotCode as ParrotCode
from nsc.exestack.parrot import ParrotProgram as ParrotProgram
from nsc.exestack.parrot import parrot_programs as parrot_programs
from nsc.exestack.parrot import read_parrot as read_parrot
from nsc.exestack.parrot import write_parrot as write_parrot
from nsc.exestack.synthetic import write_synthetic as write_synthetic
