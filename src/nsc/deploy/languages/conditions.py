"""Conditions between inputs in any language.

In: terms, a language's spelling of operators and functions. Out: its expressions.
Non-goals: which functions there are (nsc.conditions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nsc.conditions import FUNCTIONS, Term

_INFIX = ("<", "<=", ">", ">=", "==", "!=", "+", "-", "*", "/", "&&", "||")


@dataclass(frozen=True)
class Syntax:
    """How a language spells terms of doubles.

    Args:
        operators: those that are spelled otherwise than in C: a sign, or a format of
            both sides.
        calls: functions by their names in C: a format of their arguments, as in
            "{0}.hypot({1})"; others are called as in C.
        number: spells a constant.
    """

    number: Callable[[float], str]
    operators: Mapping[str, str] = field(default_factory=dict[str, str])
    calls: Mapping[str, str] = field(default_factory=dict[str, str])

    def truth(self, term: Term, inputs: Sequence[str]) -> str:
        """Write whether a term holds: a number does where it is not zero."""
        if not term.is_truth:
            term = Term("!=", (term, Term("number")))
        return self.spelled(term, inputs)

    def spelled(self, term: Term, inputs: Sequence[str]) -> str:
        """Write a term; `inputs` are expressions of the inputs."""
        if term.kind == "number":
            return self.number(term.value)
        if term.kind == "input":
            return inputs[term.index]
        is_logic = term.kind in ("!", "&&", "||")
        spelled = self.truth if is_logic else self.spelled
        parts = [spelled(operand, inputs) for operand in term.operands]
        if term.kind == "call":
            called = FUNCTIONS[term.function].in_c
            form = self.calls.get(called)
            if form is None:
                return f"{called}({', '.join(parts)})"
            return form.format(*parts)
        if term.kind in ("minus", "!"):
            sign = (
                "-" if term.kind == "minus" else self.operators.get("!", "!")
            )
            return f"({sign}{parts[0]})"
        assert term.kind in _INFIX, f"an operator '{term.kind}'"
        own = self.operators.get(term.kind, term.kind)
        if "{" in own:
            return own.format(*parts)
        return f"({parts[0]} {own} {parts[1]})"


def functions_in(term: Term) -> set[str]:
    """List the functions that a term calls, by their names in C, and "/" if it divides."""
    own: set[str] = set()
    if term.kind == "call":
        own.add(FUNCTIONS[term.function].in_c)
    if term.kind == "/":
        own.add("/")
    return own.union(*map(functions_in, term.operands))
