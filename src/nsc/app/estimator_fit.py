"""Rows of an estimator -> a verified surrogate, from a program's text if there is one.

In: features, targets, an estimator's parameters. Out: `Fitted`. Non-goals: dividing rows
(data), finetuning (pipeline).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.data import program_of_rows
from nsc.app.data_api import refuse_original
from nsc.app.estimator_data import Features, FitError, Targets
from nsc.app.finish import finish
from nsc.app.options import CompileOptions, ExportOptions
from nsc.app.pipeline import compile_program
from nsc.app.project import Project, read_text
from nsc.app.sources import read_source
from nsc.app.table import Table
from nsc.program import Drawing, Program
from nsc.surrogate import Surrogate, identifier

PATH = "X, y"
FEWEST = 8  # rows with different inputs


@dataclass(frozen=True)
class Fitted:
    """A surrogate, and which columns of X are its inputs, in its order."""

    surrogate: Surrogate
    columns: list[int]


def fit_rows(
    features: Features, targets: Targets, parameters: Mapping[str, Any]
) -> Fitted:
    """Fit a surrogate to rows.

    Args:
        parameters: of `SurrogateRegressor`.

    Raises:
        InputError: too few rows, columns that tell nothing, or a program that has other
            inputs or outputs.
    """
    started = time.perf_counter()
    export = ExportOptions(outside=parameters["outside"])
    refuse_original(export)
    own = _program_of(parameters, features)
    columns = _columns(features, own)
    names = _input_names(features, columns, own)
    outputs = _output_names(targets, names, own)
    options = _options(parameters, len(names), len(outputs))
    table = Table(
        PATH,
        {
            **dict(zip(names, features.x.T[columns], strict=True)),
            **dict(zip(outputs, targets.y.T, strict=True)),
        },
    )
    program, options = program_of_rows(
        table, names, outputs, options, budget=None, fewest=FEWEST
    )
    if own is not None:
        program = replace(
            own,
            domain=program.domain,
            drawing=Drawing(),
            function=program.function,
            notes=(*own.notes, *program.notes),
        )
    compiled = compile_program(program, options, timing=False)
    surrogate, _ = finish(compiled, options, export, started=started)
    return Fitted(surrogate, columns)


def errors_of(surrogate: Surrogate) -> np.ndarray:
    """Return the standard deviation of each output's error on rows held back, `o`."""
    report = surrogate.report
    assert report is not None, "rows are verified"
    found = report["test"]
    each = found.get("outputs") or [found]
    return np.array([output["rmse"] for output in each], np.float64)


def _options(
    parameters: Mapping[str, Any], n_inputs: int, n_outputs: int
) -> CompileOptions:
    hidden = parameters["hidden"]
    topology = "auto"
    if hidden is not None:
        widths = (n_inputs, *np.atleast_1d(hidden), n_outputs)
        topology = "-".join(map(str, widths))
    return CompileOptions(
        topology=topology,
        activation=parameters["activation"],
        optimizer=parameters["optimizer"],
        restarts=parameters["restarts"],
        seed=_seed(parameters["random_state"]),
    )


def _seed(random_state: Any) -> int:
    """Return a seed; None draws one, as scikit-learn has it."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return random_state


def _columns(features: Features, own: Program | None) -> list[int]:
    """Choose the columns of X that are inputs.

    Raises:
        FitError: they are not the program's inputs.
    """
    n = features.x.shape[1]
    if own is None:
        is_constant = features.x.min(axis=0) == features.x.max(axis=0)
        kept = np.flatnonzero(~is_constant).tolist()
        if not kept:
            raise FitError(
                f"X must have several values in a column; each of {n} feature(s) is"
                f" constant in {len(features.x)} sample(s) (n_samples ="
                f" {len(features.x)})"
            )
        if len(kept) < n:
            warnings.warn(
                f"{n - len(kept)} of {n} columns of X are constant, and are ignored",
                UserWarning,
                stacklevel=4,
            )
        return kept
    wanted = [leaf.name for leaf in own.signature.inputs]
    if features.names is not None:
        _expect_same(features.names, wanted)
        return [features.names.index(name) for name in wanted]
    if n != len(wanted):
        raise FitError(
            f"X must have a column for each input of {own.name}: {', '.join(wanted)};"
            f" found {n}"
        )
    return list(range(n))


def _expect_same(names: Sequence[str], wanted: Sequence[str]) -> None:
    if sorted(names) != sorted(wanted):
        raise FitError(
            f"X must have the program's inputs as columns, {', '.join(wanted)}, in any"
            f" order; found {', '.join(names)}"
        )


def _input_names(
    features: Features, columns: Sequence[int], own: Program | None
) -> list[str]:
    if own is not None:
        return [leaf.name for leaf in own.signature.inputs]
    if features.names is None:
        return [f"x{k + 1}" for k in columns]
    return [features.names[k] for k in columns]


def _output_names(
    targets: Targets, inputs: Sequence[str], own: Program | None
) -> list[str]:
    """Name outputs as no input is named."""
    if own is None:
        taken = {identifier(name) for name in inputs}
        return [
            f"target_{name}" if identifier(name) in taken else name
            for name in targets.names
        ]
    found = [leaf.name for leaf in own.signature.outputs]
    if len(found) != targets.y.shape[1]:
        raise FitError(
            f"y must have an output for each of {own.name}: {', '.join(found)}; found"
            f" {targets.y.shape[1]}"
        )
    return found


def _program_of(
    parameters: Mapping[str, Any], features: Features
) -> Program | None:
    """Read the program that is started from, if there is one."""
    given = parameters["program"]
    if given is None or isinstance(given, Program):
        return given
    path = None
    text = given
    if not isinstance(given, str) or "{" not in given:
        path = Path(given)
        text = read_source(path)
    ranges: dict[str, tuple[float, float]] = {}
    if features.names is not None:
        lo = features.x.min(axis=0).tolist()
        hi = features.x.max(axis=0).tolist()
        sides = zip(features.names, lo, hi, strict=True)
        ranges = {name: (low, high) for name, low, high in sides}
    return read_text(
        text,
        path,
        Project(),
        function=parameters["function"],
        ranges=ranges,
        partial=True,
    )
