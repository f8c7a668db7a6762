"""A surrogate -> one C99 file with the original's signature.

In: Surrogate, Program. Out: C text without malloc, its weights as static const tables.
Non-goals: compiling it (native.py), training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsc.errors import InputError
from nsc.program import Program, as_returned, scalar_entry, signature_types
from nsc.surrogate import Member, Surrogate, forward, resize_inputs
from nsc.syntax import Leaf, Void

SELFTEST_ROWS = 16
# 2^f on |f| <= 1/2 to a relative error of 9e-13 and 1e-7, coefficients of f^0, f^1...
_EXP2_DOUBLE = (
    1.0,
    0.6931471805482118,
    0.24022650698110432,
    0.05550410935267694,
    0.009618128616171052,
    0.0013333454859407318,
    0.00015403825422635655,
    1.5309156448358417e-05,
    1.3178942998334341e-06,
)
_EXP2_SINGLE = (
    1.0,
    0.6931469775988579,
    0.24022242085172812,
    0.05550733743691219,
    0.009671512648928984,
    0.0013264727065248338,
)


def surrogate_name(program: Program, *, drop_in: bool) -> str:
    """Return the C name of the exported function."""
    return program.name if drop_in else f"{program.name}_surrogate"


def c_source(
    surrogate: Surrogate,
    program: Program,
    *,
    drop_in: bool = False,
    guard: bool = False,
    notes: Sequence[str] = (),
    selftest: np.ndarray | None = None,
) -> str:
    """Write a surrogate as C99.

    Args:
        drop_in: give it the original's name instead of NAME_surrogate.
        guard: outside the domain, call the original (embedded when drop_in, else
            expected at link time).
        notes: lines for the head comment, for example the verified error.
        selftest: `n i` inputs in user units for the table under NSC_SELFTEST.
    """
    name = surrogate_name(program, drop_in=drop_in)
    writer = _Writer(surrogate, program)
    headers, types = signature_types(program)
    has_original = guard and drop_in and program.text
    parts = [_head(surrogate, program, name, notes)]
    if headers:
        parts.append("\n".join(f"#include <{h}>" for h in headers))
    if has_original:
        parts.append(_embedded_original(program))
    elif types:
        parts.append(types)
    if guard and not has_original:
        parts.append(
            f"{_prototype(program, program.name)};  /* called outside the domain */"
        )
    parts += [
        writer.tables(),
        writer.sigmoid(),
        _function(writer, program, name, guard, drop_in),
    ]
    if selftest is not None:
        parts.append(
            _selftest(surrogate, program, name, selftest[:SELFTEST_ROWS], writer.real)
        )
    return "\n\n".join(p for p in parts if p) + "\n"


def _head(
    surrogate: Surrogate, program: Program, name: str, notes: Sequence[str]
) -> str:
    shapes = " + ".join(
        f"{m.topology} {m.topology.activation}" for m in surrogate.members
    )
    lines = [
        f"{name}: a neural surrogate of {program.name}, written by nsc.",
        "",
        f"Topology: {shapes}.",
        "Domain:",
    ]
    for label, lo, hi in zip(
        surrogate.input_names, surrogate.lo, surrogate.hi, strict=True
    ):
        lines.append(f"  {label} in [{lo:g}, {hi:g}]")
    lines += ["", *notes] if notes else []
    return "/*\n" + "\n".join(f" * {line}".rstrip() for line in lines) + "\n */"


def _embedded_original(program: Program) -> str:
    undeclared = [name for name in program.bodiless if name not in program.globals_]
    if undeclared:
        raise InputError(
            f"--guard --drop-in embeds {program.name}, which calls '{undeclared[0]}':"
            " declare it in the file first"
        )
    other = f"{program.name}_original"
    return (
        f"/* The original, called outside the domain. */\n#define {program.name}"
        f" {other}\n{program.text.strip()}\n#undef {program.name}"
    )


def _prototype(program: Program, name: str) -> str:
    declared = ", ".join(p.declaration for p in program.signature.params)
    return program.signature.result.spell(f"{name}({declared})")


class _Writer:
    """Spells numbers and tables of one surrogate in one floating type."""

    def __init__(self, surrogate: Surrogate, program: Program):
        outputs = program.signature.outputs
        single = all(
            leaf.type.kind != "float" or leaf.type.bits == 32 for leaf in outputs
        )
        single = single and any(leaf.type.kind == "float" for leaf in outputs)
        self.real = "float" if single else "double"
        self.suffix = "f" if single else ""
        self.surrogate = surrogate
        self.members = [self._shrunk(m) for m in surrogate.members]

    def _shrunk(self, member: Member) -> Member:
        """Drop the unused, zero inputs of a covering architecture."""
        w, topology = resize_inputs(member.w, member.topology, len(self.surrogate.lo))
        return Member(topology, w)

    def number(self, value: float) -> str:
        text = f"{np.float32(value):.9g}" if self.suffix else f"{value:.17g}"
        return (text if any(c in text for c in ".en") else text + ".0") + self.suffix

    def limits_of(self, leaf: Leaf) -> tuple[float, float]:
        """Return the least and the largest value of an integer type that this floating
        type holds.
        """
        least, largest = leaf.type.limits
        if self.suffix and float(np.float32(largest)) > largest:
            largest = float(np.nextafter(np.float32(largest), np.float32(0)))
        return least, largest

    def tables(self) -> str:
        """Write weights as [input][unit], so that the inner loop runs over units and
        vectorises.
        """
        out = []
        for k, member in enumerate(self.members):
            for n, (weight, bias) in enumerate(
                member.topology.layers(member.w), start=1
            ):
                tag = self.tag(k, n)
                rows = ",\n".join(
                    "    {" + ", ".join(self.number(v) for v in row) + "}"
                    for row in weight.T
                )
                shape = f"[{weight.shape[1]}][{weight.shape[0]}]"
                out.append(
                    f"static const {self.real} nsc_weight_{tag}{shape} = {{\n{rows}}};"
                )
                row = ", ".join(self.number(v) for v in bias)
                out.append(
                    f"static const {self.real} nsc_bias_{tag}[{len(bias)}] = {{{row}}};"
                )
        return "\n".join(out)

    def tag(self, k: int, n: int) -> str:
        return f"{n}" if len(self.members) == 1 else f"{k}_{n}"

    def sigmoid(self) -> str:
        """Write 1 / (1 + exp(-z)) without a library call, so that loops over units
        vectorise.
        """
        kinds = {m.topology.activation for m in self.members if m.topology.hidden}
        if not kinds & {"sigmoid", "tanh"}:
            return ""
        single = self.suffix == "f"
        bits, shift = ("unsigned", 23) if single else ("unsigned long long", 52)
        limit = self.number(60.0 if single else 700.0)
        magic = self.number(12582912.0 if single else 6755399441055744.0)
        c = [self.number(v) for v in (_EXP2_SINGLE if single else _EXP2_DOUBLE)]
        pairs = [f"({c[k]} + {c[k + 1]} * f)" for k in range(0, len(c) - 1, 2)] + c[
            len(c) // 2 * 2 :
        ]
        r = self.real
        high = (
            [f"{pairs[2]} * f4"]
            if single
            else [f"({pairs[2]}", f"{pairs[3]} * f2) * f4", f"{pairs[4]} * (f4 * f4)"]
        )
        sum_ = "\n    + ".join([pairs[0], f"{pairs[1]} * f2", *high])
        return f"""/* 1 / (1 + exp(-z)): exp(-z) = 2^n 2^f; 2^f, |f| <= 1/2, by a polynomial. */
static {r} nsc_sigmoid({r} z) {{
  union {{ {r} real; {bits} bits; }} whole, power;
  {r} t = z * {self.number(-1.4426950408889634)}, f, f2, f4;
  t = t > {limit} ? {limit} : t < -{limit} ? -{limit} : t;
  whole.real = t + {magic};
  f = t - (whole.real - {magic});
  f2 = f * f;
  f4 = f2 * f2;
  power.real = {sum_};
  power.bits += whole.bits << {shift};
  return {self.number(1.0)} / ({self.number(1.0)} + power.real);
}}"""

    def activation(self, kind: str, z: str) -> str:
        if kind == "relu":
            return f"{z} > 0 ? {z} : 0"
        if kind == "tanh":
            return (
                f"{self.number(2.0)} * nsc_sigmoid({self.number(2.0)} * {z}) -"
                f" {self.number(1.0)}"
            )
        return f"nsc_sigmoid({z})"

    def layers(self, k: int) -> list[str]:
        """Write the layers of member k; its outputs end up in `nsc_y` (one member) or
        `nsc_y<k>`.
        """
        member = self.members[k]
        widths = member.topology.widths
        source = "nsc_x"
        lines = []
        for n in range(1, len(widths)):
            tag = self.tag(k, n)
            units = f"for (int j = 0; j < {widths[n]}; j++)"
            target = self.output_array(k) if n == len(widths) - 1 else f"nsc_h{tag}"
            lines += [
                f"{units} {target}[j] = nsc_bias_{tag}[j];",
                f"for (int i = 0; i < {widths[n - 1]}; i++)",
                f"  {units} {target}[j] += nsc_weight_{tag}[i][j] * {source}[i];",
            ]
            if n < len(widths) - 1:
                value = self.activation(member.topology.activation, f"{target}[j]")
                lines.append(f"{units} {target}[j] = {value};")
            source = target
        return lines

    def output_array(self, k: int) -> str:
        return "nsc_y" if len(self.members) == 1 else f"nsc_y{k}"

    def locals_(self) -> str:
        names = []
        for k, member in enumerate(self.members):
            widths = member.topology.widths
            names += [
                f"nsc_h{self.tag(k, n)}[{widths[n]}]" for n in range(1, len(widths) - 1)
            ]
            names.append(f"{self.output_array(k)}[{widths[-1]}]")
        return f"{self.real} {', '.join(names)};"

    def outputs(self) -> list[str]:
        """Return the C expression of each output."""
        return [
            f"{self.output_array(k)}[{j}]"
            for k, m in enumerate(self.members)
            for j in range(m.topology.n_outputs)
        ]


def _function(
    w: _Writer, program: Program, name: str, guard: bool, drop_in: bool
) -> str:
    signature = program.signature
    body = [f"{w.real} nsc_x[{program.n_inputs}];", w.locals_()]
    if not isinstance(signature.result, Void):
        body.append(f"{signature.result.spell('nsc_result')};")
    if guard:
        body.append(_guard(w.surrogate, program, drop_in))
    for k, leaf in enumerate(signature.inputs):
        body.append(f"nsc_x[{k}] = {_normalised(w, leaf, k)};")
    for k in range(len(w.members)):
        body.extend(w.layers(k))
    for leaf, value in zip(signature.outputs, w.outputs(), strict=True):
        body.append(f"{leaf.lvalue} = {_output(w, leaf, value)};")
    if not isinstance(signature.result, Void):
        body.append("return nsc_result;")
    text = "\n".join("  " + line for line in body)
    return f"{_prototype(program, name)} {{\n{text}\n}}"


def _normalised(w: _Writer, leaf: Leaf, k: int) -> str:
    lo = w.surrogate.lo[k]
    hi = w.surrogate.hi[k]
    mid = (hi + lo) / 2
    half = (hi - lo) / 2
    value = leaf.lvalue if leaf.type.spelling == w.real else f"({w.real}){leaf.lvalue}"
    if mid:
        value = (
            f"({value} - {w.number(mid)})"
            if mid > 0
            else f"({value} + {w.number(-mid)})"
        )
    return value if half == 1 else f"{value} * {w.number(1 / half)}"


def _output(w: _Writer, leaf: Leaf, value: str) -> str:
    """Spell what an output's variable gets; `program.as_returned` is the same in numpy."""
    if leaf.type.kind == "float":
        return value
    if leaf.type.kind == "bool":
        return f"{value} > 0.5"
    least, largest = (w.number(limit) for limit in w.limits_of(leaf))
    nearest = f"{value} < 0 ? {value} - 0.5 : {value} + 0.5"
    return (
        f"({leaf.type.spelling})({value} < {least} ? {least} : {value} > {largest} ?"
        f" {largest} : {nearest})"
    )


def _guard(surrogate: Surrogate, program: Program, drop_in: bool) -> str:
    tests = [
        f"{leaf.lvalue} >= {lo:.17g} && {leaf.lvalue} <= {hi:.17g}"
        for leaf, lo, hi in zip(
            program.signature.inputs, surrogate.lo, surrogate.hi, strict=True
        )
    ]
    other = f"{program.name}_original" if drop_in else program.name
    call = f"{other}({', '.join(p.name for p in program.signature.params)})"
    leave = (
        f"{{ {call}; return; }}"
        if isinstance(program.signature.result, Void)
        else f"return {call};"
    )
    return "if (!(" + "\n        && ".join(tests) + f")) {leave}"


def _in_float(surrogate: Surrogate, x: np.ndarray) -> np.ndarray:
    """Evaluate `n i` -> `n o` in single precision, to see what that loses."""
    u = surrogate.normalise(x).astype(np.float32)
    members = (Member(m.topology, m.w.astype(np.float32)) for m in surrogate.members)
    return np.concatenate(
        [forward(m.w, m.topology, u, kind=np.float32) for m in members], axis=1
    )


def _selftest(
    surrogate: Surrogate, program: Program, name: str, x: np.ndarray, real: str
) -> str:
    y = as_returned(program, surrogate(x))
    rows = ",\n".join(
        "    {" + ", ".join(f"{v:.17g}" for v in row) + "}" for row in np.hstack([x, y])
    )
    n = program.n_inputs
    o = program.n_outputs
    tolerance = "2e-4" if real == "float" else "1e-9"
    scale = np.maximum(np.abs(y).max(axis=0), 1e-30)
    scales = ", ".join(f"{s:.6g}" for s in scale)
    lost = (
        8 * np.abs(_in_float(surrogate, x) - surrogate(x)).max(axis=0)
        if real == "float"
        else np.zeros(o)
    )
    # may be rounded the other way
    whole = [leaf.type.kind != "float" for leaf in program.signature.outputs]
    slack = ", ".join(f"{a + b:.6g}" for a, b in zip(whole, lost.tolist(), strict=True))
    return f"""#ifdef NSC_SELFTEST
#include <stdio.h>
{scalar_entry(program.signature, name, "nsc_selftest_entry")}
static const double nsc_selftest[{len(x)}][{n + o}] = {{
{rows}}};

int main(void) {{
  static const double scale[{o}] = {{{scales}}}, slack[{o}] = {{{slack}}};
  int row, k, wrong = 0;
  for (row = 0; row < {len(x)}; row++) {{
    double y[{o}];
    nsc_selftest_entry(nsc_selftest[row], y);
    for (k = 0; k < {o}; k++) {{
      double error = y[k] - nsc_selftest[row][{n} + k];
      wrong += !(error <= {tolerance} * scale[k] + slack[k] && \
-error <= {tolerance} * scale[k] + slack[k]);
    }}
  }}
  printf("%d of %d values wrong\\n", wrong, {len(x) * o});
  return wrong != 0;
}}
#endif"""
