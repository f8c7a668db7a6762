"""A Python callable -> Signature: simulators and scripts get surrogates, too.

In: a function on arrays, names. Out: the C signature that exports of its surrogate
have. Non-goals: reading the Python source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np

from nsc.errors import InputError
from nsc.syntax import DOUBLE, INT, Leaf, Param, Pointer, Signature, Void

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
    whole: Collection[str] = (),
) -> Signature:
    """Give a function `n i -> n o` (or `n i -> n`) a C signature.

    Args:
        function: takes inputs in its own units, one row an example.
        inputs, outputs: C identifiers; exported C has them as parameters (outputs as
            pointers when there are several).
        name: the C name; by default the function's own.
        whole: the inputs that are integers.

    Raises:
        InputError: a name that cannot be a C parameter's, one that is there twice, or
            none at all.
    """
    if isinstance(inputs, str) or isinstance(outputs, str):
        raise InputError(
            "inputs and outputs are lists of names, as in ['a', 'b']"
        )
    if not inputs or not outputs:
        raise InputError("a program needs at least one input and one output")
    returns_value = len(outputs) == 1
    _check_parameter_names(inputs if returns_value else [*inputs, *outputs])
    types = {p: INT if p in whole else DOUBLE for p in inputs}
    params = [Param(p, t, "in", f"{t.spelling} {p}") for p, t in types.items()]
    if returns_value:
        result = DOUBLE
        output_leaves = [Leaf(outputs[0], "nsc_result", DOUBLE, "return")]
    else:
        result = Void()
        params += [
            Param(p, Pointer(DOUBLE), "out", f"double *{p}") for p in outputs
        ]
        output_leaves = [Leaf(p, f"(*{p})", DOUBLE, p) for p in outputs]
    c_name = _c_name_of(function, name)
    declarations = ", ".join(p.declaration for p in params)
    return Signature(
        function=c_name,
        params=tuple(params),
        result=result,
        inputs=tuple(Leaf(p, p, t, p) for p, t in types.items()),
        outputs=tuple(output_leaves),
        prototype=f"{result.spell()} {c_name}({declarations})",
    )


def _c_name_of(function: Callable[..., object], name: str | None) -> str:
    """Return the name that is given, the function's own, or "program"."""
    wanted = name or getattr(function, "__name__", "program")
    return wanted if _is_c_name(wanted) else "program"


def _check_parameter_names(names: Sequence[str]) -> None:
    for k, name in enumerate(names):
        if not _is_c_name(name):
            raise InputError(
                "inputs and outputs need the names of C variables, none of them"
                f" nsc_...; found '{name}'"
            )
        if name in names[:k]:
            raise InputError(
                f"names of inputs and outputs must differ; found '{name}' twice"
            )


def _is_c_name(name: str) -> bool:
    is_name = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None
    return is_name and name not in _C_KEYWORDS and not name.startswith("nsc_")
