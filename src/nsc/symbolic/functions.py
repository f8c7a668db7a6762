"""Calls of functions that the program defines.

In: a name, evaluated arguments, a `State`. Out: the place of the result, the state
after the call. Non-goals: the standard library (library.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from nsc.refusal import Refusal
from nsc.symbolic.machine import Frame, Machine
from nsc.symbolic.states import State
from nsc.symbolic.values import Place, Result
from nsc.syntax import Array, Pointer, Void

MAX_CALL_DEPTH = 24


def run_function(
    machine: Machine,
    name: str,
    arguments: Sequence[Result],
    state: State,
    at: int,
) -> Place | None:
    """Call a defined function by executing its body.

    Args:
        name: of a function in `machine.program`.
        at: the offset of the call, for messages.

    Returns:
        The place of its value, None where it has none.

    Raises:
        Refusal: `unknown_function`, `unbounded_recursion`, `argument_count`, or what
            its body is refused for.
    """
    function = machine.program.functions.get(name)
    if function is None:
        raise Refusal("unknown_function", f"'{name}' is not defined", at)
    if function.kind == "refused":
        raise function.data
    parameters, result_type, body = function.data
    if machine.call_depth >= MAX_CALL_DEPTH:
        message = f"calls of '{name}' nest deeper than {MAX_CALL_DEPTH}"
        raise Refusal("unbounded_recursion", message, at)
    if len(parameters) != len(arguments):
        message = f"'{name}' takes {len(parameters)} arguments"
        raise Refusal("argument_count", message, at)
    is_void = isinstance(result_type, Void)
    result = None if is_void else machine.objects.new(result_type)
    outer = machine.frame
    first_local = machine.objects.last + 1
    machine.frame = Frame([outer.scopes[0], {}], first_local, result)
    machine.call_depth += 1
    inner = state.running()
    for (parameter, ctype), argument in zip(
        parameters, arguments, strict=True
    ):
        decayed = Pointer(ctype.of) if isinstance(ctype, Array) else ctype
        machine.store(machine.declare(parameter, decayed), argument, inner)
    machine.execute(body, inner)
    machine.call_depth -= 1
    machine.frame = outer
    kept = {
        key: cell for key, cell in inner.cells.items() if key[0] < first_local
    }
    state.cells = kept
    return result
