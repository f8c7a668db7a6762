"""What a surrogate saves, in words: when it pays, and when to leave the program alone.

In: times of calls, what the compilation took. Out: sentences. Non-goals: timing.
"""

from __future__ import annotations

from nsc.report.numbers import duration
from nsc.report.schema import CallTime


def said_of_speed(
    ns: CallTime, seconds: float, nmse: float | None = None
) -> str:
    """Say what calls take, from when on they pay, or that the program is faster.

    Args:
        ns: of calls that were timed.
        seconds: that the compilation took.
        nmse: that verification found.

    Example: "surrogate 12.1 ns a call, 3.2 ns a row of a batch; the original 80 ns; pays
    after 4.4e+07 calls (the compilation took 3.0 s)".
    """
    assert ns.original is not None and ns.surrogate is not None, "timed"
    taken = f"surrogate {ns.surrogate:.1f} ns a call"
    if ns.batch is not None:
        taken += f", {ns.batch:.1f} ns a row of a batch"
    return f"{taken}; the original {ns.original:.1f} ns; {verdict(ns, seconds, nmse)}"


def verdict(ns: CallTime, seconds: float, nmse: float | None = None) -> str:
    """Say whether to replace the program: call by call, in batches, or not at all."""
    if nmse is not None and nmse > 1.0:
        return "do not replace the program: a constant is nearer to it"
    assert ns.original is not None and ns.surrogate is not None, "timed"
    took = f"the compilation took {duration(seconds)}"
    saved = ns.original - ns.surrogate
    if saved > 0:
        return f"pays after {_calls(seconds, saved)} calls ({took})"
    in_batches = 0.0 if ns.batch is None else ns.original - ns.batch
    if in_batches > 0:
        rows = _calls(seconds, in_batches)
        return f"replace the program in batches alone: pays after {rows} rows ({took})"
    return "do not replace the program: it is faster"


def _calls(seconds: float, saved_ns: float) -> str:
    return f"{seconds * 1e9 / saved_ns:.2g}"
