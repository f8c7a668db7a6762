"""The tables of the standard library agree with one another, and with zig's headers."""

import re
from pathlib import Path

import pytest
import ziglang

from nsc.text import FORBIDDEN, HEADER_OF, HEADERS, WRITES_ARGUMENT

MUSL = Path(ziglang.__file__).parent / "lib" / "libc" / "musl" / "include"


def test_every_name_has_a_header_that_is_known():
    assert set(HEADER_OF.values()) <= HEADERS
    assert all(header.endswith(".h") for header in HEADERS)


def test_no_name_is_both_standard_and_forbidden():
    assert not set(HEADER_OF) & set(FORBIDDEN)


def test_what_writes_through_an_argument_is_standard():
    assert set(WRITES_ARGUMENT) <= set(HEADER_OF)
    assert all(positions for positions in WRITES_ARGUMENT.values())


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("sqrtf", "math.h"),
        ("M_PI", "math.h"),
        ("FLT_EPSILON", "float.h"),
        ("LDBL_MIN_10_EXP", "float.h"),
        ("UINT_MAX", "limits.h"),
        ("uint_least16_t", "stdint.h"),
        ("UINT64_C", "stdint.h"),
        ("size_t", "stddef.h"),
        ("true", "stdbool.h"),
        ("labs", "stdlib.h"),
        ("memcpy", "string.h"),
    ],
)
def test_names_are_in_their_header(name, header):
    assert HEADER_OF[name] == header


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sprintf", "uses_io"),
        ("rand", "uses_random"),
        ("clock", "uses_clock"),
        ("getenv", "uses_environment"),
        ("longjmp", "uses_setjmp"),
        ("va_arg", "uses_varargs"),
        ("errno", "uses_errno"),
        ("fesetround", "uses_float_environment"),
    ],
)
def test_forbidden_names_have_a_reason(name, reason):
    assert FORBIDDEN[name] == reason


@pytest.mark.parametrize("header", ["math.h", "stdlib.h", "string.h"])
def test_the_functions_of_a_header_are_declared_in_a_real_one(header):
    """`pow10` and the like are glibc's, `exp10f` and `drem` GNU C's."""
    text = (MUSL / header).read_text()
    names = [name for name, home in HEADER_OF.items() if home == header]
    declared = [name for name in names if re.search(rf"\b{name}\b", text)]
    assert len(declared) > 0.85 * len(names)
