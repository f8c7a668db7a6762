"""What is not C as nsc reads it, and yet is something that people write: named.

In: an item's text. Out: a refusal that says what it is and what to do. Non-goals:
reading it.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax import child, text_of

_QUOTED = re.compile(r"\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?")
_CPP = re.compile(
    r"""(?P<template>\btemplate\s*<) | (?P<namespace>\bnamespace\b[\s\w:]*[{;=])
      | (?P<class>\bclass\s+\w+\s*(?:final\s*)?[:{;]) | (?P<scope>::)
      | (?P<cast>\b(?:static|dynamic|const|reinterpret)_cast\s*<)
      | (?P<operator>\boperator\s*[-+*/%=<>!(\[])""",
    re.VERBOSE,
)
_REFERENCE = re.compile(r"[\w>]\s*&\s*\w*\s*[,)]")
_SAID = {
    "template": "a template",
    "namespace": "a namespace",
    "class": "a class",
    "scope": "'::'",
    "cast": "a C++ cast",
    "operator": "an operator of its own",
    "reference": "a reference",
}


def cpp_in(text: str) -> str | None:
    """Return what in a text is C++ and no C, "a template"; None if nothing is."""
    found = _CPP.search(text)
    if found is None:
        return None
    bare = _CPP.search(_QUOTED.sub('""', text))
    return None if bare is None else _SAID[bare.lastgroup or "scope"]


def said_of_cpp(what: str) -> str:
    """Return the message of a refusal."""
    return (
        f"this is C++ ({what}), and nsc reads C: write the function in C, with"
        " pointers for references"
    )


def dialect(node: Node) -> Refusal | None:
    """Refuse an item that is C++, or old C, by that name."""
    found = cpp_in(text_of(node))
    if found is None and node.has_error and node.type == "function_definition":
        head = text_of(child(node, "declarator"))
        found = _SAID["reference"] if _REFERENCE.search(head) else None
    if found is not None:
        return Refusal("is_cpp", said_of_cpp(found), node)
    if _old_parameters(node):
        what = (
            "a type is left out in this definition, which C before 1989 takes for int:"
            " write what the function returns, and the type of each parameter"
        )
        return Refusal("implicit_int", what, node)
    return None


def _old_parameters(node: Node) -> list[Node]:
    """List the declarations in `double f(a, b) double a; {...}`.

    Definitions that declare all are written anew before (syntax/old_style.py).
    """
    if node.type != "function_definition":
        return []
    return [part for part in node.named_children if part.type == "declaration"]
