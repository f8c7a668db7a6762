"""Surrogates as numbers: parameters, forward pass, exact changes, storage.

Must not know programs: no signatures, no program text. The C here is of networks alone.
"""

from nsc.surrogate import store as _store
from nsc.surrogate.base import SurrogateBase as SurrogateBase
from nsc.surrogate.derivative import activation_slope as activation_slope
from nsc.surrogate.derivative import input_gradient as input_gradient
from nsc.surrogate.error_bars import ErrorBars as ErrorBars
from nsc.surrogate.error_bars import outputs_of as outputs_of
from nsc.surrogate.held import Held as Held
from nsc.surrogate.held import OneOf as OneOf
from nsc.surrogate.held import Whole as Whole
from nsc.surrogate.member import Member as Member
from nsc.surrogate.model import clone_outputs as clone_outputs
from nsc.surrogate.model import forward as forward
from nsc.surrogate.model import pad_inputs as pad_inputs
from nsc.surrogate.model import random_parameters as random_parameters
from nsc.surrogate.model import resize_inputs as resize_inputs
from nsc.surrogate.model import scale_outputs as scale_outputs
from nsc.surrogate.model import widen as widen
from nsc.surrogate.outside import OUTSIDE as OUTSIDE
from nsc.surrogate.outside import OutsideDomainWarning as OutsideDomainWarning
from nsc.surrogate.outside import checked_policy as checked_policy
from nsc.surrogate.outside import said_of_outside as said_of_outside
from nsc.surrogate.rows import identifier as identifier
from nsc.surrogate.store import Stored as Stored
from nsc.surrogate.surrogate import Surrogate as Surrogate
from nsc.surrogate.surrogate import load as load
from nsc.surrogate.topology import COVERING as COVERING
from nsc.surrogate.topology import Topology as Topology

read_stored = _store.read
write_stored = _store.write
