"""Fortran's interface to exported C: a module of bind(c) procedures.

In: an `ExportJob`, its names. Out: the module's text; "" where C has no function that
plain scalars or tables reach. Non-goals: the C.
"""

from __future__ import annotations

from nsc.deploy.c_source import surrogate_name
from nsc.deploy.entries import entries_of
from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.function import Function
from nsc.program import Program
from nsc.syntax import Scalar, Void

_SIGNED = {8: "c_signed_char", 16: "c_short", 32: "c_int", 64: "c_long_long"}
_HEAD = """
! The same in C: build surrogate.c, link it, and `use {name}_c`. Calls are for one row and
! for n rows, x(inputs, n) to y(outputs, n).
module {name}_c
  use, intrinsic :: iso_c_binding
  implicit none
  private
  public :: {public}

  interface
"""
_ROWS = """    subroutine c_{batch}(x, y, n) bind(c, name="{entry}")
      import :: {kind}, c_size_t
      real({kind}), intent(in) :: x(*)
      real({kind}), intent(inout) :: y(*)
      integer(c_size_t), intent(in), value :: n
    end subroutine
"""
_SCALAR = """    function c_{name}({parameters}) bind(c, name="{entry}") result(nsc_result)
      import :: {kinds}
{declared}
      {result} :: nsc_result
    end function
"""
_TAIL = """  end interface
end module
"""


def c_module(job: ExportJob, function: Function) -> str:
    """Write the interface to the functions that the job's C has."""
    scalar = _scalar(job, function)
    entries = entries_of(job.program, gradient=job.batch.gradient)
    public = [f"c_{function.name}"] if scalar else []
    rows = ""
    if entries is not None:
        public.append(f"c_{function.batch}")
        rows = _ROWS.format(
            batch=function.batch,
            entry=entries.rows,
            kind="c_float" if entries.kind == "float" else "c_double",
        )
    if not public:
        return ""
    head = _HEAD.format(name=function.name, public=", ".join(public))
    return f"{head}{scalar}{rows}{_TAIL}"


def _scalar(job: ExportJob, function: Function) -> str:
    """Write the interface to a function of scalars that returns one."""
    program = job.program
    result = program.signature.result
    leaves = program.signature.inputs
    if not _is_plain(program) or not isinstance(result, Scalar):
        return ""
    kinds = [_kind(leaf.type) for leaf in leaves]
    found = _kind(result)
    if found is None or None in kinds:
        return ""
    names = [i.identifier for i in function.inputs]
    rows = zip(kinds, names, strict=True)
    declared = "\n".join(
        f"      {kind}, intent(in), value :: {name}" for kind, name in rows
    )
    used = dict.fromkeys([*kinds, found])
    inside = [str(kind).partition("(")[2].rstrip(")") for kind in used]
    return _SCALAR.format(
        name=function.name,
        parameters=", ".join(names),
        entry=surrogate_name(program, drop_in=job.drop_in),
        kinds=", ".join(inside),
        declared=declared,
        result=found,
    )


def _is_plain(program: Program) -> bool:
    """Say whether parameters are scalars by value, each an input."""
    signature = program.signature
    inputs = [leaf.param for leaf in signature.inputs]
    are_scalars = all(isinstance(p.type, Scalar) for p in signature.params)
    is_returned = not isinstance(signature.result, Void)
    return (
        are_scalars
        and is_returned
        and not signature.variables
        and inputs == [p.name for p in signature.params]
    )


def _kind(kind: Scalar) -> str | None:
    """Return Fortran's type for a type of C; None where it has none."""
    if kind.kind == "float":
        bits = {32: "real(c_float)", 64: "real(c_double)"}
        return bits.get(kind.bits)
    if kind.kind == "bool":
        return "logical(c_bool)"
    if not kind.signed or kind.is_enum:  # Fortran has no unsigned integers
        return None
    if "long" in kind.spelling.split() and kind.spelling.count("long") == 1:
        return "integer(c_long)"
    own = _SIGNED.get(kind.bits)
    return None if own is None else f"integer({own})"
