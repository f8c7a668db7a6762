"""C text -> Program: its closed text, scalar view, domain, normalised text, DAG.

Pure functions from text to frozen values. Must not know how code runs, networks, or the
file system.
"""

from nsc.conditions import Condition as Condition
from nsc.conditions import Term as Term
from nsc.conditions import parse_condition as parse_condition
from nsc.program.callee import CALLS as CALLS
from nsc.program.callee import SEEN as SEEN
from nsc.program.callee import Callee as Callee
from nsc.program.callee import callee_of as callee_of
from nsc.program.domain import LogRange as LogRange
from nsc.program.domain import checked_ranges as checked_ranges
from nsc.program.domain import missing_ranges as missing_ranges
from nsc.program.domain import parse_fixed as parse_fixed
from nsc.program.domain import parse_ranges as parse_ranges
from nsc.program.domain import stated_range as stated_range
from nsc.program.drawing import Drawing as Drawing
from nsc.program.drawing import Sample as Sample
from nsc.program.drawing import Table as Table
from nsc.program.entry import scalar_entry as scalar_entry
from nsc.program.exits import EXIT_SITE as EXIT_SITE
from nsc.program.exits import ExitCall as ExitCall
from nsc.program.exits import with_marked_exits as with_marked_exits
from nsc.program.linking import missing_names as missing_names
from nsc.program.listing import Listed as Listed
from nsc.program.listing import list_programs as list_programs
from nsc.program.load import parse_program as parse_program
from nsc.program.narrow import narrowed as narrowed
from nsc.program.overview import Asked as Asked
from nsc.program.overview import FunctionOverview as FunctionOverview
from nsc.program.overview import list_functions as list_functions
from nsc.program.pointer_sizes import (
    with_twofold_pointers as with_twofold_pointers,
)
from nsc.program.portable import PortableNames as PortableNames
from nsc.program.probe import Probe as Probe
from nsc.program.probe import as_held as as_held
from nsc.program.probe import has_cells as has_cells
from nsc.program.probe import probe_of as probe_of
from nsc.program.program import COMMAND as COMMAND
from nsc.program.program import Program as Program
from nsc.program.prototype import embedded_text as embedded_text
from nsc.program.prototype import has_namesake as has_namesake
from nsc.program.prototype import renamed_text as renamed_text
from nsc.program.prototype import signature_types as signature_types
from nsc.program.reread import with_text as with_text
from nsc.program.static_sections import STATIC_BOUNDS as STATIC_BOUNDS
from nsc.program.static_sections import Watched as Watched
from nsc.program.static_sections import watched as watched
from nsc.program.static_storage import StaticVariable as StaticVariable
from nsc.program.static_storage import advice_on_state as advice_on_state
from nsc.program.unit import Piece as Piece
from nsc.program.unit import Unit as Unit
from nsc.program.units import as_returned as as_returned
from nsc.program.units import count_inputs as count_inputs
from nsc.program.units import draw_inputs as draw_inputs
from nsc.program.units import every_input as every_input
from nsc.program.units import is_drawn as is_drawn
from nsc.program.units import normalised as normalised
from nsc.program.units import with_whole_inputs as with_whole_inputs
from nsc.program.variables import variables_given as variables_given
from nsc.program.widths import with_long_of_64_bits as with_long_of_64_bits
from nsc.symbolic import DagLimits as DagLimits
