"""Short vectors in arrays, and the functions that real code has for them.

In: the components of two vectors. Out: statements that fill arrays, and a call of dot,
length, distance...
Non-goals: which components (functions.py).
"""

from __future__ import annotations

import math
from functools import cache

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import ATOM, Expression
from nsc.exestack.synthetic.style import Style
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import Ast, definitions_of

Vector = tuple[str, list[Expression]]  # its name, its components

# name -> what it calls, text. T is the type, N the length; [k] stands for every
# element.
_TEXTS = {
    "sub": (
        (),
        (
            "void sub_vN(T r[N], const T a[N], const T b[N]) {\n  EACH(r[k] = a[k] -"
            " b[k];)\n}\n"
        ),
    ),
    "add": (
        (),
        (
            "void add_vN(T r[N], const T a[N], const T b[N]) {\n  EACH(r[k] = a[k] +"
            " b[k];)\n}\n"
        ),
    ),
    "mul": (
        (),
        "void mul_vN(T r[N], const T a[N], T f) {\n  EACH(r[k] = a[k] * f;)\n}\n",
    ),
    "dot": (
        (),
        "T dot_vN(const T a[N], const T b[N]) {\n  return SUM(a[k] * b[k]);\n}\n",
    ),
    "len": (
        ("dot",),
        "T len_vN(const T a[N]) {\n  return sqrt(dot_vN(a, a));\n}\n",
    ),
    "dist": (
        ("dot", "len", "sub"),
        (
            "T dist_vN(const T a[N], const T b[N]) {\n  T d[N];\n"
            "  sub_vN(d, a, b);\n  return len_vN(d);\n}\n"
        ),
    ),
    "distsq": (
        ("dot", "sub"),
        (
            "T distsq_vN(const T a[N], const T b[N]) {\n  T d[N];\n"
            "  sub_vN(d, a, b);\n  return dot_vN(d, d);\n}\n"
        ),
    ),
    "mid": (
        ("add", "mul", "dot", "len"),
        (
            "T mid_vN(const T a[N], const T b[N]) {\n  T m[N];\n"
            "  add_vN(m, a, b);\n  mul_vN(m, m, 0.5);\n  return len_vN(m);\n}\n"
        ),
    ),
    "manhattan": (
        ("sub",),
        (
            "T manhattan_vN(const T a[N], const T b[N]) {\n  T d[N];\n"
            "  sub_vN(d, a, b);\n  return SUM(fabs(d[k]));\n}\n"
        ),
    ),
}
CALLS = ("dot", "dot", "len", "dist", "dist", "distsq", "mid", "manhattan")


@cache
def _definition(name: str, length: int, ctype: str) -> str:
    text = _TEXTS[name][1]
    text = _repeat(text, "EACH(", ")\n", "\n  ", "\n", length)
    text = _repeat(text, "SUM(", ");", " + ", ";", length)
    return text.replace("N", str(length)).replace("T ", f"{ctype} ")


def _repeat(
    text: str, opens: str, closes: str, joint: str, end: str, length: int
) -> str:
    """Write what stands between two marks once for each component.

    Example: `SUM(a[k] * b[k]);` for two components is `a[0] * b[0] + a[1] * b[1];`.
    """
    before, found, rest = text.partition(opens)
    if not found:
        return text
    pattern, _, after = rest.partition(closes)
    each = (pattern.replace("[k]", f"[{k}]") for k in range(length))
    return before + joint.join(each) + end + after


@cache
def _syntax(name: str, length: int, ctype: str) -> Ast:
    text = _definition(name, length, ctype)
    return definitions_of(text).functions[f"{name}_v{length}"]


def call(
    r: Dice, style: Style, name: str, vectors: list[Vector]
) -> tuple[dict[str, tuple[str, Ast]], Expression]:
    """Call a function of vectors that are there already.

    Args:
        name: one of `CALLS`.
        vectors: name and components of each, all of one length.

    Returns:
        The functions it needs as name -> (text, syntax), those called first; the call.
    """
    length = len(vectors[0][1])
    inline = r.random() < TASTE.vector_inline
    head = "static inline " if inline else "static "
    needed: dict[str, tuple[str, Ast]] = {}
    for function in (*_TEXTS[name][0], name):
        text = head + _definition(function, length, style.ctype)
        syntax = _syntax(function, length, style.scalar)
        needed[f"{function}_v{length}"] = (text, syntax)
    given = vectors[:1] if name == "len" else vectors[:2]
    names = [vector for vector, _ in given]
    spelled = f"{name}_v{length}"
    lo, hi = _bounds(name, given)
    ast = Ast("call", tuple(Ast("name", (), n) for n in names), spelled)
    return needed, Expression(
        f"{spelled}({', '.join(names)})", ATOM, lo, hi, ast
    )


def _bounds(name: str, vectors: list[Vector]) -> tuple[float, float]:
    """Bound a function's value by its vectors' largest component."""
    length = len(vectors[0][1])
    reach = max(e.reach for _, components in vectors for e in components)
    square = (
        reach**2
    )  # too large a vector is an OverflowError, whatever is asked of it
    if name == "dot":
        return -(length * square), length * square
    if name == "distsq":
        return 0.0, 4 * length * square
    if name == "manhattan":
        return 0.0, 2 * length * reach
    return 0.0, 2 * math.sqrt(length) * reach
