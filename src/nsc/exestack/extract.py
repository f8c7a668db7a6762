"""C text -> closed candidate programs, and a named reason for every function that is none.

In: `SourceText`, a profile. Out: `Candidate`s and `Dropped`s. Nothing is compiled or run here.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.errors import NscError, SourceError
from nsc.exestack.floating import skip_reason
from nsc.exestack.headers import floating_types, package_headers
from nsc.exestack.text import SourceText
from nsc.program import FunctionOverview, Program, list_programs
from nsc.program.tokens import is_blank, tokenize
from nsc.record import MAX_INPUTS

PROFILES = ("exestackcpn", "wide")
MAX_TOKENS = 512  # of the closed text, in the paper's profile


@dataclass(frozen=True)
class Candidate:
    """A function that may become a record."""

    source: SourceText
    program: Program


@dataclass(frozen=True)
class Dropped:
    """A function, or a file, that is no record."""

    path: str
    function: str
    reason: str


def extract(source: SourceText, *, profile: str) -> tuple[list[Candidate], list[Dropped]]:
    """Close every function of a file that fits the profile.

    "exestackcpn" keeps what the paper keeps (ICML 2024, section 4): float and double parameters, a
    float or double result, no pointers, at most 9 inputs, at most 512 tokens. "wide" keeps desugared
    programs too: out pointers, arrays, structs, several outputs.
    """
    skipped = skip_reason(source.text, floating_types(source))
    if skipped:
        return [], [Dropped(source.path, "", f"file:{skipped}")]
    try:
        functions = list_programs(source.text, path=source.path, include=package_headers(source.package, source.path))
    except SourceError as error:
        return [], [Dropped(source.path, "", f"file:{error.problems[0].reason}")]
    except (NscError, RecursionError) as error:
        return [], [Dropped(source.path, "", f"file:{type(error).__name__}")]
    candidates, dropped = [], []
    for function, program in functions:
        reason = _reason(function, program, profile)
        if reason is None:
            candidates.append(Candidate(source, program))
        else:
            dropped.append(Dropped(source.path, function.name, reason))
    return candidates, dropped


def _reason(function: FunctionOverview, program: Program | None, profile: str) -> str | None:
    """Say why a function is no candidate; None if it is one."""
    if function.problems:
        return f"front_end:{function.problems[0].reason}"
    leaves = (*function.signature.inputs, *function.signature.outputs)
    if program is None or any(leaf.type.kind != "float" or leaf.type.bits > 64 for leaf in leaves):
        return "not_float"
    if program.n_inputs > MAX_INPUTS:
        return "too_many_inputs"
    if profile == "wide":
        return None
    if program.n_outputs > 1 or any(leaf.param != leaf.name for leaf in leaves) or _has_pointers(program):
        return "not_scalar"
    return "too_long" if sum(not is_blank(t) for t in tokenize(program.source)) > MAX_TOKENS else None


def _has_pointers(program: Program) -> bool:
    return any("*" in p.declaration or "[" in p.declaration for p in program.signature.params)
