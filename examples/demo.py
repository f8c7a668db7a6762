"""Compile every example with the flags in its first line, and print what came out.

Run: make demo
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def flags_of(path: Path) -> list[str]:
    """Read the recommended flags from `// nsc: ...` in an example's first line."""
    first = path.read_text().splitlines()[0]
    return shlex.split(first.removeprefix("// nsc:"))


def main() -> int:
    head = f"{'example':14} {'topology':9} {'zero-shot nmse':>15} {'nmse':>9} {'rmse':>9}"
    print(f"{head} {'ns/call':>8} {'original':>8} {'s':>5}")
    failed = 0
    for path in sorted(HERE.glob("*.c")):
        command = [
            sys.executable,
            "-m",
            "nsc",
            "compile",
            str(path),
            *flags_of(path),
            "-o",
            f"out/{path.stem}",
            "--json",
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            failed += 1
            continue
        r = json.loads(done.stdout)
        ns = r["ns_per_call"]
        print(
            f"{path.stem:14} {r['topology']:9}"
            f" {r['zero_shot']['compnet']['nmse']:15.2g} {r['test']['nmse']:9.1e}"
            f" {r['test']['rmse']:9.1e} {ns['surrogate']:8.0f} {ns['original']:8.0f}"
            f" {r['time_s']['total']:5.1f}"
        )
    print(
        "\neach out/NAME/ has surrogate.c, surrogate.safetensors, surrogate.onnx,"
        " report.html and report.json"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
