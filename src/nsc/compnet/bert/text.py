"""Programs -> the text that the papers' CompNet reads: C without comments.

Names and spelling are the author's own. In: a program's or a record's text, the same
text; or an expression DAG, to be listed. Out: str. Non-goals: tokens. The preprint
strips comments so that more programs fit; lines that include standard headers are no
part of its functions either. The DAG is a control: how much of what a structured
compiler gains is that all spellings of a program are one.
"""

from __future__ import annotations

import re

from nsc.graph import OPS, Dag
from nsc.text import tokenize

_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b.*$", re.MULTILINE)


def read_text(text: str) -> str:
    """Strip comments and #include lines; blanks do not matter to WordPiece.

    Example: "#include <math.h>\\nfloat f(float x) { return x; } // same" gives "float
    f(float x) { return x; }".
    """
    without = "".join(
        " " if token.kind == "comment" else token.text
        for token in tokenize(text)
    )
    return _INCLUDE.sub("", without).strip()


def linearised(dag: Dag) -> str:
    """Write a DAG operation by operation, children before parents.

    Example: 2 (x x) - y gives "n0 = SQ x0 ; n1 = MUL 2 n0 ; n2 = SUB n1 x1 ; return
    n2".
    """
    names: list[str] = []
    lines: list[str] = []
    nodes = zip(
        dag.ops.tolist(), dag.args.tolist(), dag.values.tolist(), strict=True
    )
    for op, args, value in nodes:
        if OPS[op] == "IN":
            names.append(f"x{value:.0f}")
        elif OPS[op] == "LIT":
            names.append(f"{value:.4g}")
        else:
            operands = [names[k] for k in args if k >= 0]
            names.append(f"n{len(lines)}")
            lines.append(" ".join([names[-1], "=", OPS[op], *operands]))
    outputs = [names[k] for k in dag.roots.tolist()]
    return " ; ".join([*lines, " ".join(["return", *outputs])])
