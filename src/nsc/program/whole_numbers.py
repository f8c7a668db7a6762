"""Integer arithmetic of C on ranges of values, as far as it is certain.

In: operators, operands' types and ranges. Out: ranges, None where nothing is known.
Non-goals: numbers with a fraction.
"""

from __future__ import annotations

from nsc.program.paths import Range
from nsc.syntax import INT, CType, Scalar

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
SIZE = Scalar("size_t", "int", 64, signed=False)


def is_integer(ctype: CType | None) -> bool:
    return isinstance(ctype, Scalar) and ctype.kind == "int"


def converted(value: Range | None, ctype: CType | None) -> Range | None:
    """Return a value as one of an integer type; None where that would change it."""
    if value is None or not isinstance(ctype, Scalar) or ctype.kind != "int":
        return None
    least, largest = ctype.limits
    return value if least <= value[0] and value[1] <= largest else None


def common_type(left: CType | None, right: CType | None) -> CType | None:
    """Return the type in which C computes with two numbers; None if unknown."""
    if not isinstance(left, Scalar) or not isinstance(right, Scalar):
        return None
    if "float" in (left.kind, right.kind):
        return max(
            (t for t in (left, right) if t.kind == "float"),
            key=lambda t: t.bits,
        )
    a = promoted(left)
    b = promoted(right)
    if a.bits != b.bits:
        return max(a, b, key=lambda t: t.bits)
    return b if a.signed else a


def promoted(ctype: Scalar) -> Scalar:
    return INT if ctype.kind == "bool" or ctype.bits < INT.bits else ctype


def type_of_binary(
    operator: str, left: CType | None, right: CType | None
) -> CType | None:
    if operator in _COMPARISONS or operator in ("&&", "||"):
        return INT
    if operator in ("<<", ">>"):
        return promoted(left) if isinstance(left, Scalar) else None
    return common_type(left, right)


def binary(
    operator: str, left: Range, right: Range, computed_in: CType | None
) -> Range | None:
    """Return the values of `a op b`.

    Args:
        operator: any.
        left, right: the operands' values.
        computed_in: the type that both are converted to first.
    """
    a = converted(left, computed_in)
    b = converted(right, computed_in)
    if a is None or b is None:
        return None
    if operator in _COMPARISONS:
        return compared(operator, a, b)
    if operator in ("+", "-", "*"):
        return converted(_extremes(operator, a, b), computed_in)
    if a[0] != a[1] or b[0] != b[1]:
        return None
    exact = _exact(operator, a[0], b[0])
    return None if exact is None else converted((exact, exact), computed_in)


def _extremes(operator: str, a: Range, b: Range) -> Range:
    if operator == "+":
        ends = [x + y for x in a for y in b]
    elif operator == "-":
        ends = [x - y for x in a for y in b]
    else:
        ends = [x * y for x in a for y in b]
    return min(ends), max(ends)


def _exact(operator: str, a: int, b: int) -> int | None:
    if operator in ("/", "%") and b != 0:
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if operator == "/" else a - b * quotient
    if operator == "<<" and a >= 0 and 0 <= b < 32:
        return a << b
    if operator == ">>" and a >= 0 and 0 <= b < 32:
        return a >> b
    if operator == "&":
        return a & b
    if operator == "|":
        return a | b
    return a ^ b if operator == "^" else None


def compared(operator: str, a: Range, b: Range) -> Range | None:
    """Return the outcome of a comparison, (1, 1) or (0, 0), where it is certain."""
    if operator in (">", ">="):
        return compared("<" if operator == ">" else "<=", b, a)
    if operator == "!=":
        equal = compared("==", a, b)
        return None if equal is None else (1 - equal[0], 1 - equal[0])
    if operator == "==":
        holds = a == b and a[0] == a[1]
        fails = a[1] < b[0] or b[1] < a[0]
    elif operator == "<":
        holds = a[1] < b[0]
        fails = a[0] >= b[1]
    else:
        holds = a[1] <= b[0]
        fails = a[0] > b[1]
    if holds:
        return 1, 1
    return (0, 0) if fails else None
