"""The library speaks of arguments, the command line of flags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.app import in_flags, main

FLAGS = {
    "budget": "--budget",
    "target_error": "--target-error",
    "time_limit": "--time-limit",
    "ranges": "--domain",
}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "budget must be 0 or more; found -1",
            "--budget must be 0 or more; found -1",
        ),
        (
            "ranges expects a mapping; found 3",
            "--domain expects a mapping; found 3",
        ),
        ("budget needs runs", "--budget needs runs"),
        (
            "time_limit ends the search; give a target_error, or leave it out",
            "--time-limit ends the search; give a --target-error, or leave it out",
        ),
        # other words than arguments, quoted names and paths stay
        ("budget must fit a_b", "--budget must fit a_b"),
        ("budget must be 'time_limit'", "--budget must be 'time_limit'"),
        ("budget must be in /time_limit", "--budget must be in /time_limit"),
        # functions may be called like arguments
        (
            "budget calls 'g', which has no body",
            "budget calls 'g', which has no body",
        ),
        ("time_limit: its text alone", "time_limit: its text alone"),
        ("the budget must be paid", "the budget must be paid"),
        ("seed must be 0 or more", "seed must be 0 or more"),
        (
            "a.c:1:2: budget must not stand here",
            "a.c:1:2: budget must not stand here",
        ),
        ("", ""),
    ],
)
def test_messages_about_arguments_get_flags(message, expected):
    assert in_flags(message, FLAGS) == expected


@given(st.text(), st.dictionaries(st.text(), st.just("--flag")))
def test_other_messages_stay_as_they_are(message, flags):
    assert in_flags(f"a {message}", flags) == f"a {message}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--initial", "magic"],
            "--initial must be one of auto, compnet, distill,",
        ),
        (
            ["--budget", "-1"],
            "--budget must be 0 (zero-shot) or a number of examples",
        ),
        (
            ["--verification", "0"],
            "--verification must be at least 1 input; found 0",
        ),
        (["--target-error", "0"], "--target-error must be above 0; found 0.0"),
        (
            ["--text-only", "--target-error", "0.1"],
            "--target-error must be left out with --text-only, which verifies nothing",
        ),
        (
            ["--text-only", "--initial", "distill"],
            "--initial must be auto or compnet with --text-only, which starts from the"
            " text; found distill",
        ),
        (
            ["--topology", "1-4-1"],
            "--topology must fit wave, which needs 2 or more inputs and 1 output; found"
            " 1-4-1",
        ),
        (
            ["-I", "none"],
            "--include expects folders; there is no such folder: 'none'",
        ),
    ],
)
def test_the_command_line_speaks_of_its_flags(
    words, message, wave, tmp_path, capsys
):
    out = tmp_path / "out"
    assert main(["compile", str(wave), "-o", str(out), *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"nsc: {message}")
    assert not out.exists() or not list(out.iterdir())
