"""A surrogate as one Rust module, without a crate.

In: an `ExportJob`. Out: the file's text, and what runs it. Non-goals: no_std: exp is not
there.
"""

from __future__ import annotations

from collections.abc import Iterable

from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.conditions import Syntax
from nsc.deploy.languages.exporter import Language
from nsc.deploy.languages.function import Function, Output, function_of
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.reserved import RUST_NEVER, RUST_OWN, RUST_RAW
from nsc.deploy.languages.running import Sources
from nsc.deploy.languages.rust_parts import DRIVER, LEAVING, TEXT
from nsc.surrogate import OneOf, Whole

FILE_NAME = "surrogate.rs"
_METHODS = {
    "fabs": "abs",
    "log": "ln",
    "ceil": "ceil",
    **{name: name for name in "sqrt exp log10 floor sin cos tan".split()},
}
_OF_TWO = {
    "fmin": "min",
    "fmax": "max",
    "pow": "powf",
    "hypot": "hypot",
    "atan2": "atan2",
}


def _number(value: float) -> str:
    return f"({float(value)!r}_f64)"


_SYNTAX = Syntax(
    number=_number,
    calls={
        "fmod": "({0} % {1})",
        **{name: f"({{0}}).{own}()" for name, own in _METHODS.items()},
        **{name: f"({{0}}).{own}({{1}})" for name, own in _OF_TWO.items()},
    },
)


def _escaped(name: str) -> str:
    return f"r#{name}" if name in RUST_RAW else f"{name}_"


def _function(job: ExportJob) -> Function:
    keywords = RUST_RAW | RUST_NEVER | RUST_OWN
    return function_of(job, Names(keywords, _escaped))


def _text(job: ExportJob) -> str:
    function = _function(job)
    names = [i.identifier for i in function.inputs]
    is_alone = len(function.outputs) == 1
    results = [o.identifier for o in function.outputs]
    return TEXT.format(
        head="\n".join(f"//! {line}".rstrip() for line in function.head()),
        name=function.name,
        plain=function.name.removeprefix("r#"),
        batch=function.batch,
        parameters=", ".join(f"{name}: f64" for name in names),
        listed=", ".join(names),
        results=", ".join(results),
        n_inputs=len(names),
        n_outputs=len(results),
        result="f64" if is_alone else f"[f64; {len(results)}]",
        returned="[0]" if is_alone else "",
        networks=_networks(function),
        outputs=_outputs(function.outputs),
        policy=_policy(function),
        call=_call(function, "row"),
        n_rows=len(function.selftest),
        rows=",\n        ".join(map(_numbers, function.selftest)),
        allowed=_numbers(function.allowed),
    )


def _numbers(values: Iterable[float]) -> str:
    return f"[{', '.join(repr(float(v)) for v in values)}]"


def _networks(function: Function) -> str:
    """Write statements that take x through all layers to y."""
    scales = zip(function.middles, function.halves, strict=True)
    scaled = ", ".join(
        f"(x[{k}] - {_number(middle)}) / {_number(half)}"
        for k, (middle, half) in enumerate(scales)
    )
    lines = [f"let u = [{scaled}];"]
    found: list[str] = []
    for k, (layers, activation) in enumerate(function.networks):
        given = "u"
        for n, (weight, bias) in enumerate(layers, 1):
            shape = f"[[f64; {weight.shape[1]}]; {len(bias)}]"
            rows = ",\n            ".join(map(_numbers, weight))
            to = f"h_{k}_{n}"
            lines += [
                f"let {to} = {{",
                f"    static W: {shape} = [\n            {rows}];",
                f"    static B: [f64; {len(bias)}] = {_numbers(bias)};",
                f"    nsc_layer(&W, &B, &{given})",
                "};",
            ]
            if n < len(layers):
                act = "f64::tanh" if activation == "tanh" else activation
                act = f"nsc_{act}" if act != "f64::tanh" else act
                lines.append(f"let {to} = {to}.map({act});")
            given = to
        found += [f"{given}[{j}]" for j in range(len(layers[-1][1]))]
    lines.append(f"[{', '.join(found)}]")
    return "\n".join(f"    {line}" for line in lines)


def _outputs(outputs: Iterable[Output]) -> str:
    """Write statements that make the program's outputs of the networks'."""
    lines: list[str] = []
    for k, output in enumerate(outputs):
        value = f"y[{k}]"
        for rule in output.rules:
            if isinstance(rule, Whole):
                ends = f"{_number(rule.lo)}, {_number(rule.hi)}"
                made = f"nsc_nearest({value}, {ends})"
            elif isinstance(rule, OneOf):
                tables = _numbers(rule.thresholds), _numbers(rule.values)
                made = f"nsc_one_of({value}, &{tables[0]}, &{tables[1]})"
            else:
                made = f"if {value} > 0.5 {{ 1.0 }} else {{ 0.0 }}"
            lines.append(f"    {value} = {made};\n")
    return "".join(lines)


def _policy(function: Function) -> str:
    """Write what tests inputs, and `nsc_answer`, which minds it."""
    tests = [
        f"x[{k}] >= {_number(i.lo)} && x[{k}] <= {_number(i.hi)}"
        for k, i in enumerate(function.inputs)
    ]
    inputs = [f"x[{k}]" for k in range(len(function.inputs))]
    tests += [
        _SYNTAX.truth(c.term, inputs)
        for c in function.program.drawing.conditions
    ]
    return LEAVING[function.outside].format(
        tests="\n        && ".join(tests),
        lows=_numbers(i.lo for i in function.inputs),
        highs=_numbers(i.hi for i in function.inputs),
        n_inputs=len(function.inputs),
        n_outputs=len(function.outputs),
        message=(
            f"{function.name}: inputs outside the domain of the surrogate"
        ),
    )


def _call(function: Function, row: str, module: str = "") -> str:
    """Write a call with the inputs of a row; it gives an array."""
    given = ", ".join(f"{row}[{k}]" for k in range(len(function.inputs)))
    call = f"{module}{function.name}({given})"
    return f"[{call}]" if len(function.outputs) == 1 else call


def _sources(job: ExportJob, text: str) -> Sources:
    function = _function(job)
    driver = DRIVER.format(
        batch=function.batch,
        call=_call(function, "row", "surrogate::"),
        n_inputs=len(function.inputs),
        n_outputs=len(function.outputs),
    )
    return Sources(
        "Rust",
        ((FILE_NAME, text), ("main.rs", driver)),
        build=(
            "rustc",
            "--edition=2021",
            "-Copt-level=1",
            "-Cdebuginfo=0",
            "-Dwarnings",
            "main.rs",
            "-o",
            "program",
        ),
    )


RUST_LANGUAGE = Language(
    "Rust",
    FILE_NAME,
    ("warn", "raise", "clip", "nan"),
    _text,
    _sources,
    commands=("rustc (Debian: apt install rustc; or rustup.rs)",),
)
