"""The report of a compilation as values: what report.json holds.

In: what the application found out. Out: JSON values, and the same values back.
Non-goals: finding anything out (app), drawing it (html, console).

JSON has the fields' own names, in their own order, after `schema`, the version. Tuples
are its arrays, and a field marked `OPTIONAL` is left out where it is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nsc.report.plain_values import OPTIONAL, plain, read, shown
from nsc.report.schema_sizes import OtherForms, Size

SCHEMA = 1
Row = tuple[float, ...]
RowWithGaps = tuple[float | None, ...]


@dataclass(frozen=True)
class Source:
    """Where the program's text is from, and the text; "" for a Python callable."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Bound:
    """With `confidence` at most `fraction` of inputs exceed |error| `error`."""

    confidence: float
    fraction: float
    error: float
    sentence: str


@dataclass(frozen=True)
class Errors:
    """How wrong a surrogate is on `n` fresh inputs; what is not finite is None.

    Args:
        mse, rmse, nmse: mean squared error, its root, and it over the variance.
        quantiles: of the absolute error, by their level.
        bound: None where `n` is too small for any statement.
        outputs: the errors of each output by itself, where there are several.
        wrong: the share of inputs whose answer is another integer than the program's;
            left out where no output is an integer of few values.
    """

    n: int
    mse: float | None
    rmse: float | None
    nmse: float | None
    mean_abs: float | None
    max_abs: float | None
    quantiles: Mapping[str, float]
    bound: Bound | None
    outputs: tuple[Errors, ...] = ()
    wrong: float | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """What few runs told of the program elsewhere.

    Args:
        nmse: error that its values were expected to have, of each output.
        noise: standard deviation of what no function of the inputs explains.
        models: of each output, what was blended, and its part.
        is_used: whether the surrogate learned from it; else from examples alone.
    """

    nmse: Row
    noise: Row
    models: tuple[Mapping[str, float], ...]
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class ErrorBars:
    """How often intervals of `level` held that a surrogate states at an input.

    Args:
        level: the share of inputs on which they are to hold.
        held: the share on which they did, of each output.
        judged_on: inputs that `held` is of; they calibrated nothing.
        calibrated_on: others, which set how wide intervals are.
        networks: whose disagreement tells where they are wide.
    """

    level: float
    held: Row
    judged_on: int
    calibrated_on: int
    networks: int


@dataclass(frozen=True)
class ZeroShot:
    """How wrong initial parameters are before any training."""

    mse: float
    nmse: float | None


@dataclass(frozen=True)
class Round:
    """One attempt at a target error: what it spent and what verification found."""

    budget: int
    topology: str
    rmse: float


@dataclass(frozen=True)
class Finetuning:
    """How one network learned.

    Args:
        stopped: why it ended there, as `nsc.finetune` names it.
        winner: the start that won the race.
        every: steps from one loss of the curves to the next.
        train_loss, validation_loss: mean squared errors of standardised outputs.
    """

    backend: str
    stopped: str
    best_step: int
    steps: int
    winner: str
    every: int
    train_loss: Row
    validation_loss: Row


@dataclass(frozen=True)
class CallTime:
    """Nanoseconds that a call takes; None where nothing was timed.

    Args:
        batch: of a row of a batch; left out where there is no batch entry.
    """

    original: float | None = None
    surrogate: float | None = None
    batch: float | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True)
class Curve:
    """Program and surrogate along one input, the others mid-range.

    Args:
        program, surrogate: None where conditions leave the input out.
        is_log: whether the input was drawn log-uniformly; left out where not.
    """

    title: str
    input: str
    output: str
    x: Row
    program: RowWithGaps
    surrogate: RowWithGaps
    is_log: bool | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True)
class HeatMap:
    """Program and surrogate on a grid over the inputs named `x` (columns) and `y`.

    Args:
        program, surrogate: None where conditions leave the input out.
    """

    output: str
    x: str
    y: str
    program: tuple[RowWithGaps, ...]
    surrogate: tuple[RowWithGaps, ...]


@dataclass(frozen=True)
class Histogram:
    """How often errors are between two `edges`; one count less than edges."""

    edges: Row
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """The series that the page draws; `truth` and `predicted` are a row an input."""

    curves: tuple[Curve, ...]
    heat_maps: tuple[HeatMap, ...]
    truth: tuple[Row, ...]
    predicted: tuple[Row, ...]
    histogram: Histogram


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A coarser program that taught the surrogate, or why there is none.

    Args:
        why_none: why there is none; "" where there is one.
        reduced: what its text has less of: "N 200 -> 20".
        price: of a call, over the program's.
        nmse: its error once it is corrected, of each output, measured on runs of the
            program, each left out of the correction that judges it.
        corrections: how each output is corrected.
        dear_runs: runs of the program that it was measured and corrected by; they are
            among `program_runs`.
        cheap_runs: runs of the twin.
        cost: of these and of the search, in runs of the program.
        tried: coarser programs that were built.
        is_used: whether the surrogate learned from it; else from examples alone.
    """

    why_none: str = ""
    reduced: str = ""
    price: float = 0.0
    nmse: Row = ()
    corrections: tuple[str, ...] = ()
    dear_runs: int = 0
    cheap_runs: int = 0
    cost: float = 0.0
    tried: int = 0
    is_used: bool = False


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measurements of a program that a callee's surrogate was tuned to.

    Args:
        before, after: root mean squared error on rows that nothing was tuned to, over
            the outputs' standard deviation.
        strength: of the ridge that keeps the surrogate near the callee; None where it
            was not tuned, for that did not help.
    """

    rows: int
    before: float
    after: float
    strength: float | None


@dataclass(frozen=True, kw_only=True)
class Within:
    """A program in which the surrogate stands in the place of a function it calls.

    Args:
        runs: of the program, in which the function's inputs were noted.
        calls: of the function in a run, on average.
        test: how wrong the program is with the surrogate in place.
        file: where its C is.
        measured: measurements of the program, to which the surrogate was tuned; left out
            where there were none.
    """

    function: str
    runs: int
    calls: float
    test: Errors
    file: str
    measured: Measured | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """How inputs were drawn, where not uniformly from the whole domain.

    Args:
        log: the inputs that were drawn log-uniformly.
        where: conditions that all inputs fulfil.
        sample: the user's file that inputs are rows of; "" where they were drawn.
        rows: how many of its rows there were to draw from.
        all: how many inputs there are, where each was verified; else 0.
    """

    log: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    sample: str = ""
    rows: int = 0
    all: int = 0


@dataclass(frozen=True, kw_only=True)
class Described:
    """What both kinds of report say of program and surrogate; not made by itself.

    Args:
        domain: the range of each input, lo and hi.
        drawn: how inputs were drawn; left out where uniformly from all of the domain.
        topology: layer widths, those of several networks with " + " between.
    """

    function: str
    signature: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    domain: Mapping[str, tuple[float, float]]
    drawn: Drawn | None = field(default=None, metadata=OPTIONAL)
    topology: str
    activation: str
    initial: str
    seed: int
    program: Source


@dataclass(frozen=True, kw_only=True)
class Report(Described):
    """A surrogate that was verified.

    Args:
        program_runs: how often the program ran, by purpose, but for checks and timing.
        check_runs: how often it ran in checks, from which nothing is learnt, by what
            they looked for; left out of reports that do not say.
        twin: a coarser program that taught the surrogate; left out where none was
            looked for.
        teacher: what few runs told elsewhere; left out where they did not.
        within: a program that calls the function, with the surrogate in its place; left
            out where none was asked for.
        sizes: of each network, those that were tried; left out where none was chosen.
        forms: what simpler forms would cost; left out for more than 3 inputs.
        zero_shot: what initial parameters are worth, by initialiser.
        expected_zero_shot_nmse: what the text promised, per output; None where it could
            not be read.
        error_bars: how often stated intervals held; left out where none were asked for.
        target_reached: None without a target.
        time_s: seconds, by what they were spent on; "total" is all.
        figures: None inside a surrogate's own file, which has no page.
        files: what was written.
        exported_function: the name in the exported C.
    """

    optimizer: str
    backend: str | None
    budget: int
    program_runs: Mapping[str, int]
    check_runs: Mapping[str, int] | None = field(
        default=None, metadata=OPTIONAL
    )
    twin: Twin | None = field(default=None, metadata=OPTIONAL)
    teacher: Teacher | None = field(default=None, metadata=OPTIONAL)
    within: Within | None = field(default=None, metadata=OPTIONAL)
    sizes: tuple[tuple[Size, ...], ...] | None = field(
        default=None, metadata=OPTIONAL
    )
    forms: OtherForms | None = field(default=None, metadata=OPTIONAL)
    zero_shot: Mapping[str, ZeroShot]
    expected_zero_shot_nmse: Row | None
    test: Errors
    error_bars: ErrorBars | None = field(default=None, metadata=OPTIONAL)
    target_error: float | None
    target_reached: bool | None
    rounds: tuple[Round, ...]
    finetune: tuple[Finetuning, ...]
    time_s: Mapping[str, float]
    ns_per_call: CallTime
    notes: tuple[str, ...]
    figures: Figures | None = field(default=None, metadata=OPTIONAL)
    files: tuple[str, ...]
    exported_function: str


@dataclass(frozen=True, kw_only=True)
class DraftReport(Described):
    """A surrogate from the text alone, which nothing has verified."""

    text_only: bool = True
    expected_zero_shot_nmse: Row
    time_s: Mapping[str, float]
    notes: tuple[str, ...]
    files: tuple[str, ...]
    exported_function: str


def to_json(report: Report | DraftReport) -> dict[str, Any]:
    """Return a report as plain values, for `json.dumps`."""
    return {"schema": SCHEMA, **plain(report)}


def from_json(found: object) -> Report | DraftReport:
    """Read a report back from plain values, as `json.loads` gives them.

    Raises:
        ValueError: another version; a field that is missing, unknown or of another
            type, with its path.
    """
    if not isinstance(found, Mapping):
        raise ValueError(f"report: expected an object; found {shown(found)}")
    version = found.get("schema")
    if version != SCHEMA:
        raise ValueError(
            f"report: expected schema {SCHEMA}; found {shown(version)}"
        )
    kind = DraftReport if "text_only" in found else Report
    rest = {name: value for name, value in found.items() if name != "schema"}
    return read(kind, rest, "report")
