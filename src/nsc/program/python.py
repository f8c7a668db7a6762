"""A Python callable -> Program, so that simulators and scripts can be surrogated like C.

In: a function on arrays. Out: a Program without text; its oracle is the callable itself.
Non-goals: reading the Python source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nsc.errors import InputError
from nsc.program.ctype import DOUBLE, Pointer, Void
from nsc.program.domain import Ranges, domain_of
from nsc.program.ir import Leaf, Param, Program, Signature


def from_callable(
    function: Callable[[np.ndarray], np.ndarray],
    inputs: Sequence[str],
    *,
    outputs: Sequence[str] = ("return",),
    ranges: Ranges | None = None,
    name: str | None = None,
) -> Program:
    """Wrap a function `n i -> n o` (or `n i -> n`) as a Program.

    Args:
        function: takes inputs in its own units, one row an example.
        inputs, outputs: C identifiers; exported C has them as parameters (outputs as pointers
            when there are several).
        ranges: input name -> (lo, hi), default (-1, 1).

    Raises:
        InputError: a name that is no identifier, or none at all.
    """
    name = name or getattr(function, "__name__", "program")
    name = name if name.isidentifier() else "program"
    for label in (*inputs, *(o for o in outputs if o != "return")):
        if not label.isidentifier():
            raise InputError(f"names of inputs and outputs must be identifiers; found '{label}'")
    if not inputs or not outputs:
        raise InputError("a program needs at least one input and one output")
    params = [Param(p, DOUBLE, "in", f"double {p}") for p in inputs]
    single = len(outputs) == 1
    if single:
        leaves = (Leaf(outputs[0], "nsc_result", DOUBLE, "return"),)
    else:
        params += [Param(p, Pointer(DOUBLE), "out", f"double *{p}") for p in outputs]
        leaves = tuple(Leaf(p, f"(*{p})", DOUBLE, p) for p in outputs)
    result = DOUBLE if single else Void()
    signature = Signature(
        function=name,
        params=tuple(params),
        result=result,
        inputs=tuple(Leaf(p, p, DOUBLE, p) for p in inputs),
        outputs=leaves,
        prototype=f"{result.spell()} {name}({', '.join(p.declaration for p in params)})",
    )
    return Program(
        name=name,
        path="<python>",
        text="",
        source="",
        headers=(),
        globals_=(),
        signature=signature,
        domain=domain_of(signature, ranges or {}),
        function=function,
    )
