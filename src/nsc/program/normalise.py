"""A Program -> the text a CompNet reads: comments gone, names canonical, one space between tokens.

In: Program. Out: str. Two programs that differ in names, layout or comments give the same text.
Non-goals: semantics (see dag).
"""

from __future__ import annotations

from nsc.program.ir import Program
from nsc.program.standard import HEADER_OF
from nsc.program.tokens import is_blank, tokenize

_KEYWORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int
    long register restrict return short signed sizeof static struct switch typedef union unsigned
    void volatile while _Bool _Complex true false NULL""".split()
)
_DROPPED = frozenset(["static", "inline", "extern", "register", "restrict", "const"])


def normalise(program: Program) -> str:
    """Spell a program's closed source canonically.

    Inputs and other parameters become p0, p1, ..., the entry function f0, every other name v0,
    v1, ... in order of appearance; storage classes and qualifiers are dropped.

    Example: "static double lerp(double a, double b) { return a+b; }" gives
    "double f0 ( double p0 , double p1 ) { return p0 + p1 ; }".
    """
    names = {program.name: "f0"}
    names |= {param.name: f"p{k}" for k, param in enumerate(program.signature.params)}
    words: list[str] = []
    for token in tokenize(program.source):
        if is_blank(token) or token.text in _DROPPED:
            continue
        if token.kind == "name" and token.text not in _KEYWORDS and token.text not in HEADER_OF:
            words.append(names.setdefault(token.text, f"v{len(names)}"))
        else:
            words.append(token.text)
    return " ".join(words)
