"""Verified error and seconds on every example: nsc, scikit-learn, plain PyTorch. One
run, one core.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/finetune_vs_peers/run.py [--budget
1024] [--seed 0]

All get the same examples, 80:20 for those that validate, inputs in [-1, 1] and outputs
standardised, the same topology (one network with as many outputs as the program), and
are verified on the same fresh inputs. scikit-learn is trained on all examples with
lbfgs and with adam (5,000 iterations at most); the better test error of the two counts,
and only its own seconds: a choice that favours it.
"""

import argparse
import json
import math
import os
import time
import warnings
from pathlib import Path

import numpy as np

import nsc
from nsc.finetune import split_examples
from nsc.oracle import run_oracle
from nsc.program import draw_inputs, parse_program, parse_ranges
from nsc.sandbox import ProgramOracle, warm_up

ROOT = Path(__file__).parents[2]
EPOCHS = 5000


def program_of(path: Path):
    """Read an example with the flags of its first line."""
    text = path.read_text()
    words = text.splitlines()[0].removeprefix("// nsc:").split()
    flags = dict(zip(words[::2], words[1::2], strict=True))
    ranges = parse_ranges(flags.get("--domain", ""))
    return parse_program(
        text, path=path.name, function=flags.get("--function"), ranges=ranges
    )


def by_sklearn(solver: str, u, y, u_test, seed: int):
    from sklearn.neural_network import MLPRegressor

    net = MLPRegressor(
        hidden_layer_sizes=(4, 4),
        activation="logistic",
        solver=solver,
        alpha=0.0,
        tol=1e-9,
        max_iter=EPOCHS,
        max_fun=10**7,
        n_iter_no_change=200,
        random_state=seed,
    )
    started = time.perf_counter()
    net.fit(u, y if y.shape[1] > 1 else y[:, 0])
    return net.predict(u_test).reshape(
        len(u_test), -1
    ), time.perf_counter() - started


def by_torch(u, y, u_test, seed: int):
    """The plain loop: full batch, Adam 0.01, 5,000 epochs, parameters of the best
    validation loss.
    """
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    data = split_examples(u, y, seed=seed)
    x, t, xv, tv = (
        torch.from_numpy(np.ascontiguousarray(a[0], dtype=np.float32))
        for a in (
            data.x_train,
            data.y_train,
            data.x_validation,
            data.y_validation,
        )
    )
    net = torch.nn.Sequential(
        torch.nn.Linear(u.shape[1], 4),
        torch.nn.Sigmoid(),
        torch.nn.Linear(4, 4),
        torch.nn.Sigmoid(),
        torch.nn.Linear(4, y.shape[1]),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    best, kept = math.inf, None
    started = time.perf_counter()
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        loss = ((net(x) - t) ** 2).mean()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            held = ((net(xv) - tv) ** 2).mean().item()
        if held < best:
            best, kept = (
                held,
                {k: v.clone() for k, v in net.state_dict().items()},
            )
    seconds = time.perf_counter() - started
    net.load_state_dict(kept)
    with torch.no_grad():
        return net(
            torch.from_numpy(u_test.astype(np.float32))
        ).numpy(), seconds


def measure(path: Path, budget: int, seed: int) -> dict:
    """Train all on one example; nmse on 4,096 fresh inputs."""
    program = program_of(path)
    oracle = ProgramOracle(program.unit)
    surrogate = nsc.compile(
        program, budget=budget, seed=seed, topology="covering"
    )
    x = draw_inputs(
        program, budget, generator=np.random.default_rng([seed, 0, 0])
    )
    x_test = draw_inputs(
        program, 4096, generator=np.random.default_rng([seed, 9])
    )
    y, y_test = (
        run_oracle(oracle, inputs, program.n_outputs) for inputs in (x, x_test)
    )
    mean, spread = y.mean(0), y.std(0)
    u, u_test = surrogate.normalise(x), surrogate.normalise(x_test)

    def nmse(predicted) -> float:
        return float(
            (((predicted - y_test) ** 2).mean(0) / y_test.var(0)).mean()
        )

    row = {
        "program": program.name,
        "nsc": nmse(surrogate(x_test)),
        "nsc_s": surrogate.report["time_s"]["finetune"],
    }
    peers = {}
    for solver in ("lbfgs", "adam"):
        predicted, seconds = by_sklearn(
            solver, u, (y - mean) / spread, u_test, seed
        )
        peers[solver] = (nmse(predicted * spread + mean), seconds)
    row["sklearn_solver"] = min(peers, key=lambda k: peers[k][0])
    row["sklearn"], row["sklearn_s"] = peers[row["sklearn_solver"]]
    predicted, row["torch_s"] = by_torch(u, (y - mean) / spread, u_test, seed)
    row["torch"] = nmse(predicted * spread + mean)
    return row


def main() -> None:
    os.sched_setaffinity(
        0, {max(os.sched_getaffinity(0))}
    )  # one core for everyone
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="result.json", help="in this folder")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    warm_up(print)
    rows = []
    print(
        "| program | nsc LM: nmse | s | scikit-learn: nmse | s | PyTorch Adam: nmse"
        " | s |"
    )
    print("|---|---|---|---|---|---|---|")
    for path in sorted((ROOT / "examples").glob("*.c")):
        r = measure(path, arguments.budget, arguments.seed)
        rows.append(r)
        print(
            f"| {r['program']} | {r['nsc']:.1e} | {r['nsc_s']:.2f} | {r['sklearn']:.1e}"
            f" ({r['sklearn_solver']}) | {r['sklearn_s']:.2f} | {r['torch']:.1e} |"
            f" {r['torch_s']:.2f} |",
            flush=True,
        )
    means = {
        k: math.exp(np.mean([math.log(r[k]) for r in rows]))
        for k in ("nsc", "sklearn", "torch")
    }
    print(
        f"geometric mean: nsc {means['nsc']:.1e}, scikit-learn {means['sklearn']:.1e},"
        f" PyTorch {means['torch']:.1e}"
    )
    result = {
        "budget": arguments.budget,
        "seed": arguments.seed,
        "geometric_mean": means,
        "programs": rows,
    }
    (Path(__file__).parent / arguments.out).write_text(
        json.dumps(result, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
