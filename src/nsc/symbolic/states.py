"""States of symbolic memory, and how two of them become one where branches meet.

In: cells, truths. Out: `State`. Non-goals: places (memory.py), which statements leave
(statements.py).

A truth is a plain False or True where it is known, else the node of a truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nsc.graph import Builder
from nsc.symbolic.values import Path, Value, choose

Truth = int | bool
Cells = dict[tuple[int, Path], Value]


@dataclass
class State:
    """Memory, by object and path, and the ways control has left.

    Args:
        cells: scalars and pointers; what was never written has none.
        returned: whether the running function has returned.
        broken: whether the innermost loop or switch was left.
        continued: whether the innermost loop's body was left.
    """

    cells: Cells = field(default_factory=dict)
    returned: Truth = False
    broken: Truth = False
    continued: Truth = False

    def copy(self) -> State:
        """Return a state that changes apart from this one."""
        return State(
            dict(self.cells), self.returned, self.broken, self.continued
        )

    def running(self) -> State:
        """Return a copy in which control has not left."""
        return State(dict(self.cells))

    def stopped(self, b: Builder) -> Truth:
        """Return whether control has left, in whatever way."""
        if (
            self.returned is False
            and self.broken is False
            and self.continued is False
        ):
            return False
        has_left = either(b, self.returned, self.broken)
        return either(b, has_left, self.continued)

    def become(self, other: State) -> None:
        """Take over another state's memory and flags."""
        self.cells = other.cells
        self.returned = other.returned
        self.broken = other.broken
        self.continued = other.continued


def settled(b: Builder, node: int) -> Truth:
    """Return a plain bool where a truth node is a constant."""
    value = b.value(node)
    return node if value is None else value != 0


def either(b: Builder, x: Truth, y: Truth) -> Truth:
    """Return `x || y`."""
    if isinstance(x, bool):
        return True if x else y
    if isinstance(y, bool):
        return True if y else x
    return settled(b, b.make("OR", x, y))


def both(b: Builder, x: Truth, y: Truth) -> Truth:
    """Return `x && y`."""
    if isinstance(x, bool):
        return y if x else False
    if isinstance(y, bool):
        return x if y else False
    return settled(b, b.make("AND", x, y))


def opposite(b: Builder, x: Truth) -> Truth:
    """Return `!x`."""
    return (not x) if isinstance(x, bool) else settled(b, b.make("NOT", x))


def merge(
    b: Builder, condition: int, yes: State, no: State, first: int
) -> State:
    """Return the state after `condition ? yes : no`.

    Args:
        first: objects numbered from here on belong to the running function; their
            cells do not matter on a side where the function has surely returned.
    """
    cells = _merged_cells(b, condition, yes, no, first)
    returned = _merged_flag(b, condition, yes.returned, no.returned)
    broken = _merged_flag(b, condition, yes.broken, no.broken)
    continued = _merged_flag(b, condition, yes.continued, no.continued)
    return State(cells, returned, broken, continued)


def _merged_cells(
    b: Builder, condition: int, yes: State, no: State, first: int
) -> Cells:
    gone_yes = yes.returned is True
    gone_no = no.returned is True
    one_side_is_gone = gone_yes != gone_no
    cells: Cells = {}
    # a set of keys would take an order of its own each time Python starts
    for key in yes.cells | no.cells:
        with_yes = yes.cells.get(key)
        with_no = no.cells.get(key)
        if with_yes is None or with_no is None:
            cells[key] = no.cells[key] if with_yes is None else with_yes
        elif with_yes is with_no:
            cells[key] = with_yes
        elif one_side_is_gone and key[0] >= first:
            cells[key] = with_no if gone_yes else with_yes
        else:
            cells[key] = choose(b, condition, with_yes, with_no)
    return cells


def _merged_flag(b: Builder, condition: int, yes: Truth, no: Truth) -> Truth:
    if isinstance(yes, bool) and yes is no:
        return yes
    with_yes = both(b, condition, yes)
    with_no = both(b, opposite(b, condition), no)
    return either(b, with_yes, with_no)


def resume(
    b: Builder, stopped: int, before: State, after: State, first: int
) -> State:
    """Merge a state that had partly stopped with the one in which the rest went on.

    `stopped` already holds wherever a flag of `before` does, so flags need no
    condition.

    Args:
        first: as of `merge`.
    """
    surely_gone = before.broken is False and before.continued is False
    yes = State(before.cells, surely_gone or before.returned)
    merged = merge(b, stopped, yes, State(after.cells), first)
    running = opposite(b, stopped)
    merged.returned = either(
        b, before.returned, both(b, running, after.returned)
    )
    merged.broken = either(b, before.broken, both(b, running, after.broken))
    merged.continued = either(
        b, before.continued, both(b, running, after.continued)
    )
    return merged
