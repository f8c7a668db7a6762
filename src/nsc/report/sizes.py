"""The sizes that were tried, and what other forms would cost, on a page and in words.

In: a `Report`. Out: SVG, a table, text. Non-goals: finding them out.
"""

from __future__ import annotations

from html import escape

from nsc.report.numbers import number
from nsc.report.schema import Report
from nsc.report.schema_sizes import Form, OtherForms, Size
from nsc.report.svg import Figure, axis_for

LEAST_ERROR = 1e-16  # that an axis of logarithms shows


def ladder_figures(report: Report) -> str:
    """Draw, for each network, its error against what a call takes."""
    drawn = [_ladder(sizes) for sizes in report.sizes or () if sizes]
    if not drawn:
        return ""
    every = [s for each in report.sizes or () for s in each]
    measured = [s for s in every if s.measured_ns is not None]
    said = "ns are modelled"
    if measured:
        said = "ns are measured, each size with random weights"
    if measured and len(measured) < len(every):
        said = (
            "ns are measured where they were, else modelled and in proportion"
        )
    return (
        f"<div class='figures'>{''.join(drawn)}</div>"
        f"<p class='soft'>Errors are of validation, or of a teacher and beside it;"
        f" {said}.</p>"
    )


def _ladder(sizes: tuple[Size, ...]) -> str:
    # a size whose error is no number has no place
    shown = [s for s in sizes if s.error is not None]
    ns = _shown_ns(sizes)
    xs = [ns[s.topology] for s in shown]
    ys = [max(s.error or 0.0, LEAST_ERROR) for s in shown]
    x = axis_for(xs, "ns a call", log=True)
    y = axis_for(ys, "expected error (nmse)", log=True)
    figure = Figure("Sizes that were tried", x, y)
    for is_chosen, kind, key in (
        (False, "a", "tried"),
        (True, "b", "chosen"),
    ):
        own = [k for k, s in enumerate(shown) if s.is_chosen == is_chosen]
        figure.points([xs[k] for k in own], [ys[k] for k in own], kind)
        if own:
            figure.keys.append((kind, key))
    figure.names(xs, ys, [s.topology for s in shown])
    return figure.svg()


def _shown_ns(sizes: tuple[Size, ...]) -> dict[str, float]:
    """Return ns by topology: measured, or in proportion to what was."""
    ratios = [s.measured_ns / s.ns for s in sizes if s.measured_ns]
    ratio = ratios[0] if ratios else 1.0
    return {s.topology: s.measured_ns or s.ns * ratio for s in sizes}


def forms_table(report: Report) -> str:
    """Tabulate what other forms of equal error would cost."""
    found = report.forms
    if found is None:
        return ""
    cells = "".join(
        f"<tr><td>{escape(_named(form))}</td><td class='n'>{form.bytes}</td>"
        f"<td class='n'>{number(form.ns)}</td>"
        f"<td class='n'>{number(form.nmse)}</td></tr>"
        for form in (found.network, *found.others)
    )
    return (
        "<table><tr><th>form</th><th class='n'>bytes</th>"
        f"<th class='n'>ns a call, modelled</th><th class='n'>nmse</th></tr>{cells}"
        f"</table><p>{escape(said_of_forms(found))}</p>"
    )


def said_of_forms(found: OtherForms) -> str:
    """Say which form would be the better choice."""
    better = [form for form in found.others if form.is_better]
    how = (
        f"Polynomials and rational functions are fitted to {found.runs:,} runs that"
        " verify, tables hold the surrogate's values; all are judged on the others."
    )
    if not better:
        said = "No simpler form is as good and neither larger nor slower."
        return f"{said} {how}"
    best = min(better, key=lambda form: (form.ns, form.bytes))
    return f"The better choice is {said_of_better(best)}. {how}"


def better_form(report: Report) -> str:
    """Say which other form would be the better choice; "" for none."""
    found = report.forms
    better = [f for f in (found.others if found else ()) if f.is_better]
    if not better:
        return ""
    best = min(better, key=lambda form: (form.ns, form.bytes))
    return f"{said_of_better(best)} would be the better choice"


def said_of_better(form: Form) -> str:
    """Say what a form costs."""
    return (
        f"a {_named(form)} ({form.bytes} bytes, about {form.ns:.0f} ns a call,"
        f" nmse {number(form.nmse)})"
    )


def _named(form: Form) -> str:
    return f"{form.kind} {form.how}".strip()
