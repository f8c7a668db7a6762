"""How a surrogate shows itself: a line, a notebook's cell, a plot.

In: a surrogate. Out: text, HTML, a figure. Non-goals: the report's page (report).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, cast

from nsc.errors import MissingExtraError, NscError
from nsc.surrogate.base import SurrogateBase
from nsc.surrogate.slices import slices_of, svg_of

MOST_LISTED = 4  # inputs in a line
MOST_ROWS = 12  # inputs in a table


class Shown(SurrogateBase):
    """What surrogates have for people to look at."""

    def __repr__(self) -> str:
        inputs = _listed(self.input_names)
        outputs = _listed(self.output_names)
        shapes = " + ".join(str(m.topology) for m in self.members)
        return (
            f"<Surrogate ({inputs}) -> {outputs}; {shapes}; {_domain(self)};"
            f" {_error(self)}>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: signature, domain, verified error, figure."""
        inputs = ", ".join(map(escape, self.input_names))
        outputs = ", ".join(map(escape, self.output_names))
        shapes = " + ".join(
            f"{m.topology} {m.topology.activation}" for m in self.members
        )
        lines = [_error(self), *_claims(self)]
        said = "".join(f"<p>{escape(line)}</p>" for line in lines)
        return (
            f"<div><p><b>Surrogate ({inputs}) &rarr; {outputs}</b><br/>{escape(shapes)}</p>"
            f"{_table(self)}{said}"
            f"{svg_of(slices_of(self), self.output_names)}</div>"
        )

    def plot(self) -> Any:
        """Plot each output along each input, the others in the middle of the domain.

        Returns:
            matplotlib's axes, `o i`.

        Raises:
            MissingExtraError: matplotlib is not installed.

        Example:
            >>> surrogate.plot().shape
            (1, 2)
        """
        try:
            from nsc.surrogate.plot import axes_of
        except ModuleNotFoundError:
            raise MissingExtraError("matplotlib", "plot") from None
        return axes_of(slices_of(self), self.output_names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return f"{shown}, and {more} more" if more > 0 else shown


def _domain(surrogate: SurrogateBase) -> str:
    sides = zip(surrogate.input_names, surrogate.lo, surrogate.hi, strict=True)
    texts = [f"{name} in [{lo:g}, {hi:g}]" for name, lo, hi in sides]
    return _listed(texts)


def _test(surrogate: SurrogateBase) -> Mapping[str, Any]:
    """Return what its report says of its errors; empty where there is none."""
    try:
        return _part(surrogate.report or {}, "test")
    except NscError:
        return {}


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Any = of.get(name)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _error(surrogate: SurrogateBase) -> str:
    """Say how wrong it was found to be."""
    found = _test(surrogate)
    rmse = found.get("rmse")
    if not isinstance(rmse, float | int):
        return "not verified"
    return f"verified rmse {rmse:.3g} on {found.get('n', 0):,} inputs"


def _claims(surrogate: SurrogateBase) -> list[str]:
    """Say what is claimed, where, and what becomes of other inputs."""
    bound = _part(_test(surrogate), "bound")
    said: list[str] = []
    if bound:
        said.append(f"{bound.get('sentence', '')}.")
    said += [f"Where {condition.text}." for condition in surrogate.conditions]
    said.append(f"Inputs outside the domain: {surrogate.outside}.")
    return said


def _table(surrogate: SurrogateBase) -> str:
    """Write the inputs and their ranges."""
    whole = surrogate.whole or (False,) * len(surrogate.lo)
    rows = [
        f"<tr><td>{escape(name)}</td><td>{'integer' if w else 'real'}</td>"
        f"<td>{lo:g}</td><td>{hi:g}</td></tr>"
        for name, w, lo, hi in zip(
            surrogate.input_names,
            whole,
            surrogate.lo,
            surrogate.hi,
            strict=True,
        )
    ]
    more = len(rows) - MOST_ROWS
    if more > 0:
        rows = [*rows[:MOST_ROWS], f"<tr><td>and {more} more</td></tr>"]
    head = "<tr><th>input</th><th>kind</th><th>from</th><th>to</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
