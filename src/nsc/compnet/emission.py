"""The seam of both compilers: what they read of a program, and what they emit for it.

In: nothing. Out: `CompilerInput`, `Emission`, and the protocols `Emitter` and
`Compiler`. Non-goals: how anything is emitted (compile.py, bert/compile.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from nsc.compnet.axes import Parameters, Values
from nsc.graph import Dag, Unsupported
from nsc.record import Record
from nsc.surrogate import COVERING

NO_DAG = "no expression DAG"


@dataclass(frozen=True)
class Emission:
    """What a CompNet emits for one output of a program.

    Args:
        w: float64 (65,), flat parameters of 9-4-4-1 that map [-1, 1]^9 to the program's
            units.
        values: float64 (512,), predicted outputs at the anchors of the inputs in
            `inputs`; empty for the base vector.
        inputs: which input of the program each column of the anchors stands for.
        expected_nmse: mean squared error that `values` are predicted to have, over the
            variance; None for the base vector. A network that is fitted to them adds
            its misfit.
        notes: why the text-free base vector was used, or what of the text was left out
            or guessed.
        is_doubtful: whether the program is larger than those that a CompNet is trained
            on, or was read with shorter loops.
    """

    w: Parameters
    values: Values
    inputs: tuple[int, ...] = ()
    expected_nmse: float | None = None
    notes: tuple[str, ...] = ()
    is_doubtful: bool = False


def base_emission(base: np.ndarray, why: str) -> Emission:
    """Emit the text-free vector `w`, and say why."""
    note = f"the text could not be used for the start: {why}"
    return Emission(base, np.empty(0), notes=(note,))


@dataclass(frozen=True)
class CompilerInput:
    """What a compiler may read of a program.

    Args:
        text: C text; "" where there is none.
        n_inputs: of the program.
        dag: its expression DAG, or why it has none.
        dag_nmse: by output, mean squared error over the variance that the DAG is
            expected to have where it is a coarse one; empty for others.
    """

    text: str
    n_inputs: int
    dag: Dag | Unsupported
    dag_nmse: tuple[float, ...] = ()


def too_many_inputs(inputs: int) -> str:
    """Say why a program of so many inputs is not read, and what to do."""
    return (
        f"the program has {inputs} inputs, and texts of up to {COVERING.n_inputs} are"
        " read; to have it read, hold others at a value with fix={'NAME': VALUE}"
        " [too_many_inputs]"
    )


@runtime_checkable
class Emitter(Protocol):
    """Anything that emits 9-4-4-1 for records, and has a text-free vector beside."""

    @property
    def base(self) -> Parameters: ...

    def emit_records(self, records: list[Record]) -> list[Emission]: ...


@runtime_checkable
class Compiler(Emitter, Protocol):
    """A CompNet of either encoder."""

    def emission_for(
        self, program: CompilerInput, output: int = 0
    ) -> Emission: ...

    def emissions_for(
        self, program: CompilerInput, outputs: Sequence[int]
    ) -> list[Emission]: ...
