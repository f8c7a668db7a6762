"""Nodes as sums of multiples of other nodes.

In: nodes. Out: terms, and nodes again.
"""

from __future__ import annotations

from nsc.graph.builder import DagBuilder

# how often each node is taken; None stands for the constant
Terms = dict[int | None, float]
_DEPTH = 8


def terms_of(
    b: DagBuilder, node: int, scale: float = 1.0, depth: int = _DEPTH
) -> Terms:
    """Write a node as multiples of others, looking so many operations deep.

    Example: of `3 * x - (y + 2)` it is {x: 3, y: -1, None: -2}.
    """
    known = b.value(node)
    if known is not None:
        return {None: known * scale}
    op = b.op(node)
    children = b.children(node)
    if op == "NEG":
        return terms_of(b, children[0], -scale, depth)
    if op == "MUL":
        return _terms_of_product(b, node, scale, depth)
    if op not in ("ADD", "SUB") or not depth:
        return {node: scale}
    found = terms_of(b, children[0], scale, depth - 1)
    other_scale = -scale if op == "SUB" else scale
    for atom, count in terms_of(
        b, children[1], other_scale, depth - 1
    ).items():
        found[atom] = found.get(atom, 0.0) + count
    return {
        atom: count for atom, count in found.items() if count or atom is None
    }


def _terms_of_product(
    b: DagBuilder, node: int, scale: float, depth: int
) -> Terms:
    left, right = b.children(node)
    for factor, x in ((b.value(left), right), (b.value(right), left)):
        if factor is not None:
            return terms_of(b, x, scale * factor, depth)
    return {node: scale}


def sum_of(b: DagBuilder, terms: Terms) -> int:
    """Return the node that `terms_of` takes apart."""
    found = b.literal(terms.get(None, 0.0))
    for atom, count in terms.items():
        if atom is not None:
            found = b.make("ADD", found, b.make("MUL", atom, b.literal(count)))
    return found


def atoms_of(terms: Terms) -> list[int]:
    """List the nodes of a sum, without the constant."""
    return [atom for atom in terms if atom is not None]


def constant_of(terms: Terms) -> float:
    """Return the constant of a sum."""
    return terms.get(None, 0.0)
