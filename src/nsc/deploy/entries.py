"""The batch entries that an exported program has: their names, the type of their arrays.

In: Program. Out: `Entries`. Non-goals: writing them (c_batch).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.deploy.rounding import is_float32
from nsc.program import Program
from nsc.syntax import Array, Param, Pointer, Scalar


@dataclass(frozen=True)
class Entries:
    """The names of the batch entries of an exported file; "" is none.

    Args:
        kind: the type of their arrays.
    """

    rows: str
    arrays: str
    gradient: str
    kind: str


def entries_of(
    program: Program, *, guard: bool = False, gradient: bool = False
) -> Entries | None:
    """Return which batch entries an export has; None is none at all.

    With a guard there is none where file-level variables are inputs or fixed: the
    original, which rows outside the domain are left to, reads them.
    """
    signature = program.signature
    if guard and signature.variables:
        return None
    taken = set(program.globals_) | {program.name}
    name = f"{program.name}_surrogate"

    def free(wanted: str) -> str:
        while wanted in taken:
            wanted += "_"
        return wanted

    return Entries(
        free(f"{name}_n"),
        free(f"{name}_soa"),
        free(f"{name}_grad") if gradient else "",
        array_kind(program),
    )


def array_kind(program: Program) -> str:
    """Return the type of the batch entries' arrays.

    It is float where that is the one type of a program of scalars, else double.
    """
    signature = program.signature
    leaves = (*signature.inputs, *signature.outputs)
    plain = all(_is_plain(p) for p in signature.params)
    single = all(is_float32(leaf) for leaf in leaves)
    return "float" if plain and single else "double"


def _is_plain(param: Param) -> bool:
    kind = param.type
    if isinstance(kind, Pointer) and not isinstance(kind.to, Array):
        kind = kind.to
    return isinstance(kind, Scalar)
