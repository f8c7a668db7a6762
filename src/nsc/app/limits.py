"""Conditions as numbers: at most zero where they are fulfilled.

In: conditions between inputs and outputs. Out: `Limit`s, which an optimiser can follow.
Non-goals: their language (program/conditions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.errors import InputError
from nsc.program import Condition, Term

_REVERSED = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
}


@dataclass(frozen=True)
class Limit:
    """A part of a condition, all of whose parts must be fulfilled.

    Args:
        is_negated: whether the term must not hold.
    """

    term: Term
    is_negated: bool = False

    def values(self, z: np.ndarray) -> np.ndarray:
        """Return at most zero where it is fulfilled, at each of `n k` rows.

        Fulfilled beyond all numbers, as x < 1 / 0 is, is fulfilled: zero, which no
        model of it is spoiled by. What is not, or is NaN, stays as it is.
        """
        with np.errstate(all="ignore"):
            found = _value(self.term, z, self.is_negated)
        return np.where(found == -np.inf, 0.0, found)

    def columns(self) -> set[int]:
        """Say which columns it looks at."""
        return _columns(self.term)


def limits_of(conditions: Sequence[Condition]) -> tuple[Limit, ...]:
    """Divide conditions into limits.

    Raises:
        InputError: one asks for equal numbers, which runs never give.
    """
    found: list[Limit] = []
    for condition in conditions:
        parts = _parts(condition.term, False)
        if any(_asks_for_equality(p.term, p.is_negated) for p in parts):
            raise InputError(
                "subject_to must not ask for equal numbers, which runs hardly ever give:"
                f" in '{condition.text}' write abs(a - b) <= 1e-6 in place of a == b"
            )
        found += parts
    return tuple(found)


def _parts(term: Term, is_negated: bool) -> list[Limit]:
    """Divide what must be fulfilled together."""
    if term.kind == "!":
        return _parts(term.operands[0], not is_negated)
    if term.kind == ("||" if is_negated else "&&"):
        return [p for o in term.operands for p in _parts(o, is_negated)]
    return [Limit(term, is_negated)]


def _asks_for_equality(term: Term, is_negated: bool) -> bool:
    if term.kind == "!":
        return _asks_for_equality(term.operands[0], not is_negated)
    if term.kind == ("!=" if is_negated else "=="):
        return True
    is_logic = term.kind in ("&&", "||")
    return is_logic and any(
        _asks_for_equality(o, is_negated) for o in term.operands
    )


def _value(term: Term, z: np.ndarray, is_negated: bool) -> np.ndarray:
    if term.kind == "!":
        return _value(term.operands[0], z, not is_negated)
    if term.kind in ("&&", "||"):
        both = [_value(o, z, is_negated) for o in term.operands]
        is_all = (term.kind == "&&") != is_negated
        return np.maximum(*both) if is_all else np.minimum(*both)
    if not term.is_truth:
        # a number is true where it is not zero
        size = np.abs(term.values(z))
        return size if is_negated else 0.5 - size
    left, right = (operand.values(z) for operand in term.operands)
    kind = _REVERSED[term.kind] if is_negated else term.kind
    if kind in ("<", "<="):
        return left - right
    if kind in (">", ">="):
        return right - left
    return -np.abs(left - right)


def _columns(term: Term) -> set[int]:
    if term.kind == "input":
        return {term.index}
    return set().union(*map(_columns, term.operands))
