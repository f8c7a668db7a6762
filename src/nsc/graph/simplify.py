"""The standard rules, and the builder that has them.

In: the rules of arithmetic and of fields. Out: `Builder`. Non-goals: rules of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from nsc.graph import ranges
from nsc.graph.bits.comparisons import COMPARISONS
from nsc.graph.bits.constants import FOLD_FIELDS
from nsc.graph.bits.formats import FIELD_OPS
from nsc.graph.bits.intervals import range_of_field
from nsc.graph.bits.lowering import without_fields
from nsc.graph.builder import MAX_NODES, DagBuilder, Rules
from nsc.graph.folding import FOLD
from nsc.graph.nodes import Nodes, Range
from nsc.graph.rules import RULES


def _range_of(nodes: Nodes, node: int, earlier: Sequence[Range]) -> Range:
    """Return the range of any node, an operation on fields or not."""
    op = nodes.ops[node]
    if op in FIELD_OPS:
        return range_of_field(
            op, [earlier[child] for child in nodes.children[node]]
        )
    return ranges.range_of(nodes, node, earlier)


STANDARD = Rules(
    simplify={**RULES, **COMPARISONS},
    fold={**FOLD, **FOLD_FIELDS},
    range_of=_range_of,
    passing=FIELD_OPS,
    lower=without_fields,
)


@final
class Builder(DagBuilder):
    """A builder with the standard rules; it adds nothing else."""

    def __init__(
        self,
        n_inputs: int,
        max_nodes: int = MAX_NODES,
        prune: bool = False,
        is_single: bool = False,
    ):
        """Make an empty DAG. Arguments as of `DagBuilder`."""
        super().__init__(n_inputs, STANDARD, max_nodes, prune, is_single)

    @property
    def has_words(self) -> bool:
        """Whether a field of a number was made."""
        return self.has_passing
