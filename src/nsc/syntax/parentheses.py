"""Text whose products may be read as casts -> text in which none can be.

C cannot be parsed without knowing which names are types: `(a) * b` is a product, or a
cast of `*b`; `(f(x)) - b` a difference, or a cast of `-b` to a function type. A parser
without a table of types must guess: what tree-sitter makes of these depends on what
stands around them, and `(a*(b*c)) - d` is a cast to it. So parentheses around an
operand alone are blanked before it sees them, where the operand's name is no type.

In: text without directives, the names that are types. Out: text of the same length
and value, where every character but moved factors is at its own offset. Non-goals:
parsing; types that are not names.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from nsc.syntax.brackets import Brackets

MAX_LONE_PARENTHESES = 32
_OPENING = re.compile(r"\(\s*([A-Za-z_]\w*)\s*(?=[()\[*])")
_FACTOR = re.compile(r"\*\s*(?=\()")
_LIKE_PARAMETERS = re.compile(r"\([\s(]*[A-Za-z_][\w\s,*()\[\]]*")
_ADDED = re.compile(r"\)\s*[-+*&]")
_BEFORE_OPERAND = frozenset("-+*/%=(,?:<>&|!{;~^[")
# before a product: they group it, or it begins a statement
_TIGHT = frozenset("*/%!~{;")
_CAST = re.compile(r"\(\s*((?:\w+\s+)*\w+)[\s*]*\)\s*\Z")
_LONGEST_CAST = 80  # characters
_RETURN = re.compile(r"\breturn\Z")
_OPERAND = re.compile(r"\s*[\w\"'{]")
_TYPEDEF = re.compile(
    r"typedef(?<!\wtypedef)\b[^;{]*+(?:\{[^{}]*+\})?+[^;{]*+;"
)
_TYPEDEF_NAME = re.compile(
    r"typedef[^;{]*(?:\{[^{}]*\})?[^;{]*?\b(\w+)\s*(?:\[[^;]*\])?\s*;"
)
TYPE_WORDS = frozenset(
    "void char short int long float double signed unsigned bool _Bool size_t float_t"
    " double_t".split()
) | {f"{u}int{bits}_t" for u in ("", "u") for bits in (8, 16, 32, 64)}


class Product(NamedTuple):
    """Where a product `(a*(b*c))` opens, its first star, and its last parenthesis."""

    start: int
    star: int
    end: int


def typedef_names(text: str) -> list[str]:
    """List the names that typedefs of a text define, but those of functions."""
    names: list[str] = []
    for found in _TYPEDEF.findall(text):
        is_of_function = found[:-1].rstrip().endswith(")")
        if not is_of_function:
            names += _TYPEDEF_NAME.findall(found)
    return names


def without_ambiguous_parentheses(text: str, types: Collection[str]) -> str:
    """Rewrite what may be a cast and is none, as its name is no type.

    Example: `(a) * b` gives ` a  * b`, and `x * (a*(b*c)) - d` gives
    `x * ((b*c)*a) - d`. `(a) b` can only be a cast, and stays.

    Args:
        text: without directives.
        types: the names that are types besides C's own.
    """
    known = TYPE_WORDS.union(types)
    # parentheses inside those that one round blanks are the next round's
    for _ in range(MAX_LONE_PARENTHESES):
        before = text
        text = _one_round(text, known)
        if before == text:
            break
    return text


def _one_round(text: str, types: frozenset[str]) -> str:
    """Blank the outer parentheses of `(a)`, `(f(x))`, `(v[i])`, `(g(x)[i](y))`.

    Those of `(a*(b*c))`, too, where nothing binds tighter: `(b*c)` may be the
    parameters of a function type. Behind `*`, `/` and `%` they group, and blanking them
    would change the value; there the factors change places, which makes no type. What
    is inside such a product is left for the next round.
    """
    brackets = Brackets(text)
    blanks: list[int] = []
    products: list[Product] = []
    for found in _OPENING.finditer(text):
        start = found.start()
        if found.group(1) in types:
            continue
        before = _before_operand(text, start)
        is_behind_cast = not before and _is_behind_cast(text, start, types)
        if not before and not is_behind_cast:
            continue
        at = brackets.behind_suffixes(found.end())
        if at is None:
            continue
        if text[at : at + 1] == ")":
            is_cast = _OPERAND.match(text, at + 1)
            if not is_cast and not is_behind_cast:
                blanks += [start, at]
            continue
        end = _end_of_product(text, at, brackets)
        if end is None:
            continue
        if before not in _TIGHT and not is_behind_cast:
            blanks += [start, end]
        elif not products or start > products[-1].end:
            products.append(Product(start, at, end))
    return _swapped(_blanked(text, sorted(blanks)), products)


def _before_operand(text: str, at: int) -> str:
    """Return the operator, bracket or `return` that an operand stands behind.

    It is "" where the parenthesis stands behind another operand: then it opens the
    arguments of a call.
    """
    while at and text[at - 1].isspace():
        at -= 1
    if text[at - 1 : at] in _BEFORE_OPERAND:
        return text[at - 1]
    return "return" if _RETURN.search(text, max(0, at - 7), at) else ""


def _is_behind_cast(text: str, at: int, types: frozenset[str]) -> bool:
    """Say whether a parenthesis stands right behind a cast to a type that is known."""
    found = _CAST.search(text, max(0, at - _LONGEST_CAST), at)
    return found is not None and types.issuperset(found[1].split())


def _end_of_product(text: str, star: int, brackets: Brackets) -> int | None:
    """Return where `(a*(b*c))` ends, if it may be a type and what follows its operand.

    It may be one where `(b*c)` looks like parameters, and a sign or star follows.
    """
    factor = _FACTOR.match(text, star)
    if factor is None:
        return None
    opening = factor.end()
    end = brackets.behind(opening)
    if end is None or not _ADDED.match(text, end):
        return None
    inside = text[opening:end].rstrip()
    return end if _LIKE_PARAMETERS.fullmatch(inside) else None


def _blanked(text: str, places: list[int]) -> str:
    """Put a blank at each of some places."""
    starts = [0, *(place + 1 for place in places)]
    ends = [*places, len(text)]
    return " ".join(text[a:b] for a, b in zip(starts, ends, strict=True))


def _swapped(text: str, products: list[Product]) -> str:
    """Write `((b*c)*a)` for `(a*(b*c))`, which has the same value and cannot be a type.

    Args:
        text: what the products stand in.
        products: one behind another.
    """
    parts: list[str] = []
    at = 0
    for start, star, end in products:
        up_to_parenthesis = text[at : start + 1]
        first_factor = text[start + 1 : star]
        second_factor = text[star + 1 : end]
        parts += [up_to_parenthesis, second_factor, "*", first_factor]
        at = end
    return "".join([*parts, text[at:]])
