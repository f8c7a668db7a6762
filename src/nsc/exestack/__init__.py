"""The data set of executable C programs. So far: synthetic programs. Must not know torch or topologies."""

from nsc.exestack.synthetic import dag_hash as dag_hash
from nsc.exestack.synthetic import write_synthetic as write_synthetic
