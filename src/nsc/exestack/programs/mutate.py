"""New programs from real ones.

Constants, operators, calls, subexpressions and the order of arguments are changed.

In: training programs of a data set. Out: C texts; whether they are programs at all,
execution decides.
Non-goals: labels (execute.py), mutating what is held out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tree_sitter import Node

from nsc.exestack.sources.text import GENERATED, SourceText
from nsc.record import read_records
from nsc.syntax import plain_tree, walk

MAX_CHANGES = 3
# How often; all chosen, none measured.
LITERAL_SCALED = 0.7  # times 0.5 to 2; else shifted by up to 1
OPERATOR_SWAPPED = 0.4  # up to
OPERANDS_SWAPPED = 0.6  # up to
OPERAND_KEPT = 0.75  # up to: the other is left out; else the whole is wrapped
CALL_RENAMED = 0.7
_CALLS = (
    ("sin", "cos", "tanh", "atan"),
    ("exp", "cosh", "sinh"),
    ("sqrt", "cbrt", "fabs"),
    ("floor", "ceil", "round"),
    ("fmin", "fmax", "hypot"),
    ("log", "log1p", "log10"),
    ("pow", "fmod", "atan2"),
)
_SWAPS = {
    "+": "-*",
    "-": "+*",
    "*": "+-",
    "/": "*",
    "<": "><=",
    ">": "<>=",
    "<=": ">",
    ">=": "<",
    "&&": ("||",),
    "||": ("&&",),
}
_WRAPS = (
    "fabs({})",
    "sin({})",
    "({}) * ({})",
    "-({})",
    "0.5 * ({})",
    "tanh({})",
    "sqrt(fabs({}))",
    "exp(-fabs({}))",
)
_EXACT = frozenset(
    {
        "subscript_expression",
        "for_statement",
        "array_declarator",
        "case_statement",
        "preproc_def",
    }
)


@dataclass(frozen=True)
class Parent:
    """A real program that mutants are made of."""

    name: str
    function: str
    text: str
    licence: str


def read_parents(folder: Path) -> Iterator[Parent]:
    """Read the real programs of a data set's training split, constants left out."""
    for record in read_records(folder / "train"):
        if record.origin not in GENERATED and "constant" not in record.flags:
            function = record.name.rsplit(":", 1)[1]
            yield Parent(record.name, function, record.text, record.licence)


def mutants(parent: Parent, copies: int, *, seed: int) -> Iterator[SourceText]:
    """Write `copies` mutants of a program, each with one to three changes."""
    for copy in range(copies):
        digest = hashlib.blake2b(
            parent.text.encode(), digest_size=8
        ).hexdigest()
        r = Random(f"nsc-mutant-{seed}-{copy}-{digest}")
        text = parent.text
        for _ in range(r.randint(1, MAX_CHANGES)):
            text = _changed(text, r)
        if text != parent.text:
            yield SourceText(
                "mutated", f"{parent.name}/{copy}", text, parent.licence
            )


def _changed(text: str, r: Random) -> str:
    """Make one change somewhere in a function's body."""
    data = text.encode("latin-1", "replace")
    nodes = [
        node
        for body in filter(_is_body, walk(plain_tree(text)))
        for node in walk(body)
        if node.type in _CHANGES and not _is_exact(node)
    ]
    if not nodes:
        return text
    kind = r.choice(sorted({n.type for n in nodes}))
    node = r.choice([n for n in nodes if n.type == kind])
    made = _CHANGES[kind](node, r)
    if made is None:
        return text
    where, new = made
    changed = new.encode("latin-1", "replace")
    whole = data[: where.start_byte] + changed + data[where.end_byte :]
    return whole.decode("latin-1")


def _is_body(node: Node) -> bool:
    return (
        node.type == "compound_statement"
        and node.parent is not None
        and node.parent.type == "function_definition"
    )


def _is_exact(node: Node) -> bool:
    """Say whether a node counts or indexes.

    Changing it would loop or trap more often than compute.
    """
    at: Node | None = node
    while at is not None and at.type != "compound_statement":
        if at.type in _EXACT:
            return True
        at = at.parent
    return False


def _text(node: Node) -> str:
    assert node.text is not None, "a tree that was parsed from text keeps it"
    return node.text.decode("latin-1")


def _field(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    assert found is not None, f"every {node.type} has a {name}"
    return found


Change = tuple[Node, str]  # what is replaced, by what


def _literal(node: Node, r: Random) -> Change | None:
    text = _text(node)
    if not any(c in text for c in ".eE") or text.lower().startswith("0x"):
        return None
    try:
        value = float(text.rstrip("fFlL"))
    except ValueError:
        return None
    if r.random() < LITERAL_SCALED:
        value *= r.uniform(0.5, 2.0)
    else:
        value += r.uniform(-1.0, 1.0)
    spelled = f"{value:.{r.choice((2, 3, 5))}g}"
    if not any(c in spelled for c in ".e"):
        spelled += ".0"
    suffix = text[-1] if text[-1] in "fF" else ""
    return node, spelled + suffix


def _binary(node: Node, r: Random) -> Change | None:
    operator = _field(node, "operator")
    left = _field(node, "left")
    right = _field(node, "right")
    u = r.random()
    if u < OPERATOR_SWAPPED and _text(operator) in _SWAPS:
        return operator, r.choice(_SWAPS[_text(operator)])
    if u < OPERANDS_SWAPPED and _text(operator) in "-/":
        return node, f"({_text(right)}) {_text(operator)} ({_text(left)})"
    if u < OPERAND_KEPT:
        return node, f"({_text(r.choice((left, right)))})"
    return node, "(" + r.choice(_WRAPS).replace("{}", _text(node)) + ")"


def _call(node: Node, r: Random) -> Change | None:
    function = _field(node, "function")
    arguments = _field(node, "arguments").named_children
    name = _text(function)
    bare = name.removesuffix("f") if name != "erf" else name
    family = next((f for f in _CALLS if bare in f), None)
    if family and r.random() < CALL_RENAMED:
        other = r.choice([f for f in family if f != bare])
        suffix = "f" if bare != name else ""
        return function, other + suffix
    if len(arguments) > 1:
        texts = [_text(a) for a in arguments]
        r.shuffle(texts)
        return node, f"{name}({', '.join(texts)})"
    if family and arguments:
        return node, f"({_text(arguments[0])})"
    return node, f"(-{_text(node)})"


def _conditional(node: Node, r: Random) -> Change | None:
    branch = r.choice(("consequence", "alternative"))
    return node, f"({_text(_field(node, branch))})"


_CHANGES: dict[str, Callable[[Node, Random], Change | None]] = {
    "number_literal": _literal,
    "binary_expression": _binary,
    "call_expression": _call,
    "conditional_expression": _conditional,
}
