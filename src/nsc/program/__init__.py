"""C text -> Program: signature, closed text, scalar view, domain, normalised text, expression DAG.

Pure functions from text to frozen values. Must not know how code runs, networks, or the file system.
"""

from nsc.program.ctype import Array as Array
from nsc.program.ctype import CType as CType
from nsc.program.ctype import Pointer as Pointer
from nsc.program.ctype import Scalar as Scalar
from nsc.program.ctype import Struct as Struct
from nsc.program.ctype import Void as Void
from nsc.program.dag import Dag as Dag
from nsc.program.dag import Unsupported as Unsupported
from nsc.program.desugar import scalar_entry as scalar_entry
from nsc.program.domain import as_returned as as_returned
from nsc.program.domain import draw_inputs as draw_inputs
from nsc.program.domain import parse_ranges as parse_ranges
from nsc.program.domain import with_whole_inputs as with_whole_inputs
from nsc.program.expanded import Include as Include
from nsc.program.interface import signature_types as signature_types
from nsc.program.ir import Domain as Domain
from nsc.program.ir import Leaf as Leaf
from nsc.program.ir import Param as Param
from nsc.program.ir import Piece as Piece
from nsc.program.ir import Program as Program
from nsc.program.ir import Signature as Signature
from nsc.program.ir import Unit as Unit
from nsc.program.load import FunctionOverview as FunctionOverview
from nsc.program.load import Listed as Listed
from nsc.program.load import list_functions as list_functions
from nsc.program.load import list_programs as list_programs
from nsc.program.load import parse_program as parse_program
from nsc.program.preprocess import MAX_SOURCE_BYTES as MAX_SOURCE_BYTES
from nsc.program.refusal import Refusal as Refusal
