"""Every way a build or a run can end, as named values.

In / Out: nothing. Expected failures are `Outcome`s, counted and kept; exceptions are
for misuse.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How building or running a unit ended."""

    ok = "ok"
    # building
    refused = "refused"  # the guard found text that may not reach the compiler
    build_failed = "build_failed"  # the compiler or linker refused it
    build_timeout = "build_timeout"
    # running
    out_of_fuel = "out_of_fuel"
    out_of_time = "out_of_time"  # measured: the machine has a share in it
    out_of_bounds = "out_of_bounds"
    stack_overflow = "stack_overflow"
    division_by_zero = "division_by_zero"
    integer_overflow = "integer_overflow"
    null_pointer = "null_pointer"
    # read a variable that was never written
    unwritten_value = "unwritten_value"
    aborted = "aborted"
    exited = "exited"
    # asked the host for a file, a clock...
    forbidden_import = "forbidden_import"
    trapped = "trapped"


MEANING: dict[Outcome, str] = {
    Outcome.out_of_fuel: "ran longer than its fuel",
    Outcome.out_of_time: "ran longer than its limit of time",
    Outcome.out_of_bounds: "accessed memory outside its own",
    Outcome.stack_overflow: "used up its stack",
    Outcome.division_by_zero: "divided an integer by zero",
    Outcome.integer_overflow: "overflowed an integer division or conversion",
    Outcome.null_pointer: "read or wrote through a null pointer",
    Outcome.unwritten_value: "read a variable before it was written",
    Outcome.aborted: "aborted, as an assertion does that fails,",
    Outcome.exited: "called exit",
    Outcome.forbidden_import: "asked the host for something that is not granted",
    Outcome.trapped: "trapped",
}
