"""What running will take, said before it starts.

In: how many runs, what one takes, how many processes. Out: a sentence. Non-goals:
running.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Runs to come.

    Args:
        runs: how many, by what they are for.
        seconds: a run, measured on the first.
        workers: processes at a time.
        kept: of these runs, those that are kept from before, which cost nothing.
        beside: what else may run, in runs of the program, at most.
        beside_what: what that is; "" for nothing.
    """

    runs: tuple[tuple[str, int], ...]
    seconds: float
    workers: int
    kept: int = 0
    beside: float = 0.0
    beside_what: str = ""

    @property
    def total_s(self) -> float:
        """Seconds that all of it will take, but for what may run beside."""
        return self.left * self.seconds / self.workers

    @property
    def left(self) -> int:
        """Runs that are not kept from before."""
        return max(0, sum(n for _, n in self.runs) - self.kept)

    def sentence(self) -> str:
        """Say it: "64 + 64 runs of about 1.4 s on 2 cores: 90 s; ... 48 s more"."""
        counts = " + ".join(f"{n:,}" for _, n in self.runs)
        purposes = " + ".join(what for what, _ in self.runs)
        cores = f"{self.workers} core{'s' * (self.workers > 1)}"
        kept = f", {self.kept:,} of them kept from before" * bool(self.kept)
        said = (
            f"{counts} runs ({purposes}){kept}, of about {spelled(self.seconds)} on"
            f" {cores}: {spelled(self.total_s)}"
        )
        if not self.beside_what:
            return said
        more = spelled(self.beside * self.seconds / self.workers)
        return f"{said}; {self.beside_what} take up to {more} more"


def spelled(seconds: float) -> str:
    """Spell seconds as people read them: "1.4 ms", "35 s", "2 h 5 min"."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} us"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
