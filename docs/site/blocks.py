"""Run the code of a page of the documentation, and hold its output against the page.

    python docs/site/blocks.py docs/start.md             # runs it in an empty folder
    python docs/site/blocks.py --update docs/start.md    # and writes what came out into it

A block with `title="f.c"` is a file. In a block `console`, lines after `$ ` are commands
(a backslash continues them), the others their output; a line `...` stands for any lines.
Figures and times may differ, words may not. Other blocks `python` are run. Comments speak
of what follows: `<!-- exit 2 -->` of the next block, `<!-- needs gfortran -->` of all.

In: a Markdown page. Out: what differs. Non-goals: how pages look.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S
)
COMMENT = re.compile(r"<!-- (exit|needs) ([\w.+-]+) -->")
MACHINE_NOTE = re.compile(
    r"^note: the (?:surrogate is slower|program takes).*\n(?!\w+ {2,})?.*\n",
    re.M,
)
SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Args:
        kind: its language.
        title: the file that it is; empty where it is none.
        body: what is in it.
        start, end: where the body is in the page.
        exit_code: what its last command returns.
    """

    kind: str
    title: str
    body: str
    start: int
    end: int
    exit_code: int = 0


@dataclass(frozen=True)
class Command:
    """A command of a console block, with the output that the page shows."""

    words: str
    shown: str


class Differs(Exception):
    """A page says something else than what comes out."""


def blocks_of(text: str) -> list[Block]:
    """List a page's blocks."""
    found = []
    for match in BLOCK.finditer(text):
        before = text[: match.start()].rstrip().rsplit("\n", 1)[-1]
        said = COMMENT.match(before)
        code = int(said.group(2)) if said and said.group(1) == "exit" else 0
        found.append(
            Block(
                match[1],
                match[2] or "",
                match[3],
                *match.span(3),
                exit_code=code,
            )
        )
    return found


def missing(text: str) -> list[str]:
    """List the tools and modules that a page needs and that are not here."""
    needed = [what for kind, what in COMMENT.findall(text) if kind == "needs"]
    return [
        n
        for n in needed
        if not (shutil.which(n) or importlib.util.find_spec(n))
    ]


def commands_of(body: str) -> list[Command]:
    """Divide a console block into commands and what they print."""
    found: list[tuple[list[str], list[str]]] = []
    is_open = False
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        else:
            found[-1][0 if is_open else 1].append(line)
        is_open = line.endswith("\\") and (is_open or line.startswith("$ "))
    return [Command("\n".join(w), "\n".join(s)) for w, s in found]


def run_page(text: str, folder: Path) -> str:
    """Run a page's blocks in an empty folder.

    Returns:
        The page as it should be, which is `text` if all is right.

    Raises:
        Differs: a command ends with another exit code.
    """
    parts = []
    at = 0
    for block in blocks_of(text):
        parts += [text[at : block.start], _run_block(block, folder)]
        at = block.end
    return "".join([*parts, text[at:]])


def _run_block(block: Block, folder: Path) -> str:
    """Run a block; returns the body that it should have."""
    if block.title:
        path = folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.body)
    elif block.kind == "python":
        _run(block.body, [sys.executable, "-c", block.body], folder)
    elif block.kind == "console":
        return _run_console(block, folder)
    return block.body


def _run_console(block: Block, folder: Path) -> str:
    lines = []
    commands = commands_of(block.body)
    for number, command in enumerate(commands, start=1):
        code = block.exit_code if number == len(commands) else 0
        printed = _run(
            command.words, ["bash", "-c", command.words], folder, code
        )
        shown = command.shown
        if not is_same(shown, printed):
            shown = printed.strip("\n")
        lines += [f"$ {command.words}", *([shown] if shown else [])]
    return "\n".join(lines) + "\n"


def _run(what: str, argv: list[str], folder: Path, code: int = 0) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        argv,
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode != code:
        raise Differs(
            f"{what}\nended with {done.returncode}, not {code}:\n{done.stdout}"
        )
    return done.stdout


def is_same(shown: str, printed: str) -> bool:
    """Compare what a page shows with what was printed, but for figures."""
    wanted = [[_words(x) for x in part] for part in _parts(shown)]
    found = [_words(x) for x in _plain(printed)]
    if len(wanted) == 1:
        return wanted[0] == found
    if found[: len(wanted[0])] != wanted[0]:
        return False
    at = len(wanted[0])
    for part in wanted[1:-1]:
        while at <= len(found) and found[at : at + len(part)] != part:
            at += 1
        at += len(part)
    last = wanted[-1]
    return (
        at + len(last) <= len(found)
        and found[len(found) - len(last) :] == last
    )


def _parts(shown: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in _plain(shown):
        if line.strip() == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def _plain(text: str) -> list[str]:
    """Leave out what depends on how busy the machine is, and empty lines."""
    lines = MACHINE_NOTE.sub("", text + "\n").splitlines()
    return [line for line in lines if line.strip()]


def _words(line: str) -> list[str]:
    """A line's words, without the figures that differ between machines."""
    figures = r"[-+]?\b\d[\d.,e+-]*( ms| us| ns| s)?\b|\binf\b|(/\S+)+"
    return re.findall(r"[^\W\d]{2,}", re.sub(figures, "", line))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("pages", nargs="+", type=Path)
    given = parser.parse_args()
    wrong = 0
    for page in given.pages:
        text = page.read_text()
        if absent := missing(text):
            print(f"{page}: skipped, needs {', '.join(absent)}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            right = run_page(text, Path(folder))
        if right != text:
            wrong += not given.update
            print(
                f"{page}: its output {'was' if given.update else 'is not'} as printed"
            )
        if given.update:
            page.write_text(right)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
