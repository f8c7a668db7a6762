"""What a user chooses of a compilation and of its export.

In: plain values. Out: checked options. Non-goals: flags (cli), which say the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from nsc.app.cost import CHEAP, Cost
from nsc.compilation import (
    FEWEST_CALIBRATING,
    FEWEST_LEARNED,
    CompilationConfig,
)
from nsc.deploy import checked_formats
from nsc.errors import InputError
from nsc.finetune import Settings, settings_for
from nsc.initial import INITIALISERS, Initialiser
from nsc.surrogate import checked_policy

SAMPLINGS = ("uniform", "sobol", "adaptive")
EXECUTORS = ("process", "ray")
MAX_EXAMPLES = 10_000_000  # of a program; more would not fit into memory


@dataclass(frozen=True)
class CompileOptions:
    """Choices of one compilation; see `nsc compile --help`.

    Args:
        initial: a row of `INITIALISERS`: "compnet" compiles the text, "distill" runs
            the program at the anchors, "random" does neither; "auto" lets the compiled
            text race random starts on validation. Baselines: "pretrained" and "maml"
            were trained on many programs, "nearest" on the most similar one.
        restarts: random starts that race with those; None is what the initialiser's row
            says.
        topology: widths like "9-4-4-1"; "covering" is the covering architecture of the
            papers, widened as needed; "auto" (and None) chooses the size.
        prefer: "accuracy" or "speed", where the size is chosen.
        max_ns: about how many nanoseconds a call may take, where the size is chosen.
        strict: whether a surrogate that loses to a constant or a polynomial is an
            error.
        error_bars: whether to learn how unsure the surrogate is at an input, from a few
            more networks: `Surrogate.predict(x, return_std=True)`, and in C.
        split: one network per output instead of one with several outputs.
        target_error: rmse to reach, in the outputs' units.
        time_limit: seconds after which it is given up.
        compnet: the path of a checkpoint; None is the shipped one.
        verification: fresh inputs to verify on; None is 4096, or for a program that is
            dear to run what costs no more than the budget, 64 at least.
        call_limit: seconds that a call of the program may take in the sandbox.
        workers: processes that run a program which is dear to run; None is one for each
            core. The bits do not hang on it.
        sampling: how inputs to learn from are drawn from a box: "uniform"; "sobol",
            scrambled Sobol points, which are spread evenly; "adaptive", a third of them
            evenly, then where a Gaussian process over the runs so far is least sure.
            Those that verify are random.
        executor: what runs what takes long: "process" is processes of this machine,
            "ray" a Ray cluster.
        address: HOST:PORT of the cluster; None starts one here.
        native: run a C program as this machine's own, not in the sandbox: it is trusted.
        text_only: run nothing and verify nothing, whatever the budget; functions
            without a body are guessed by name.
        twins: whether coarser programs may teach the surrogate of a dear one, where
            `initial` is "auto".

    Raises:
        InputError: a value that does not fit; the message begins with its name.
    """

    budget: int = 1024
    seed: int = 0
    initial: str = "auto"
    optimizer: str = "lm"
    topology: str | None = None
    activation: str = "sigmoid"
    split: bool = False
    target_error: float | None = None
    time_limit: float | None = None
    verification: int | None = None
    restarts: int | None = None
    compnet: str | None = None
    call_limit: float = 10.0
    workers: int | None = None
    sampling: str = "uniform"
    executor: str = "process"
    address: str | None = None
    native: bool = False
    text_only: bool = False
    twins: bool = True
    prefer: str = "accuracy"
    max_ns: float | None = None
    strict: bool = False
    error_bars: bool = False

    def __post_init__(self) -> None:
        self._take_numbers()
        if self.topology is not None and not isinstance(self.topology, str):
            raise InputError(
                f"topology must be widths like '9-4-4-1'; found {self.topology!r}"
            )
        if self.initial not in INITIALISERS:
            raise InputError(
                f"initial must be one of {', '.join(INITIALISERS)}; found"
                f" '{self.initial}'"
            )
        if self.sampling not in SAMPLINGS:
            raise InputError(
                f"sampling must be one of {', '.join(SAMPLINGS)}; found"
                f" '{self.sampling}'"
            )
        if self.executor not in EXECUTORS:
            raise InputError(
                f"executor must be one of {', '.join(EXECUTORS)}; found"
                f" '{self.executor}'"
            )
        if self.address is not None and self.executor != "ray":
            raise InputError("address must come with executor='ray'")
        if self.text_only:
            _expect_nothing_to_run(self)
        elif self.error_bars:
            expect_runs_for_error_bars(self.budget, self.verification)
        if not self.call_limit > 0:
            raise InputError(
                f"call_limit must be above 0 seconds; found {self.call_limit}"
            )
        if self.workers is not None and self.workers < 1:
            raise InputError(
                f"workers must be at least 1 process; found {self.workers}"
            )
        self.compilation()

    def _take_numbers(self) -> None:
        """Check what kind numbers are of; numpy's become Python's."""
        optional = ("verification", "restarts", "workers")
        for name in ("budget", "seed", *optional):
            value = getattr(self, name)
            if value is None and name in optional:
                continue
            if not isinstance(value, Integral):
                raise InputError(
                    f"{name} must be a whole number; found {value!r}"
                )
            value = int(value)
            if value > MAX_EXAMPLES and name != "seed":
                raise InputError(
                    f"{name} must be at most {MAX_EXAMPLES}; found {value}"
                )
            object.__setattr__(self, name, value)
        for name in ("target_error", "time_limit", "call_limit", "max_ns"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, Real) or value == math.inf:
                raise InputError(
                    f"{name} must be a finite number; found {value!r}"
                )
            object.__setattr__(self, name, float(value))

    @property
    def chooses_size(self) -> bool:
        """Whether the size of networks is chosen."""
        return self.topology in (None, "auto")

    @property
    def initialiser(self) -> Initialiser:
        """The row of the chosen initialiser."""
        return INITIALISERS[self.initial]

    @property
    def random_starts(self) -> int:
        """How many random starts race with the given ones."""
        if self.restarts is not None:
            return self.restarts
        return self.initialiser.race.random_starts

    @property
    def cluster(self) -> str | None:
        """The address of a Ray cluster, "" for one of this machine's; None for none."""
        return (self.address or "") if self.executor == "ray" else None

    def verified_on(self, cost: Cost = CHEAP) -> int:
        """Return how many fresh inputs verify a program of some cost."""
        if self.verification is not None:
            return self.verification
        return cost.verification(self.budget)

    def compilation(self, cost: Cost = CHEAP) -> CompilationConfig:
        """Return what the pattern may spend; checks every number."""
        return CompilationConfig(
            budget=self.budget,
            seed=self.seed,
            finetune=self.finetune(),
            restarts=self.random_starts,
            verification=self.verified_on(cost),
            target_error=self.target_error,
            time_limit=self.time_limit,
            prefer=self.prefer,
            max_ns=self.max_ns,
        )

    def finetune(self) -> Settings:
        """Return the optimizer's settings for one surrogate, which is cheap."""
        return settings_for(self.optimizer)


def _expect_nothing_to_run(options: CompileOptions) -> None:
    """Refuse what text alone cannot give."""
    if not options.initialiser.reads_text:
        fit = [row.name for row in INITIALISERS.values() if row.reads_text]
        raise InputError(
            f"initial must be {' or '.join(fit)} with text_only, which starts from"
            f" the text; found {options.initial}"
        )
    if options.native:
        raise InputError(
            "native must be left out with text_only, which runs nothing"
        )
    if options.error_bars:
        raise InputError(
            "error_bars must be left out with text_only: runs calibrate them"
        )
    if options.sampling == "adaptive":
        raise InputError(
            "sampling must be left out with text_only, which runs nothing; found"
            " 'adaptive'"
        )
    if options.target_error is not None:
        raise InputError(
            "target_error must be left out with text_only, which verifies nothing"
        )


def expect_runs_for_error_bars(
    budget: int, verification: int | None, *, rest: str = ""
) -> None:
    """Refuse error bars where runs are too few to make or to calibrate them.

    Args:
        verification: None where their number is not settled.
        rest: of the message.

    Raises:
        InputError: they are.
    """
    if budget < FEWEST_LEARNED:
        raise InputError(
            f"error_bars needs a budget of {FEWEST_LEARNED} or more, since each network"
            f" leaves out a part of it; found {budget}{rest}"
        )
    if verification is not None and verification < FEWEST_CALIBRATING:
        raise InputError(
            f"error_bars needs {FEWEST_CALIBRATING} or more inputs that verify, half of"
            f" which calibrate them; found {verification}{rest}"
        )


@dataclass(frozen=True)
class ExportOptions:
    """Choices of one export.

    Args:
        drop_in: give the exported function the original's name.
        guard: call the original outside the domain: outside="original" by its old name.
        outside: what becomes of inputs outside the domain, one of `OUTSIDE`; None leaves
            exported C without a test, and has the surrogate warn.
        formats: that are written, rows of `EXPORTERS`; C always is. None is C, and ONNX
            where its tools are.
        openmp: let C's batch entries share rows among threads, by OpenMP's pragma.
        gradient: write C's NAME_surrogate_grad, derivatives by the inputs.

    Raises:
        InputError: there is no such policy, or two; or no such format.
    """

    drop_in: bool = False
    guard: bool = False
    openmp: bool = False
    gradient: bool = False
    outside: str | None = None
    formats: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.formats is not None:
            formats = checked_formats(self.formats)
            object.__setattr__(self, "formats", formats)
        if self.outside is not None:
            checked_policy(self.outside)
        if self.guard and self.outside not in (None, "original"):
            raise InputError(
                "outside must be 'original' with guard, which is the same; found"
                f" '{self.outside}': leave guard out"
            )
