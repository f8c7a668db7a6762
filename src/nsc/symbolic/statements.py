"""Execution of statements on symbolic memory: one rule for each kind.

In: `Ast` statements, a `Machine`, a `State`. Out: the state, with the ways control has
left as truth nodes. Branches run on copies of the state and are merged; loops are
unrolled while their test is known or until it becomes so.
Non-goals: loops whose trip count no constant bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from nsc.refusal import Refusal
from nsc.symbolic.arithmetic import combine
from nsc.symbolic.ast import Ast
from nsc.symbolic.initialise import initialise, listed_length
from nsc.symbolic.machine import Machine, StatementRule
from nsc.symbolic.memory import has_cells
from nsc.symbolic.states import State, merge, opposite, resume, settled
from nsc.symbolic.values import Number
from nsc.syntax import INT, Array

MAX_SYMBOLIC_TRIPS = 24

Case = tuple[
    Ast | None, tuple[Ast, ...]
]  # label, or None for the default; statements


def _block(machine: Machine, ast: Ast, state: State) -> None:
    machine.frame.scopes.append({})
    _sequence(machine, ast.kids, state)
    machine.frame.scopes.pop()


def _statements(machine: Machine, ast: Ast, state: State) -> None:
    _sequence(machine, ast.kids, state)


def _sequence(
    machine: Machine, statements: tuple[Ast, ...], state: State
) -> None:
    """Execute statements in turn.

    After one that may have left, the rest runs on a copy, which is merged.
    """
    for k, statement in enumerate(statements):
        machine.execute(statement, state)
        if state.stopped(machine.builder) is not False:
            rest = statements[k + 1 :]
            _while_running(machine, state, partial(_sequence, machine, rest))
            return


def _while_running(
    machine: Machine, state: State, go_on: Callable[[State], None]
) -> None:
    """Go on where control has not left.

    That is not at all, everywhere, or on a copy that is merged back.
    """
    b = machine.builder
    frame = machine.frame
    stopped = state.stopped(b)
    if stopped is False:
        go_on(state)
    elif stopped is not True:
        after = state.running()
        if (
            frame.result is not None
        ):  # not there yet, where the function goes on
            result = frame.result.object
            cells = after.cells.items()
            after.cells = {
                key: cell for key, cell in cells if key[0] != result
            }
        go_on(after)
        state.become(resume(b, stopped, state, after, frame.first_object))


def _declare(machine: Machine, ast: Ast, state: State) -> None:
    is_static = ast.data is not None
    for name, ctype, value in ast.kids:
        if isinstance(ctype, Array) and ctype.length is None:
            ctype = _closed(machine, name, ctype, value, state, ast.at)
        if is_static:
            place = machine.declare_static(name, ctype, (id(ast), name))
        else:
            place = machine.declare(name, ctype)
        if value is None or (is_static and has_cells(state, place)):
            continue
        initialise(machine, place, value, state)


def _closed(
    machine: Machine,
    name: str,
    array: Array,
    value: Ast | None,
    state: State,
    at: int,
) -> Array:
    """Return the type of an array whose length its initialiser tells."""
    if value is None or value.kind != "initialiser":
        raise Refusal(
            "dynamic_size", f"the length of '{name}' is not known", at
        )
    return Array(array.of, listed_length(machine, array.of, value, state))


def _constants(machine: Machine, ast: Ast, state: State) -> None:
    for name, value in ast.kids:
        place = machine.declare(name, INT)
        machine.store(place, machine.number(value, True), state)


def _refused(machine: Machine, ast: Ast, state: State) -> None:
    raise ast.data


def _if(machine: Machine, ast: Ast, state: State) -> None:
    b = machine.builder
    test, yes, no = ast.kids
    condition = settled(b, machine.truth(test, state))
    if isinstance(condition, bool):
        machine.execute(yes if condition else no, state)
        return
    yes_state = machine.copied(state)
    no_state = machine.copied(state)
    machine.execute(yes, yes_state)
    machine.execute(no, no_state)
    first = machine.frame.first_object
    state.become(merge(b, condition, yes_state, no_state, first))


def _return(machine: Machine, ast: Ast, state: State) -> None:
    if ast.kids:
        value = machine.value(ast.kids[0], state)
        if machine.frame.result is not None:
            machine.store(machine.frame.result, value, state)
    state.returned = True


def _break(machine: Machine, ast: Ast, state: State) -> None:
    state.broken = True


def _continue(machine: Machine, ast: Ast, state: State) -> None:
    state.continued = True


def _loop(machine: Machine, ast: Ast, state: State) -> None:
    machine.frame.scopes.append({})
    machine.execute(ast.kids[0], state)
    _trips(machine, ast, 0, 0, state)
    state.broken = False
    machine.frame.scopes.pop()


def _trips(
    machine: Machine, loop: Ast, trip: int, unknown: int, state: State
) -> None:
    """Run the remaining trips of a loop that is surely running.

    Args:
        trip: how many there were.
        unknown: after how many of them the test was unknown.
    """
    b = machine.builder
    _, test, body, step = loop.kids
    is_tested_first = loop.data == "for"
    while True:
        if test is not None and (is_tested_first or trip > 0):
            goes_on = settled(b, machine.truth(test, state))
            if goes_on is False:
                return
            if goes_on is not True:
                unknown += 1
                machine.loops.has_unknown_test = True
                state.broken = opposite(b, goes_on)
        if _is_cut_off(machine, loop, trip, unknown):
            state.broken = True
            return
        trip += 1
        if state.stopped(b) is not False:
            rest = partial(_body_and_rest, machine, loop, trip, unknown)
            _while_running(machine, state, rest)
            return
        machine.execute(body, state)
        state.continued = False
        if state.stopped(b) is not False:
            rest = partial(_step_and_rest, machine, loop, trip, unknown)
            _while_running(machine, state, rest)
            return
        machine.execute(step, state)


def _is_cut_off(machine: Machine, loop: Ast, trip: int, unknown: int) -> bool:
    """Say whether a loop has run as often as it may.

    Raises:
        Refusal: `data_dependent_loop` or `long_loop`, and it may not be cut off.
    """
    limit = machine.loops
    may_go_on = unknown <= (limit.max_trips or MAX_SYMBOLIC_TRIPS)
    if trip < limit.longest and may_go_on:
        return False
    if unknown and limit.max_trips:
        limit.is_bounded = True
        return True
    reason = "data_dependent_loop" if unknown else "long_loop"
    message = "how often this loop runs has no small constant bound"
    raise Refusal(reason, message, loop.at)


# The rest of a loop, after a test or body that may have left it, runs in one copy of
# the state, so that counters stay known in it.


def _body_and_rest(
    machine: Machine, loop: Ast, trip: int, unknown: int, state: State
) -> None:
    _, _, body, _ = loop.kids
    machine.execute(body, state)
    state.continued = False
    rest = partial(_step_and_rest, machine, loop, trip, unknown)
    _while_running(machine, state, rest)


def _step_and_rest(
    machine: Machine, loop: Ast, trip: int, unknown: int, state: State
) -> None:
    _, _, _, step = loop.kids
    machine.execute(step, state)
    _trips(machine, loop, trip, unknown, state)


def _switch(machine: Machine, ast: Ast, state: State) -> None:
    selector, cases = ast.kids
    selected = machine.scalar(selector, state)
    machine.frame.scopes.append({})
    labelled = [k for k, (label, _) in enumerate(cases) if label is not None]
    _cases(machine, selected, cases, labelled, state)
    state.broken = False
    machine.frame.scopes.pop()


def _cases(
    machine: Machine,
    selected: Number,
    cases: Sequence[Case],
    untried: list[int],
    state: State,
) -> None:
    """Try the labelled cases in turn, the default last."""
    if not untried:
        defaults = (k for k, (label, _) in enumerate(cases) if label is None)
        start = next(defaults, None)
        if start is not None:
            _from_case(machine, cases, start, state)
        return
    b = machine.builder
    case, *others = untried
    label, _ = cases[case]
    assert label is not None, "untried cases have labels"
    value = machine.scalar(label, state)
    is_hit = settled(b, combine(b, "==", selected, value).node)
    if is_hit is True:
        _from_case(machine, cases, case, state)
    elif is_hit is False:
        _cases(machine, selected, cases, others, state)
    else:
        yes = machine.copied(state)
        no = machine.copied(state)
        _from_case(machine, cases, case, yes)
        _cases(machine, selected, cases, others, no)
        state.become(merge(b, is_hit, yes, no, machine.frame.first_object))


def _from_case(
    machine: Machine, cases: Sequence[Case], start: int, state: State
) -> None:
    """Run a case and what it falls through into; a break inside ends here."""
    bodies = [statements for _, statements in cases[start:]]
    _sequence(machine, tuple(s for body in bodies for s in body), state)
    state.broken = False


STATEMENTS: dict[str, StatementRule] = {
    "block": _block,
    "statements": _statements,
    "declare": _declare,
    "constants": _constants,
    "if": _if,
    "loop": _loop,
    "switch": _switch,
    "return": _return,
    "break": _break,
    "continue": _continue,
    "refused": _refused,
}
