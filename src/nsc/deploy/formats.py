"""Which formats are written: those that were asked for, or those that can be.

In: names of formats. Out: rows of `EXPORTERS`, or why there is none. Non-goals: writing
them.

C and safetensors are always written: what is verified and read back is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nsc.deploy.exporter import Exporter, is_available, missing_commands
from nsc.deploy.table import EXPORTERS
from nsc.errors import InputError, MissingExtraError
from nsc.program import Program

ALWAYS = ("c", "safetensors")


def checked_formats(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of formats.

    Args:
        given: names, or one text with commas between them.

    Raises:
        InputError: there is no such format, or none at all.
    """
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, Sequence):
        parts = [parts]
    names = [part.strip() if isinstance(part, str) else part for part in parts]
    known = dict.fromkeys([*EXPORTERS, *ALWAYS])
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        found = repr(wrong[0]) if wrong else "none"
        raise InputError(
            f"export must be of {', '.join(known)}, with commas between them; found"
            f" {found}"
        )
    return tuple(dict.fromkeys(names))


def chosen_exporters(
    formats: Sequence[str] | None,
    can: Callable[[Exporter], bool] = is_available,
) -> list[Exporter]:
    """Return what is to be written, in the table's order.

    Args:
        formats: that were asked for; None is all that are written by default and can be.
        can: says whether an exporter's tools are there.
    """
    if formats is None:
        return [e for e in EXPORTERS.values() if e.is_default and can(e)]
    wanted = {*formats, *ALWAYS}
    return [e for name, e in EXPORTERS.items() if name in wanted]


def expect_exportable(
    formats: Sequence[str] | None, program: Program, outside: str | None
) -> None:
    """Refuse formats that were asked for and cannot be, before anything is run.

    Args:
        outside: what is done outside the domain; "original" with a guard, too.

    Raises:
        InputError: names the format, and says what to do.
        MissingExtraError: a module that it needs is not installed.
    """
    for name in formats or ():
        if name in EXPORTERS:
            _expect_one(name, EXPORTERS[name], program, outside)


def _expect_one(
    name: str, exporter: Exporter, program: Program, outside: str | None
) -> None:
    reason = exporter.refusal(program, outside)
    if reason is not None:
        raise InputError(f"export must be left without {name}: {reason}")
    missing = missing_commands(exporter)
    if missing:
        raise InputError(
            f"export must be left without {name}: it needs {missing[0]}, which is not on"
            " PATH; what cannot be run here is not written"
        )
    if not is_available(exporter):
        raise MissingExtraError(exporter.tools[0], name)
