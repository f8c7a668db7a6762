"""The initialisers that a user chooses from, a row each.

In: an `Order` (what is to be started, and what may be asked). Out: `Initial`. Whatever
depends on which initialiser it is stands in its row: how it is called, whether it runs
the program, how its starts race. To add one, add a row.
Non-goals: racing, finetuning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nsc.compnet import KEPT, Compiler, CompilerInput
from nsc.initial.compiled import compnet_initial
from nsc.initial.distilled import distill_initial
from nsc.initial.start import Initial, random_initial
from nsc.initial.trained import nearest_initial, trained_initial
from nsc.oracle import Oracle
from nsc.program import Program
from nsc.surrogate import Topology

TEXT_FREE = "text-free vector"  # what that start is called
RACERS = 8  # starts that race where nothing else is asked for


@dataclass(frozen=True)
class Order:
    """What initial parameters are wanted for.

    Args:
        output: which output of the program the network computes; None for all of them.
        compnet: reads the text.
        oracle: runs the program; None where nothing may.
        text: what the CompNet reads, where it is not just the program.
    """

    program: Program
    topology: Topology
    seed: int
    output: int | None
    compnet: Compiler
    oracle: Oracle | None = None
    text: CompilerInput | None = None


@dataclass(frozen=True)
class Words:
    """What an initialiser is called.

    Args:
        start: its start in a race.
        console: its initial parameters, in the summary on the terminal.
        page: the same, on the report's page.
    """

    start: str
    console: str
    page: str


@dataclass(frozen=True)
class Race:
    """How an initialiser's starts race.

    Args:
        random_starts: how many random starts race with them where nothing else is
            asked for.
        enters_all: whether its other starts race too, and predicted values join few
            examples.
        is_informed: whether its starts know the program, so that random ones race with
            a handicap.
        is_numbered: whether its start is one of many, told apart by number.
    """

    random_starts: int = 0
    enters_all: bool = False
    is_informed: bool = True
    is_numbered: bool = False


@dataclass(frozen=True)
class Initialiser:
    """One way to start.

    Args:
        name: what the user calls it.
        measured_as: the row whose initial parameters it starts from; itself, but for
            rows that differ in the race alone.
        make: makes them.
        runs_program: whether making them may run the program.
        reads_text: whether text alone is enough, so that a draft can start from it.
        is_baseline: whether its parameters are measured beside those of any other.
    """

    name: str
    measured_as: str
    make: Callable[[Order], Initial]
    words: Words
    race: Race
    runs_program: bool = False
    reads_text: bool = False
    is_baseline: bool = False

    def starts(self, initial: Initial) -> tuple[tuple[str, np.ndarray], ...]:
        """Name what races: the best start, and where all enter the others too."""
        name = self.words.start
        if self.race.is_numbered:
            return ((f"{name} 0", initial.w),)
        others = initial.others if self.race.enters_all else ()
        more = tuple(
            (f"{name}, fit {k}", w) for k, w in enumerate(others, start=2)
        )
        if initial.silent is not None and self.race.enters_all:
            more = ((TEXT_FREE, initial.silent), *more)
        return ((name, initial.w), *more)


def _from_text(order: Order) -> Initial:
    return compnet_initial(
        order.program,
        order.topology,
        order.seed,
        compnet=order.compnet,
        output=order.output,
        text=order.text,
    )


def _from_runs(order: Order) -> Initial:
    assert order.oracle is not None, "distilling runs the program"
    return distill_initial(
        order.program,
        order.topology,
        order.seed,
        oracle=order.oracle,
        output=order.output,
    )


def _from_many(name: str) -> Callable[[Order], Initial]:
    """Start from what was trained on many programs."""

    def make(order: Order) -> Initial:
        return trained_initial(name, order.program, order.topology, order.seed)

    return make


def _from_nearest(order: Order) -> Initial:
    return nearest_initial(
        order.program,
        order.topology,
        order.seed,
        compnet=order.compnet,
        output=order.output,
    )


def _at_random(order: Order) -> Initial:
    seed = order.seed + (order.output or 0)
    return random_initial(order.program, order.topology, seed)


_COMPILED = Words("compiled text", "from the text", "compiled from the text")
_DISTILLED = Words(
    "distilled", "distilled", "distilled from the program's own values"
)
_RANDOM = Words("random", "at random", "random, as torch.nn.Linear draws them")
_PRETRAINED = Words(
    "pretrained",
    "pretrained",
    "pretrained on the examples of many programs, whatever the text",
)
_MAML = Words(
    "maml",
    "by MAML",
    "meta-learned on many programs (MAML), whatever the text",
)
_NEAREST = Words(
    "nearest program",
    "nearest program",
    "those of the most similar training program",
)

# auto's starts and the random ones cost as much as those of random
_ROWS = (
    Initialiser(
        "auto",
        measured_as="compnet",
        make=_from_text,
        words=_COMPILED,
        race=Race(RACERS - KEPT, enters_all=True),
        reads_text=True,
    ),
    Initialiser(
        "compnet",
        measured_as="compnet",
        make=_from_text,
        words=_COMPILED,
        race=Race(),
        reads_text=True,
        is_baseline=True,
    ),
    Initialiser(
        "distill",
        measured_as="distill",
        make=_from_runs,
        words=_DISTILLED,
        race=Race(),
        runs_program=True,
    ),
    Initialiser(
        "random",
        measured_as="random",
        make=_at_random,
        words=_RANDOM,
        race=Race(RACERS - 1, is_informed=False, is_numbered=True),
        is_baseline=True,
    ),
    Initialiser(
        "pretrained",
        measured_as="pretrained",
        make=_from_many("pretrained"),
        words=_PRETRAINED,
        race=Race(is_informed=False),
    ),
    Initialiser(
        "maml",
        measured_as="maml",
        make=_from_many("maml"),
        words=_MAML,
        race=Race(is_informed=False),
    ),
    Initialiser(
        "nearest",
        measured_as="nearest",
        make=_from_nearest,
        words=_NEAREST,
        race=Race(is_informed=False),
    ),
)
INITIALISERS: Mapping[str, Initialiser] = {row.name: row for row in _ROWS}
FROM_TEXT = INITIALISERS[
    "compnet"
]  # says what nmse to expect, whatever is chosen


def measured() -> list[Initialiser]:
    """List the rows that have initial parameters of their own."""
    return [row for row in _ROWS if row.measured_as == row.name]
