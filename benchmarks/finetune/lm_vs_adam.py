"""Levenberg-Marquardt against 5,000 epochs of Adam: test error, and time to equal test
error.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/finetune/lm_vs_adam.py

9-4-4-1, 819 training and 205 validation examples, the same random starts for both, the
test error at the best validation error as a share of the variance, floored at 1e-5. Two
sets: the standard functions of functions.py, four starts each, and 48 synthetic
programs of a seed that nothing is trained on, two starts each. One core. The plain
PyTorch loop is Adam too: its time is 5,000 epochs at the rate measured here.
"""

import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from functions import FUNCTIONS
from peers import torch_loop
from run import rate

from nsc.exestack import write_synthetic
from nsc.finetune import AdamSettings, FinetuneData, LmSettings, finetune
from nsc.record import read_records, shared_inputs
from nsc.surrogate import COVERING, random_parameters

TRAIN, VALIDATION, ALL = 819, 1024, 2048


def standard() -> list[tuple[int, np.ndarray]]:
    return [(i, f(shared_inputs())) for i, f in FUNCTIONS.values()]


def synthetic() -> list[tuple[int, np.ndarray]]:
    with tempfile.TemporaryDirectory() as folder:
        write_synthetic(Path(folder), programs=120, seed=77, workers=1)
        varied = [
            r for r in read_records(Path(folder)) if r.outputs.var() > 1e-3
        ]
    return [
        (r.n_inputs, r.outputs[:, 0].astype(np.float64)) for r in varied[:48]
    ]


def examples(
    functions: list[tuple[int, np.ndarray]], starts: int
) -> FinetuneData:
    x, parts = shared_inputs(), [[] for _ in range(6)]
    for n_inputs, y in functions:
        y = ((y - y[:VALIDATION].mean()) / y[:VALIDATION].std())[:, None]
        for k, (a, b) in enumerate(
            ((0, TRAIN), (TRAIN, VALIDATION), (VALIDATION, ALL))
        ):
            parts[2 * k].append(np.where(np.arange(9) < n_inputs, x[a:b], 0.0))
            parts[2 * k + 1].append(y[a:b])
    return FinetuneData(
        *(np.repeat(np.array(p), starts, axis=0) for p in parts)
    )


def compare(functions: list[tuple[int, np.ndarray]], starts: int) -> dict:
    data = examples(functions, starts)
    w = np.tile(
        np.stack([random_parameters(COVERING, seed=k) for k in range(starts)]),
        (len(functions), 1),
    )
    variance = data.y_test.var(axis=(1, 2))
    errors, ms, results = {}, {}, {}
    for name, config in (("adam", AdamSettings.paper()), ("lm", LmSettings())):
        finetune(
            w[:1],
            COVERING,
            FinetuneData(*(a[:1] for a in data.arrays())),
            config,
            threads=1,
        )
        started = time.perf_counter()
        results[name] = finetune(w, COVERING, data, config, threads=1)
        ms[name] = 1e3 * (time.perf_counter() - started) / len(w)
        errors[name] = np.maximum(results[name].test_at_best / variance, 1e-5)
    hit = (
        np.nan_to_num(results["lm"].test_loss, nan=np.inf)
        <= (errors["adam"] * variance)[:, None]
    )
    reached = hit.any(axis=1)
    steps_run = np.isfinite(results["lm"].train_loss).sum(axis=1) - 1
    to_equal = ms["lm"] * hit.argmax(axis=1)[reached] / steps_run.mean()
    ratio = errors["lm"] / errors["adam"]
    return {
        "functions": len(functions),
        "surrogates": len(w),
        "error_ratio": {
            "geometric_mean": _rounded(np.exp(np.log(ratio).mean())),
            "median": _rounded(np.median(ratio)),
            "worse_than_adam": int((ratio > 1).sum()),
        },
        "ms_lm": _rounded(ms["lm"]),
        "ms_adam_5000": _rounded(ms["adam"]),
        "lm_reaches_adams_error": f"{reached.sum()} of {len(w)}",
        "median_ms_lm_to_adams_error": _rounded(np.median(to_equal)),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def main() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    result = {
        "standard": compare(standard(), 4),
        "synthetic": compare(synthetic(), 2),
    }
    result["s_torch_loop_5000"] = round(
        5000 / rate(torch_loop((9, 4, 4, 1), 16, TRAIN), 16), 2
    )
    print(json.dumps(result, indent=1))
    (Path(__file__).parent / "lm_vs_adam.json").write_text(
        json.dumps(result, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
