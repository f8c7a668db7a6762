"""The data set of executable C programs. So far: synthetic programs. Must not know torch or topologies."""

from nsc.exestack.synthetic import write_synthetic as write_synthetic
