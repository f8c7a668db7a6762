"""Random but realistic numeric C functions, with true labels. Must not know who learns from them."""

from nsc.exestack.synthetic.dataset import Rejected as Rejected
from nsc.exestack.synthetic.dataset import candidate as candidate
from nsc.exestack.synthetic.dataset import checked_programs as checked_programs
from nsc.exestack.synthetic.dataset import write_shard as write_shard
from nsc.exestack.synthetic.dataset import write_synthetic as write_synthetic
