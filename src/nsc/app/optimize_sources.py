"""What is optimised -> a Program all of whose searched inputs have ranges.

In: C text or a file, a Python function, a Program; ranges, names of constants. Out:
`Subject`. Non-goals: goals, running.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nsc.app.functions import program_of_function
from nsc.app.goals import chosen_ranges
from nsc.app.options import CompileOptions
from nsc.app.project import Project, read_text
from nsc.app.sources import read_source
from nsc.app.tuning import Constant, constants_of, defaults_of, with_variables
from nsc.errors import DomainError, InputError, SourceError
from nsc.program import Program, checked_ranges, stated_range

# ranges by name
Ranges = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """A program, and what of it is searched.

    Args:
        ranges: that its user stated, by name.
        whole: names that are searched over whole numbers.
        tuned: names that were asked for; () for all inputs.
        constants: of the text, that are inputs now.
        default: values that tuned inputs have without being tuned, where known.
        original: the program as it was; None where its text is as it was.
        notes: what its user should know.
    """

    program: Program
    ranges: Mapping[str, Any]
    whole: tuple[str, ...] = ()
    tuned: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    default: Mapping[str, float] = field(default_factory=dict)
    original: Program | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How a source is read.

    Args:
        of_text: arguments of `parse_program`, but for ranges.
        beside: include, others and defines.
        of_python: outputs and vectorized.
    """

    of_text: Mapping[str, Any]
    beside: Mapping[str, Any]
    of_python: Mapping[str, Any]


def subject_of(
    source: Any,
    reading: Reading,
    ranges: tuple[Ranges, Ranges, Ranges],
    measured: Mapping[str, tuple[float, float]],
    options: CompileOptions,
    *,
    is_kept: bool,
) -> Subject:
    """Read a source.

    Args:
        ranges: domain, inputs and tune.
        measured: what columns of measurements range over.

    Raises:
        InputError: it cannot be read, or a name is not there.
    """
    domain, inputs, tune = ranges
    plain, whole = chosen_ranges(tune)
    if isinstance(source, Program):
        given = {**reading.of_text, **reading.beside, **reading.of_python}
        _refuse(given | {"domain": domain, "inputs": inputs})
        _expect_known(source, plain)
        return Subject(source, plain, whole, tuple(plain))
    if callable(source):
        _refuse({**reading.of_text, **reading.beside})
        merged = {**inputs, **domain, **plain}
        return _of_function(
            source, reading, merged, (measured, plain, whole), options, is_kept
        )
    merged = ({**domain, **plain}, inputs)
    return _of_text(source, reading, merged, (measured, plain, whole))


def _refuse(given: Mapping[str, Any]) -> None:
    stated = [name for name, value in given.items() if value]
    if stated:
        raise InputError(
            f"{stated[0]} must be left out here: it is for another kind of source"
        )


def _expect_known(program: Program, tune: Mapping[str, Any]) -> None:
    names = [leaf.name for leaf in program.signature.inputs]
    for name in tune:
        if name not in names:
            raise InputError(
                f"tune must name inputs of {program.name}; there is no '{name}', there are"
                f" {', '.join(names)}"
            )


def _of_function(
    function: Callable[..., Any],
    reading: Reading,
    ranges: dict[str, Any],
    more: tuple[Mapping[str, tuple[float, float]], Ranges, tuple[str, ...]],
    options: CompileOptions,
    is_kept: bool,
) -> Subject:
    """Make a program of a Python function."""
    measured, tune, whole = more
    defaults: dict[str, float] = {}
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        parameters = {}
    for name, parameter in parameters.items():
        if name in measured and name not in ranges:
            ranges[name] = measured[name]
        if isinstance(parameter.default, int | float):
            defaults[name] = float(parameter.default)
    for name, parameter in parameters.items():
        is_needed = parameter.default is parameter.empty
        is_several = parameter.kind in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        )
        if is_needed and not is_several and name not in ranges and ranges:
            is_array = len(parameters) == 1 and not set(ranges) & {name}
            if not is_array:
                raise _without_range(name, tune)
    program = program_of_function(
        function,
        inputs=ranges or None,
        call_limit=options.call_limit,
        is_kept=is_kept,
        seed=options.seed,
        **reading.of_python,
    )
    if not ranges:
        raise _unbounded(program.signature.inputs[0].name)
    tuned = tuple(tune)
    kept = {name: v for name, v in defaults.items() if name in tuned}
    return Subject(program, ranges, whole, tuned, default=kept)


def _unbounded(name: str) -> InputError:
    return InputError(
        "domain must give every input that is searched a range, as in"
        f" domain={{'{name}': (0, 1)}}; '{name}' has none"
    )


def _of_text(
    source: object,
    reading: Reading,
    ranges: tuple[dict[str, Any], Ranges],
    more: tuple[Mapping[str, tuple[float, float]], Ranges, tuple[str, ...]],
) -> Subject:
    """Read C text, its tuned constants as inputs."""
    measured, tune, whole = more
    _refuse(reading.of_python)
    text, path = _text_of(source)
    project = _project(**reading.beside)
    _expect_free(tune, project)
    changed, constants = with_variables(
        text, tuple(tune), str(path or "<string>")
    )
    domain, inputs = ranges
    others = {k: v for k, v in domain.items() if k not in constants}
    spare = {k: v for k, v in measured.items() if k not in tune}
    read = _Read(path, project, reading.of_text, inputs, others, spare)
    original = None
    notes: tuple[str, ...] = ()
    if constants:
        original, notes = _original(read, text)
    variables = {name: tune[name] for name in constants}
    try:
        program = read(changed, variables)
    except DomainError as error:
        raise _unknown(error, tune, text) from None
    except SourceError as error:
        raise _not_variables(error, constants, original) from None
    stated = {**inputs, **domain}
    _expect_ranges(program, stated, measured, tune)
    default = defaults_of(constants)
    return Subject(
        program,
        stated,
        whole,
        tuple(tune),
        constants,
        default,
        original,
        notes,
    )


def _text_of(source: object) -> tuple[str, Path | None]:
    """Return C text, and the file that it is in."""
    if not isinstance(source, str | Path):
        raise InputError(
            "nsc.optimize takes a Program, a Python function, a path or C text; found"
            f" {type(source).__name__}"
        )
    if isinstance(source, str) and "{" in source:
        return source, None
    return read_source(Path(source)), Path(source)


def _not_variables(
    error: SourceError,
    constants: Mapping[str, Constant],
    original: Program | None,
) -> InputError:
    """Say which constants cannot be variables, if the text was right before."""
    if original is None:
        return error
    return InputError(
        "tune must name constants that can be variables; with"
        f" {', '.join(constants)} so the text is refused: {error}"
    )


def _expect_free(tune: Ranges, project: Project) -> None:
    """Refuse constants that macros of the command line set."""
    taken = [name for name in tune if name in (project.defines or {})]
    if taken:
        raise InputError(
            f"tune must not name '{taken[0]}', which a macro of the command line sets;"
            " leave out its definition there"
        )


def _original(
    read: _Read, text: str
) -> tuple[Program | None, tuple[str, ...]]:
    """Read the text as it was; says why where it cannot be read."""
    try:
        return read(text, {}), ()
    except InputError as error:
        said = (
            "the text with variables was not compared with the original, which alone is"
            f" refused: {error}"
        )
        return None, (said,)


def _unknown(error: DomainError, tune: Ranges, text: str) -> InputError:
    """Say which tuned name is not there; another error stays as it is."""
    unknown = [n for n in tune if f"'{n}' is not an input" in str(error)]
    if not unknown:
        return error
    return InputError(
        f"tune must name inputs, or constants of the text; there is no '{unknown[0]}':"
        f" {error}; constants are {', '.join(constants_of(text)) or 'none'}"
    )


@dataclass(frozen=True)
class _Read:
    """Reads texts in the same way.

    Args:
        inputs, domain: ranges of file-level variables, and of the others.
        spare: ranges of measured columns, which may be inputs.
    """

    path: Path | None
    project: Project
    of_text: Mapping[str, Any]
    inputs: Ranges
    domain: Ranges
    spare: Mapping[str, tuple[float, float]]

    def __call__(self, text: str, variables: Ranges) -> Program:
        """Read a text; measured columns that are no inputs are left out."""
        domain = self.domain
        spare = {k: v for k, v in self.spare.items() if k not in domain}
        while True:
            try:
                return read_text(
                    text,
                    self.path,
                    self.project,
                    ranges={**spare, **domain},
                    inputs={**self.inputs, **variables},
                    **self.of_text,
                )
            except DomainError as error:
                unknown = [
                    n for n in spare if f"'{n}' is not an" in str(error)
                ]
                if not unknown:
                    raise
                del spare[unknown[0]]


def _project(
    *,
    include: Sequence[Path],
    others: Sequence[Path],
    defines: Mapping[str, str] | None,
) -> Project:
    return Project().with_more(
        [Path(p) for p in others], [Path(p) for p in include], defines
    )


def _without_range(name: str, tune: Ranges) -> InputError:
    """Say of an input without a range what is missing."""
    return not_tuned(name) if tune and name not in tune else _unbounded(name)


def not_tuned(name: str) -> InputError:
    """Say of an input that has no value: it is neither searched nor fixed."""
    return InputError(
        f"tune must name every input that is not fixed; '{name}' has no value: fix it with"
        f" fix={{'{name}': 0}}, search it with tune={{'{name}': (0, 1)}}, or give"
        " measurements with fit='FILE.csv'"
    )


def _expect_ranges(
    program: Program,
    ranges: Mapping[str, Any],
    measured: Mapping[str, Any],
    tune: Ranges,
) -> None:
    """Refuse an input that is searched in a range that nobody stated.

    Raises:
        InputError: there is one.
    """
    stated = checked_ranges(ranges)
    for leaf in program.signature.inputs:
        if measured and leaf.name not in tune:
            continue  # has a column, or its lack is told when rows are read
        is_open = leaf.type.kind == "float" and leaf.name not in measured
        if is_open and stated_range(leaf, stated) is None:
            raise _without_range(leaf.name, tune)
