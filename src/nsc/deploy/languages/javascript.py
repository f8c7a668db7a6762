"""A surrogate as one JavaScript file: a script, a module or CommonJS, no dependency.

In: an `ExportJob`. Out: the file's text, and what runs it. Non-goals: what a report's
page evaluates (plain values, of which no text is run).

The text is ASCII, and nothing in it ends the script element that it may stand in: of the
program it has identifiers and comments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.conditions import Syntax, functions_in
from nsc.deploy.languages.exporter import Language
from nsc.deploy.languages.function import Function, Output, function_of
from nsc.deploy.languages.javascript_parts import (
    DRIVER,
    HELPERS,
    LEAVING,
    TEXT,
)
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.reserved import JAVASCRIPT
from nsc.deploy.languages.running import Sources
from nsc.surrogate import OneOf, Whole

FILE_NAME = "surrogate.js"
_SAME = "sqrt exp log log10 floor ceil sin cos tan hypot atan2".split()
_OF_TWO = ("hypot", "atan2")


def _number(value: float) -> str:
    """Spell a constant; in parentheses where a sign before it would be a decrement."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    return f"({value!r})" if math.copysign(1.0, value) < 0 else repr(value)


def _call(name: str, arguments: int) -> str:
    given = ", ".join(f"{{{k}}}" for k in range(arguments))
    return f"{name}({given})"


_SYNTAX = Syntax(
    number=_number,
    operators={"==": "===", "!=": "!=="},
    calls={
        **{n: _call(f"Math.{n}", 1 + (n in _OF_TWO)) for n in _SAME},
        **{n: _call(f"nsc_{n}", 2) for n in HELPERS},
        "fabs": "Math.abs({0})",
        "fmod": "({0} % {1})",
    },
)


def _function(job: ExportJob) -> Function:
    return function_of(job, Names(JAVASCRIPT))


def _text(job: ExportJob) -> str:
    function = _function(job)
    names = [i.identifier for i in function.inputs]
    results = [o.identifier for o in function.outputs]
    is_alone = len(results) == 1
    return TEXT.format(
        head="\n".join(_commented(line) for line in function.head()),
        name=function.name,
        batch=function.batch,
        listed=", ".join(names),
        results=results[0] if is_alone else f"[{', '.join(results)}]",
        returned="[0]" if is_alone else "",
        n_inputs=len(names),
        n_outputs=len(results),
        middles=_numbers(function.middles),
        halves=_numbers(function.halves),
        networks=_networks(function),
        outputs=_outputs(function.outputs),
        policy=_policy(function),
        rows="\n".join(f"    {_numbers(row)}," for row in function.selftest),
        allowed=_numbers(function.allowed),
    )


def _commented(line: str) -> str:
    """Write a comment's line that opens and closes no element of a page."""
    return f" * {re.sub(r'<(?=[/!a-zA-Z])', '< ', line)}".rstrip()


def _numbers(values: Iterable[float]) -> str:
    return f"[{', '.join(map(_number, values))}]"


def _networks(function: Function) -> str:
    lines: list[str] = []
    for layers, activation in function.networks:
        lines.append(f'    ["{activation}", [')
        for weight, bias in layers:
            lines.append("      [[")
            lines += [f"        {_numbers(row)}," for row in weight]
            lines.append(f"      ], {_numbers(bias)}],")
        lines.append("    ]],")
    return "\n".join(lines)


def _outputs(outputs: Iterable[Output]) -> str:
    lines: list[str] = []
    for k, output in enumerate(outputs):
        value = f"y[{k}]"
        for rule in output.rules:
            if isinstance(rule, Whole):
                ends = f"{_number(rule.lo)}, {_number(rule.hi)}"
                value = f"nsc_nearest({value}, {ends})"
            elif isinstance(rule, OneOf):
                tables = _numbers(rule.thresholds), _numbers(rule.values)
                value = f"nsc_one_of({value}, {', '.join(tables)})"
            else:
                value = f"({value} > 0.5 ? 1 : 0)"
        lines.append(f"      {value},\n")
    return "".join(lines)


def _policy(function: Function) -> str:
    """Write what tests inputs, and `nsc_answered`, which minds it."""
    n = len(function.inputs)
    conditions = [c.term for c in function.program.drawing.conditions]
    used: set[str] = set().union(*map(functions_in, conditions))
    inputs = [f"x[{k}]" for k in range(n)]
    tests = [f"x[{k}] >= NSC_LOWS[{k}]" for k in range(n)]
    tests += [f"x[{k}] <= NSC_HIGHS[{k}]" for k in range(n)]
    tests += [_SYNTAX.truth(term, inputs) for term in conditions]
    return LEAVING[function.outside].format(
        lows=_numbers(i.lo for i in function.inputs),
        highs=_numbers(i.hi for i in function.inputs),
        helpers="".join(HELPERS[name] for name in sorted(used & {*HELPERS})),
        tests="\n      && ".join(tests),
        message=f"{function.name}: inputs outside the domain of the surrogate",
    )


def _sources(job: ExportJob, text: str) -> Sources:
    driver = DRIVER.format(file=FILE_NAME, n_inputs=job.program.n_inputs)
    return Sources(
        "JavaScript",
        ((FILE_NAME, text), ("driver.js", driver)),
        build=(),
        run=("node", "driver.js"),
    )


JAVASCRIPT_LANGUAGE = Language(
    "JavaScript",
    FILE_NAME,
    ("warn", "raise", "clip", "nan"),
    _text,
    _sources,
    commands=("node (Debian: apt install nodejs; or nodejs.org)",),
)
