"""Surrogates as integer C, for microcontrollers without floating point.

`FIXED_POINT` lists the formats. `network` rounds a surrogate to integers and evaluates it
as the C does, bit for bit; `arithmetic` has the rounding and the table of tanh, `scaling`
inputs and outputs, `c_text` the C, `cost` its size, `exporter` the rows of `EXPORTERS`.
"""

from collections.abc import Mapping

from nsc.deploy.fixed_point.arithmetic import Q15, Q31
from nsc.deploy.fixed_point.exporter import (
    FixedPointExporter as FixedPointExporter,
)
from nsc.deploy.fixed_point.exporter import (
    fixed_point_notes as fixed_point_notes,
)

FIXED_POINT: Mapping[str, FixedPointExporter] = {
    kind.name: FixedPointExporter(kind) for kind in (Q15, Q31)
}
