"""Expression DAG -> terms: each operation as linear combinations, products and
functions of one argument.

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


def terms_of(dag: Dag, output: int = 0, *, limit: int = MAX_TERMS) -> Terms | float:
    """Rewrite one output of a DAG. Slots are its inputs in order of first use.

    Raises:
        TooManyTerms: more than `limit` terms, or a constant that is not finite.
    """
    builder = TermBuilder(limit)
    form = _forms(builder, dag, [int(dag.roots[output])])[0]
    return (
        builder.finish(form, builder.inputs_of([form]))
        if form.weights
        else form.constant
    )


def terms_of_all(
    dag: Dag, outputs: Sequence[int], *, limit: int = MAX_TERMS
) -> list[Terms | float]:
    """Rewrite some outputs of a DAG; slots are the inputs that any output uses.

    Raises:
        TooManyTerms: as `terms_of`.
    """
    builder = TermBuilder(limit)
    forms = _forms(builder, dag, dag.roots.tolist())
    inputs = builder.inputs_of(forms)
    return [
        builder.finish(forms[k], inputs) if forms[k].weights else forms[k].constant
        for k in outputs
    ]


def _forms(builder: TermBuilder, dag: Dag, roots: list[int]) -> list[Form]:
    forms: dict[int, Form] = {}
    args = dag.args.tolist()
    ops = dag.ops.tolist()
    values = dag.values.tolist()
    for k in _needed(args, roots):
        op = OPS[ops[k]]
        if op == "IN":
            forms[k] = builder.input(int(values[k]))
        elif op == "LIT":
            forms[k] = Form({}, values[k])
        else:
            kids = [c for c in args[k] if c >= 0]
            operands = [forms[c] for c in kids]
            if op in _OF_TRUTHS:
                count = _OF_TRUTHS[op]
                operands[:count] = [
                    _truth(builder, forms[c], OPS[ops[c]]) for c in kids[:count]
                ]
            rule = _RULES.get(op)
            forms[k] = (
                rule(builder, *operands) if rule else builder.unary(op, *operands)
            )
    if not all(math.isfinite(forms[root].constant) for root in roots):
        raise TooManyTerms
    return [forms[root] for root in roots]


def _needed(args: list[list[int]], roots: list[int]) -> list[int]:
    needed = set(roots)
    for k in range(max(roots), -1, -1):
        if k in needed:
            needed.update(c for c in args[k] if c >= 0)
    return sorted(needed)


def _truth(b: TermBuilder, form: Form, op: str) -> Form:
    """Return 1 where a value is not zero, else 0."""
    if op in TRUTHS or (not form.weights and form.constant in (0.0, 1.0)):
        return form
    return ONE - b.unary("ZERO", form)


def _extreme(sign: float) -> Callable[[TermBuilder, Form, Form], Form]:
    return lambda b, x, y: (x + y).plus(b.unary("ABS", x - y), sign) * 0.5


def _remainder(b: TermBuilder, x: Form, y: Form) -> Form:
    return x - b.product(y, b.unary("TRUNC", b.product(x, b.unary("RECIP", y))))


def _select(b: TermBuilder, condition: Form, yes: Form, no: Form) -> Form:
    """Choose by a truth: what is not chosen may be undefined, and must not be where it
    would count.
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
_OF_TRUTHS = {"AND": 2, "OR": 2, "NOT": 1, "SEL": 1}
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
