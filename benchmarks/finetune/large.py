"""Levenberg-Marquardt on wider networks against L-BFGS of scikit-learn, PyTorch and JAX.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/finetune/large.py [9-32-32-1]

1,638 training and 410 validation examples of standard functions, 2,048 for tests.
Seconds are the processor's, of one thread, kernels built before. "hit" is the step from
which validation stays within 1.2 of the best; "former" the same of what it ended at
before steps were accelerated. L-BFGS has no validation: it shows where it is after so
many iterations, in double precision, and in what time Levenberg-Marquardt has an equal
test error ("nsc_seconds"). JAX gives value and gradient to scipy's. A peer that is not
installed is left out. Non-goals: Adam (run.py).
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
FORMER = {"robot arm/9-32-32-1": 2.150e-5, "friedman/9-32-32-1": 1.924e-7}


def examples(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Draw a function's inputs, zero where it has none, and its standardised values."""
    n_inputs, function = FUNCTIONS[name]
    x = np.random.default_rng(5).uniform(-1, 1, (ALL, 9))
    y = function(x)
    x[:, n_inputs:] = 0.0
    return x, (y - y.mean()) / y.std()


def of_nsc(
    widths: tuple[int, ...], x: np.ndarray, y: np.ndarray, former: float
) -> tuple[dict, np.ndarray, np.ndarray]:
    """Return what is told, and by step the seconds and the test error."""
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
    told = {
        "steps": steps,
        "ms_a_step": round(1e3 * seconds / steps, 2),
        "hit": hit,
        "seconds_to_hit": round(seconds * hit / steps, 2),
        "seconds": round(seconds, 2),
        "test": float(found.test_at_best[0]),
    }
    if best[-1] <= WITHIN * former:
        at = int(np.argmax(best <= WITHIN * former))
        told["seconds_to_former"] = round(seconds * at / steps, 2)
    test = np.fmin.accumulate(found.test_loss[0, : steps + 1])
    return told, np.arange(steps + 1) * seconds / steps, test


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


def flat_start(widths: tuple[int, ...]) -> np.ndarray:
    from nsc.surrogate import Topology, random_parameters

    return random_parameters(Topology(widths), seed=0)


def in_layers(w, widths: tuple[int, ...]) -> list[tuple]:
    """Cut flat parameters into (weight, bias) of every layer."""
    layers, at = [], 0
    for a, b in zip(widths, widths[1:], strict=False):
        end = at + a * b
        layers.append((w[at:end].reshape(b, a), w[end : end + b]))
        at = end + b
    return layers


def of_torch(
    widths: tuple[int, ...], x: np.ndarray, y: np.ndarray
) -> Iterator[dict]:
    import torch

    torch.set_num_threads(1)
    inputs, outputs = torch.tensor(x), torch.tensor(y)

    def predicted(w, x):
        *hidden, (weight, bias) = in_layers(w, widths)
        for a, b in hidden:
            x = torch.sigmoid(x @ a.T + b)
        return (x @ weight.T + bias)[:, 0]

    for iterations in ITERATIONS:
        w = torch.tensor(flat_start(widths), requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [w],
            max_iter=iterations,
            max_eval=10**7,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=10,
            line_search_fn="strong_wolfe",
        )

        def loss(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            error = predicted(w, inputs[:TRAIN]) - outputs[:TRAIN]
            found = (error**2).mean()
            found.backward()
            return found

        started = time.process_time()
        optimizer.step(loss)
        seconds = time.process_time() - started
        with torch.no_grad():
            error = predicted(w, inputs[VALIDATION:]) - outputs[VALIDATION:]
        yield {
            "iterations": iterations,
            "seconds": round(seconds, 2),
            "test": float((error**2).mean()),
        }


def of_jax(
    widths: tuple[int, ...], x: np.ndarray, y: np.ndarray
) -> Iterator[dict]:
    import jax
    from scipy.optimize import minimize

    jax.config.update("jax_enable_x64", True)

    def loss(w, x, y):
        *hidden, (weight, bias) = in_layers(w, widths)
        for a, b in hidden:
            x = jax.nn.sigmoid(x @ a.T + b)
        return (((x @ weight.T + bias)[:, 0] - y) ** 2).mean()

    both = jax.jit(jax.value_and_grad(loss))
    start = flat_start(widths)
    both(start, x[:TRAIN], y[:TRAIN])[0].block_until_ready()
    for iterations in ITERATIONS:
        started = time.process_time()
        found = minimize(
            lambda w: tuple(map(np.asarray, both(w, x[:TRAIN], y[:TRAIN]))),
            start,
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": iterations,
                "maxfun": 10**7,
                "ftol": 0.0,
                "gtol": 0.0,
            },
        )
        seconds = time.process_time() - started
        yield {
            "iterations": found.nit,
            "seconds": round(seconds, 2),
            "test": float(loss(found.x, x[VALIDATION:], y[VALIDATION:])),
        }


PEERS = {
    "sklearn_lbfgs": of_sklearn,
    "torch_lbfgs": of_torch,
    "jax_lbfgs": of_jax,
}


def compare(name: str, widths: tuple[int, ...], topology: str) -> dict:
    x, y = examples(name)
    former = FORMER.get(f"{name}/{topology}", 0.0)
    told, seconds, test = of_nsc(widths, x, y, former)
    found: dict = {"nsc_lm": told}
    for peer, run in PEERS.items():
        try:
            found[peer] = list(run(widths, x, y))
        except ImportError:
            continue
        for row in found[peer]:
            if test[-1] <= row["test"]:
                at = int(np.argmax(test <= row["test"]))
                row["nsc_seconds"] = round(float(seconds[at]), 2)
    return found


def main() -> None:
    chosen = sys.argv[1:] or ["9-32-32-1", "9-64-64-1"]
    result: dict[str, dict] = {}
    for topology in chosen:
        widths = tuple(int(a) for a in topology.split("-"))
        for name in NAMES:
            found = compare(name, widths, topology)
            result[f"{name}/{topology}"] = found
            print(name, topology, json.dumps(found), flush=True)
    (HERE / "large.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
