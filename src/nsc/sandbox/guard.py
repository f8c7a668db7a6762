"""What text may reach the compiler at all.

In: a Unit. Out: None, or why it is refused. The front end hands in text without
directives; this guard does not trust that. With no directive, pragma, assembly or
attribute in the text, a compiler has no means to open a file. Where a tokenizer could
be fooled (splices, raw strings, odd bytes), the text is refused rather than understood.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, pairwise

from nsc.program import Unit
from nsc.text import BLANKS, kind_of, words

MAX_UNIT_BYTES = 256_000
MAX_NESTING = 200
MAX_TOKEN_BYTES = 4_000

ALLOWED_HEADERS = frozenset(
    """
        math.h float.h limits.h stdint.h stddef.h stdbool.h stdlib.h string.h assert.h
        stdio.h inttypes.h errno.h fenv.h tgmath.h time.h ctype.h stdarg.h
    """.split()
)
_FORBIDDEN_NAME = re.compile(
    r"""(?: _*asm_* | _Pragma | __pragma | __has_\w+ | __attribute(?:__)? | __declspec
      | __import__ | __builtin_\w* | __FILE__ | __BASE_FILE__ | __FILE_NAME__
      | __INCLUDE_LEVEL__ | __LINE__ | __DATE__ | __TIME__ | __TIMESTAMP__ | __COUNTER__ )\Z""",
    re.VERBOSE,
)
_ALLOWED_BUILTINS = re.compile(
    r"__builtin_(?:floor|expect|inff?|huge_valf?|nanf?|fabsf?|sqrtf?|isnan|isinf)\Z"
)
_SYMBOL = re.compile(r"nsc_u\d")
_DEEPER = dict.fromkeys("([{", 1) | dict.fromkeys(")]}", -1)
_ODD = re.compile(r"[^\t\n\x20-\x7e]")
# [[gnu::constructor]], <:<:gnu::constructor:>:>, and brackets spelled so that they
# would not be counted
_ATTRIBUTE = frozenset(
    (("[", "["), ("<", ":"), (":", ">"), ("<", "%"), ("%", ">"))
)
_RAW_STRING = re.compile(r"\A(?:u8|[uUL])?R\Z")
_SPLICE = re.compile(r"\\[ \t\r\v\f]*\n")


def refusal(unit: Unit) -> str | None:
    """Say why a unit's text may not reach the compiler; None if it may.

    Example: "a directive or '#'" for text that holds `#include "/etc/hostname"`.
    """
    text = unit.text
    if len(text) > MAX_UNIT_BYTES:
        return (
            f"{len(text)} bytes of text; at most {MAX_UNIT_BYTES} are compiled"
        )
    if _ODD.search(text):
        return "a byte that is not printable ASCII"
    if _SPLICE.search(text) or "??" in text:
        return "a line continuation or trigraph"
    for header in unit.headers:
        if header not in ALLOWED_HEADERS:
            return f"the header <{header}>"
    if unit.entry not in unit.globals_:
        return f"a unit that does not define '{unit.entry}'"
    for name in (unit.entry, *unit.globals_):
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            return "a name that is no identifier"
    return next(
        filter(None, (_refused_piece(piece.text) for piece in unit.pieces)),
        None,
    )


@lru_cache(maxsize=512)
def _refused_piece(text: str) -> str | None:
    """Say what in a piece is refused.

    Each stands for itself: no bracket is left open, no declaration goes on.
    """
    found = words(text)
    distinct = {word: kind_of(word) for word in dict.fromkeys(found)}
    for word in distinct:
        why = _refused_word(word, distinct[word])
        if why is not None:
            return why
    raw = any(map(_RAW_STRING.match, distinct))
    if raw and any(
        _RAW_STRING.match(a) and kind_of(b) in ("string", "char")
        for a, b in pairwise(found)
    ):
        return "a raw string"
    solid = [word for word in found if distinct[word] not in BLANKS]
    if any(pair in _ATTRIBUTE for pair in pairwise(solid)):
        return "an attribute or digraph"
    depths = [
        0,
        *accumulate(_DEEPER[word] for word in found if word in _DEEPER),
    ]
    if min(depths) < 0 or depths[-1] != 0:
        return "brackets that do not match"
    if not solid or solid[-1] not in (";", "}"):
        return "a declaration without an end"
    return (
        f"brackets nested {max(depths)} deep"
        if max(depths) > MAX_NESTING
        else None
    )


def _refused_word(word: str, kind: str) -> str | None:
    if len(word) > MAX_TOKEN_BYTES and kind not in ("space", "comment"):
        return "a token of thousands of characters"
    if kind == "punct" and (
        word[0] == "#"
        or word.startswith("%:")
        or word in ("\\", "`", "@", "$")
    ):
        return f"a directive or '{word}'"
    # the name of a unit's own, as modules have it
    if kind == "name" and _SYMBOL.match(word):
        return f"the name '{word}'"
    if (
        kind == "name"
        and _FORBIDDEN_NAME.match(word)
        and not _ALLOWED_BUILTINS.match(word)
    ):
        return f"the name '{word}'"
    if kind in ("string", "char"):
        quote = word[-1:]
        if len(word) < 2 or quote not in "\"'" or word.count(quote) < 2:
            return "an unterminated string"
    if kind == "comment" and word.startswith("/*") and not word.endswith("*/"):
        return "an unterminated comment"
    return None
