"""A surrogate as one Python file that needs nothing but Python.

In: an `ExportJob`. Out: the file's text, and what runs it. Non-goals: speed of one call;
numpy is made use of where it is handed over.
"""

from __future__ import annotations

import builtins
import keyword
import sys
from collections.abc import Iterable

from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.conditions import Syntax, functions_in
from nsc.deploy.languages.exporter import Language
from nsc.deploy.languages.function import Function, Output, function_of
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.python_parts import (
    DRIVER,
    HELPERS,
    INSIDE,
    LEAVING,
    TEXT,
)
from nsc.deploy.languages.running import Sources
from nsc.surrogate import OneOf, Whole

FILE_NAME = "surrogate.py"
# what the file makes use of, beside names that begin with an underscore
_OWN = ("math", "mul", "numpy", "warnings", "rows", "wrong", "selftest")
_SYNTAX = Syntax(
    number=lambda value: repr(float(value)),
    operators={
        "&&": "and",
        "||": "or",
        "!": "not ",
        "/": "_divide({0}, {1})",
    },
    calls={
        name: f"_{name}({{0}}{', {1}' * (count - 1)})"
        for name, count in (
            ("fabs", 1),
            ("sqrt", 1),
            ("exp", 1),
            ("log", 1),
            ("log10", 1),
            ("floor", 1),
            ("ceil", 1),
            ("sin", 1),
            ("cos", 1),
            ("tan", 1),
            ("fmin", 2),
            ("fmax", 2),
            ("pow", 2),
            ("hypot", 2),
            ("fmod", 2),
            ("atan2", 2),
        )
    },
)


def _function(job: ExportJob) -> Function:
    keywords = {*keyword.kwlist, *dir(builtins), *_OWN}
    return function_of(job, Names(keywords, prefix="x"))


def _text(job: ExportJob) -> str:
    function = _function(job)
    parameters = ", ".join(i.identifier for i in function.inputs)
    given = f"({parameters}{',' * (len(function.inputs) == 1)})"
    is_alone = len(function.outputs) == 1
    listed = ", ".join(o.identifier for o in function.outputs)
    return TEXT.format(
        head="\n".join(function.head()).strip(),
        name=function.name,
        batch=function.batch,
        parameters=parameters,
        given=given,
        listed=listed,
        returned="[0]" if is_alone else "",
        result="a number" if is_alone else f"a tuple: {listed}",
        middles=_numbers(function.middles),
        halves=_numbers(function.halves),
        networks=_networks(function),
        outputs=_outputs(function.outputs),
        policy=_policy(function),
        rows=_rows(function),
        allowed=_numbers(function.allowed),
        imports="\nimport warnings" if function.outside == "warn" else "",
    )


def _numbers(values: Iterable[float]) -> str:
    return f"({''.join(f'{float(v)!r}, ' for v in values).rstrip()})"


def _networks(function: Function) -> str:
    lines: list[str] = []
    for layers, activation in function.networks:
        lines.append(f"    ({activation!r}, (")
        for weight, bias in layers:
            lines.append("        ((")
            lines += [f"            {_numbers(row)}," for row in weight]
            lines.append(f"        ), {_numbers(bias)}),")
        lines.append("    )),")
    return "\n".join(lines)


def _outputs(outputs: Iterable[Output]) -> str:
    spelled: list[str] = []
    for k, output in enumerate(outputs):
        value = f"y[{k}]"
        for rule in output.rules:
            if isinstance(rule, Whole):
                value = f"_nearest({value}, {rule.lo!r}, {rule.hi!r})"
            elif isinstance(rule, OneOf):
                tables = _numbers(rule.thresholds), _numbers(rule.values)
                value = f"_one_of({value}, {', '.join(tables)})"
            elif rule == "bool":
                value = f"(1.0 if {value} > 0.5 else 0.0)"
        spelled.append(f"        {value},\n")
    return "".join(spelled)


def _policy(function: Function) -> str:
    """Write what tests inputs, and what is done with those outside."""
    outside = function.outside
    lows = _numbers(i.lo for i in function.inputs)
    highs = _numbers(i.hi for i in function.inputs)
    if outside is None:
        return LEAVING[None]
    conditions = [c.term for c in function.program.drawing.conditions]
    used: set[str] = set().union(*map(functions_in, conditions))
    inputs = [f"x[{k}]" for k in range(len(function.inputs))]
    tests = "".join(
        f"\n        and {_SYNTAX.truth(term, inputs)}" for term in conditions
    )
    helpers = "".join(HELPERS[name] for name in sorted(used))
    inside = INSIDE.format(lows=lows, highs=highs, tests=tests)
    message = f"{function.name}: inputs outside the domain of the surrogate"
    leaving = LEAVING[outside].format(message=message)
    return f"{helpers}{inside}{leaving}"


def _rows(function: Function) -> str:
    return "\n".join(f"    {_numbers(row)}," for row in function.selftest)


def _sources(job: ExportJob, text: str) -> Sources:
    function = _function(job)
    driver = DRIVER.format(
        file=FILE_NAME,
        name=function.name,
        batch=function.batch,
        n_inputs=len(function.inputs),
    )
    return Sources(
        "Python",
        ((FILE_NAME, text), ("driver.py", driver)),
        build=(),
        run=(sys.executable, "-I", "-B", "driver.py"),
    )


PYTHON = Language(
    "Python",
    FILE_NAME,
    ("warn", "raise", "clip", "nan"),
    _text,
    _sources,
)
