"""Execution of statements and calls on symbolic memory.

In: `Ast` statements, a `State`. Out: the state, with the ways control has left as truth
nodes. Branches run on copies of the state and are merged; loops are unrolled while
their test is known or until it becomes so. Non-goals: loops whose trip count no
constant bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nsc.refusal import Refusal
from nsc.symbolic.arithmetic import combine
from nsc.symbolic.ast import Ast
from nsc.symbolic.expressions import Evaluator
from nsc.symbolic.initialise import initialise, listed_length
from nsc.symbolic.memory import (
    Frame,
    Place,
    State,
    has_cells,
    merge,
    opposite,
    resume,
    settled,
)
from nsc.syntax import INT, Array, Pointer, Void

MAX_TRIPS = 256
MAX_SYMBOLIC_TRIPS = 24
MAX_CALL_DEPTH = 24


def run_function(
    e: Evaluator, name: str, arguments: list, state: State, ast: Ast
) -> Place | None:
    """Call a defined function by executing its body; the result is the place of its
    value.
    """
    if e.functions[name].kind == "refused":
        raise e.functions[name].data
    parameters, result_type, body = e.functions[name].data
    if len(e.call_depth) >= MAX_CALL_DEPTH:
        raise Refusal(
            "unbounded_recursion",
            f"calls of '{name}' nest deeper than {MAX_CALL_DEPTH}",
            ast.at,
        )
    if len(parameters) != len(arguments):
        raise Refusal(
            "argument_count", f"'{name}' takes {len(parameters)} arguments", ast.at
        )
    result = None if isinstance(result_type, Void) else e.new_object(result_type)
    outer = e.frame
    e.frame = Frame([outer.scopes[0], {}], e.next_object + 1, result)
    e.call_depth.append(name)
    inner = state.running()
    for (parameter, ctype), argument in zip(parameters, arguments, strict=True):
        decayed = Pointer(ctype.of) if isinstance(ctype, Array) else ctype
        e.store(e.declare(parameter, decayed), argument, inner)
    execute(e, body, inner)
    e.call_depth.pop()
    first_local = e.frame.first_object
    e.frame = outer
    state.cells = {
        key: value for key, value in inner.cells.items() if key[0] < first_local
    }
    return result


def execute(e: Evaluator, ast: Ast, state: State) -> None:
    """Execute one statement."""
    e.b.at = ast.at
    rule = _STATEMENTS.get(ast.kind)
    if rule is None:
        e.value(ast, state)
    else:
        rule(e, ast, state)


def _block(e: Evaluator, ast: Ast, state: State) -> None:
    e.frame.scopes.append({})
    _sequence(e, ast.kids, state)
    e.frame.scopes.pop()


def _sequence(e: Evaluator, statements: tuple[Ast, ...], state: State) -> None:
    """Execute statements in turn; after one that may have left, the rest runs on a copy
    and is merged.
    """
    for k, statement in enumerate(statements):
        execute(e, statement, state)
        if state.stopped(e.b) is not False:
            _while_running(e, state, partial(_sequence, e, statements[k + 1 :]))
            return


def _while_running(e: Evaluator, state: State, go_on: Callable[[State], None]) -> None:
    """Go on where control has not left: not at all, everywhere, or on a copy that is
    merged back.
    """
    stopped = state.stopped(e.b)
    if stopped is False:
        go_on(state)
    elif stopped is not True:
        after = state.running()
        if e.frame.result is not None:
            mine = e.frame.result.object
            after.cells = {key: v for key, v in after.cells.items() if key[0] != mine}
        go_on(after)
        state.become(resume(e.b, stopped, state, after, e.frame.first_object))


def _declare(e: Evaluator, ast: Ast, state: State) -> None:
    for name, ctype, value in ast.kids:
        if isinstance(ctype, Array) and ctype.length is None:
            if value is None or value.kind != "initialiser":
                raise Refusal(
                    "dynamic_size", f"the length of '{name}' is not known", ast.at
                )
            ctype = Array(ctype.of, listed_length(e, ctype.of, value, state))
        place = (
            e.declare(name, ctype)
            if ast.data is None
            else e.declare_static(name, ctype, (id(ast), name))
        )
        if value is not None and (ast.data is None or not has_cells(state, place)):
            initialise(e, place, value, state)


def _constants(e: Evaluator, ast: Ast, state: State) -> None:
    for name, value in ast.kids:
        e.store(e.declare(name, INT), e.number(value, True), state)


def _statements(e: Evaluator, ast: Ast, state: State) -> None:
    _sequence(e, ast.kids, state)


def _refused(e: Evaluator, ast: Ast, state: State) -> None:
    raise ast.data


def _if(e: Evaluator, ast: Ast, state: State) -> None:
    condition = settled(e.b, e.truth(ast.kids[0], state))
    if isinstance(condition, bool):
        execute(e, ast.kids[1 if condition else 2], state)
        return
    yes = state.copy()
    no = state.copy()
    execute(e, ast.kids[1], yes)
    execute(e, ast.kids[2], no)
    state.become(merge(e.b, condition, yes, no, e.frame.first_object))


def _return(e: Evaluator, ast: Ast, state: State) -> None:
    if ast.kids:
        value = e.value(ast.kids[0], state)
        if e.frame.result is not None:
            e.store(e.frame.result, value, state)
    state.returned = True


def _break(e: Evaluator, ast: Ast, state: State) -> None:
    state.broken = True


def _continue(e: Evaluator, ast: Ast, state: State) -> None:
    state.continued = True


def _loop(e: Evaluator, ast: Ast, state: State) -> None:
    e.frame.scopes.append({})
    execute(e, ast.kids[0], state)
    _trips(e, ast, 0, 0, state)
    state.broken = False
    e.frame.scopes.pop()


def _trips(e: Evaluator, ast: Ast, trip: int, symbolic: int, state: State) -> None:
    """Run the remaining trips of a loop that is surely running; `symbolic` counts
    unknown tests.
    """
    test = ast.kids[1]
    while True:
        if test is not None and (ast.data == "for" or trip > 0):
            goes_on = settled(e.b, e.truth(test, state))
            if goes_on is False:
                return
            if goes_on is not True:
                symbolic += 1
                e.has_unknown_test = True
                state.broken = opposite(e.b, goes_on)
        if trip >= MAX_TRIPS or symbolic > (e.max_trips or MAX_SYMBOLIC_TRIPS):
            if symbolic and e.max_trips:
                e.is_bounded = True
                state.broken = True
                return
            reason = "data_dependent_loop" if symbolic else "long_loop"
            raise Refusal(
                reason, "how often this loop runs has no small constant bound", ast.at
            )
        trip += 1
        if state.stopped(e.b) is not False:
            _while_running(e, state, partial(_body_and_rest, e, ast, trip, symbolic))
            return
        execute(e, ast.kids[2], state)
        state.continued = False
        if state.stopped(e.b) is not False:
            _while_running(e, state, partial(_update_and_rest, e, ast, trip, symbolic))
            return
        execute(e, ast.kids[3], state)


# The rest of a loop after a test or body that may have left it runs in one copy of the
# state, so that
# counters stay known in it.


def _body_and_rest(
    e: Evaluator, ast: Ast, trip: int, symbolic: int, state: State
) -> None:
    execute(e, ast.kids[2], state)
    state.continued = False
    _while_running(e, state, partial(_update_and_rest, e, ast, trip, symbolic))


def _update_and_rest(
    e: Evaluator, ast: Ast, trip: int, symbolic: int, state: State
) -> None:
    execute(e, ast.kids[3], state)
    _trips(e, ast, trip, symbolic, state)


def _switch(e: Evaluator, ast: Ast, state: State) -> None:
    selector = e.scalar(ast.kids[0], state)
    cases = ast.kids[1]
    e.frame.scopes.append({})
    _cases(
        e,
        selector,
        cases,
        [k for k, (label, _) in enumerate(cases) if label is not None],
        state,
        ast,
    )
    state.broken = False
    e.frame.scopes.pop()


def _cases(
    e: Evaluator, selector, cases, open_: list[int], state: State, ast: Ast
) -> None:
    """Try the labelled cases in turn, the default last."""
    if not open_:
        start = next((k for k, (label, _) in enumerate(cases) if label is None), None)
        if start is not None:
            _from_case(e, cases, start, state)
        return
    label = e.scalar(cases[open_[0]][0], state)
    hit = settled(e.b, combine(e.b, "==", selector, label).node)
    if hit is True:
        _from_case(e, cases, open_[0], state)
    elif hit is False:
        _cases(e, selector, cases, open_[1:], state, ast)
    else:
        yes = state.copy()
        no = state.copy()
        _from_case(e, cases, open_[0], yes)
        _cases(e, selector, cases, open_[1:], no, ast)
        state.become(merge(e.b, hit, yes, no, e.frame.first_object))


def _from_case(e: Evaluator, cases, start: int, state: State) -> None:
    """Run a case and what it falls through into; a break inside ends here."""
    _sequence(e, tuple(s for _, statements in cases[start:] for s in statements), state)
    state.broken = False


_STATEMENTS = {
    "block": _block,
    "declare": _declare,
    "if": _if,
    "return": _return,
    "break": _break,
    "continue": _continue,
    "loop": _loop,
    "switch": _switch,
    "refused": _refused,
    "constants": _constants,
    "statements": _statements,
}
