"""Closed text -> the text a CompNet reads: canonical names, one space between tokens.

In: closed text. Out: str. Two programs that differ in names, layout or comments give
the same text. Non-goals: semantics (see `nsc.graph`).
"""

from __future__ import annotations

from collections.abc import Sequence

from nsc.text import BLANKS, HEADER_OF, kind_of, words

_KEYWORDS = frozenset(
    """
        auto break case char const continue default do double else enum extern float for
        goto if inline int long register restrict return short signed sizeof static
        struct switch typedef union unsigned void volatile while _Bool _Complex true
        false NULL
    """.split()
)
_DROPPED = frozenset(
    ["static", "inline", "extern", "register", "restrict", "const"]
)


def normalise(source: str, function: str, parameters: Sequence[str]) -> str:
    """Spell the closed text of a function canonically.

    Inputs and other parameters become p0, p1, ..., the entry function f0, every other
    name v0, v1, ... in order of appearance; storage classes and qualifiers are dropped.

    Example: "static double lerp(double a, double b) { return a+b; }" gives
    "double f0 ( double p0 , double p1 ) { return p0 + p1 ; }".

    Args:
        source: closed text with every macro expanded.
        function: the entry function's name.
        parameters: its parameters' names, in order.
    """
    names = {function: "f0"}
    names |= {name: f"p{k}" for k, name in enumerate(parameters)}
    found = words(source)
    # each word is spelled once; names are numbered in order of appearance
    spelled = {word: _spelled(word, names) for word in dict.fromkeys(found)}
    return " ".join(filter(None, map(spelled.__getitem__, found)))


def _spelled(word: str, names: dict[str, str]) -> str:
    """Spell one token, "" where it is left out; a new name enters the table."""
    kind = kind_of(word)
    if kind in BLANKS or word in _DROPPED:
        return ""
    if kind == "name" and word not in _KEYWORDS and word not in HEADER_OF:
        return names.setdefault(word, f"v{len(names)}")
    return word
