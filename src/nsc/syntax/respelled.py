"""C that the grammar of the parser lacks -> C of the same length that it has.

In: text without directives. Out: text of the same length, for the parser alone.
Non-goals: what may be a cast (parentheses.py).

`typeof(x + 1) y;` becomes `enum{$=x + 1} y;`: the grammar has no expression in a type
but there. `typeof(double)` becomes `double`; `typeof(int *) p, q;` stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from nsc.syntax.parentheses import TYPE_WORDS

# the constant of the enumerations that stand for types of expressions: no C's own
TYPE_OF = "$"
TYPE_OF_WORDS = frozenset(
    "typeof __typeof __typeof__ typeof_unqual __typeof_unqual __typeof_unqual__".split()
)
_STRING = r"\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
_INTEGERS = (
    r"(?:(?:const|volatile|unsigned|signed|int|long|short|char|_Bool|bool"
    r"|u?int(?:8|16|32|64)_t)\s+)*"
    r"(?:unsigned|signed|int|long|short|char|_Bool|bool|u?int(?:8|16|32|64)_t)"
)
_WIDTH = r"[^;:,{}\"']+"
_UNNAMED = re.compile(
    rf"{_STRING}|(?<=[;{{])(?P<whole>\s*{_INTEGERS}\s*:{_WIDTH};)"
    rf"|(?P<part>,\s*:{_WIDTH})(?=[,;])"
)
_MAY_BE_UNNAMED = re.compile(r"[\w,]\s*:\s*\w+\s*[;,]")


def without_unnamed_fields(text: str) -> str:
    """Blank bit-fields without a name, `int : 0;`, which hold nothing."""
    if _MAY_BE_UNNAMED.search(text) is None:
        return text
    return _UNNAMED.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    is_string = found["whole"] is None and found["part"] is None
    return found.group() if is_string else " " * len(found.group())


_TYPEOF = re.compile(
    rf"{_STRING}|\b(?P<word>{'|'.join(sorted(TYPE_OF_WORDS))})\s*\("
)
_BRACKET = re.compile(rf"{_STRING}|[()]")
_TYPE_NAME = re.compile(r"\s*(?P<words>\w+(?:\s+\w+)*)(?P<rest>[\s*]*)\Z")
_OPENS_TYPE = re.compile(
    r"\s*(?:(?:const|volatile|restrict)\s+)*(?P<word>[A-Za-z_]\w*)(?P<call>\s*\()?"
)
_COMPOUND = frozenset("struct union enum".split())
_CASTS = re.compile(r"\s*\)")
_OPENING = re.compile(r"\(\s*\Z")
_LONGEST_GAP = 80  # characters
_ENDS_VALUE = re.compile(r";\s*\}\s*\)")
_PRODUCT = re.compile(
    rf"{_STRING}|(?<=[;{{}}])(?P<first>\s*(?P<name>[A-Za-z_]\w*))"
    r"(?P<star>\s*\*\s*)(?=[A-Za-z_*][^;{}]*;\s*\}\s*\))"
)
_NO_FACTORS = frozenset("return else do case goto".split())


def with_products_as_values(text: str, types: Collection[str]) -> str:
    """Write `({ ...; a * b; })`, which reads as a declaration of b, as `a *+b`.

    Args:
        types: the names that are types besides C's own.
    """
    if _ENDS_VALUE.search(text) is None:
        return text
    known = TYPE_WORDS.union(types, _NO_FACTORS)

    def signed(found: re.Match[str]) -> str:
        if found["name"] is None or found["name"] in known:
            return found.group()
        star = found["star"]
        blank = star.replace("*", "", 1)
        if blank:
            return found["first"] + blank[1:] + "*+"
        has_room = found["first"][0].isspace()
        return found["first"][1:] + "*+" if has_room else found.group()

    return _PRODUCT.sub(signed, text)


def with_types_of_expressions(text: str, types: Collection[str]) -> str:
    """Write `typeof` as something that the grammar reads as a type everywhere.

    Args:
        types: the names that are types besides C's own.
    """
    if "typeof" not in text:
        return text
    known = TYPE_WORDS.union(types)
    characters = list(text)
    for start, opening, closing in _typeofs(text):
        inner = text[opening + 1 : closing]
        if not _is_type(inner, known):
            head = f"enum{{{TYPE_OF}"
            gap = opening - start - len(head)
            characters[start : opening + 1] = [*head, *" " * gap, "="]
            characters[closing] = "}"
        elif _is_name(text, start, inner, closing):
            characters[start : opening + 1] = " " * (opening + 1 - start)
            characters[closing] = " "
    return "".join(characters)


def _typeofs(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield where each `typeof (...)` starts, opens and closes."""
    for found in _TYPEOF.finditer(text):
        if found["word"] is None:
            continue
        depth = 1
        for bracket in _BRACKET.finditer(text, found.end()):
            depth += {"(": 1, ")": -1}.get(bracket.group(), 0)
            if not depth:
                yield found.start(), found.end() - 1, bracket.start()
                break


def _is_type(inner: str, types: Collection[str]) -> bool:
    found = _OPENS_TYPE.match(inner)
    if found is None:
        return False
    word = found["word"]
    return word in types or word in _COMPOUND or word in TYPE_OF_WORDS


def _is_name(text: str, start: int, inner: str, closing: int) -> bool:
    """Say whether a type means the same without its `typeof ( )`.

    One with stars does in a cast, and not before `p, q`.
    """
    found = _TYPE_NAME.match(inner)
    if found is None:
        return False
    is_cast = _CASTS.match(text, closing + 1) and _OPENING.search(
        text, max(0, start - _LONGEST_GAP), start
    )
    return not found["rest"].strip() or bool(is_cast)
