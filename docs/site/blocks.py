"""Run the code of a page of the documentation, and hold its output against the page.

    python docs/site/blocks.py docs/start.md             # runs it in an empty folder
    python docs/site/blocks.py --update docs/start.md    # and writes what came out into it

A block with `title="f.c"` is a file. In a block `console`, lines after `$ ` are commands
(a backslash continues them), the others their output; a line `...` stands for any lines.
Figures and times may differ, words may not. Other blocks `python` are run. A comment speaks
of the next block: `<!-- exit 2 -->`, or `<!-- needs gfortran -->`, without which it is left
out.

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
# what depends on the machine: a note on speed, what is said of long runs, a digest, an extra
MACHINE = re.compile(
    r"^note: the surrogate is slower.*?(?=^note: |\Z)"
    r"|^[\d,]+ \+ [\d,]+ runs \(training \+ verification\).*?$"
    r"|^ *\d+% .*?$"
    r"|\b[0-9a-f]{16}\b"
    r"|surrogate\.onnx,?",
    re.M | re.S,
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
        needs: tools and modules, without which it is left out.
    """

    kind: str
    title: str
    body: str
    start: int
    end: int
    exit_code: int = 0
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Tools and modules that it needs and that are not here."""
        return tuple(
            n
            for n in self.needs
            if not (shutil.which(n) or importlib.util.find_spec(n))
        )


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
        said = _comments_before(text, match.start())
        codes = [int(what) for kind, what in said if kind == "exit"]
        found.append(
            Block(
                match[1],
                match[2] or "",
                match[3],
                *match.span(3),
                exit_code=codes[-1] if codes else 0,
                needs=tuple(what for kind, what in said if kind == "needs"),
            )
        )
    return found


def _comments_before(text: str, at: int) -> list[tuple[str, str]]:
    """Read the comments in the lines right above a block."""
    said = []
    for line in reversed(text[:at].rstrip("\n").split("\n")):
        comment = COMMENT.fullmatch(line.strip())
        if not comment:
            break
        said.append((comment[1], comment[2]))
    return said


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
    if block.missing:
        return block.body
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
            shown = "\n".join(
                x.rstrip() for x in printed.strip("\n").split("\n")
            )
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
    parts = [_words(part) for part in re.split(r"^\.\.\.$", shown, flags=re.M)]
    found = _words(printed)
    if len(parts) == 1:
        return parts[0] == found and bool(shown) == bool(_plain(printed))
    at = len(parts[0])
    if found[:at] != parts[0]:
        return False
    for part in parts[1:-1]:
        while found[at : at + len(part)] != part:
            at += 1
            if at > len(found):
                return False
        at += len(part)
    last = parts[-1]
    return (
        at + len(last) <= len(found)
        and found[len(found) - len(last) :] == last
    )


def _words(text: str) -> list[str]:
    """Leave out figures that differ between machines, and how lines are broken."""
    figures = r"[-+]?\b\d[\d.,e+-]*( ms| us| ns| s)?\b|\binf\b"
    return re.findall(r"[^\W\d]{2,}", re.sub(figures, "", _plain(text)))


def _plain(text: str) -> str:
    """Leave out what depends on the machine."""
    return MACHINE.sub("", text).strip()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("pages", nargs="+", type=Path)
    given = parser.parse_args()
    wrong = 0
    for page in given.pages:
        text = page.read_text()
        for block in blocks_of(text):
            if block.missing:
                print(
                    f"{page}: a block is left out, for {', '.join(block.missing)}"
                )
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
