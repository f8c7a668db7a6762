"""The rule of every kind of node that can stand in the body of a function.

A kind that has none is refused by name, for a write that is overlooked makes a wrong
signature.

In: nothing. Out: `RULES`. Non-goals: the rules themselves.
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.program.calls import call
from nsc.program.compiler import Rule, children_in_order, no_access
from nsc.program.expressions import (
    assignment,
    binary_expression,
    cast,
    comma,
    conditional,
    literal,
    parenthesised,
    sizeof,
    unary,
    update,
)
from nsc.program.loops import for_loop, while_loop
from nsc.program.places import an_object
from nsc.program.statements import (
    block,
    break_rule,
    case_rule,
    continue_rule,
    declaration,
    expression_statement,
    goto,
    if_rule,
    labelled,
    return_rule,
    switch,
    type_definition,
    type_specifier,
)
from nsc.refusal import Refusal

# Declarations, types and attributes, which may hold the length of an array or an
# argument; and lists of expressions.
_READ_IN_ORDER = """
    abstract_array_declarator abstract_function_declarator
    abstract_parenthesized_declarator abstract_pointer_declarator alignas_qualifier
    alignof_expression argument_list array_declarator attribute attribute_specifier
    attributed_declarator bitfield_clause compound_literal_expression
    concatenated_string else_clause enumerator enumerator_list
    extension_expression field_declaration field_declaration_list field_designator
    function_declarator init_declarator initializer_list initializer_pair
    macro_type_specifier ms_based_modifier ms_declspec_modifier parameter_declaration
    parameter_list parenthesized_declarator pointer_declarator
    subscript_designator subscript_range_designator type_descriptor type_qualifier
    attributed_statement
""".split()
# The items that hold them are refused by name (`REFUSED_NODES`, and syntax errors in
# purity.py), with a better message than one of this pass.
_REFUSED_ANYWAY = """
    ERROR attribute_declaration generic_expression gnu_asm_clobber_list
    gnu_asm_expression gnu_asm_goto_list gnu_asm_input_operand
    gnu_asm_input_operand_list gnu_asm_output_operand gnu_asm_output_operand_list
    gnu_asm_qualifier offsetof_expression seh_except_clause seh_finally_clause
    seh_leave_statement seh_try_statement
""".split()
_WITHOUT_ACCESS = """
    character comment escape_sequence
    false field_identifier ms_call_modifier ms_pointer_modifier
    ms_restrict_modifier ms_signed_ptr_modifier ms_unaligned_ptr_modifier
    ms_unsigned_ptr_modifier null primitive_type sized_type_specifier
    statement_identifier storage_class_specifier string_content
    string_literal true type_identifier variadic_parameter
""".split()
_OBJECTS = (
    "identifier",
    "subscript_expression",
    "field_expression",
    "pointer_expression",
)

_TYPES = ("enum_specifier", "struct_specifier", "union_specifier")

RULES: dict[str, Rule] = {
    **dict.fromkeys(_READ_IN_ORDER, children_in_order),
    **dict.fromkeys(_REFUSED_ANYWAY, children_in_order),
    **dict.fromkeys(_WITHOUT_ACCESS, no_access),
    **dict.fromkeys(_OBJECTS, an_object),
    **dict.fromkeys(_TYPES, type_specifier),
    "assignment_expression": assignment,
    "binary_expression": binary_expression,
    "break_statement": break_rule,
    "call_expression": call,
    "case_statement": case_rule,
    "cast_expression": cast,
    "char_literal": literal,
    "comma_expression": comma,
    "compound_statement": block,
    "conditional_expression": conditional,
    "continue_statement": continue_rule,
    "declaration": declaration,
    "do_statement": while_loop,
    "expression_statement": expression_statement,
    "for_statement": for_loop,
    "goto_statement": goto,
    "if_statement": if_rule,
    "labeled_statement": labelled,
    "number_literal": literal,
    "parenthesized_expression": parenthesised,
    "return_statement": return_rule,
    "sizeof_expression": sizeof,
    "switch_statement": switch,
    "type_definition": type_definition,
    "unary_expression": unary,
    "update_expression": update,
    "while_statement": while_loop,
}


def rule_of(node: Node) -> Rule:
    """Return how a node is compiled.

    Raises:
        Refusal: `unsupported_syntax`, for a kind that is not known to stand in bodies.
    """
    rule = RULES.get(node.type)
    if rule is None:
        kind = node.type.replace("_", " ")
        what = f"'{kind}' is not supported inside a function"
        raise Refusal("unsupported_syntax", what, node)
    return rule
