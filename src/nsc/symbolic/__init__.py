"""C -> graph: closed text, run on symbolic inputs, becomes an expression DAG.

Must not know how code runs, or networks. Another source language comes in by
`Definitions`: it makes `Ast` of its own, as the table in ast.py says, and hands them to
`dag_of_definitions`. Inside the room `b` is the `Builder`, as in the graph's own rules:
formulas name it several times a line, and their nodes are what is to be read.
"""

from nsc.symbolic.ast import EMPTY as EMPTY
from nsc.symbolic.ast import Ast as Ast
from nsc.symbolic.ast import Definitions as Definitions
from nsc.symbolic.ast import Kind as Kind
from nsc.symbolic.ast import float_of as float_of
from nsc.symbolic.definitions import definitions_of as definitions_of
from nsc.symbolic.evaluate import DagLimits as DagLimits
from nsc.symbolic.evaluate import dag_of as dag_of
from nsc.symbolic.evaluate import dag_of_definitions as dag_of_definitions
