"""C -> graph: closed text, run on symbolic inputs, becomes an expression DAG.

Must not know how code runs, or networks.
"""

from nsc.symbolic.ast import EMPTY as EMPTY
from nsc.symbolic.ast import Ast as Ast
from nsc.symbolic.ast import Definitions as Definitions
from nsc.symbolic.ast import Kind as Kind
from nsc.symbolic.ast import float_of as float_of
from nsc.symbolic.definitions import definitions_of as definitions_of
from nsc.symbolic.evaluate import dag_of as dag_of
from nsc.symbolic.evaluate import dag_of_definitions as dag_of_definitions
