"""Names of a program as a language allows them.

In: a program's names, a language's rules. Out: identifiers, no two the same. Non-goals:
which names are needed (function).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

MOST_CHARACTERS = (
    50  # of a name; Fortran has 63, and something may be put behind it
)
_SELECTED = re.compile(r"\W+")


def _behind(name: str) -> str:
    return f"{name}_"


@dataclass
class Names:
    """Gives out identifiers.

    "w[0][1]" becomes w_0_1, "p.x" p_x, "return" result; a letter beyond ASCII becomes its
    number. A name that is taken gets a number behind it.

    Args:
        keywords: of the language, and what its files make use of.
        escaped: spells a name that is a keyword.
        folds_case: whether `a` and `A` are the same name.
        prefix: of names that begin with an underscore; "" leaves them.
        most: characters that a name may have.
    """

    keywords: Collection[str]
    escaped: Callable[[str], str] = _behind
    folds_case: bool = False
    prefix: str = ""
    most: int = 200
    taken: set[str] = field(default_factory=set[str])

    def give(self, name: str, *, again: str = "") -> str:
        """Return an identifier for a program's name, and keep it.

        Args:
            again: what is put behind a name that is taken, before a number is.
        """
        plain = self._plain(name)
        tried = plain
        if self._is_taken(tried) and again:
            tried = f"{plain}_{again}"
        number = 2
        while self._is_taken(tried):
            tried = f"{plain}_{number}"
            number += 1
        self.taken.add(self._folded(tried))
        is_keyword = self._folded(tried) in self.keywords
        return self.escaped(tried) if is_keyword else tried

    def _is_taken(self, name: str) -> bool:
        is_keyword = self._folded(name) in self.keywords
        spelled = self.escaped(name) if is_keyword else name
        wanted = {self._folded(name), self._folded(spelled)}
        if not wanted.isdisjoint(self.taken):
            return True
        return spelled != name and self._folded(spelled) in self.keywords

    def _folded(self, name: str) -> str:
        return name.lower() if self.folds_case else name

    def _plain(self, name: str) -> str:
        if name == "return":
            return "result"
        named = re.sub(r"^return\b", "result", name)
        parts = [part for part in _SELECTED.split(named) if part]
        letters = "".join(map(_in_ascii, "_".join(parts)))[: self.most]
        if letters.startswith("_") and self.prefix:
            letters = f"{self.prefix}{letters}"
        return letters


def _in_ascii(letter: str) -> str:
    return letter if letter.isascii() else f"u{ord(letter):x}"
