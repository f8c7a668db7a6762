"""Conditions between inputs: "a < b && a + b < 1" -> a tree, its truth, its C.

In: text, the inputs' names. Out: `Condition`. Non-goals: which inputs are drawn
(program).

The language is that of C's expressions on doubles: comparisons, && || !, + - * /,
parentheses, and the functions of `FUNCTIONS`. 7 / 2 is 3.5, whatever the inputs' types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nsc.errors import DomainError

MOST_CHARACTERS = 400  # so that compilers can nest its C
DEEPEST = 32  # of parentheses, calls and signs inside each other
MOST_NAMED = 12  # inputs in a message
EXAMPLE = "'a < b'"
_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*)"
    r"|(?P<operator>&&|\|\||[<>=!]=|[-+*/<>!(),])"
)
_SPACE = re.compile(r"\s*")
COMPARISONS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_ARITHMETIC = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_LOGIC = {"&&": np.logical_and, "||": np.logical_or}
# what binds less comes first
_LEVELS = (("||",), ("&&",), tuple(COMPARISONS), ("+", "-"), ("*", "/"))
_OF_TWO: Mapping[str, Callable[..., np.ndarray]] = {
    **COMPARISONS,
    **_ARITHMETIC,
    **_LOGIC,
}


@dataclass(frozen=True)
class Function:
    """A function that conditions may call: in numpy, and in C's <math.h>."""

    compute: Callable[..., np.ndarray]
    in_c: str
    arguments: int = 1


FUNCTIONS = {
    "abs": Function(np.fabs, "fabs"),
    "fabs": Function(np.fabs, "fabs"),
    "sqrt": Function(np.sqrt, "sqrt"),
    "exp": Function(np.exp, "exp"),
    "log": Function(np.log, "log"),
    "log10": Function(np.log10, "log10"),
    "floor": Function(np.floor, "floor"),
    "ceil": Function(np.ceil, "ceil"),
    "sin": Function(np.sin, "sin"),
    "cos": Function(np.cos, "cos"),
    "tan": Function(np.tan, "tan"),
    "min": Function(np.fmin, "fmin", 2),
    "max": Function(np.fmax, "fmax", 2),
    "fmin": Function(np.fmin, "fmin", 2),
    "fmax": Function(np.fmax, "fmax", 2),
    "pow": Function(np.power, "pow", 2),
    "hypot": Function(np.hypot, "hypot", 2),
    "fmod": Function(np.fmod, "fmod", 2),
    "atan2": Function(np.arctan2, "atan2", 2),
}


@dataclass(frozen=True)
class Term:
    """A number, an input, or an operation on others.

    Args:
        kind: "number", "input", "call", "minus", "!" or an operator.
        value: of a number.
        index: of an input.
        function: that is called, of `FUNCTIONS`.
    """

    kind: str
    operands: tuple[Term, ...] = ()
    value: float = 0.0
    index: int = 0
    function: str = ""

    @property
    def is_truth(self) -> bool:
        """Whether it is true or false, and no number."""
        return self.kind == "!" or self.kind in {**COMPARISONS, **_LOGIC}

    def values(self, x: Any, library: Any = np) -> Any:
        """Return its value at each of `n i` inputs.

        Args:
            library: whose arrays they are; it calls its functions as numpy does.
        """
        if self.kind == "number":
            return library.full(len(x), self.value)
        if self.kind == "input":
            return x[:, self.index]
        found = [operand.values(x, library) for operand in self.operands]
        if self.kind == "minus":
            return -found[0]
        if self.kind == "!":
            return library.logical_not(found[0])
        compute = _OF_TWO.get(self.kind)
        if compute is None:
            compute = FUNCTIONS[self.function].compute
        return getattr(library, compute.__name__)(*found)

    def in_c(self, inputs: Sequence[str]) -> str:
        """Write it in C; `inputs` are expressions of the inputs as doubles."""
        if self.kind == "number":
            return repr(self.value)
        if self.kind == "input":
            return inputs[self.index]
        parts = [operand.in_c(inputs) for operand in self.operands]
        if self.kind == "call":
            return f"{FUNCTIONS[self.function].in_c}({', '.join(parts)})"
        if self.kind == "minus":
            return f"(-{parts[0]})"
        if self.kind == "!":
            return f"(!{parts[0]})"
        return f"({parts[0]} {self.kind} {parts[1]})"

    @property
    def has_calls(self) -> bool:
        """Whether its C needs <math.h>."""
        return self.kind == "call" or any(o.has_calls for o in self.operands)


@dataclass(frozen=True)
class Condition:
    """What inputs must fulfil.

    Args:
        text: as its user wrote it.
    """

    text: str
    term: Term

    def holds(self, x: np.ndarray) -> np.ndarray:
        """Say of `n i` inputs in the program's units which fulfil it."""
        with np.errstate(all="ignore"):
            return self.term.values(x) != 0


def to_json(condition: Condition) -> Any:
    """Return plain values."""
    return [condition.text, _term_to_json(condition.term)]


def _term_to_json(term: Term) -> Any:
    if term.kind == "number":
        return term.value
    if term.kind == "input":
        return [term.kind, term.index]
    kind = f"{term.function}()" if term.kind == "call" else term.kind
    return [kind, *map(_term_to_json, term.operands)]


def from_json(found: Any, n_inputs: int) -> Condition:
    """Read back what `to_json` gave.

    Raises:
        ValueError, KeyError, TypeError: it is something else.
    """
    text, term = found
    if not isinstance(text, str):
        raise ValueError(f"expected a condition's text; found {text!r:.60}")
    return Condition(text, _term_from_json(term, n_inputs))


def _term_from_json(found: Any, n_inputs: int) -> Term:
    if isinstance(found, int | float):
        return Term("number", value=float(found))
    kind, *parts = found
    if kind == "input":
        [index] = parts
        if index not in range(n_inputs):
            raise ValueError(f"a condition speaks of input {index!r:.60}")
        return Term(kind, index=index)
    operands = tuple(_term_from_json(part, n_inputs) for part in parts)
    function = ""
    if kind.endswith("()"):
        function = kind.removesuffix("()")
        kind = "call"
    taken = FUNCTIONS[function].arguments if function else _operands(kind)
    if len(operands) != taken:
        raise ValueError(f"a condition's '{kind}' has {len(operands)} parts")
    return Term(kind, operands, function=function)


def _operands(kind: str) -> int:
    """Return how many operands an operator takes."""
    if kind in ("minus", "!"):
        return 1
    if kind not in _OF_TWO:
        raise ValueError(f"a condition has an operator '{kind:.60}'")
    return 2


def parse_condition(
    text: str,
    inputs: Sequence[str],
    fixed: Mapping[str, float],
    *,
    argument: str = "where",
    between: str = "inputs",
) -> Condition:
    """Read a condition.

    Args:
        inputs: names of what it is between, in order.
        fixed: the values of inputs that have one.
        argument: what messages call it.
        between: what they call what it is between.

    Raises:
        DomainError: it is none; says where, what was expected and what was found.
    """
    if not isinstance(text, str):
        raise DomainError(
            f"{argument} must be conditions between {between}, like {EXAMPLE}; found"
            f" {text!r}"
        )
    if len(text) > MOST_CHARACTERS:
        raise DomainError(
            f"{argument} must have at most {MOST_CHARACTERS} characters a condition; found"
            f" {len(text)}: divide it into several"
        )
    return Condition(
        " ".join(text.split()),
        _Parser(text, inputs, fixed, (argument, between)).condition(),
    )


class _Parser:
    """Reads one condition, by precedence."""

    def __init__(
        self,
        text: str,
        inputs: Sequence[str],
        fixed: Mapping[str, float],
        called: tuple[str, str],
    ):
        self.called = called
        self.text = text
        self.inputs = list(inputs)
        self.fixed = fixed
        self.at = 0  # behind the next token
        self.start = 0  # where it begins
        self.depth = 0
        self.kind = ""  # of the next token; "" is the end
        self.token = ""
        self._advance()

    def condition(self) -> Term:
        found = self._binary(0)
        if self.kind:
            raise self._unexpected("an operator, or the end")
        if not found.is_truth and found.kind != "input":
            raise self._refused("it is a number: compare it with something")
        return found

    def _advance(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.start = space.end() if space else self.at
        self.kind = ""
        self.token = ""
        if self.start == len(self.text):
            return
        found = _TOKEN.match(self.text, self.start)
        if found is None:
            self.token = self.text[self.start]
            raise self._unexpected("a name, a number or an operator")
        self.kind = found.lastgroup or ""
        self.token = found.group()
        self.at = found.end()

    def _binary(self, level: int) -> Term:
        """Read operators of a level and of those that bind more."""
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self.token in _LEVELS[level]:
            operator = self.token
            if operator in COMPARISONS and left.kind in COMPARISONS:
                raise self._refused(
                    "two comparisons in a row: write a < b && b < c"
                )
            self._advance()
            right = self._binary(level + 1)
            if operator not in _LOGIC:
                self._expect_numbers(operator, left, right)
            left = Term(operator, (left, right))
        return left

    def _expect_numbers(self, operator: str, *operands: Term) -> None:
        if any(operand.is_truth for operand in operands):
            raise self._refused(
                f"'{operator}' takes numbers, and here it has a condition: mind the"
                " parentheses, as in !(a < b)"
            )

    def _unary(self) -> Term:
        operator = self.token
        if operator not in ("-", "+", "!"):
            return self._primary()
        self._advance()
        operand = self._nested(self._unary)
        if operator == "!":
            return Term("!", (operand,))
        self._expect_numbers(operator, operand)
        return Term("minus", (operand,)) if operator == "-" else operand

    def _nested(self, read: Callable[[], Term]) -> Term:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._refused(f"it is nested more than {DEEPEST} deep")
        found = read()
        self.depth -= 1
        return found

    def _primary(self) -> Term:
        if self.kind == "number":
            value = float(self.token)
            if not math.isfinite(value):
                raise self._refused(f"no double holds {self.token}")
            self._advance()
            return Term("number", value=value)
        if self.kind == "name":
            return self._named()
        if self.token != "(":
            raise self._unexpected("an input, a number or '('")
        self._advance()
        found = self._nested(lambda: self._binary(0))
        self._expect(")")
        return found

    def _named(self) -> Term:
        """Read an input, what is fixed, or a call."""
        name = self.token
        start = self.start
        self._advance()
        if self.token == "(":
            return self._call(name, start)
        if name in self.inputs:
            return Term("input", index=self.inputs.index(name))
        if name in self.fixed:
            return Term("number", value=self.fixed[name])
        names = ", ".join([*self.inputs, *self.fixed][:MOST_NAMED])
        self.start = start
        kind = "an input" if self.called[1] == "inputs" else "one of these"
        raise self._refused(
            f"'{name}' is not {kind}; {self.called[1]} are {names}"
        )

    def _call(self, name: str, start: int) -> Term:
        function = FUNCTIONS.get(name)
        if function is None:
            self.start = start
            names = ", ".join(FUNCTIONS)
            raise self._refused(f"no function '{name}'; there are {names}")
        self._advance()
        arguments = [self._nested(lambda: self._binary(0))]
        while self.token == ",":
            self._advance()
            arguments.append(self._nested(lambda: self._binary(0)))
        self._expect(")")
        after = self.start
        self.start = start
        self._expect_numbers(name, *arguments)
        if len(arguments) != function.arguments:
            raise self._refused(
                f"'{name}' takes {function.arguments}; found {len(arguments)}"
            )
        self.start = after
        return Term("call", tuple(arguments), function=name)

    def _expect(self, token: str) -> None:
        if self.token != token:
            raise self._unexpected(f"'{token}'")
        self._advance()

    def _unexpected(self, wanted: str) -> DomainError:
        found = f"'{self.token}'" if self.token else "the end"
        return self._refused(f"expected {wanted}; found {found}")

    def _refused(self, what: str) -> DomainError:
        return DomainError(
            f"{self.called[0]} must be a condition between {self.called[1]}, like"
            f" {EXAMPLE}; '{self.text}', column {self.start + 1}: {what}"
        )
