"""An integer network as C99 without floating point.

In: an `IntegerNetwork`, its self-test, what is said of it. Out: `Written`, its text and
the bytes of its tables. Non-goals: running it (exporter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from nsc.deploy.fixed_point.arithmetic import LARGEST_32, Format, table_of
from nsc.deploy.fixed_point.c_parts import (
    FROM,
    MACROS,
    TANH,
    TEXT,
    TO,
    WHOLE,
    WIDE,
)
from nsc.deploy.fixed_point.network import IntegerLayer, IntegerNetwork
from nsc.deploy.fixed_point.scaling import (
    AnyInput,
    AnyOutput,
    RealInput,
    RealOutput,
    WholeInput,
    WholeOutput,
)

BYTES = {"int8_t": 1, "int16_t": 2, "int32_t": 4}
COLUMNS = 96


@dataclass
class _Tables:
    """Constant arrays of the C, and how many bytes they are."""

    lines: list[str] = field(default_factory=list[str])
    n_bytes: int = 0

    def add(self, name: str, kind: str, values: Iterable[int]) -> str:
        """Write an array; returns its name."""
        listed = [int(v) for v in values]
        self.n_bytes += BYTES[kind] * len(listed)
        text = wrapped(listed, 4)
        self.lines.append(
            f"  static const {kind} {name}[{len(listed)}] = {{\n    {text}\n  }};"
        )
        return name


@dataclass(frozen=True)
class Body:
    """The C of a network without its comment: what tables take, and the stack's arrays."""

    fields: dict[str, object]
    table_bytes: int
    stack_bytes: int

    def text(self, head: list[str]) -> str:
        """Return the file."""
        lines = "\n".join(f" * {line}".rstrip() for line in head)
        return TEXT.format(head=lines, **self.fields)


def names_of(network: IntegerNetwork) -> tuple[str, str]:
    """Return the names of the functions of scalars and of arrays."""
    return network.function.name, network.function.batch


def body_of(network: IntegerNetwork, x: np.ndarray) -> Body:
    """Write a network.

    Args:
        x: `n i` inputs of the self-test, in the program's units.
    """
    kind = network.kind
    tables = _Tables()
    body = _inputs(network)
    for k, part in enumerate(network.parts):
        body += _part(network, k, part, tables)
    layers = [layer for part in network.parts for layer in part]
    widest = max(len(network.inputs), *(len(layer.bias) for layer in layers))
    has_tanh = any(layer.activation == "tanh" for layer in layers)
    bytes_ = BYTES[kind.storage]
    table = len(table_of(kind).values) * has_tanh * bytes_
    fields: dict[str, object] = {
        **_of_format(kind, has_tanh=has_tanh),
        **_of_names(network),
        **_of_selftest(network, x),
        "helpers": _helpers(network),
        "tables": "\n".join(tables.lines),
        "widest": widest,
        "body": "\n".join(f"  {line}" for line in body),
    }
    return Body(fields, tables.n_bytes + table, 2 * widest * bytes_)


def _of_format(kind: Format, *, has_tanh: bool) -> dict[str, object]:
    """Write what a format decides."""
    storage = kind.storage
    term = "(int32_t)w[k] * h[k]"
    by = ""
    if kind.has_wide_products:
        term = "(int32_t)nsc_wide_shifted((int64_t)w[k] * h[k], by)"
        by = ", int by"
    pointers = f"const {storage} *w, const {storage} *h"
    return {
        "storage": storage,
        "activation": _activation(kind) if has_tanh else "",
        "sum_parameters": f"{pointers}, int n, int32_t sum{by}",
        "sum_step": f"sum += {term}",
    }


def _of_names(network: IntegerNetwork) -> dict[str, object]:
    """Write what names decide."""
    name, row = names_of(network)
    return {
        "name": name,
        "row": row,
        "macros": _macros(network),
        "prototype": _prototype(network),
        "scalar": _scalar(network),
        "n_inputs": len(network.inputs),
        "n_outputs": len(network.outputs),
    }


def _of_selftest(network: IntegerNetwork, x: np.ndarray) -> dict[str, object]:
    q = network.integers(x)
    rows = np.hstack([q, network.computed(q)])
    listed = "\n".join(f"    {{{_listed(row)}}}," for row in rows)
    return {"n_rows": len(rows), "rows": listed}


def wrapped(values: Iterable[int], indent: int) -> str:
    """List numbers on lines that are not too long."""
    lines = [""]
    for value in values:
        item = f"{_spelled(value)},"
        if len(lines[-1]) + len(item) > COLUMNS:
            lines.append("")
        lines[-1] += f" {item}"
    return f"\n{' ' * indent}".join(line.strip() for line in lines)


def _spelled(value: int) -> str:
    """Spell a constant whose type is int32_t or int64_t, not what is wider."""
    return f"(-{LARGEST_32} - 1)" if value == -LARGEST_32 - 1 else str(value)


def _listed(values: Iterable[int]) -> str:
    return ", ".join(_spelled(int(v)) for v in values)


def _helpers(network: IntegerNetwork) -> str:
    """Write what integers of 64 bits need, where there are any."""
    whole = [i for i in network.inputs if isinstance(i, WholeInput)]
    needs_wide = network.kind.has_wide_products or whole
    text = WIDE if needs_wide else ""
    return text + (
        WHOLE.format(by=whole[0].by, largest=whole[0].largest) if whole else ""
    )


def _activation(kind: Format) -> str:
    table = table_of(kind)
    is_wide = kind.has_wide_products
    return TANH.format(
        per_one=2**table.step,
        storage=kind.storage,
        wide=kind.wide,
        n=len(table.values),
        table=wrapped(map(int, table.values), 2),
        bits=kind.bits,
        shift="nsc_wide_shifted" if is_wide else "nsc_shifted",
        slope_shift=table.step + 1 - kind.guard,
        fraction=kind.sum_bits - table.step,
        guarded=2**kind.guard,
        guard=kind.guard,
        largest=kind.largest,
    )


def _inputs(network: IntegerNetwork) -> list[str]:
    """Write statements that make of inputs what the first layer reads."""
    storage = network.kind.storage
    lines: list[str] = []
    for k, given in enumerate(network.inputs):
        if isinstance(given, RealInput):
            value = f"nsc_limited(x[{k}], 0, {given.largest})"
        else:
            ends = f"{_spelled(given.lo)}, {_spelled(given.hi)}"
            value = (
                f"nsc_whole(x[{k}], {ends}, INT64_C({given.factor}),"
                f" INT64_C({given.start}))"
            )
        lines.append(f"a[{k}] = ({storage}){value};")
    return lines


def _part(
    network: IntegerNetwork,
    number: int,
    part: tuple[IntegerLayer, ...],
    tables: _Tables,
) -> list[str]:
    """Write a member's layers, which read a, the first time, and then by turns b and a."""
    lines: list[str] = [] if number == 0 else _inputs(network)
    first = sum(len(p[-1].bias) for p in network.parts[:number])
    given = "a"
    to = "b"
    for n, layer in enumerate(part, 1):
        mark = f"{number + 1}_{n}"
        summed = _summed(layer, network.kind, mark, tables, given)
        if layer.activation:
            lines += _hidden(layer, network.kind, mark, tables, summed, to)
        else:
            for k in range(len(layer.bias)):
                output = network.outputs[first + k]
                by = int(layer.out_shift[k])
                lines += _output(output, first + k, by, summed(str(k)))
        given, to = to, given
    return lines


def _summed(
    layer: IntegerLayer, kind: Format, mark: str, tables: _Tables, given: str
) -> Callable[[str], str]:
    """Write a layer's tables; returns what writes the sum of a unit."""
    n = layer.weight.shape[1]
    weights = tables.add(f"w_{mark}", kind.storage, layer.weight.ravel())
    biases = tables.add(f"bias_{mark}", "int32_t", layer.bias)
    products = ""
    if kind.has_wide_products:
        products = tables.add(f"by_{mark}", "int8_t", layer.product_shift)

    def summed(k: str) -> str:
        at = f"{weights} + {k} * {n}"
        by = f", {products}[{k}]" if products else ""
        return f"nsc_sum({at}, {given}, {n}, {biases}[{k}]{by})"

    return summed


def _hidden(
    layer: IntegerLayer,
    kind: Format,
    mark: str,
    tables: _Tables,
    summed: Callable[[str], str],
    to: str,
) -> list[str]:
    """Write a layer with its activation."""
    is_relu = layer.activation == "relu"
    most = kind.largest if is_relu else table_of(kind).largest_sum(kind)
    shifts = tables.add(f"shift_{mark}", "int8_t", layer.out_shift)
    value = "(z < 0 ? 0 : z)" if is_relu else "nsc_tanh_half(z)"
    return [
        f"for (k = 0; k < {len(layer.bias)}; k++) {{",
        f"  int32_t sum = {summed('k')};",
        f"  int32_t z = nsc_limited(sum, {shifts}[k], {most});",
        f"  {to}[k] = ({kind.storage}){value};",
        "}",
    ]


def _output(output: AnyOutput, k: int, by: int, total: str) -> list[str]:
    """Write what an output is of its sum."""
    if isinstance(output, RealOutput):
        return [f"y[{k}] = nsc_limited({total}, {by}, {output.largest});"]
    if isinstance(output, WholeOutput):
        lo = _spelled(output.lo)
        hi = _spelled(output.hi)
        return [
            "{",
            f"  int32_t nearest = nsc_shifted({total}, {by});",
            f"  y[{k}] = nearest < {lo} ? {lo} : nearest > {hi} ? {hi} : nearest;",
            "}",
        ]
    steps = output.steps(by) or [LARGEST_32]
    results = [*output.results, output.results[-1]][: len(steps) + 1]
    return [
        "{",
        f"  static const int32_t steps[{len(steps)}] = {{{_listed(steps)}}};",
        f"  static const int32_t results[{len(results)}] = {{{_listed(results)}}};",
        f"  int32_t sum = {total}, n = 0;",
        f"  for (k = 0; k < {len(steps)}; k++) n += sum > steps[k];",
        f"  y[{k}] = results[n];",
        "}",
    ]


def _kind_of(given: AnyInput | AnyOutput, kind: Format) -> str:
    """Return the C type of an input or output: int32_t for what is whole."""
    is_real = isinstance(given, RealInput | RealOutput)
    return kind.storage if is_real else "int32_t"


def _prototype(network: IntegerNetwork) -> str:
    kind = network.kind
    name, _ = names_of(network)
    given = [f"{_kind_of(i, kind)} {i.identifier}" for i in network.inputs]
    if len(network.outputs) == 1:
        result = _kind_of(network.outputs[0], kind)
        return f"{result} {name}({', '.join(given)})"
    given += [f"{_kind_of(o, kind)} *{o.identifier}" for o in network.outputs]
    return f"void {name}({', '.join(given)})"


def _scalar(network: IntegerNetwork) -> str:
    """Write the function of scalars, which calls the one of arrays."""
    _, row = names_of(network)
    n_outputs = len(network.outputs)
    given = ", ".join(i.identifier for i in network.inputs)
    lines = [
        f"int32_t nsc_x[] = {{{given}}}, nsc_y[{n_outputs}];",
        f"{row}(nsc_x, nsc_y);",
    ]
    kinds = [_kind_of(output, network.kind) for output in network.outputs]
    if n_outputs == 1:
        lines.append(f"return ({kinds[0]})nsc_y[0];")
    else:
        lines += [
            f"*{output.identifier} = ({kind})nsc_y[{k}];"
            for k, (output, kind) in enumerate(
                zip(network.outputs, kinds, strict=True)
            )
        ]
    body = "\n".join(f"  {line}" for line in lines)
    return f"{_prototype(network)} {{\n{body}\n}}"


def _macros(network: IntegerNetwork) -> str:
    """Write conversions of real numbers."""
    name, _ = names_of(network)
    lines = [
        FROM.format(
            name=name,
            given=i.identifier,
            storage=network.kind.storage,
            middle=f"{i.middle:.17g}",
            factor=f"{i.factor:.17g}",
            largest=i.largest,
        )
        for i in network.inputs
        if isinstance(i, RealInput)
    ]
    head = MACROS if lines else ""
    lines += [
        TO.format(
            name=name,
            output=o.identifier,
            middle=f"{o.middle:.17g}",
            step=f"{o.step:.17g}",
        )
        for o in network.outputs
        if isinstance(o, RealOutput)
    ]
    return head + "".join(lines)
