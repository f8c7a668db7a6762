"""Other optimisers, each a function of a problem, runs and a seed.

In: METHOD PROBLEM SEED RUNS. Out: one line of JSON: the least feasible value after each
run, and the seconds of processor
time that choosing took. Run by a Python that has the peers:

    python -m venv V && V/bin/pip install cma nevergrad scikit-optimize botorch

Constraints: those who take none minimise the value plus a penalty (1e3 times the excess,
in the problem's units); runs that are not feasible never count as found.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from problems import Standard, problem_named

PENALTY = 1e3


class Spent(Exception):
    """All runs are made."""


class Counted:
    """A problem's function, counted; its inputs in [0, 1]."""

    def __init__(self, problem: Standard, runs: int):
        self.problem = problem
        self.runs = runs
        self.lo = np.array(problem.lo, float)
        self.hi = np.array(problem.hi, float)
        self.whole = np.array(problem.whole or (False,) * len(self.lo))
        self.values: list[float] = []
        self.seconds = 0.0

    @property
    def dimensions(self) -> int:
        return len(self.lo)

    def inputs(self, u: np.ndarray) -> np.ndarray:
        x = self.lo + np.clip(u, 0, 1) * (self.hi - self.lo)
        return np.where(self.whole, np.round(x), x)

    def found(self, u: np.ndarray) -> tuple[float, ...]:
        if len(self.values) >= self.runs:
            raise Spent
        started = time.process_time()
        found = self.problem.function(self.inputs(np.asarray(u, float)))
        is_feasible = all(c <= 0 for c in found[1:])
        self.values.append(found[0] if is_feasible else np.inf)
        self.seconds += time.process_time() - started
        return found

    def __call__(self, u: np.ndarray) -> float:
        """Return the objective with its penalty."""
        found = self.found(u)
        return found[0] + PENALTY * sum(max(c, 0.0) for c in found[1:])


def random(f: Counted, seed: int) -> None:
    generator = np.random.default_rng(seed)
    while True:
        f(generator.random(f.dimensions))


def sobol(f: Counted, seed: int) -> None:
    from scipy.stats import qmc

    sequence = qmc.Sobol(f.dimensions, rng=np.random.default_rng(seed))
    for u in sequence.random_base2(12):
        f(u)


def cma(f: Counted, seed: int) -> None:
    import cma as package

    generator = np.random.default_rng(seed)
    while True:
        package.fmin2(
            f,
            generator.random(f.dimensions),
            0.25,
            {
                "bounds": [0, 1],
                "seed": int(generator.integers(1, 2**31)),
                "verbose": -9,
            },
        )


def nevergrad(f: Counted, seed: int) -> None:
    import nevergrad as ng

    space = ng.p.Array(shape=(f.dimensions,), lower=0.0, upper=1.0)
    space.random_state.seed(seed)
    optimizer = ng.optimizers.NGOpt(space, budget=f.runs)
    # asked for more than its budget, some of what it chooses from waits for ever
    for _ in range(f.runs):
        asked = optimizer.ask()
        optimizer.tell(asked, f(asked.value))
    raise Spent


def evolution(f: Counted, seed: int) -> None:
    from scipy.optimize import differential_evolution

    bounds = [(0.0, 1.0)] * f.dimensions
    while True:
        differential_evolution(f, bounds, rng=seed, polish=False)
        seed += 1000


def lbfgs(f: Counted, seed: int) -> None:
    from scipy.optimize import minimize

    generator = np.random.default_rng(seed)
    bounds = [(0.0, 1.0)] * f.dimensions
    while True:
        start = generator.random(f.dimensions)
        minimize(f, start, method="L-BFGS-B", bounds=bounds)


def skopt(f: Counted, seed: int) -> None:
    from skopt import gp_minimize

    gp_minimize(
        f, [(0.0, 1.0)] * f.dimensions, n_calls=f.runs, random_state=seed
    )
    raise Spent


def botorch(f: Counted, seed: int) -> None:
    """Log expected improvement, constraints as models of their own."""
    import torch
    from botorch.acquisition.analytic import (
        LogConstrainedExpectedImprovement,
        LogExpectedImprovement,
    )
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.models.transforms import Standardize
    from botorch.optim import optimize_acqf
    from gpytorch.mlls import SumMarginalLogLikelihood

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    n = 2 * (f.dimensions + 1)
    x = torch.quasirandom.SobolEngine(f.dimensions, True, seed=seed).draw(n)
    x = x.double()
    y = torch.tensor([f.found(row.numpy()) for row in x]).double()
    bounds = torch.tensor([[0.0], [1.0]]).double().expand(2, f.dimensions)
    while True:
        models = ModelListGP(
            *[
                SingleTaskGP(x, -column, outcome_transform=Standardize(1))
                for column in y.split(1, 1)
            ]
        )
        fit_gpytorch_mll(SumMarginalLogLikelihood(models.likelihood, models))
        feasible = (y[:, 1:] <= 0).all(dim=1)
        best = (-y[feasible, 0]).max() if feasible.any() else -y[:, 0].max()
        if y.shape[1] == 1:
            promise = LogExpectedImprovement(models.models[0], best)
        else:
            limits = {k: (0.0, None) for k in range(1, y.shape[1])}
            promise = LogConstrainedExpectedImprovement(
                models, best, objective_index=0, constraints=limits
            )
        found, _ = optimize_acqf(
            promise, bounds, q=1, num_restarts=5, raw_samples=128
        )
        told = torch.tensor([f.found(found[0].numpy())]).double()
        x = torch.cat([x, found])
        y = torch.cat([y, told])


METHODS: dict[str, Callable[[Counted, int], None]] = {
    "random": random,
    "sobol": sobol,
    "cma": cma,
    "nevergrad": nevergrad,
    "evolution": evolution,
    "lbfgs": lbfgs,
    "skopt": skopt,
    "botorch": botorch,
}

# whose import does not count
PACKAGES = {
    "cma": "cma",
    "nevergrad": "nevergrad",
    "skopt": "skopt",
    "botorch": "botorch.optim",
}


def main() -> None:
    method, name, seed, runs = sys.argv[1:]
    problem = problem_named(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module(PACKAGES.get(method, "scipy.optimize"))
    counted = Counted(problem, int(runs))
    started = time.process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            METHODS[method](counted, int(seed))
        except Spent:
            pass
    took = time.process_time() - started - counted.seconds
    least = np.minimum.accumulate(counted.values).tolist()
    print(json.dumps({"values": least, "seconds": took}), flush=True)
    os._exit(0)  # threads of some peers wait for answers for ever


if __name__ == "__main__":
    main()
