"""C text -> closed candidate programs, or named reasons why functions are none.

In: `SourceText`, a profile. Out: `Candidate`s and `Dropped`s. Nothing is compiled or
run here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from nsc.errors import SourceError
from nsc.exestack.programs.profile import Profile
from nsc.exestack.sources.headers import (
    defining_files,
    outlined,
    package_headers,
)
from nsc.exestack.sources.outline import may_be_scalar
from nsc.exestack.sources.text import SourceText
from nsc.program import Listed, Program, list_programs
from nsc.syntax import Signature
from nsc.text import solid_words

# what newlib's mathematics asks of the machine, of which wasm32 is none
DEFINES = {"__IEEE_LITTLE_ENDIAN": "1"}
MAX_ROUNDS = 8
MAX_OTHER_FILES = 40


@dataclass(frozen=True)
class Candidate:
    """A function that may become a record."""

    source: SourceText
    program: Program


@dataclass(frozen=True)
class Dropped:
    """A function, or a file, that is no record.

    Args:
        text: what was closed so far, where anything was.
    """

    origin: str
    path: str
    function: str
    reason: str
    text: str = ""


def judge(source: SourceText, profile: Profile) -> SourceText | Dropped:
    """Give a file the facts of its package, or say why it is not worth parsing."""
    outline, facts = outlined(source)
    reason = outline.skip_reason(facts.floating, scalar=not profile.desugars)
    if reason:
        return Dropped(source.origin, source.path, "", f"file:{reason}")
    return replace(source, facts=facts)


def extract(
    source: SourceText, profile: Profile
) -> tuple[list[Candidate], list[Dropped]]:
    """Close every function of a file that fits the profile."""
    if source.facts is None:
        judged = judge(source, profile)
        if isinstance(judged, Dropped):
            return [], [judged]
        return extract(judged, profile)

    def dropped(reason: str, function: str = "", text: str = "") -> Dropped:
        return Dropped(source.origin, source.path, function, reason, text)

    try:
        functions = _linked(source, profile)
    except SourceError as error:
        return [], [dropped(f"file:{error.problems[0].reason}")]
    except Exception as error:
        # A defect of ours costs one file, by name, never the run.
        return [], [dropped(f"file:crash:{type(error).__name__}")]
    candidates = []
    drops = []
    for function in functions:
        program = function.program
        reason = _reason(function, profile)
        if reason is None and program is not None:
            candidates.append(Candidate(source, program))
        else:
            text = program.text if program else ""
            drops.append(dropped(reason or "not_scalar", function.name, text))
    return candidates, drops


def _linked(source: SourceText, profile: Profile) -> list[Listed]:
    """List a file's functions, closed over the other files of the package.

    Those that define what they call are read behind this one, as if it included them
    last.
    """
    facts = source.facts
    assert facts is not None, "extract() gives a file the facts of its package"

    def may_fit(result: str, parameters: Sequence[str]) -> bool:
        return profile.desugars or may_be_scalar(
            result, parameters, facts.floating
        )

    read = partial(
        list_programs,
        source.text,
        path=source.path,
        include=package_headers(source.package, source.path),
        defines=DEFINES,
        fits=lambda signature: _misfit(signature, profile) is None,
        may_fit=may_fit,
    )
    functions = read()
    others: list[str] = []
    for _ in range(MAX_ROUNDS):
        unlinked = {
            f.name: f.missing
            for f in functions
            if _only_misses_functions(f, profile)
        }
        defining = defining_files(source, chain(*unlinked.values()))
        more = [path for path in defining if path not in others]
        if not more or len(others) + len(more) > MAX_OTHER_FILES:
            break
        others += more
        try:
            listed = read(behind=others, only=unlinked)
        except SourceError:
            break
        again = {f.name: f for f in listed}
        functions = [
            f if f.program else again.get(f.name, f) for f in functions
        ]
    return functions


def _only_misses_functions(function: Listed, profile: Profile) -> bool:
    """Say whether a function that fits lacks nothing but bodies of what it calls.

    Which of its pointers are outputs may be theirs to tell: then its signature is not
    known yet.
    """
    reasons = {problem.reason for problem in function.problems}
    if reasons != {"unknown_function"}:
        return False
    if function.signature is None:
        return profile.desugars
    return _misfit(function.signature, profile) is None


def _reason(function: Listed, profile: Profile) -> str | None:
    """Say why a function is no candidate; None if it is one."""
    misfit = function.signature and _misfit(function.signature, profile)
    if misfit:
        return misfit
    if function.problems:
        return f"front_end:{function.problems[0].reason}"
    if not function.program:
        return "not_scalar"  # by its words
    if not profile.max_tokens:
        return None
    tokens = len(solid_words(function.program.source))
    return "too_long" if tokens > profile.max_tokens else None


def _misfit(signature: Signature, profile: Profile) -> str | None:
    """Say why no function of a signature is a candidate; None if one may be."""
    leaves = (*signature.inputs, *signature.outputs)
    if any(
        leaf.type.kind != "float" or leaf.type.bits > 64 for leaf in leaves
    ):
        return "not_float"
    if len(signature.inputs) > profile.max_inputs:
        return "too_many_inputs"
    if profile.desugars:
        return None
    has_one_output = len(signature.outputs) == 1
    has_structs = any(leaf.param != leaf.name for leaf in leaves)
    declarations = [param.declaration for param in signature.params]
    has_pointers = any("*" in text or "[" in text for text in declarations)
    is_scalar = has_one_output and not has_structs and not has_pointers
    return None if is_scalar else "not_scalar"
