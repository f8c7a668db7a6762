"""Expression DAG -> terms: sums, products and functions of one argument alone.

In: a `Dag`, which output. Out: `Terms`, or a number where the output is constant. Exact
over the reals, but for atan2 on its branch cut; a minimum of nearly equal values may
differ in its last bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nsc.compnet.terms import ONE, Form, TermBuilder, Terms, TooManyTerms
from nsc.graph import OPS, TRUTHS, Dag

MAX_TERMS = 1024


def terms_of(
    dag: Dag, output: int = 0, *, limit: int = MAX_TERMS
) -> Terms | float:
    """Rewrite one output of a DAG. Slots are its inputs in order of first use.

    Example: 2 (x x) - y has four nodes: x, y, the product x x, and the linear
    combination 2 (x x) - y.

    Returns:
        Its terms, or its value where it is constant.

    Raises:
        TooManyTerms: more than `limit` terms, or a constant that is not finite.
    """
    builder = TermBuilder(limit)
    (form,) = _forms(builder, dag, [int(dag.roots[output])])
    return _finished(builder, form, builder.inputs_of([form]))


def terms_of_all(
    dag: Dag,
    outputs: Sequence[int],
    *,
    limit: int = MAX_TERMS,
    widest: int | None = None,
) -> list[Terms | float]:
    """Rewrite some outputs of a DAG; slots are the inputs that any output uses.

    Args:
        widest: terms from which on a sum becomes a node of its own; None for never. A
            sum that grows in every step of a loop has as many terms as there are steps.

    Raises:
        TooManyTerms: as `terms_of`.
    """
    builder = TermBuilder(limit)
    forms = _forms(builder, dag, dag.roots.tolist(), widest)
    inputs = builder.inputs_of(forms)
    return [_finished(builder, forms[k], inputs) for k in outputs]


def _finished(
    builder: TermBuilder, form: Form, inputs: tuple[int, ...]
) -> Terms | float:
    return builder.finish(form, inputs) if form.weights else form.constant


def _forms(
    builder: TermBuilder, dag: Dag, roots: list[int], widest: int | None = None
) -> list[Form]:
    """Rewrite what the roots need, children first; returns the roots' forms."""
    forms: dict[int, Form] = {}
    args = dag.args.tolist()
    ops = [OPS[op] for op in dag.ops.tolist()]
    values = dag.values.tolist()
    for k in _needed(args, roots):
        if ops[k] == "IN":
            forms[k] = builder.input(int(values[k]))
        elif ops[k] == "LIT":
            forms[k] = Form({}, values[k])
        else:
            kids = [c for c in args[k] if c >= 0]
            operands = [(forms[c], ops[c]) for c in kids]
            form = _rewritten(builder, ops[k], operands)
            forms[k] = _narrowed(builder, form, widest)
    if not all(math.isfinite(forms[root].constant) for root in roots):
        raise TooManyTerms
    return [forms[root] for root in roots]


def _narrowed(builder: TermBuilder, form: Form, widest: int | None) -> Form:
    """Make a wide sum a node of its own, so that others add one term of it."""
    if widest is None or len(form.weights) < widest:
        return form
    return Form({builder.node(form): 1.0})


def _rewritten(
    builder: TermBuilder, op: str, operands: list[tuple[Form, str]]
) -> Form:
    """Rewrite one operation; operands: their forms, and the operations they are of."""
    conditions = _CONDITIONS.get(op, 0)
    forms = [
        _truth(builder, form, kind) if k < conditions else form
        for k, (form, kind) in enumerate(operands)
    ]
    rule = _RULES.get(op)
    return rule(builder, *forms) if rule else builder.unary(op, *forms)


def _needed(args: list[list[int]], roots: list[int]) -> list[int]:
    needed = set(roots)
    for k in range(max(roots), -1, -1):
        if k in needed:
            needed.update(c for c in args[k] if c >= 0)
    return sorted(needed)


def _truth(b: TermBuilder, form: Form, op: str) -> Form:
    """Return 1 where a value is not zero, else 0."""
    is_constant_truth = not form.weights and form.constant in (0.0, 1.0)
    if op in TRUTHS or is_constant_truth:
        return form
    return ONE - b.unary("ZERO", form)


def _extreme(sign: float) -> Callable[[TermBuilder, Form, Form], Form]:
    """Make a maximum (sign 1) or a minimum: max(x, y) = (x + y + |x - y|) / 2."""
    return lambda b, x, y: (x + y).plus(b.unary("ABS", x - y), sign) * 0.5


def _remainder(b: TermBuilder, x: Form, y: Form) -> Form:
    """fmod(x, y) = x - y trunc(x / y)."""
    quotient = b.product(x, b.unary("RECIP", y))
    return x - b.product(y, b.unary("TRUNC", quotient))


def _select(b: TermBuilder, condition: Form, yes: Form, no: Form) -> Form:
    """Choose by a truth c: no + c (yes - no), yes + (1 - c) (no - yes), or both.

    What is not chosen may be undefined. A sum takes over what is undefined in it, a
    product with a zero does not (`functions.multiply`): so a side that may be undefined
    stands in a product alone.
    """
    if not b.is_partial(no):
        return no + b.product(condition, yes - no)
    if not b.is_partial(yes):
        return yes + b.product(ONE - condition, no - yes)
    return b.product(condition, yes) + b.product(ONE - condition, no)


def _angle(b: TermBuilder, y: Form, x: Form) -> Form:
    """Halve the angle: atan2(y, x) = 2 atan(y / (sqrt(x^2 + y^2) + x))."""
    radius = b.unary("SQRT", b.product(x, x) + b.product(y, y))
    return b.unary("ATAN", b.product(y, b.unary("RECIP", radius + x))) * 2.0


# how many leading operands are conditions
_CONDITIONS = {"AND": 2, "OR": 2, "NOT": 1, "SEL": 1}
_RULES: dict[str, Callable[..., Form]] = {
    "ADD": lambda b, x, y: x + y,
    "SUB": lambda b, x, y: x - y,
    "NEG": lambda b, x: x * -1.0,
    "MUL": lambda b, x, y: b.product(x, y),
    "SQ": lambda b, x: b.product(x, x),
    "DIV": lambda b, x, y: b.product(x, b.unary("RECIP", y)),
    "POW": lambda b, x, y: b.unary("EXP", b.product(y, b.unary("LOG", x))),
    "MIN": _extreme(-1.0),
    "MAX": _extreme(1.0),
    "FMOD": _remainder,
    "LT": lambda b, x, y: b.unary("STEP", y - x),
    "EQ": lambda b, x, y: b.unary("ZERO", x - y),
    "AND": lambda b, x, y: b.product(x, y),
    "OR": lambda b, x, y: x + y - b.product(x, y),
    "NOT": lambda b, x: ONE - x,
    "SEL": _select,
    "ATAN2": _angle,
}
