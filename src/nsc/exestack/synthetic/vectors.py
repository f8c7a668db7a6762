"""Short vectors in arrays, and the functions that real code has for them.

In: the components of two vectors. Out: statements that fill arrays, and a call of dot,
length, distance...
Non-goals: which components (functions.py).
"""

from __future__ import annotations

import math
from functools import cache

from nsc.exestack.synthetic.expressions import ATOM, Dice, Expression, Style
from nsc.symbolic import Ast, definitions_of

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
    "len": (("dot",), "T len_vN(const T a[N]) {\n  return sqrt(dot_vN(a, a));\n}\n"),
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
def _written(name: str, length: int, ctype: str) -> str:
    text = _TEXTS[name][1]
    for mark, joint in (("EACH", "\n  "), ("SUM", " + ")):
        before, found, rest = text.partition(mark + "(")
        if found:
            each, _, after = rest.partition(")\n" if mark == "EACH" else ");")
            end = "\n" if mark == "EACH" else ";"
            text = (
                before
                + joint.join(each.replace("[k]", f"[{k}]") for k in range(length))
                + end
                + after
            )
    return text.replace("N", str(length)).replace("T ", f"{ctype} ")


@cache
def _syntax(name: str, length: int, ctype: str) -> Ast:
    return definitions_of(_written(name, length, ctype)).functions[f"{name}_v{length}"]


def call(
    r: Dice, style: Style, name: str, vectors: list[tuple[str, list[Expression]]]
) -> tuple[dict[str, tuple[str, Ast]], Expression]:
    """Call a function of vectors that are there already.

    Args:
        vectors: name and components of each.

    Returns:
        The functions it needs as name -> (text, syntax), those called first; the call.
    """
    length = len(vectors[0][1])
    head = "static inline " if r.random() < 0.5 else "static "
    needed = {
        f"{n}_v{length}": (
            head + _written(n, length, style.ctype),
            _syntax(n, length, style.scalar),
        )
        for n in (*_TEXTS[name][0], name)
    }
    given = vectors[: 1 if name == "len" else 2]
    reach = max(max(abs(e.lo), abs(e.hi)) for _, parts in given for e in parts)
    top = {
        "dot": length * reach**2,
        "distsq": 4 * length * reach**2,
        "manhattan": 2 * length * reach,
    }
    hi = top.get(name, 2 * math.sqrt(length) * reach)
    spelled = f"{name}_v{length}"
    ast = Ast("call", tuple(Ast("name", (), n) for n, _ in given), spelled)
    text = f"{spelled}({', '.join(n for n, _ in given)})"
    return needed, Expression(text, ATOM, -hi if name == "dot" else 0.0, hi, ast)
