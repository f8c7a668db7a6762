"""Every exception nsc raises on purpose.

NscError
├── InputError             what the user gave cannot be used; the CLI exits with 2
│   ├── SourceError        C text: has file:line:column and a named reason
│   ├── DomainError        a box or a range that makes no sense
│   ├── OracleError        the program traps, or returns NaN or infinity, on part of
│   │                      its domain
│   └── StoreError         a saved file that is missing, broken or of another version
├── BuildError             the C compiler refused a unit
├── HostError              this machine lacks what nsc needs, memory for example
└── MissingExtraError      an optional tool is not installed; names the extra
"""

from __future__ import annotations

from dataclasses import dataclass


class NscError(Exception):
    """Base of every expected failure."""


class InputError(NscError):
    """What the user gave cannot be used as it is.

    A message about an argument begins with its name and "must", "expects", "needs" or
    "ends": `budget must be 0 or more; found -1`. The command line puts its flag there.
    """


@dataclass(frozen=True)
class Problem:
    """One finding about C text.

    Args:
        reason: stable snake_case name, e.g. "uses_varargs"; counted by data pipelines.
        message: what was expected, what was found, what to do.
        line, column: 1-based, in the text as the user wrote it; 0 when the whole file
            is meant.
        file: the header it is in; empty for the file itself.
    """

    reason: str
    message: str
    line: int = 0
    column: int = 0
    file: str = ""

    def located(self, path: str) -> str:
        """Format as `file:line:column: message [reason]`.

        Args:
            path: of the file itself; a header has its own.
        """
        where = self.file or path
        if self.line:
            where += f":{self.line}:{self.column}"
        return f"{where}: {self.message} [{self.reason}]"


class SourceError(InputError):
    """C text that cannot become a Program; collects every problem found.

    Args:
        path: the file's, for the message.
    """

    def __init__(self, path: str, problems: list[Problem]):
        self.path = path
        self.problems = tuple(problems)
        super().__init__("\n".join(p.located(path) for p in problems))

    # a worker process may raise it: an exception is sent by its arguments
    def __reduce__(
        self,
    ) -> tuple[type[SourceError], tuple[str, list[Problem]]]:
        return SourceError, (self.path, list(self.problems))


class DomainError(InputError):
    """A domain that names no input, is empty, or is not finite."""


class OracleError(InputError):
    """The program fails on part of its domain."""


class StoreError(InputError):
    """A saved file that cannot be loaded."""


class BuildError(NscError):
    """The C compiler refused a unit."""


class HostError(NscError):
    """This machine lacks what nsc needs; no program is to blame."""


class MissingExtraError(NscError):
    """An optional tool is not installed.

    Args:
        extra: what to install it with, as in `pip install 'nsc[extra]'`.
    """

    def __init__(self, tool: str, extra: str):
        self.tool = tool
        self.extra = extra
        super().__init__(
            f"{tool} is not installed; install it with: pip install 'nsc[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return MissingExtraError, (self.tool, self.extra)
