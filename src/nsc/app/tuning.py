"""Constants of C text -> variables that nsc reads as inputs.

In: C text, names. Out: a text of the same lines in which macros, constants and
enumerators of these names are file-level variables with the same values. Non-goals:
whether it computes the same (optimize, which runs both).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nsc.errors import InputError

MOST_LISTED = 12
_BLANKED = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\n])*\"|'(?:\\.|[^'\n])*'", re.DOTALL
)
_DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?![\w(])[ \t]*([^\n]*)$", re.MULTILINE
)
_CONSTANT = re.compile(
    r"^[ \t]*((?:(?:static|const|volatile)[ \t]+)*(?:unsigned[ \t]+|signed[ \t]+)?"
    r"(?:double|float|int|long(?:[ \t]+long)?|short|char|unsigned)[ \t]+"
    r"(?:const[ \t]+)?)(\w+)[ \t]*=[ \t]*([^;,{}\n]+);",
    re.MULTILINE,
)
_ENUM = re.compile(r"\benum\b\s*\w*\s*\{([^{}]*)\}\s*;")
_ENUMERATOR = re.compile(r"\b(\w+)\s*=\s*([^,}]+)")
_IF = re.compile(
    r"^[ \t]*#[ \t]*(?:if|elif|ifdef|undef)\b[^\n]*", re.MULTILINE
)
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([uUlLfF]*)"
)
_INT_LIMIT = 2**31


@dataclass(frozen=True)
class Constant:
    """A constant of the text.

    Args:
        kind: "macro", "constant" or "enumerator".
        value: None where it is no plain number.
        type: that its variable has.
        span: where the text is that makes it, from its first character to behind its
            last.
        said: its value as it is written.
    """

    name: str
    kind: str
    value: float | None
    type: str
    span: tuple[int, int]
    said: str


def constants_of(text: str) -> dict[str, Constant]:
    """Find the constants of C text, by name."""
    blank = _BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    found: dict[str, Constant] = {}
    for match in _DEFINE.finditer(blank):
        name, body = match.groups()
        if body.strip():
            span = (match.start(), match.end())
            found[name] = _constant(name, "macro", body, "", span)
    for match in _CONSTANT.finditer(blank):
        if blank.count("{", 0, match.start()) > blank.count(
            "}", 0, match.start()
        ):
            continue  # a function's own
        words, name, body = match.groups()
        kind = " ".join(w for w in words.split() if w not in _QUALIFIERS)
        found[name] = _constant(name, "constant", body, kind, match.span())
    for match in _ENUM.finditer(blank):
        for part in _ENUMERATOR.finditer(match.group(1)):
            at = match.start(1)
            span = (at + part.start(1), at + part.end(1))
            name, body = part.groups()
            found[name] = _constant(name, "enumerator", body, "int", span)
    return found


_QUALIFIERS = ("static", "const", "volatile")


def _constant(
    name: str, kind: str, body: str, type_: str, span: tuple[int, int]
) -> Constant:
    """Read a constant's value, and the type that it has."""
    said = body.strip()
    plain = said
    while plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1].strip()
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return Constant(name, kind, None, type_ or "double", span, said)
    suffix = match.group(1).lower()
    digits = plain[: len(plain) - len(suffix)]
    is_whole = "x" in digits.lower() or not re.search(r"[.eE]", digits)
    value = _whole(digits) if is_whole else float(digits)
    if not is_whole:
        own = "float" if suffix == "f" else "double"
    else:
        is_wide = "l" in suffix or abs(value) >= _INT_LIMIT
        own = "unsigned " * ("u" in suffix)
        own += "long long" if is_wide else "int"
    return Constant(name, kind, value, type_ or own, span, said)


def _whole(digits: str) -> float:
    """Read a whole number as C does: 010 is eight."""
    sign = -1.0 if digits.startswith("-") else 1.0
    plain = digits.lstrip("+-")
    is_octal = len(plain) > 1 and plain.isdecimal() and plain[0] == "0"
    return sign * float(int(plain, 8 if is_octal else 0))


def with_variables(
    text: str, names: Sequence[str], path: str
) -> tuple[str, dict[str, Constant]]:
    """Make variables of the constants among names.

    Returns:
        The text, its lines where they were; and the constants, by name.

    Raises:
        InputError: a constant whose value is no number, or that decides which lines are
            read.
    """
    known = constants_of(text)
    chosen = {name: known[name] for name in names if name in known}
    blank = _BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    edits: list[tuple[int, int, str]] = []
    for constant in chosen.values():
        _expect_tunable(constant, blank, text, path)
        edits += _edits(constant, blank)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text, chosen


def _edits(constant: Constant, blank: str) -> list[tuple[int, int, str]]:
    """Return what to replace: (from, to, new text)."""
    start, end = constant.span
    variable = f"static {constant.type} {constant.name} = {constant.said};"
    if constant.kind == "macro":
        # what stands behind the value, a comment, stays
        written = blank[start:end].rstrip()
        return [(start, start + len(written), variable)]
    if constant.kind == "constant":
        return [(start, end, variable)]
    behind = blank.index("}", end)
    behind = blank.index(";", behind) + 1
    kept = f"nsc_enumerator_{constant.name}"
    return [(start, end, kept), (behind, behind, f" {variable}")]


def _expect_tunable(
    constant: Constant, blank: str, text: str, path: str
) -> None:
    """Refuse a constant that no variable can stand for."""
    start = constant.span[0]
    line = text.count("\n", 0, start) + 1
    where = f"{path}:{line}:1: "
    if constant.value is None:
        raise InputError(
            f"{where}tune expects a constant that is a number; '{constant.name}' is"
            f" '{constant.said[:60]}': give that value a name of its own"
        )
    word = re.compile(rf"\b{re.escape(constant.name)}\b")
    for match in _IF.finditer(blank):
        if word.search(match.group()):
            line = text.count("\n", 0, match.start()) + 1
            raise InputError(
                f"{path}:{line}:1: '{constant.name}' cannot be tuned: it decides which"
                " lines the preprocessor reads, which a variable cannot"
            )
    times = len(
        [1 for m in _DEFINE.finditer(blank) if m.group(1) == constant.name]
    )
    if times > 1:
        raise InputError(
            f"{where}'{constant.name}' cannot be tuned: it is defined {times} times; leave"
            " one definition"
        )


def defaults_of(constants: Mapping[str, Constant]) -> dict[str, float]:
    """Return the values that constants have in the text."""
    return {
        name: constant.value
        for name, constant in constants.items()
        if constant.value is not None
    }
