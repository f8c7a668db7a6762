"""Build and run C that nobody has read.

zig compiles it to wasm32; wasmtime runs it without imports, fuel and memory limited.

Must not know data sets, torch, or where programs come from.
"""

from nsc.sandbox.build import Built as Built
from nsc.sandbox.build import Failed as Failed
from nsc.sandbox.build import build as build
from nsc.sandbox.build import build_own as build_own
from nsc.sandbox.compiler import CompilerLimits as CompilerLimits
from nsc.sandbox.compiler import clean_diagnostic as clean_diagnostic
from nsc.sandbox.compiler import limited as limited
from nsc.sandbox.compiler import run_limited as run_limited
from nsc.sandbox.compiler import warm_up as warm_up
from nsc.sandbox.count import RunCount as RunCount
from nsc.sandbox.count import counted_runs as counted_runs
from nsc.sandbox.exits import ENDED_BY_CALL as ENDED_BY_CALL
from nsc.sandbox.exits import exit_reached as exit_reached
from nsc.sandbox.guard import refusal as refusal
from nsc.sandbox.history import remembering as remembering
from nsc.sandbox.history import same_bits as same_bits
from nsc.sandbox.indeterminate import LOW_BYTE as LOW_BYTE
from nsc.sandbox.indeterminate import Unsettled as Unsettled
from nsc.sandbox.indeterminate import filled_builds as filled_builds
from nsc.sandbox.indeterminate import unsettled as unsettled
from nsc.sandbox.oracle import ProgramOracle as ProgramOracle
from nsc.sandbox.outcome import MEANING as MEANING
from nsc.sandbox.outcome import Outcome as Outcome
from nsc.sandbox.price import Price as Price
from nsc.sandbox.price import fuel_of as fuel_of
from nsc.sandbox.price import price_of as price_of
from nsc.sandbox.roles import KINDS as KINDS
from nsc.sandbox.roles import Disagreement as Disagreement
from nsc.sandbox.roles import (
    signature_disagreements as signature_disagreements,
)
from nsc.sandbox.run import Execution as Execution
from nsc.sandbox.run import RunLimits as RunLimits
from nsc.sandbox.run import run as run
from nsc.sandbox.state import State as State
from nsc.sandbox.state import state_of as state_of
from nsc.sandbox.static_storage import Storage as Storage
from nsc.sandbox.undefined import OF_NULL as OF_NULL
from nsc.sandbox.undefined import Undefined as Undefined
from nsc.sandbox.undefined import undefined_behaviour as undefined_behaviour
