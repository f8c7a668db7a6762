"""Expression DAGs: the graph, its builder, simplification, ranges, numbers as bits.

Knows no C.
"""

from nsc.graph.bits.conversion import as_integer as as_integer
from nsc.graph.bits.conversion import wrapped as wrapped
from nsc.graph.bits.fields import field_of as field_of
from nsc.graph.bits.formats import FROM as FROM
from nsc.graph.bits.formats import SLACK as SLACK
from nsc.graph.bits.integers import bitwise as bitwise
from nsc.graph.bits.integers import complement as complement
from nsc.graph.bits.numbers import from_field as from_field
from nsc.graph.builder import MAX_NODES as MAX_NODES
from nsc.graph.builder import DagBuilder as DagBuilder
from nsc.graph.builder import Rules as Rules
from nsc.graph.dag import EVALUATE as EVALUATE
from nsc.graph.dag import OP_INDEX as OP_INDEX
from nsc.graph.dag import OPS as OPS
from nsc.graph.dag import TRUTHS as TRUTHS
from nsc.graph.dag import Dag as Dag
from nsc.graph.dag import Unsupported as Unsupported
from nsc.graph.dag import are_sound as are_sound
from nsc.graph.dag import bind_inputs as bind_inputs
from nsc.graph.dag import evaluate as evaluate
from nsc.graph.dag import evaluate_nodes as evaluate_nodes
from nsc.graph.simplify import STANDARD as STANDARD
from nsc.graph.simplify import Builder as Builder

# what the symbolic room calls them
word = field_of
from_word = from_field
