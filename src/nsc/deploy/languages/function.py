"""What every language writes of a surrogate: one noun, and no language.

In: an `ExportJob`, a language's names. Out: `Function`. Non-goals: any syntax.

All numbers are doubles, one a scalar of the program's inputs and outputs: what is an
integer in C is a whole number, what is a float is not rounded to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.deploy.c_source import surrogate_name
from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.names import Names
from nsc.program import Program, as_returned
from nsc.surrogate import Held, Whole
from nsc.syntax import Leaf

# (weight `out in`, bias `out`) from the first layer to the last
Layers = list[tuple[np.ndarray, np.ndarray]]
SELFTEST_ROWS = 16
SELFTEST_TOLERANCE = 1e-9  # of an output's largest value
_POLICIES = {
    None: "nothing is tested: mind the domain.",
    "warn": "a warning, once; the network answers.",
    "raise": "an error.",
    "clip": "the nearest inputs of the domain are taken; a NaN stays one.",
    "nan": "NaN.",
}


@dataclass(frozen=True)
class Input:
    """One scalar that is read.

    Args:
        name: as the program has it.
        identifier: as the language has it.
        kind: its type in C.
    """

    name: str
    identifier: str
    kind: str
    lo: float
    hi: float


@dataclass(frozen=True)
class Output:
    """One scalar that is given.

    Args:
        kind: its type in C.
        held: what stands for a network's number, before its type has its say.
        type_: "float" leaves it, "int" takes the nearest of `limits`, "bool" says whether
            it is above one half.
    """

    name: str
    identifier: str
    kind: str
    held: Held
    type_: str
    limits: tuple[float, float]

    @property
    def rules(self) -> list[Held | str]:
        """What is done in turn: `Whole`, `OneOf` or "bool"; nothing for a real number."""
        rules: list[Held | str] = [] if self.held is None else [self.held]
        if self.type_ == "bool":
            return [*rules, "bool"]
        if self.type_ == "int" and self.held != Whole(*self.limits):
            return [*rules, Whole(*self.limits)]
        return rules


@dataclass(frozen=True)
class Function:
    """An exported function, in doubles.

    Args:
        name: of the function; `batch`, of the one for many rows.
        networks: layers with their activation; their outputs stand side by side.
        outside: what is done outside the domain; None tests nothing.
        selftest: `n (i + o)`, inputs and outputs.
        allowed: `o`, how far off the self-test lets an output be.
    """

    program: Program
    name: str
    batch: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    networks: tuple[tuple[Layers, str], ...]
    outside: str | None
    notes: tuple[str, ...]
    error: np.ndarray | None
    selftest: np.ndarray
    allowed: np.ndarray

    @property
    def activations(self) -> list[str]:
        """Activations that are made use of, in order."""
        return sorted(
            {kind for layers, kind in self.networks if len(layers) > 1}
        )

    @property
    def middles(self) -> list[float]:
        """The centre of each input's range."""
        return [(i.hi + i.lo) / 2 for i in self.inputs]

    @property
    def halves(self) -> list[float]:
        """Half the width of each input's range."""
        return [(i.hi - i.lo) / 2 for i in self.inputs]

    def head(self) -> list[str]:
        """Say what this is, where it holds, and what was verified."""
        lines = [
            f"{self.name}: a neural surrogate of {self.program.name}, written by nsc.",
            "",
            f"Of {_plain(self.program.signature.prototype)}",
            "",
            "Inputs, and their domain:",
            *map(_said_of_input, self.inputs),
            *_said_of_drawing(self),
            "Outputs:",
            *(
                _said_of_output(output, k, self.error)
                for k, output in enumerate(self.outputs)
            ),
        ]
        fixed = self.program.signature.fixed
        if fixed:
            lines += ["Made for these values, which are no inputs here:"]
            lines += [f"  {leaf.name} = {value:.10g}" for leaf, value in fixed]
        lines += [f"Outside the domain: {_POLICIES[self.outside]}"]
        return [*lines, *map(_plain, self.notes)]


def function_of(job: ExportJob, names: Names) -> Function:
    """Put together what a language writes of a job."""
    surrogate = job.surrogate
    signature = job.program.signature
    name = names.give(surrogate_name(job.program, drop_in=job.drop_in))
    batch = names.give(f"{job.program.name}_surrogate_n")
    sides = zip(signature.inputs, surrogate.lo, surrogate.hi, strict=True)
    inputs = tuple(
        Input(
            leaf.name,
            names.give(leaf.name),
            leaf.type.spelling,
            float(lo),
            float(hi),
        )
        for leaf, lo, hi in sides
    )
    held = surrogate.held or (None,) * len(signature.outputs)
    outputs = tuple(
        _output(leaf, names, of_leaf)
        for leaf, of_leaf in zip(signature.outputs, held, strict=True)
    )
    x = job.tested_inputs[:SELFTEST_ROWS]
    y = as_returned(job.program, surrogate.evaluate(x))
    return Function(
        job.program,
        name,
        batch,
        inputs,
        outputs,
        tuple(surrogate.layers()),
        job.outside,
        job.notes,
        job.error,
        np.hstack([x, y]),
        _allowed(outputs, y),
    )


def _output(leaf: Leaf, names: Names, held: Held) -> Output:
    kind = leaf.type.kind
    limits = leaf.type.limits if kind == "int" else (0.0, 0.0)
    identifier = names.give(leaf.name, again="out")
    return Output(
        leaf.name, identifier, leaf.type.spelling, held, kind, limits
    )


def _allowed(outputs: tuple[Output, ...], y: np.ndarray) -> np.ndarray:
    """Return how far off an output may be: an integer may be rounded the other way."""
    largest = np.abs(y).max(axis=0, initial=1e-30)
    is_rounded = np.array([bool(o.rules) for o in outputs])
    return SELFTEST_TOLERANCE * largest + is_rounded


def _said_of_input(given: Input) -> str:
    return f"  {_called(given)}, from {given.lo:.9g} to {given.hi:.9g}"


def _said_of_output(output: Output, k: int, error: np.ndarray | None) -> str:
    verified = "" if error is None else f", verified rmse {error[k]:.3g}"
    is_whole = output.type_ != "float" or output.held is not None
    whole = ", in a double" if is_whole else ""
    return f"  {_called(output)}{whole}{verified}"


def _called(leaf: Input | Output) -> str:
    is_same = leaf.name == leaf.identifier
    was = "" if is_same else f" (the program's {_plain(leaf.name)})"
    return f"{leaf.identifier}{was}: {leaf.kind}"


def _said_of_drawing(function: Function) -> list[str]:
    """Say what conditions hold in the domain, and how its inputs were drawn."""
    drawing = function.program.drawing
    lines = [f"  where {_plain(c.text)}" for c in drawing.conditions]
    if lines and function.outside in (None, "clip"):
        lines.append("  (where that does not hold it is not tested: mind it)")
    names = drawing.log_names([i.name for i in function.inputs])
    if names:
        lines.append(f"Drawn log-uniformly: {_plain(', '.join(names))}.")
    if drawing.sample is not None:
        path = _plain(drawing.sample.path)
        lines.append(f"Learned and verified on inputs from {path} alone.")
    return lines


def _plain(text: str) -> str:
    """Keep a text in the comment that it stands in, and on its line."""
    shown = "".join(c if " " <= c <= "~" else "?" for c in text)
    spaced = shown.replace("\\", "/").replace('"', "'")
    return spaced.replace("*/", "* /").replace("/*", "/ *")
