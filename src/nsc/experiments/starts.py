"""Where surrogates start: the initialisations that experiments compare, a row each.

In: a program, and another one for mismatched text; checkpoints. Out: parameters of
9-4-4-1 in the program's units, `k w`; trial t starts from row t % k. To add a start,
add a row. Non-goals: finetuning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

import numpy as np

from nsc.compnet import (
    MAX_INPUTS,
    SHIPPED,
    Compiler,
    anchor_inputs,
    load_compnet,
)
from nsc.errors import InputError, SourceError
from nsc.experiments.protocol import DRAWS, seed_of
from nsc.experiments.subject import Subject
from nsc.graph import evaluate
from nsc.host import code_digest
from nsc.initial import INITIALISERS, Order, distilled, initial_of
from nsc.program import Program, parse_program
from nsc.surrogate import COVERING, Topology, random_parameters
from nsc.syntax import Domain

RANDOM = "random"  # what improvements are measured against
SEEDS = 3  # of starts that were trained with several
EXACT = 512  # examples that a start without a DAG is fitted to
BASE = "text-free vector"
GENTLE = 0.05  # slope at which a sigmoid passes for a line
_COMPNET = ("nsc.initial", "nsc.compnet")


@dataclass(frozen=True)
class Sources:
    """What starts are made of beside the programs.

    Args:
        compnet: a checkpoint's path; None for the shipped one.
        bert: a checkpoint of the papers' compiler; None where there is none.
        seed: of all that is drawn.
        draws: random starts of each program.
    """

    compnet: str | None = None
    bert: str | None = None
    seed: int = 0
    draws: int = DRAWS


# the first size that `nsc compile` tries
DEFAULT = Topology((COVERING.n_inputs, 8, 8, 1))
Make = Callable[[Subject, Subject | None, Sources], np.ndarray]
FallsBack = Callable[[Subject, Subject | None], str]


@dataclass(frozen=True)
class Start:
    """One way to start.

    Args:
        name: what the user calls it.
        title: what tables call it.
        make: (program, partner, sources) -> `k w`.
        made_of: what its parameters hang on, beside programs and seed.
        missing: what to do where it cannot be had; "" where it can.
        is_control: whether it is one that nobody would use.
        falls_back: (program, partner) -> what it is instead where the text says nothing
            to it; "" where it is what it is called.
        is_drawn: whether it can be had for any topology, not 9-4-4-1 alone.
        topology: of its networks; another than 9-4-4-1 races.
        races_as: the row of `INITIALISERS` whose starts race, of which `make` gives the
            first; "" for a start that is alone. With Levenberg-Marquardt, and for data
            efficiency, only.
    """

    name: str
    title: str
    make: Make
    made_of: Callable[[Sources], str]
    missing: Callable[[Sources], str] = lambda sources: ""
    is_control: bool = False
    falls_back: FallsBack = lambda subject, partner: ""
    is_drawn: bool = False
    topology: Topology = COVERING
    races_as: str = ""


def _drawn(name: str, topology: Topology | None = None) -> Make:
    """Draw as torch.nn.Linear does; another name draws other numbers."""

    def make(
        subject: Subject, partner: Subject | None, sources: Sources
    ) -> np.ndarray:
        seeds = [
            seed_of(sources.seed, subject.name, name, t)
            for t in range(sources.draws)
        ]
        shape = topology or subject.topology
        return np.stack([random_parameters(shape, seed=s) for s in seeds])

    return make


@lru_cache(maxsize=4)
def _compiler(path: str | None) -> Compiler:
    return load_compnet(path)


def _compiled(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    """Compile the text as `nsc compile` does: fitted to what it predicts."""
    compnet = _compiler(sources.compnet)
    emission = compnet.emission_for(subject.compiler_input)
    return initial_of([emission], subject.n_inputs, COVERING, 0).w[None]


def _mismatched(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    """Compile the text of another program."""
    return _compiled(partner or subject, None, sources)


def _base(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    return _compiler(sources.compnet).base[None]


def _bert(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    """Take what the papers' compiler emits as it is."""
    compnet = _compiler(sources.bert)
    return compnet.emission_for(subject.compiler_input).w[None]


def _distilled(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    """Fit to exact values: at the anchors where there is a DAG, else to examples."""
    dag = subject.dag
    used = tuple(range(min(subject.n_inputs, MAX_INPUTS)))
    x = anchor_inputs(subject.n_inputs, used)
    y = None if dag is None or not dag.is_exact else evaluate(dag, x)[:, :1]
    if y is None or not np.isfinite(y).all():
        x = subject.x_train[:EXACT]
        y = subject.y_train[:EXACT]
    return distilled(x, y, COVERING, 0).w[None]


def _by_initialiser(name: str) -> Make:
    """Ask a row of `INITIALISERS`, once for each seed that was trained."""

    def make(
        subject: Subject, partner: Subject | None, sources: Sources
    ) -> np.ndarray:
        program = _parsed(subject)
        if program is None:
            return _drawn(name)(subject, partner, sources)
        compnet = _compiler(sources.compnet)
        found = [
            INITIALISERS[name].make(Order(program, COVERING, seed, 0, compnet))
            for seed in range(SEEDS)
        ]
        return np.stack([initial.w for initial in found])

    return make


def _unread(subject: Subject, partner: Subject | None) -> str:
    return RANDOM if _parsed(subject) is None else ""


def _without_dag(subject: Subject, partner: Subject | None) -> str:
    return BASE if subject.dag is None else ""


def _unread_or_without_dag(subject: Subject, partner: Subject | None) -> str:
    return _unread(subject, partner) or _without_dag(subject, partner)


def _without_partner(subject: Subject, partner: Subject | None) -> str:
    if partner is None:
        return "the program's own text"
    return _without_dag(partner, None)


@lru_cache(maxsize=64)
def _parsed(subject: Subject) -> Program | None:
    """Read a program's text; None where it cannot be read any more."""
    try:
        program = parse_program(subject.text, function=subject.function)
    except (SourceError, InputError):
        return None
    if program.n_inputs != subject.n_inputs:
        return None  # another function of the text
    lo, hi = zip(*subject.box, strict=True)
    return replace(program, domain=Domain(lo, hi))


def _true_mean(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    """Compute the mean of all examples, whatever the input."""
    found = []
    for w in _drawn("true-mean")(subject, partner, sources):
        *hidden, (weight, _) = COVERING.layers(w)
        mean = np.array([subject.y_train.mean()])
        found.append(COVERING.join([*hidden, (0 * weight, mean)]))
    return np.stack(found)


def _best_linear(
    subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    """Compute the best linear function of all examples: units 0 of both layers pass
    it on where the sigmoid is straight, the others count for nothing at first.
    """
    x = np.concatenate(
        [subject.x_train, np.ones((len(subject.x_train), 1))], axis=1
    )
    slopes = np.linalg.lstsq(x, subject.y_train[:, 0], rcond=None)[0]
    size = max(float(np.abs(slopes[:-1]).sum()), 1e-30)
    found = []
    for w in _drawn("best-linear")(subject, partner, sources):
        (w1, b1), (w2, b2), (w3, _) = (
            (weight.copy(), bias.copy()) for weight, bias in COVERING.layers(w)
        )
        w1[0] = 0.0
        w1[0, : subject.n_inputs] = GENTLE * slopes[:-1] / size
        b1[0] = 0.0
        w2[0] = 0.0
        w2[0, 0] = 1.0
        b2[0] = -0.5
        w3[:] = 0.0
        w3[0, 0] = 16 * size / GENTLE
        b3 = np.array([slopes[-1] - w3[0, 0] / 2])
        found.append(COVERING.join([(w1, b1), (w2, b2), (w3, b3)]))
    return np.stack(found)


def _nothing(sources: Sources) -> str:
    return ""


def _of_compnet(sources: Sources) -> str:
    path = sources.compnet
    data = SHIPPED.read_bytes() if path is None else _bytes_of(path)
    code = code_digest(*_COMPNET).hex()
    return f"{hashlib.blake2b(data, digest_size=8).hexdigest()} {code}"


def _of_bert(sources: Sources) -> str:
    data = _bytes_of(sources.bert or "")
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _bytes_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputError(
            f"there is no CompNet checkpoint at {path}: {error.strerror}"
        ) from None


def _of_code(sources: Sources) -> str:
    return code_digest(*_COMPNET).hex()


def _of_initialisers(sources: Sources) -> str:
    """Digest the trained files that the package ships, and what reads them."""
    digest = hashlib.blake2b(digest_size=8)
    folder = files("nsc.initial").joinpath("weights")
    if folder.is_dir():
        for file in sorted(folder.iterdir(), key=lambda f: f.name):
            if file.is_file():
                digest.update(file.name.encode() + file.read_bytes())
    return f"{digest.hexdigest()} {_of_compnet(sources)}"


def _needs_bert(sources: Sources) -> str:
    if sources.bert is not None:
        return ""
    return (
        "it needs a checkpoint of the papers' compiler (bert='FILE'); train one"
        " with nsc train and encoder='bert'"
    )


_ROWS = (
    Start(RANDOM, "random", _drawn(RANDOM), _nothing, is_drawn=True),
    *(
        Start(
            name,
            title,
            _by_initialiser(name),
            _of_initialisers,
            falls_back=falls_back,
        )
        for name, title, falls_back in (
            ("pretrained", "pretrained (no text)", _unread),
            ("maml", "MAML (no text)", _unread),
            (
                "nearest",
                "nearest training program",
                _unread_or_without_dag,
            ),
        )
        if name in INITIALISERS
    ),
    Start("bert", "the papers' CompNet", _bert, _of_bert, _needs_bert),
    Start(
        "compnet",
        "CompNet",
        _compiled,
        _of_compnet,
        falls_back=_without_dag,
    ),
    Start("distill", "distilled (runs it)", _distilled, _of_code),
    Start(
        "auto",
        "race of 8: text and random",
        _compiled,
        _of_compnet,
        falls_back=_without_dag,
        races_as="auto",
    ),
    Start(
        "random-of-8",
        "race of 8: random",
        _drawn(RANDOM),
        _of_code,
        races_as=RANDOM,
    ),
    Start(
        "auto-8-8",
        "9-8-8-1, race of 8: text and random",
        _drawn(RANDOM, DEFAULT),
        _of_compnet,
        falls_back=_without_dag,
        topology=DEFAULT,
        races_as="auto",
    ),
    Start(
        "random-of-8-8-8",
        "9-8-8-1, race of 8: random",
        _drawn(RANDOM, DEFAULT),
        _of_code,
        topology=DEFAULT,
        races_as=RANDOM,
    ),
    Start(
        "mismatched",
        "another program's text",
        _mismatched,
        _of_compnet,
        is_control=True,
        falls_back=_without_partner,
    ),
    Start("base", "text-free vector", _base, _of_compnet, is_control=True),
    Start("true-mean", "true mean", _true_mean, _nothing, is_control=True),
    Start(
        "best-linear",
        "best linear function",
        _best_linear,
        _nothing,
        is_control=True,
    ),
    Start(
        "random-again",
        "random, drawn again",
        _drawn("random-again"),
        _nothing,
        is_control=True,
        is_drawn=True,
    ),
)
STARTS: Mapping[str, Start] = {row.name: row for row in _ROWS}


def chosen_starts(
    names: str, sources: Sources, optimizer: str = "adam"
) -> list[Start]:
    """Return the rows that are asked for, random first.

    Args:
        names: separated by commas; "" for all of 9-4-4-1 that can be had but the
            controls.

    Raises:
        InputError: a name that there is not, or one that lacks what it needs.
    """
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        if name not in STARTS:
            known = ", ".join(STARTS)
            raise InputError(f"initial expects {known}; found '{name}'")
        missing = _missing(STARTS[name], sources, optimizer)
        if missing:
            raise InputError(f"initial '{name}' cannot be had: {missing}")
    if not asked:
        asked = [
            row.name
            for row in _ROWS
            if not row.is_control
            and row.topology == COVERING
            and not _missing(row, sources, optimizer)
        ]
    return [STARTS[name] for name in dict.fromkeys([RANDOM, *asked])]


def _missing(row: Start, sources: Sources, optimizer: str) -> str:
    """Say what a start lacks; "" where it can be had."""
    if row.races_as and optimizer != "lm":
        return "starts race with optimizer='lm' only"
    return row.missing(sources)
