"""Compile every example with the flags in its first line, and print what came out.

Run: make demo, or make demo-dear for the programs of examples/dear/, which are dear to run
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HEAD = (
    f"{'example':14} {'topology':9} {'zero-shot nmse':>15} {'nmse':>9} {'rmse':>9}"
    f" {'ns/call':>8} {'original':>8} {'s':>5}"
)


def flags_of(path: Path) -> list[str]:
    """Read the recommended flags from `// nsc: ...` in an example's first line."""
    first = path.read_text().splitlines()[0]
    return shlex.split(first.removeprefix("// nsc:"))


def compile_example(path: Path, *more: str) -> dict | None:
    """Compile an example into out/NAME, in a process of its own.

    Args:
        more: flags beside those in its first line, which they override.

    Returns:
        its report, or None where nsc refused; it has said why on standard error.
    """
    command = [
        sys.executable,
        "-m",
        "nsc",
        "compile",
        str(path),
        *flags_of(path),
        *more,
        "-o",
        f"out/{path.stem}",
        "--json",
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return None if done.returncode else json.loads(done.stdout)


def row(name: str, r: dict) -> str:
    """Write a line of the table that HEAD begins."""
    ns = r["ns_per_call"]
    return (
        f"{name:14} {r['topology']:9}"
        f" {r['zero_shot']['compnet']['nmse']:15.2g} {r['test']['nmse']:9.1e}"
        f" {r['test']['rmse']:9.1e} {ns['surrogate']:8.0f} {ns['original']:8.0f}"
        f" {r['time_s']['total']:5.1f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    paths = sorted(parser.parse_args().folder.glob("*.c"))
    print(HEAD)
    compiled = 0
    for path in paths:
        report = compile_example(path)
        if report is not None:
            compiled += 1
            print(row(path.stem, report), flush=True)
    print(
        "\neach out/NAME/ has surrogate.c, surrogate.safetensors, surrogate.onnx,"
        " report.html and report.json"
    )
    # a folder without examples is a mistake too
    return 0 if 0 < compiled == len(paths) else 1


if __name__ == "__main__":
    sys.exit(main())
