"""Program text -> the text the papers' CompNet reads: comments gone, names and spelling the author's own.

In: `Record.text` or `Program.text`, the same text. Out: str. Non-goals: tokens. The preprint strips comments so that
more programs fit; lines that include standard headers are no part of its functions either.
"""

from __future__ import annotations

import re

from nsc.program.tokens import tokenize

_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b.*$", re.MULTILINE)


def read_text(text: str) -> str:
    """Strip comments and #include lines; blanks do not matter to WordPiece.

    Example: "#include <math.h>\\nfloat f(float x) { return x; } // same" gives "float f(float x) { return x; }".
    """
    without = "".join(" " if token.kind == "comment" else token.text for token in tokenize(text))
    return _INCLUDE.sub("", without).strip()
