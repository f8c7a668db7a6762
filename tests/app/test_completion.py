"""Shells complete verbs and flags."""

import os
import subprocess
import sys

import pytest


def completed(shell: str, **asked: str) -> subprocess.CompletedProcess:
    """Ask as a shell's completion script does."""
    return subprocess.run(
        [sys.executable, "-m", "nsc"],
        env={**os.environ, "_NSC_COMPLETE": f"complete_{shell}", **asked},
        capture_output=True,
        text=True,
    )


def fish(words: str, action: str) -> subprocess.CompletedProcess:
    return completed(
        "fish", _TYPER_COMPLETE_ARGS=words, _TYPER_COMPLETE_FISH_ACTION=action
    )


def test_bash_completes_a_verb():
    done = completed("bash", COMP_WORDS="nsc com", COMP_CWORD="1")
    assert (done.stdout.split(), done.returncode) == (["compile"], 0)


def test_zsh_completes_a_flag():
    done = completed("zsh", _TYPER_COMPLETE_ARGS="nsc compile --verif")
    assert "--verification" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("words, code", [("nsc com", 0), ("nsc zzz", 1)])
def test_fish_is_told_by_the_exit_code_whether_there_is_any(words, code):
    assert fish(words, "is-args").returncode == code


def test_fish_completes_a_flag():
    done = fish("nsc compile --verif", "get-args")
    assert done.stdout.startswith("--verification\t")
    assert done.returncode == 0
