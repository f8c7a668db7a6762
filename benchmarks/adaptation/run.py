"""Adapted, from scratch and the program itself, at 10 to 200 measurements.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/adaptation/run.py --peers PYTHON

PYTHON is one that has scikit-learn: peers run in processes of their own. Errors are root
mean squared, over the spread of what is tested, noiseless where the truth is a formula.
What is adapted is the program's surrogate, compiled once for each problem; what is tested
is one network. Resumable: finished splits are kept in result.json.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from problems import Problem, problems

import nsc
from nsc.adaptation import Network, learn
from nsc.adaptation import Problem as Adapted
from nsc.surrogate import resize_inputs

SIZES = (10, 20, 50, 100, 200)
LINES = ("program", "mlp", "gp", "scratch", "adapted")
HERE = Path(__file__).parent


def surrogate_of(problem: Problem):
    names = [f"x{k + 1}" for k in range(len(problem.box))]
    ranges = dict(zip(names, problem.box, strict=True))
    program = nsc.Program.from_callable(
        problem.program, names, ranges=ranges, name=problem.name
    )
    return nsc.compile(program, budget=1024, seed=0, where=problem.where or ())


def peers(problem: Problem, parts, python: str) -> list[dict]:
    """Let scikit-learn learn from each size's measurements."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = Path(folder) / "jobs.npz"
        answers = Path(folder) / "answers.npz"
        arrays = {"box": np.array(problem.box)}
        for k, (x, y, test, _) in enumerate(parts):
            arrays |= {f"x{k}": x, f"y{k}": y, f"test{k}": test}
        np.savez(jobs, **arrays)
        words = [python, str(HERE / "peers.py"), str(jobs), str(answers)]
        subprocess.run(words, check=True)
        found = np.load(answers)
        return [
            {
                "mlp": found[f"mlp{k}"],
                "gp": found[f"gp{k}"],
                "scratch": found[f"best{k}"],
            }
            for k in range(len(parts))
        ]


def adapted(surrogate, x, y, test, seed: int):
    """Do what `nsc.adapt` does, but for judging it (a test says that it is the same)."""
    topology = surrogate.members[0].topology
    w, topology = resize_inputs(surrogate.members[0].w, topology, x.shape[1])
    program = Network(topology, w)
    u = surrogate.normalise(x)
    problem = Adapted(u, y, program, program(u))
    learned = learn(problem, np.arange(len(y)), seed)
    network, _ = learned.distilled(seed)
    return network(surrogate.normalise(test)), learned.blend.form


def one_split(problem: Problem, surrogate, seed: int, python: str) -> list:
    parts = [problem.split(n, seed) for n in SIZES]
    rows = []
    others = peers(problem, parts, python)
    for n, (x, y, test, true), said in zip(SIZES, parts, others, strict=True):
        started = time.perf_counter()
        own, form = adapted(surrogate, x, y, test, seed)
        seconds = time.perf_counter() - started
        said = {**said, "program": problem.program(test), "adapted": own}
        spread = true.std()
        errors = {
            line: float(np.sqrt(((said[line] - true) ** 2).mean()) / spread)
            for line in LINES
        }
        rows.append({"n": n, "form": form, "seconds": seconds, **errors})
    return rows


def geometric(values) -> float:
    return float(np.exp(np.log(values).mean()))


def interval(ratios: np.ndarray) -> tuple[float, float]:
    """Bootstrap the geometric mean over problems' splits."""
    generator = np.random.default_rng(0)
    drawn = generator.integers(len(ratios), size=(2000, len(ratios)))
    means = np.exp(np.log(ratios)[drawn].mean(axis=1))
    lo, hi = np.quantile(means, (0.05, 0.95))
    return float(lo), float(hi)


def table(kept: dict) -> list[str]:
    rows = [
        row | {"problem": key.split(":")[0]}
        for key in kept
        for row in kept[key]
    ]
    names = list(dict.fromkeys(row["problem"] for row in rows))
    lines = [
        f"| problem | n | {' | '.join(LINES)} |",
        "|---" * (len(LINES) + 2) + "|",
    ]
    for name in [*names, "all"]:
        for n in SIZES:
            own = [
                r
                for r in rows
                if r["n"] == n and name in ("all", r["problem"])
            ]
            if own:
                means = [geometric([r[line] for r in own]) for line in LINES]
                cells = " | ".join(f"{m:.3f}" for m in means)
                lines.append(f"| {name} | {n} | {cells} |")
    lines += [
        "",
        "| n | scratch / adapted | program / adapted |",
        "|---|---|---|",
    ]
    for n in SIZES:
        own = [r for r in rows if r["n"] == n]
        cells = []
        for line in ("scratch", "program"):
            ratios = np.array([r[line] / r["adapted"] for r in own])
            lo, hi = interval(ratios)
            cells.append(f"{geometric(ratios):.2f} ({lo:.2f} to {hi:.2f})")
        lines.append(f"| {n} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", required=True, metavar="PYTHON")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--result", type=Path, default=HERE / "result.json")
    given = parser.parse_args()
    kept = (
        json.loads(given.result.read_text()) if given.result.exists() else {}
    )
    chosen = [p for p in problems() if given.only in ("", p.name)]
    surrogates = {}
    for seed in range(given.splits):
        for problem in chosen:
            key = f"{problem.name}:{seed}"
            if key in kept:
                continue
            if problem.name not in surrogates:
                surrogates[problem.name] = surrogate_of(problem)
            kept[key] = one_split(
                problem, surrogates[problem.name], seed, given.peers
            )
            given.result.write_text(json.dumps(kept, indent=1) + "\n")
            print(
                key,
                *(f"{r['adapted']:.3f}/{r['scratch']:.3f}" for r in kept[key]),
                flush=True,
            )
    print("\n".join(table(kept)))


if __name__ == "__main__":
    main()
