"""Levenberg-Marquardt on wider networks against scikit-learn's L-BFGS: error and time.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/finetune/large.py [9-32-32-1]

1,638 training and 410 validation examples of standard functions, 2,048 for tests.
Seconds are the processor's, of one thread, kernels built before. "hit" is the step from
which validation stays within 1.2 of the best. L-BFGS has no validation: it shows where
it is after 500 and 2,000 iterations. Non-goals: Adam (run.py).
"""

import json
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from functions import FUNCTIONS

HERE = Path(__file__).parent
NAMES = ("robot arm", "friedman")
TRAIN, VALIDATION, ALL = 1638, 2048, 4096
ITERATIONS = (500, 2000)
WITHIN = 1.2


def examples(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Draw a function's inputs, zero where it has none, and its standardised values."""
    n_inputs, function = FUNCTIONS[name]
    x = np.random.default_rng(5).uniform(-1, 1, (ALL, 9))
    y = function(x)
    x[:, n_inputs:] = 0.0
    return x, (y - y.mean()) / y.std()


def of_nsc(widths: tuple[int, ...], x: np.ndarray, y: np.ndarray) -> dict:
    from nsc.finetune import FinetuneData, LmSettings, finetune
    from nsc.surrogate import Topology, random_parameters

    parts = []
    for part in (
        slice(TRAIN),
        slice(TRAIN, VALIDATION),
        slice(VALIDATION, ALL),
    ):
        parts += [x[part], y[part, None]]
    data = FinetuneData(*parts)
    topology = Topology(widths)
    w = random_parameters(topology, seed=0)
    finetune(w, topology, data, LmSettings(steps=1))
    started = time.process_time()
    found = finetune(w, topology, data, LmSettings(steps=800), threads=1)
    seconds = time.process_time() - started
    best = np.minimum.accumulate(found.validation_loss[0])
    hit = int(np.argmax(best <= WITHIN * best[-1]))
    steps = int(found.steps_run[0])
    return {
        "steps": steps,
        "ms_a_step": round(1e3 * seconds / steps, 2),
        "hit": hit,
        "seconds_to_hit": round(seconds * hit / steps, 2),
        "seconds": round(seconds, 2),
        "test": float(found.test_at_best[0]),
    }


def of_sklearn(
    widths: tuple[int, ...], x: np.ndarray, y: np.ndarray
) -> Iterator[dict]:
    from sklearn.neural_network import MLPRegressor

    warnings.simplefilter("ignore")
    for iterations in ITERATIONS:
        model = MLPRegressor(
            hidden_layer_sizes=widths[1:-1],
            activation="logistic",
            solver="lbfgs",
            alpha=0.0,
            max_iter=iterations,
            max_fun=10**7,
            tol=0.0,
            random_state=0,
        )
        started = time.process_time()
        model.fit(x[:TRAIN], y[:TRAIN])
        seconds = time.process_time() - started
        error = model.predict(x[VALIDATION:]) - y[VALIDATION:]
        yield {
            "iterations": model.n_iter_,
            "seconds": round(seconds, 2),
            "test": float((error**2).mean()),
        }


def main() -> None:
    chosen = sys.argv[1:] or ["9-32-32-1", "9-48-48-1"]
    result: dict[str, dict] = {}
    for topology in chosen:
        widths = tuple(int(a) for a in topology.split("-"))
        for name in NAMES:
            x, y = examples(name)
            found = {
                "nsc_lm": of_nsc(widths, x, y),
                "sklearn_lbfgs": list(of_sklearn(widths, x, y)),
            }
            result[f"{name}/{topology}"] = found
            print(name, topology, json.dumps(found), flush=True)
    (HERE / "large.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
