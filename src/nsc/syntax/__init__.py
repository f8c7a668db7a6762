"""Expanded text -> typed items: syntax trees, C types, file-scope items, signatures.

Must not know what may become a surrogate, or what a program computes.
"""

from nsc.syntax.constants import constant as constant
from nsc.syntax.ctype import DOUBLE as DOUBLE
from nsc.syntax.ctype import FLOAT as FLOAT
from nsc.syntax.ctype import INT as INT
from nsc.syntax.ctype import Array as Array
from nsc.syntax.ctype import BitField as BitField
from nsc.syntax.ctype import CType as CType
from nsc.syntax.ctype import Pointer as Pointer
from nsc.syntax.ctype import Scalar as Scalar
from nsc.syntax.ctype import Struct as Struct
from nsc.syntax.ctype import Union as Union
from nsc.syntax.ctype import Void as Void
from nsc.syntax.ctype import is_anonymous as is_anonymous
from nsc.syntax.ctype import scalar_count as scalar_count
from nsc.syntax.definitions import enter as enter
from nsc.syntax.definitions import scope_of as scope_of
from nsc.syntax.definitions import type_definitions as type_definitions
from nsc.syntax.facts import announced_by_type as announced_by_type
from nsc.syntax.facts import facts_of as facts_of
from nsc.syntax.module import Module as Module
from nsc.syntax.module import parse_module as parse_module
from nsc.syntax.old_style import with_prototypes as with_prototypes
from nsc.syntax.scope import Scope as Scope
from nsc.syntax.sections import Item as Item
from nsc.syntax.signature import Domain as Domain
from nsc.syntax.signature import Leaf as Leaf
from nsc.syntax.signature import Param as Param
from nsc.syntax.signature import Signature as Signature
from nsc.syntax.tree import MAX_TREE_DEPTH as MAX_TREE_DEPTH
from nsc.syntax.tree import MalformedTree as MalformedTree
from nsc.syntax.tree import changing_declarators as changing_declarators
from nsc.syntax.tree import child as child
from nsc.syntax.tree import declarators_of as declarators_of
from nsc.syntax.tree import declared_name as declared_name
from nsc.syntax.tree import first_error as first_error
from nsc.syntax.tree import has_specifier as has_specifier
from nsc.syntax.tree import is_const as is_const
from nsc.syntax.tree import is_too_deep as is_too_deep
from nsc.syntax.tree import operator_of as operator_of
from nsc.syntax.tree import optional_child as optional_child
from nsc.syntax.tree import parameters_of as parameters_of
from nsc.syntax.tree import plain_tree as plain_tree
from nsc.syntax.tree import syntax_tree as syntax_tree
from nsc.syntax.tree import text_of as text_of
from nsc.syntax.tree import type_of_operand as type_of_operand
from nsc.syntax.tree import walk as walk
from nsc.syntax.types import base_type as base_type
from nsc.syntax.types import declare as declare
from nsc.syntax.types import named_type as named_type
