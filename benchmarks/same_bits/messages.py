"""Wrong command lines and broken C files: what is said of them.

In: a folder of examples. Out: digests of exit code, stdout and stderr of each.
Non-goals: whether the messages are good.
"""

from __future__ import annotations

from pathlib import Path

from commands import nsc_command
from digests import Found, of_json, untimed

TEXTS = {
    "syntax": "double f(double x) { return x +; }\n",
    "calls_unknown": "double f(double x) { return g(x); }\n",
    "two": "double f(double x) { return x; }\ndouble g(double x) { return -x; }\n",
    "integer": "double f(int n, double x) { return n * x; }\n",
    "pointer": "double f(const double *v, int n) { return v[n]; }\n",
    "prints": '#include <stdio.h>\nvoid f(double x) { printf("%f", x); }\n',
    "undefined": "double f(double x) { return 1 / (x - x); }\n",
    "macro": "#if (\ndouble f(double x) { return x; }\n#endif\n",
    "empty": "",
    "binary": "\0\1\2",
}
EASING = "../inputs/examples/easing.c"
BUILD = ("data", "build", "-o", "wrong")
WRONG = {
    "missing file": ["compile", "nowhere.c"],
    "a folder": ["compile", "broken"],
    "unknown function": ["compile", EASING, "--function", "nothing"],
    "reversed domain": ["compile", EASING, "--domain", "t=1:0"],
    "domain of no input": ["compile", EASING, "--domain", "q=0:1"],
    "domain without numbers": ["compile", EASING, "--domain", "t=a:b"],
    "negative budget": ["compile", EASING, "--budget", "-1"],
    "budget that is a word": ["compile", EASING, "--budget", "many"],
    "bad topology": ["compile", EASING, "--topology", "9-x-1"],
    "unknown activation": ["compile", EASING, "--activation", "sine"],
    "unknown initial": ["compile", EASING, "--initial", "lucky"],
    "unknown optimizer": ["compile", EASING, "--optimizer", "sgd"],
    "text only with runs": ["compile", EASING, "--text-only", "--budget", "8"],
    "bad array": ["compile", EASING, "--array", "t=none"],
    "bad macro": ["compile", EASING, "-D", "1=2"],
    "no such include": ["compile", EASING, "-I", "nowhere"],
    "unknown option": ["compile", EASING, "--fast"],
    "unknown verb": ["complie", EASING],
    "unknown source": [*BUILD, "web:all"],
    "no tree": [*BUILD, "tree:nowhere"],
    "unknown profile": [*BUILD, "synthetic:8", "--profile", "x"],
    "no data set": ["data", "info", "nowhere"],
    "nothing to evaluate": ["evaluate", "--data", "nowhere"],
    "unknown encoder": [
        "train",
        "--data",
        "d",
        "-o",
        "wrong",
        "--encoder",
        "x",
    ],
    "unknown benchmark": ["data", "parrot", "-o", "wrong", "--only", "doom"],
}


def messages() -> Found:
    """Ask for what cannot be."""
    write_broken(Path("broken"))
    broken = {
        f"{name}.c": ["compile", f"broken/{name}.c", "-o", "wrong"]
        for name in TEXTS
    }
    shown = {f"show {name}.c": ["show", f"broken/{name}.c"] for name in TEXTS}
    asked = WRONG | broken | shown
    return {name: said(words) for name, words in asked.items()}


def write_broken(folder: Path) -> None:
    """Write the broken texts into a folder."""
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.c").write_text(text)


def said(words: list[str]) -> str:
    """Run a command line and digest its exit code and what it says."""
    done = nsc_command(*words)
    return of_json([done.code, untimed(done.stdout), untimed(done.stderr)])
