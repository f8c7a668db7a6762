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
from nsc.deploy.fixed_point.exporter import notes_of

FIXED_POINT: Mapping[str, FixedPointExporter] = {
    kind.name: FixedPointExporter(kind) for kind in (Q15, Q31)
}


def fixed_point_notes(files: Mapping[str, bytes]) -> list[str]:
    """Return what a report says of the integer C among exported files."""
    notes: list[str] = []
    for row in FIXED_POINT.values():
        if row.file_name in files:
            notes += notes_of(row.file_name, files[row.file_name])
    return notes
