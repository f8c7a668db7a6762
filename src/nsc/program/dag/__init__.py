"""Symbolic evaluation of a Program into an expression DAG. Must not know how code runs, or networks."""

from nsc.program.dag.ast import EMPTY as EMPTY
from nsc.program.dag.ast import Ast as Ast
from nsc.program.dag.ast import Definitions as Definitions
from nsc.program.dag.builder import Builder as Builder
from nsc.program.dag.graph import EVALUATE as EVALUATE
from nsc.program.dag.graph import OP_INDEX as OP_INDEX
from nsc.program.dag.graph import OPS as OPS
from nsc.program.dag.graph import TRUTHS as TRUTHS
from nsc.program.dag.graph import Dag as Dag
from nsc.program.dag.graph import Unsupported as Unsupported
from nsc.program.dag.graph import are_sound as are_sound
from nsc.program.dag.graph import bind_inputs as bind_inputs
from nsc.program.dag.graph import evaluate as evaluate
from nsc.program.dag.graph import evaluate_nodes as evaluate_nodes


def dag_of(program) -> Dag | Unsupported:
    """Evaluate a Program symbolically (see symbolic.py)."""
    from nsc.program.dag.symbolic import symbolic_dag

    return symbolic_dag(program)


def definitions_of(source: str) -> Definitions:
    """Read the functions of a closed text."""
    from nsc.program.dag.symbolic import read_definitions

    return read_definitions(source)


def dag_of_definitions(definitions: Definitions, signature, domain) -> Dag | Unsupported:
    """Evaluate a function symbolically whose syntax is known, as `dag_of` does one that is read from text."""
    from nsc.program.dag.symbolic import evaluate_definitions

    return evaluate_definitions(definitions, signature, domain)
