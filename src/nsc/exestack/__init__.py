"""The data set of executable C programs, from source trees and synthetic. Must not know torch or topologies."""

from nsc.exestack.build import build_dataset as build_dataset
from nsc.exestack.gather import leaks as leaks
from nsc.exestack.synthetic import write_synthetic as write_synthetic
