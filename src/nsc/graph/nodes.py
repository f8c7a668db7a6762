"""The nodes of a DAG in the making, one for each operation on the same children.

In: operations, literals, inputs. Out: node numbers, in the order of their making, so
that children come before parents. Non-goals: simplification (see rules.py).
"""

from __future__ import annotations

import math

Range = tuple[
    float, float
]  # the lowest and the highest value that a node can take
UNKNOWN: Range = (-math.inf, math.inf)  # also of what may not be a number
LEAVES = ("LIT", "IN", "NAN")

# ("ADD", 3, 5), ("LIT", 0.5), ("IN", 2) or ("NAN",): what makes two nodes the same one
Key = tuple[str | float, ...]


class Nodes:
    """A hash-consed table of nodes: parallel lists, indexed by a node's number.

    Attributes:
        ops: each node's operation.
        children: each node's arguments; none of a leaf.
        numbers: the number that a node is, None where it depends on an input.
        slots: which input an IN node is.
        index: the node of each key.
    """

    def __init__(self) -> None:
        """Make an empty table."""
        self.ops: list[str] = []
        self.children: list[tuple[int, ...]] = []
        self.numbers: list[float | None] = []
        self.slots: dict[int, int] = {}
        self.index: dict[Key, int] = {}

    def __len__(self) -> int:
        """Count the nodes."""
        return len(self.ops)

    def add(
        self,
        key: Key,
        op: str,
        children: tuple[int, ...] = (),
        number: float | None = None,
    ) -> int:
        """Append a node that is not in the table yet."""
        node = len(self.ops)
        self.ops.append(op)
        self.children.append(children)
        self.numbers.append(number)
        self.index[key] = node
        return node

    def needed(self, roots: list[int]) -> list[int]:
        """List the nodes that some nodes are made of, and these, children first."""
        found = set(roots)
        for node in range(
            max(roots), -1, -1
        ):  # children are made before their parents
            if node in found:
                found.update(self.children[node])
        return sorted(found)
