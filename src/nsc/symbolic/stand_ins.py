"""What a function without a body probably computes, told by its name.

A name is embedded as a bag of its words and of their three-letter pieces; the nearest
name of a lexicon with as many arguments stands in for it: a function of the standard
library, or one of lexicon.c. In: a name, a number of arguments.
Out: `StandIn`, or None where no name is near. What that is worth: benchmarks/names.
Non-goals: reading calls.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nsc.symbolic import calls
from nsc.symbolic.ast import Ast
from nsc.symbolic.definitions import definitions_of

NEAR = 0.5  # the least cosine; chosen on training programs
_LEXICON = Path(__file__).with_name("lexicon.c")
_ENTRY = re.compile(r"/\*([^*]*)\*/\ndouble (\w+)\(([^)]*)\)")
_PIECE = 3
_FILLER = frozenset(
    """
        an the of to from in by is get set calc compute eval evaluate my do make new old
        fast quick approx approximate exact native half float double single real fl db
        vec vector scalar simd sse math maths util utils helper impl internal inline
        static fn func function filter value val number num lib base simple basic std
        generic
    """.split()
)
# what a name of digits and single letters alone must reach: "j0", but not "p1"
_SAME = 0.999
# what fillers and single letters, digits and words of no lexicon's name count
_LITTLE = 0.15
_UNKNOWN = 0.5


@dataclass(frozen=True)
class StandIn:
    """What stands in for a function without a body.

    Args:
        name: the nearest one in the lexicon.
        cosine: how near it is, 1 being the same words.
        function: its syntax, where lexicon.c defines it; None for a function of the
            standard library.
    """

    name: str
    cosine: float
    function: Ast | None = None


class _Name(NamedTuple):
    """A name of the lexicon.

    Args:
        alias: the name.
        arity: how many arguments the function takes.
        defined: the function of lexicon.c; None for the standard library.
    """

    alias: str
    arity: int
    defined: str | None


class _Entry(NamedTuple):
    """A name of the lexicon, and the weights of its words and pieces."""

    name: _Name
    embedding: dict[str, float]


@cache
def stand_in(name: str, arity: int) -> StandIn | None:
    """Find what stands in for a function of `arity` arguments, all of them numbers."""
    lexicon = _lexicon()
    asked = lexicon.embed(name)
    says_something = any(map(_is_telling, words_of(name)))
    best = None
    highest = NEAR if says_something else _SAME
    for entry in lexicon.entries:
        if entry.name.arity == arity:
            cosine = _product(asked, entry.embedding)
            if cosine > highest + 1e-9:
                best = entry.name
                highest = cosine
    if best is None:
        return None
    cosine = min(highest, 1.0)
    if best.defined is None:
        return StandIn(best.alias, cosine)
    return StandIn(best.defined, cosine, lexicon.functions[best.defined])


def _product(a: dict[str, float], b: dict[str, float]) -> float:
    """Return the scalar product of two embeddings."""
    return sum(weight * b.get(piece, 0.0) for piece, weight in a.items())


class _Lexicon:
    """Names with their embeddings, and the syntax of those that lexicon.c defines."""

    def __init__(self, text: str):
        names = [
            _Name(name, arity, None)
            for name, arity in calls.names_of_numbers()
        ]
        names += _names_in(text)
        self.functions = definitions_of(text).functions
        self._words = {word for name in names for word in words_of(name.alias)}
        plain = {name.alias: self._bag(name.alias) for name in names}
        self._found_in = Counter(
            piece for bag in plain.values() for piece in bag
        )
        self._n_names = len(plain)
        self.entries = [
            _Entry(name, self._weighed(plain[name.alias])) for name in names
        ]

    def embed(self, name: str) -> dict[str, float]:
        """Return the weights of a name's words and pieces, of unit length.

        It is empty where the name says nothing.
        """
        return self._weighed(self._bag(name))

    def _bag(self, name: str) -> dict[str, float]:
        """Weigh a name's words, and the pieces of each half as much together."""
        bag: dict[str, float] = {}
        for spelled in words_of(name):
            word = self._without_suffix(spelled)
            pieces = _pieces(word)
            weight = self._weight(word)
            bag[f"={word}"] = bag.get(f"={word}", 0.0) + weight
            for piece in pieces:
                share = 0.5 * weight / math.sqrt(len(pieces))
                bag[piece] = bag.get(piece, 0.0) + share
        return bag

    def _without_suffix(self, word: str) -> str:
        """Leave out a suffix that says the type: "sinf" is "sin"."""
        is_known = word in self._words
        has_suffix = word[-1] in "dfil" and word[:-1] in self._words
        return word[:-1] if has_suffix and not is_known else word

    def _weight(self, word: str) -> float:
        if not _is_telling(word):
            return _UNKNOWN if word.isdigit() else _LITTLE
        return 1.0 if word in self._words else _UNKNOWN

    def _weighed(self, bag: dict[str, float]) -> dict[str, float]:
        """Weigh pieces by how rare they are, and scale to unit length."""
        weighed = {piece: w * self._rarity(piece) for piece, w in bag.items()}
        length = math.sqrt(sum(w * w for w in weighed.values()))
        return (
            {piece: w / length for piece, w in weighed.items()}
            if length
            else {}
        )

    def _rarity(self, piece: str) -> float:
        return math.log1p(self._n_names / self._found_in.get(piece, 0.7))


def _names_in(text: str) -> list[_Name]:
    """List the functions of lexicon.c, each under its own name and its others."""
    names = []
    for others, own, parameters in _ENTRY.findall(text):
        arity = parameters.count(",") + 1
        for alias in (own, *others.split(",")):
            names.append(_Name(alias.strip(), arity, own))
    return names


@cache
def _lexicon() -> _Lexicon:
    return _Lexicon(_LEXICON.read_text())


def words_of(name: str) -> list[str]:
    """Cut an identifier into lower-case words and digits; `deg2rad` is "deg to rad".

    Example: "fastInvSqrt_f32" gives fast, inv, sqrt, f, 32.
    """
    name = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name
    ).lower()
    name = re.sub(
        r"(?<=[a-z]{2})2(?=[a-z]{2})|(?<=\b[a-z])2(?=[a-z]\b)", "_to_", name
    )
    return re.findall(r"[a-z]+|\d+", name)


def _is_telling(word: str) -> bool:
    return len(word) > 1 and word.isalpha() and word not in _FILLER


def _pieces(word: str) -> list[str]:
    """List the three-letter pieces of a word, its ends marked; short words have none."""
    if len(word) <= 2:
        return []
    spelled = f"^{word}$"
    return [spelled[k : k + _PIECE] for k in range(len(spelled) - _PIECE + 1)]
