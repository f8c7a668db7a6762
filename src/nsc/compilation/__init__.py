"""Surrogate compilation: an oracle, starts and a budget -> a verified surrogate.

Knows no C.
"""

from nsc.compilation.calibration import (
    FEWEST_CALIBRATING as FEWEST_CALIBRATING,
)
from nsc.compilation.calibration import LEVEL as LEVEL
from nsc.compilation.calibration import Calibration as Calibration
from nsc.compilation.calibration import calibrate as calibrate
from nsc.compilation.config import CompilationConfig as CompilationConfig
from nsc.compilation.ensemble import FEWEST_LEARNED as FEWEST_LEARNED
from nsc.compilation.ensemble import finetune_ensemble as finetune_ensemble
from nsc.compilation.given import Given as Given
from nsc.compilation.growth import Round as Round
from nsc.compilation.growth import plan_next as plan_next
from nsc.compilation.growth import reason_to_give_up as reason_to_give_up
from nsc.compilation.oracle import FAR as FAR
from nsc.compilation.oracle import TRAINING as TRAINING
from nsc.compilation.oracle import VERIFICATION as VERIFICATION
from nsc.compilation.oracle import Examples as Examples
from nsc.compilation.oracle import Source as Source
from nsc.compilation.oracle import drawn as drawn
from nsc.compilation.race import MemberResult as MemberResult
from nsc.compilation.race import Rung as Rung
from nsc.compilation.race import finetune_member as finetune_member
from nsc.compilation.rounds import Compilation as Compilation
from nsc.compilation.rounds import Progress as Progress
from nsc.compilation.rounds import (
    surrogate_compilation as surrogate_compilation,
)
from nsc.compilation.sizes import finetune_sized as finetune_sized
from nsc.compilation.sizes import modelled_ns as modelled_ns
from nsc.compilation.start import Start as Start
from nsc.compilation.taught import Teach as Teach
from nsc.compilation.taught import finetune_taught as finetune_taught
from nsc.compilation.taught import no_teacher as no_teacher
