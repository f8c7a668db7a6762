"""A file's characters -> plain characters, of the same length, ready to be cut.

In: the text of a file. Out: text of printable ASCII and line ends, its last line ended,
no token cut in two by a folded line.
Non-goals: comments, directives.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_REMEMBERED = 1024  # files

_AS_BLANKS = str.maketrans("\t\f\v", "   ")
_PLAIN = bytes((10, 13, *range(0x20, 0x7F)))
_ODD = re.compile(r"[^\n\r\x20-\x7e]")
# a folded line inside a word or an operator: it may as well stand behind it
_FOLD = re.compile(r"(?:\\\r?\n)+")
_FOLDED = re.compile(
    rf"(?P<word>(?:{_FOLD.pattern}\w+)+)|(?:{_FOLD.pattern}[-+*/%&|^=<>!.#:]+)+"
)
_WORD_BEFORE = re.compile(r"\w")
_OPERATOR_BEFORE = re.compile(r"[-+*/%&|^=<>!.#:]")


def with_line_end(text: str) -> str:
    """Return text whose last line is ended."""
    return text if text.endswith("\n") else text + "\n"


@lru_cache(maxsize=MAX_REMEMBERED)
def plain_text(text: str) -> str:
    """Return a file's text as it is cut, every character where it was.

    Odd characters become `?` and other blanks spaces. A folded line inside a token goes
    behind it: in C, `FO\\` and `O` on the next line are one name.
    """
    text = without_odd_characters(with_line_end(text))
    return _FOLDED.sub(_fold_behind_token, text)


def without_odd_characters(text: str) -> str:
    """Return text in which only printable ASCII and line ends are left.

    Its length does not change.
    """
    text = text.translate(_AS_BLANKS)
    # whether there is something to do is told in a tenth of the time of doing it
    is_plain = text.isascii() and not text.encode().translate(None, _PLAIN)
    return text if is_plain else _ODD.sub("?", text)


def _fold_behind_token(found: re.Match[str]) -> str:
    before = _WORD_BEFORE if found["word"] else _OPERATOR_BEFORE
    is_inside = found.start() > 0 and before.match(
        found.string, found.start() - 1
    )
    folds: list[str] = _FOLD.findall(found[0])
    rest = _FOLD.sub("", found[0])
    if is_inside:
        return rest + "".join(folds)
    return folds[0] + rest + "".join(folds[1:])
