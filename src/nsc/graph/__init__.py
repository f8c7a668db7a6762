"""Expression DAGs: the graph, its builder, exact simplification, ranges, numbers as
bits. Knows no C.
"""

from nsc.graph.bits.fields import FROM as FROM
from nsc.graph.bits.fields import SLACK as SLACK
from nsc.graph.bits.fields import as_integer as as_integer
from nsc.graph.bits.fields import word as word
from nsc.graph.bits.integers import bitwise as bitwise
from nsc.graph.bits.integers import complement as complement
from nsc.graph.bits.numbers import from_word as from_word
from nsc.graph.builder import MAX_NODES as MAX_NODES
from nsc.graph.builder import Builder as Builder
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
