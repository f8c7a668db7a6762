"""The library speaks of arguments, the command line of flags."""

import re
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

import nsc
from nsc.app import in_flags, main
from nsc.app.flags import flags_of
from nsc.app.verbs import app
from nsc.errors import InputError

ROOT = Path(nsc.__file__).parent
# these write command lines, for people or for programs
WRITE_COMMANDS = {
    "baselines/library.py",
    "baselines/store.py",
    "exestack/sources/debian.py",
    "program/overview.py",
    "report/dataset.py",
    "sandbox/compiler.py",
}
FLAGS = {
    "budget": "--budget",
    "target_error": "--target-error",
    "time_limit": "--time-limit",
    "ranges": "--domain",
    "arrays": "--array",
    "out": "--out",
    "function": "--function",
    "text_only": "--text-only",
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
        # arguments that are spelled
        ("state it with arrays={'v': N}", "state it with --array v=N"),
        ("or arrays={'v': 3, 'w': N}: all", "or --array v=3,w=N: all"),
        ("ranges={'x': (0, 1.5)}.", "--domain x=0:1.5."),
        (
            "f.c:1:2: (ranges={'v[0]': (LO, HI), 'n': -3}) [why]",
            "f.c:1:2: (--domain 'v[0]=LO:HI,n=-3') [why]",
        ),
        ("leave out=['p'] away", "leave --out p away"),
        ("out=['p', 'q']", "--out p,q"),
        ("a: function='a' [candidate]", "a: --function a [candidate]"),
        ("or text_only=True", "or --text-only"),
        ("line 1: text_only=True\nout=['p']", "line 1: --text-only\n--out p"),
        # no argument of ours, or none that is spelled
        ("unknown={'v': N}", "unknown={'v': N}"),
        ("arrays={v}", "arrays={v}"),
        ("text_only=Truest", "text_only=Truest"),
        ("my_out=['p']", "my_out=['p']"),
        ("s.out=['p']", "s.out=['p']"),
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


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(ROOT.rglob("*.py")) if p.parent.name != "app"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_inner_rooms_speak_of_arguments(path):
    """A Python caller has no flags; app/flags.py makes them of arguments."""
    if str(path.relative_to(ROOT)) in WRITE_COMMANDS:
        return
    text = re.sub(r'"""(?s:.*?)"""|#.*', "", path.read_text())
    known = "|".join(set(flags_of(app).values()))
    assert not re.findall(rf"(?:{known})\b", text)
    assert not re.findall(r"(?:with|or) -[A-Za-z]\b", text)


@pytest.mark.parametrize(
    ("text", "told", "flag"),
    [
        (
            "double f(double *p, int k) { return p[k]; }",
            "arrays={'p': N}",
            "--array p=N",
        ),
        (
            "double f(int n, double x) { return n * x; }",
            "domain={'n': (0, 10)}",
            "--domain n=0:10",
        ),
        (
            "double g(double); double f(double x) { return g(x); }",
            "text_only=True",
            "--text-only",
        ),
        (
            "double a(double x) { return x; } double b(double x) { return x; }",
            "function='b'",
            "--function b",
        ),
        (
            '#include "own.h"\ndouble f(double x) { return OWN(x); }',
            "include=['DIR']",
            "--include DIR",
        ),
        (
            "double f(double x) { volatile int z = x > 0; return 7 / z; }",
            "restrict the domain",
            "restrict the domain",
        ),
    ],
)
def test_each_reads_what_to_do_in_its_own_words(
    text, told, flag, tmp_path, capsys
):
    path = tmp_path / "f.c"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        nsc.compile(path, budget=20)
    assert told in str(raised.value)
    assert "--" not in str(raised.value)
    assert main(["compile", str(path), "-o", str(tmp_path / "out")]) == 2
    assert flag in capsys.readouterr().err


def test_notes_and_listings_are_put_in_flags_too(tmp_path, capsys):
    path = tmp_path / "f.c"
    path.write_text("double k = 2;\ndouble f(double x) { return k * x; }")
    told = "make it an input with inputs={'k': (LO, HI)}"
    put = "make it an input with --input k=LO:HI"
    options = {"budget": 20, "timing": False}
    assert told in nsc.compile(path, **options).report["notes"][0]
    out = tmp_path / "out"
    words = ["--budget", "20", "--no-timing", "-o", str(out)]
    assert main(["compile", str(path), *words]) == 0
    assert put in " ".join(capsys.readouterr().out.split())
    for name in ("report.json", "report.html"):
        assert put in (out / name).read_text()
    for flags in ([], ["--json"]):
        assert main(["show", str(path), *flags]) == 0
        assert put in capsys.readouterr().out


def test_an_argument_has_one_flag_whatever_the_verb():
    """Else a message to one verb's user names another verb's flag."""
    found: dict[str, set[str]] = {}

    def collect(command):
        for parameter in command.params:
            flags = [word for word in parameter.opts if word.startswith("--")]
            if flags:
                found.setdefault(parameter.name, set()).add(flags[0])
        for below in getattr(command, "commands", {}).values():
            collect(below)

    collect(typer.main.get_command(app))
    assert {name: f for name, f in found.items() if len(f) > 1} == {}
