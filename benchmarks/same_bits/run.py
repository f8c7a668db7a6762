"""Do two checkouts of nsc make the same, bit for bit?

    python benchmarks/same_bits/run.py BEFORE AFTER

For changes that should change nothing: the internals may move, what they make may not.

In: two folders with src/nsc; both read BEFORE's examples, C files and programs.
Out: the names that differ, a line a kind; exit code 1 where anything differs, 0 where
nothing does, 2 where a checkout could not be asked.
Non-goals: which of the two is right; how fast they are; their cache of built kernels,
which they share (its files are named by content).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from digests import REFUSED, Found, of_json

WORKER = Path(__file__).with_name("worker.py")
C_FOLDERS = (
    "src",
    "tests/golden",
    "examples",
)  # their .c files make data sets
MESSAGES = "messages"
SHOWN = 20
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Kind:
    """How two checkouts compare in one kind of things.

    Args:
        refused: how many names BEFORE would not make: equal refusals show little.
        before, after: a digest of all digests, to compare runs by.
    """

    kind: str
    names: int
    refused: int
    differ: tuple[str, ...]
    before: str
    after: str

    def __str__(self) -> str:
        counts = f"{self.names} names, {len(self.differ)} differ"
        return f"{self.kind:10} {counts}, {self.refused} refused"


class WorkError(Exception):
    """A checkout that could not be asked at all."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0]
    )
    add = parser.add_argument
    add("before", type=Path, help="a checkout, with src/nsc in it")
    add("after", type=Path, help="another")
    add("--programs", type=int, default=200, help="how many are generated")
    add(
        "--seed",
        type=int,
        default=0,
        help="of what is generated, and of its compilation",
    )
    add("--json", type=Path, metavar="FILE", help="write the result here")
    add(
        "--keep",
        type=Path,
        metavar="DIR",
        help="keep what was made, in a new folder",
    )
    add("--messages-may-differ", action="store_true", help="report them alone")
    return parser.parse_args()


def environment(checkout: Path) -> dict[str, str]:
    """Return what a process sees that imports a checkout's nsc."""
    own = {"PYTHONPATH": str(checkout / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return os.environ | ONE_THREAD | own


def run_in(
    folder: Path, checkout: Path, words: list[str], quiet: bool = False
) -> None:
    """Run Python on a checkout's nsc.

    Raises:
        WorkError: it failed.
    """
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment(checkout),
        stdout=subprocess.DEVNULL if quiet else None,
    )
    if done.returncode:
        said = f"exited with {done.returncode} on {checkout}"
        raise WorkError(f"{' '.join(words)} {said}")


def expect_checkout(folder: Path) -> Path:
    """Return a checkout's whole path.

    Raises:
        WorkError: there is no nsc in it.
    """
    if not (folder / "src" / "nsc" / "__init__.py").is_file():
        raise WorkError(f"{folder}: expected a checkout, with src/nsc in it")
    return folder.resolve()


def make_inputs(before: Path, folder: Path, programs: int, seed: int) -> None:
    """Write what both checkouts read: examples, C files and generated programs."""
    folder.mkdir()
    for source in c_files(before):
        target = folder / "tree" / source.relative_to(before)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    shutil.copytree(folder / "tree" / "examples", folder / "examples")
    size = ["--programs", str(programs), "--seed", str(seed), "--workers", "1"]
    words = ["-m", "nsc", "data", "synthetic", "-o", "programs", *size]
    run_in(folder, before, words, quiet=True)


def c_files(checkout: Path) -> Iterator[Path]:
    """Yield a checkout's C files."""
    for folder in C_FOLDERS:
        yield from sorted((checkout / folder).rglob("*.c"))


def ask(checkout: Path, folder: Path, seed: int) -> dict[str, Found]:
    """Have a checkout make everything in a folder of its own."""
    started = time.perf_counter()
    folder.mkdir()
    print(f"{folder.name}: {checkout}", flush=True)
    words = [str(WORKER), str(checkout), str(seed), "found.json"]
    run_in(folder, checkout, ["-W", "ignore::RuntimeWarning", *words])
    print(f"  {time.perf_counter() - started:.0f} s", flush=True)
    return json.loads((folder / "found.json").read_text())


def compare(kind: str, before: Found, after: Found) -> Kind:
    """Compare name by name; a name that only one has differs."""
    names = sorted(before.keys() | after.keys())
    differ = tuple(
        name for name in names if before.get(name) != after.get(name)
    )
    refusals = sum(digest.startswith(REFUSED) for digest in before.values())
    totals = [of_json(sorted(found.items())) for found in (before, after)]
    return Kind(kind, len(names), refusals, differ, *totals)


def compare_all(
    before: dict[str, Found], after: dict[str, Found]
) -> list[Kind]:
    """Compare kind by kind."""
    kinds = dict.fromkeys([*before, *after])
    return [
        compare(kind, before.get(kind, {}), after.get(kind, {}))
        for kind in kinds
    ]


def show(kinds: list[Kind]) -> None:
    """Print the names that differ, a few of each kind, and a line a kind."""
    differing = [kind for kind in kinds if kind.differ]
    share = SHOWN // max(1, len(differing))
    for kind in differing:
        for name in kind.differ[:share]:
            print(f"differs: {kind.kind}: {name}")
        if len(kind.differ) > share:
            print(f"  and {len(kind.differ) - share} more of {kind.kind}")
    for kind in kinds:
        print(kind)


def is_same(kinds: list[Kind], *, messages_may_differ: bool) -> bool:
    """Say whether nothing differs that should not."""
    forgiven = {MESSAGES} if messages_may_differ else set()
    return all(kind.kind in forgiven or not kind.differ for kind in kinds)


@contextmanager
def working_folder(kept: Path | None) -> Iterator[Path]:
    """Make an empty folder to work in; it goes afterwards unless it is to be kept."""
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="same-bits-") as made:
        yield Path(made)


def run(options: argparse.Namespace) -> list[Kind]:
    """Ask both checkouts, one after the other, and compare."""
    before = expect_checkout(options.before)
    after = expect_checkout(options.after)
    with working_folder(options.keep) as folder:
        make_inputs(before, folder / "inputs", options.programs, options.seed)
        made_before = ask(before, folder / "before", options.seed)
        made_after = ask(after, folder / "after", options.seed)
    return compare_all(made_before, made_after)


def main() -> int:
    options = arguments()
    try:
        kinds = run(options)
    except (WorkError, OSError) as error:
        print(f"same_bits: {error}", file=sys.stderr)
        return 2
    show(kinds)
    if options.json is not None:
        options.json.write_text(
            json.dumps([asdict(kind) for kind in kinds], indent=1)
        )
    same = is_same(kinds, messages_may_differ=options.messages_may_differ)
    if not same:
        print("not the same")
        return 1
    forgiven = any(kind.differ for kind in kinds)
    print(f"the same, bit for bit{', but for messages' if forgiven else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
