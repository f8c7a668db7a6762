"""The part of a report that tells sizes of networks and other forms, as values.

In: what the application found out. Out: fields of `Report`. Non-goals: JSON (schema).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nsc.report.plain_values import OPTIONAL


@dataclass(frozen=True)
class Size:
    """A size of network that was tried.

    Args:
        error: squared error over the variance that it was chosen by; None where it is
            not finite.
        ns: of a call, by a model of exported C.
        measured_ns: of a call; left out where it was not timed.
    """

    topology: str
    error: float | None
    ns: float
    is_chosen: bool = False
    measured_ns: float | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True)
class Form:
    """The network, or another form of about its error.

    Args:
        how: its degree or its size; "" for the network.
        ns: of a call, by a model of compiled C.
        nmse: the largest of its outputs', on runs that it was not fitted to.
        is_better: no larger and no slower than the network.
    """

    kind: str
    how: str
    bytes: int
    ns: float
    nmse: float
    is_better: bool = False


@dataclass(frozen=True)
class OtherForms:
    """What simpler forms of equal error would cost.

    Args:
        runs: that were fitted to, of those that verify.
        others: those that reach the network's error.
    """

    runs: int
    network: Form
    others: tuple[Form, ...]
