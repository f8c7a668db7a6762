"""A Python callable -> Signature, so that simulators and scripts can be surrogated like
C.

In: a function on arrays, names. Out: the C signature that exports of its surrogate
have.
Non-goals: reading the Python source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from nsc.errors import InputError
from nsc.syntax import DOUBLE, Leaf, Param, Pointer, Signature, Void

_C_KEYWORDS = frozenset(
    """
        auto bool break case char const constexpr continue default do double else enum
        extern false float for goto if inline int long nullptr register restrict return
        short signed sizeof static struct switch thread_local true typedef typeof union
        unsigned void volatile while
    """.split()
)


def signature_of_callable(
    function: Callable[[np.ndarray], np.ndarray],
    inputs: Sequence[str],
    outputs: Sequence[str] = ("return",),
    name: str | None = None,
) -> Signature:
    """Give a function `n i -> n o` (or `n i -> n`) a C signature.

    Args:
        function: takes inputs in its own units, one row an example.
        inputs, outputs: C identifiers; exported C has them as parameters (outputs as
            pointers when there are several).
        name: the C name; by default the function's own.

    Raises:
        InputError: a name that cannot be a C parameter's, one that is there twice, or
            none at all.
    """
    if isinstance(inputs, str) or isinstance(outputs, str):
        raise InputError("inputs and outputs are lists of names, as in ['a', 'b']")
    name = name or getattr(function, "__name__", "program")
    name = name if _is_c_name(name) else "program"
    if not inputs or not outputs:
        raise InputError("a program needs at least one input and one output")
    labels = [*inputs, *(outputs if len(outputs) > 1 else ())]
    for k, label in enumerate(labels):
        if not _is_c_name(label):
            raise InputError(
                "inputs and outputs need the names of C variables, none of them"
                f" nsc_...; found '{label}'"
            )
        if label in labels[:k]:
            raise InputError(
                f"names of inputs and outputs must differ; found '{label}' twice"
            )
    params = [Param(p, DOUBLE, "in", f"double {p}") for p in inputs]
    single = len(outputs) == 1
    if single:
        leaves = (Leaf(outputs[0], "nsc_result", DOUBLE, "return"),)
    else:
        params += [Param(p, Pointer(DOUBLE), "out", f"double *{p}") for p in outputs]
        leaves = tuple(Leaf(p, f"(*{p})", DOUBLE, p) for p in outputs)
    result = DOUBLE if single else Void()
    return Signature(
        function=name,
        params=tuple(params),
        result=result,
        inputs=tuple(Leaf(p, p, DOUBLE, p) for p in inputs),
        outputs=leaves,
        prototype=(
            f"{result.spell()} {name}({', '.join(p.declaration for p in params)})"
        ),
    )


def _is_c_name(name: str) -> bool:
    is_name = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None
    return is_name and name not in _C_KEYWORDS and not name.startswith("nsc_")
