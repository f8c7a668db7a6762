"""Closed text, or `Definitions` -> expression DAG, by running it on symbolic inputs.

In: what defines a function, its signature, a domain. Out: `Dag`, or `Unsupported` with
a named reason and a position in the text.
Non-goals: float rounding and integer overflow: the DAG computes over the reals.

There are two doors. `dag_of` reads C text. `dag_of_definitions` takes `Definitions`,
whose `Ast` another front end has made by itself: ast.py says which kinds there are and
what each holds; the signature says which function is asked for and which of its
parameters' scalars are inputs and outputs. No text is needed, and none is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from time import monotonic
from typing import NamedTuple

from nsc.graph import MAX_NODES, Builder, Dag, Unsupported
from nsc.refusal import Refusal
from nsc.symbolic.ast import Definitions
from nsc.symbolic.definitions import ClosedText, read_text
from nsc.symbolic.functions import run_function
from nsc.symbolic.machine import (
    MAX_SECONDS,
    MAX_TRIPS,
    FileScope,
    LoopLimit,
    Machine,
)
from nsc.symbolic.memory import read, subpaths, write
from nsc.symbolic.rules import RULES
from nsc.symbolic.states import State
from nsc.symbolic.values import Address, Number, Place, place_of, type_at
from nsc.syntax import (
    Array,
    CType,
    Domain,
    Leaf,
    Pointer,
    Scalar,
    Signature,
    Struct,
)

LOOP_BOUNDS = (32, 16, 8)  # trips with an unknown test, tried in turn

# refusals that only a settled comparison could have spared
_OF_SIZE = ("long_loop", "too_many_nodes")

_Inputs = dict[
    tuple[str, tuple[str | int, ...]], Number
]  # by parameter and path


class DagLimits(NamedTuple):
    """How large a DAG may be, and what may be spent on making it.

    Args:
        nodes: of the DAG; eight times as many may be made on the way.
        trips: of a loop.
        steps: statements that are executed; with copies of the state, in one attempt.
        seconds: for all attempts; what hangs on them hangs on the machine.
    """

    nodes: int = MAX_NODES
    trips: int = MAX_TRIPS
    steps: float = math.inf
    seconds: float = MAX_SECONDS


USUAL = DagLimits()


class _Limits(NamedTuple):
    """How a program is evaluated.

    Args:
        size: how large the DAG may be.
        deadline: when evaluating ends, by `time.monotonic`.
        prune: whether comparisons are settled by what ranges their sides can take.
        max_trips: after how many unknown tests a loop is cut off; None to refuse it.
    """

    size: DagLimits
    deadline: float
    prune: bool = False
    max_trips: int | None = None


class _Attempt(NamedTuple):
    """What came of an evaluation, and the machine that did it."""

    outcome: Dag | Unsupported
    machine: Machine


def dag_of(
    source: str,
    signature: Signature,
    domain: Domain,
    *,
    bodiless: Collection[str] = (),
    limits: DagLimits = USUAL,
) -> Dag | Unsupported:
    """Evaluate a function that closed text defines, over inputs in [-1, 1].

    A domain other than (-1, 1) becomes `mid + half * IN`; integer inputs are rounded as
    the scalar entry rounds them. What is refused is tried again with comparisons
    settled by what ranges their sides can take, then with loops cut off after so many
    trips, which makes the DAG `bounded`. What looks at the bits of numbers is also read
    with comparisons settled: most of its branches are for numbers that are never given.

    Args:
        source: closed text: every macro expanded, no directive.
        signature: of the function asked for.
        domain: the inputs' ranges, in the program's units.
        bodiless: functions that it calls and does not define, guessed by their names.
        limits: of the DAG, and of what making it takes.

    Returns:
        The DAG, or why there is none and where in `source`.
    """
    try:
        text = read_text(source, bodiless)
    except (Refusal, RecursionError) as error:
        return _unsupported(source, error)
    plain = _Limits(limits, monotonic() + limits.seconds)
    first = _attempt(source, text, signature, domain, plain)
    if not _may_improve(first):
        return first.outcome
    has_dag = isinstance(first.outcome, Dag)
    for max_trips in (None, *LOOP_BOUNDS):
        within = plain._replace(prune=True, max_trips=max_trips)
        attempt = _attempt(source, text, signature, domain, within)
        if isinstance(attempt.outcome, Dag):
            return attempt.outcome
        if has_dag or not attempt.machine.loops.has_unknown_test:
            break  # cutting loops off would give no better one
    return first.outcome


def dag_of_definitions(
    definitions: Definitions, signature: Signature, domain: Domain
) -> Dag | Unsupported:
    """Evaluate a function whose syntax is at hand, over inputs in [-1, 1].

    What comes of it is exact: it is never `bounded`.

    Args:
        definitions: the functions and variables of a program.
        signature: of the function asked for; its `prototype` is not looked at.
        domain: the inputs' ranges, in the program's units.

    Returns:
        The DAG, or why there is none, without a position.
    """
    limits = _Limits(USUAL, monotonic() + MAX_SECONDS)
    machine = _machine(
        FileScope(definitions.functions, {}, {}), signature, limits
    )
    try:
        return _evaluated(machine, definitions, signature, domain)
    except (Refusal, RecursionError) as error:
        found = _unsupported("", error)
        return Unsupported(found.reason, found.message)


def _attempt(
    source: str,
    text: ClosedText,
    signature: Signature,
    domain: Domain,
    limits: _Limits,
) -> _Attempt:
    """Evaluate a closed text within limits."""
    definitions = text.definitions
    constants = text.scope.constants
    program = FileScope(definitions.functions, constants, text.bodiless)
    machine = _machine(program, signature, limits)
    try:
        dag = _evaluated(machine, definitions, signature, domain)
    except (Refusal, RecursionError) as error:
        return _Attempt(_unsupported(source, error), machine)
    return _Attempt(dag, machine)


def _may_improve(attempt: _Attempt) -> bool:
    """Say whether settled comparisons could give a DAG, or a better one."""
    b = attempt.machine.builder
    if isinstance(attempt.outcome, Dag):
        return b.has_words
    return attempt.outcome.reason not in _OF_SIZE or b.may_settle


def _unsupported(source: str, error: Refusal | RecursionError) -> Unsupported:
    """Say why there is no DAG, and where in the text."""
    if isinstance(error, RecursionError):
        message = "the program nests too deeply to be evaluated symbolically"
        return Unsupported("too_deep", message)
    before = source[: error.offset]
    line_start = before.rfind("\n") + 1
    line = before.count("\n") + 1
    column = error.offset - line_start + 1
    return Unsupported(error.reason, error.message, line, column)


def _machine(
    program: FileScope, signature: Signature, limits: _Limits
) -> Machine:
    """Make a machine for one evaluation."""
    read_leaves = (*signature.inputs, *(leaf for leaf, _ in signature.fixed))
    is_single = all(
        leaf.type.kind != "float" or leaf.type.bits == 32
        for leaf in read_leaves
    )
    n_inputs = len(signature.inputs)
    builder = Builder(
        n_inputs, limits.size.nodes, prune=limits.prune, is_single=is_single
    )
    return Machine(
        builder,
        RULES,
        program,
        LoopLimit(limits.max_trips, limits.size.trips),
        deadline=limits.deadline,
        steps_left=limits.size.steps,
    )


def _evaluated(
    machine: Machine,
    definitions: Definitions,
    signature: Signature,
    domain: Domain,
) -> Dag:
    """Run the variables' initialisers, then call the function.

    Raises:
        Refusal: what has no symbolic meaning, or `too_many_nodes`.
    """
    state = State()
    for variable in definitions.variables:
        machine.execute(variable, state)
    inputs = _inputs(machine.builder, signature, domain)
    arguments = []
    objects: dict[str, Place] = {}
    for param in signature.params:
        place = machine.objects.new(_held(param.type))
        objects[param.name] = place
        own = [
            (path, x)
            for (name, path), x in inputs.items()
            if name == param.name
        ]
        arguments.append(
            _argument(machine.builder, param.type, place, own, state)
        )
    objects |= _set_variables(machine, signature, inputs, state)
    result = run_function(machine, signature.function, arguments, state, 0)
    if result is not None:
        objects["return"] = result
    roots = [
        _output(machine.builder, leaf, objects[leaf.param], state)
        for leaf in signature.outputs
    ]
    return _finished(machine, roots)


def _inputs(b: Builder, signature: Signature, domain: Domain) -> _Inputs:
    """Map each input from [-1, 1] onto its range; what is fixed is a constant."""
    inputs: _Inputs = {
        (leaf.param, leaf.path): Number(
            b.literal(value), leaf.type.kind != "float"
        )
        for leaf, value in signature.fixed
    }
    for k, leaf in enumerate(signature.inputs):
        mid = (domain.hi[k] + domain.lo[k]) / 2
        half = (domain.hi[k] - domain.lo[k]) / 2
        scaled = b.make("MUL", b.input(k), b.literal(half))
        node = b.make("ADD", scaled, b.literal(mid))
        if leaf.type.kind == "float":
            inputs[leaf.param, leaf.path] = Number(node)
        else:
            inputs[leaf.param, leaf.path] = Number(b.make("ROUND", node), True)
    return inputs


def _set_variables(
    machine: Machine, signature: Signature, inputs: _Inputs, state: State
) -> dict[str, Place]:
    """Write the inputs that are variables at file level; return where they are."""
    places: dict[str, Place] = {}
    for variable in signature.variables:
        place = machine.frame.find(variable.name)
        assert place is not None, (
            "the program defines the variables that it reads"
        )
        places[variable.name] = place
        for (name, path), number in inputs.items():
            if name == variable.name:
                cell = place_of(place.object, path, type_at(place.type, path))
                write(machine.builder, state, cell, number)
    return places


def _held(ctype: CType) -> CType:
    """Return the type of the object that a parameter stands for."""
    return ctype.to if isinstance(ctype, Pointer) else ctype


def _argument(
    b: Builder,
    ctype: CType,
    place: Place,
    inputs: list[tuple[tuple[str | int, ...], Number]],
    state: State,
) -> Number | Address | Place:
    """Fill the object that a parameter stands for, and return what is passed.

    Args:
        ctype: the parameter's type.
        place: of the object.
        inputs: those that belong to the parameter; the other scalars are zero.
    """
    if isinstance(ctype, Scalar):
        ((_, number),) = inputs
        write(b, state, place, number)
        return number
    held = place.type
    for path, part in subpaths(held):
        if isinstance(part, Scalar):
            zero = Number(b.literal(0.0))
            write(b, state, place_of(place.object, path, part), zero)
    for path, number in inputs:
        cell = place_of(place.object, path, type_at(held, path))
        write(b, state, cell, number)
    if isinstance(ctype, Struct):
        return place
    if isinstance(held, Array):
        return Address(place.object, (), held.of, 0)
    return Address(place.object, (), held)


def _output(b: Builder, leaf: Leaf, place: Place, state: State) -> int:
    """Return the node of an output after the call."""
    found = read(b, state, place_of(place.object, leaf.path, leaf.type))
    assert isinstance(found, Number), "outputs are scalars"
    return found.node


def _finished(machine: Machine, roots: list[int]) -> Dag:
    """Return the DAG of some nodes.

    Raises:
        Refusal: `too_many_nodes`.
    """
    dag = machine.builder.finish(roots, machine.loops.is_bounded)
    most = machine.builder.max_nodes
    if len(dag) > most:
        message = f"the expression has {len(dag)} operations, over {most}"
        raise Refusal("too_many_nodes", message, machine.builder.at)
    guesses = tuple(
        (name, found) for (name, _), found in machine.guesses.items()
    )
    return replace(dag, guesses=guesses)
