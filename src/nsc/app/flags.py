"""Messages about arguments -> messages about flags.

In: a message of the library, the command line's flags. Out: what its user reads.
Non-goals: which values are right.

The library speaks of arguments: "budget must be 0 or more". Such a message begins with
the argument's name and one of VERBS; others that it names have an underscore in them.
Where it says what to give, it does so in Python: "state it with arrays={'v': N}".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

import typer

VERBS = ("must", "expects", "needs", "ends")
_ABOUT_AN_ARGUMENT = re.compile(rf"(\w+) (?:{'|'.join(VERBS)})\b")
_OTHER_ARGUMENT = re.compile(r"(?<![\w'/])[a-z]+(?:_[a-z]+)+(?![\w'/])")
# an argument with its value: a dict, a list of names, a name, or True
_SPELLED = re.compile(
    r"(?<![\w.'])([a-z_]+)="
    r"(\{'[^{}]*\}|\['[^'\]]*'(?:, '[^'\]]*')*\]|'[^'\s]*'|True\b)"
)
_ENTRY = re.compile(
    r"'([^']*)': (?:\(('log', )?([^(),]*), ([^(),]*)\)|([^(),{}]+))"
)
_LOG = ("", "log:")
# what the library calls otherwise than the command line does
_RENAMED = {
    "arrays": "array",
    "defines": "define",
    "ranges": "domain",
    "inputs": "input_",
    "format": "format_",
    "patterns": "pattern",
}


def in_flags(message: str, flags: Mapping[str, str]) -> str:
    """Put flags where a message about an argument names arguments, or spells them.

    Example: "time_limit must come with a target_error" becomes "--time-limit must come
    with a --target-error"; "f calls 'time_limit'" stays as it is. "state it with
    arrays={'v': N}" becomes "state it with --array v=N".

    Args:
        flags: argument name -> flag.
    """
    message = _SPELLED.sub(lambda found: _as_flag(found, flags), message)
    about = _ABOUT_AN_ARGUMENT.match(message)
    if about is None or about.group(1) not in flags:
        return message
    name = about.group(1)
    rest = message[len(name) :]

    def flag(other: re.Match[str]) -> str:
        return flags.get(other.group(), other.group())

    return flags[name] + _OTHER_ARGUMENT.sub(flag, rest)


def _as_flag(found: re.Match[str], flags: Mapping[str, str]) -> str:
    """Write an argument with its value as a flag with its value."""
    name, value = found.groups()
    if name not in flags:
        return found.group()
    flag = flags[name]
    if value == "True":
        return flag
    parts = re.findall(r"'([^']*)'", value)
    if value.startswith("{"):
        parts = [
            f"{key}={alone.strip() or f'{_LOG[bool(log)]}{lo}:{hi}'}"
            for key, log, lo, hi, alone in _ENTRY.findall(value)
        ]
    return f"{flag} {shlex.quote(','.join(parts))}"


def flags_of(app: object) -> dict[str, str]:
    """Return every verb's flags by the names of their arguments.

    Args:
        app: typer's application, or the command that it was made into.
    """
    is_made = not isinstance(app, typer.Typer)
    command = app if is_made else typer.main.get_command(app)
    found = dict(_named_flags(command))
    renamed = {
        name: found[own] for name, own in _RENAMED.items() if own in found
    }
    return found | renamed


def _named_flags(command: object) -> Iterator[tuple[str, str]]:
    """List (argument, flag) of a command and of those below it."""
    for parameter in getattr(command, "params", ()):
        flags = [word for word in parameter.opts if word.startswith("--")]
        if flags:
            yield parameter.name, flags[0]
    for below in getattr(command, "commands", {}).values():
        yield from _named_flags(below)
