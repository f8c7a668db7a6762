"""Headers that were not to be had: which may be meant, and which are the system's.

In: names of headers, a name that nothing defines. Out: words. Non-goals: reading any.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_NAMED = 3
_SYSTEM = re.compile(
    # none of these is likely to be the name of a project's own
    r"(?:sys|arpa|netinet|linux)/.*"
    r"|(?:alloca|dirent|dlfcn|execinfo|fcntl|fnmatch|ftw|grp|ifaddrs|langinfo|libgen"
    r"|mqueue|netdb|nl_types|pthread|pwd|stropts|sysexits|syslog|termios?|ulimit|unistd"
    r"|utime|utmpx?|windows|winsock2?|wordexp)\.h"
)
_PREFIX = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_SHORTEST_PREFIX = 3


def is_of_system(header: str) -> bool:
    """Say whether a header is an operating system's: no project is set up in it."""
    return _SYSTEM.fullmatch(header) is not None


def may_define(name: str, unread: Sequence[str]) -> str:
    """Say which headers a name may come from; "" where none is likely.

    Those whose path has the name's first word in it are, else those of projects, the
    system's last.

    Example: "gsl_ran_pdf" may come from "gsl/gsl_randist.h" rather than "config.h".
    """
    word = _PREFIX.match(name.lstrip("_"))
    first = word.group().lower() if word else ""
    alike = [
        header
        for header in unread
        if len(first) >= _SHORTEST_PREFIX and first in header.lower()
    ]
    own = [header for header in unread if not is_of_system(header)]
    chosen = (alike or own)[:MAX_NAMED]
    if chosen:
        return (
            f"; it may come from {', '.join(chosen)}: give its folder with"
            " include=['DIR']"
        )
    if unread:
        named = ", ".join(unread[:MAX_NAMED])
        return f"; it may be the operating system's, whose headers ({named}) are not read"
    return ""


def said_of_unread(function: str, unread: Sequence[str]) -> list[str]:
    """Say which headers a function that has all it names was compiled without."""
    own = [header for header in unread if not is_of_system(header)]
    system = [header for header in unread if is_of_system(header)]
    notes: list[str] = []
    if len(own) == 1:
        notes.append(
            f"{own[0]} was not found, and is left out: give its folder with"
            " include=['DIR']"
        )
    elif own:
        notes.append(
            f"{_listed(own)} were not found, and are left out: all that {function}"
            " names is defined without them; where they define macros that change it,"
            " give their folders with include=['DIR']"
        )
    if system:
        notes.append(
            f"the operating system's headers ({_listed(system)}) are not read:"
            f" {function} names nothing of theirs"
        )
    return notes


def _listed(headers: Sequence[str]) -> str:
    """Name the first headers, and count the others."""
    named = ", ".join(headers[:MAX_NAMED])
    others = len(headers) - MAX_NAMED
    return f"{named} and {others} more" if others > 0 else named
