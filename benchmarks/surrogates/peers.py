"""What a user would try next: models of few runs, as functions of inputs in [-1, 1].

In: inputs `n i`, outputs `n`. Out: `Fitted`: how to predict, and what one deploys. Each
imports what it needs when it is called: scikit-learn, scipy, SMT, PyTorch. A tabular
foundation model is not among them: TabPFN's package has no weights, it fetches them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

Array = np.ndarray
MOST_CHEBYSHEV = 3  # inputs
TORCH_STEPS = 2000


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Args:
        predict: inputs `k i` in [-1, 1] -> outputs `k`.
        deployed: what must be kept to predict; its pickle's length are its bytes.
    """

    predict: Callable[[Array], Array]
    deployed: Any


@dataclass(frozen=True)
class Task:
    """What a peer gets.

    Args:
        u, y: the runs that nsc learns from.
        run: the program itself, of inputs in [-1, 1], for peers that choose inputs.
        seed: of what is random.
    """

    u: Array
    y: Array
    run: Callable[[Array], Array]
    seed: int


def gaussian_process(task: Task) -> Fitted:
    """scikit-learn: RBF with a length an input, white noise, 2 more starts."""
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels

    kernel = kernels.ConstantKernel(1.0, (1e-3, 1e5)) * kernels.RBF(
        np.ones(task.u.shape[1]), (1e-2, 1e3)
    ) + kernels.WhiteKernel(1e-6, (1e-10, 1.0))
    found = GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0
    ).fit(task.u, task.y)
    return Fitted(found.predict, found)


def kriging(task: Task) -> Fitted:
    """SMT's kriging: squared exponential correlations, a constant mean."""
    from smt.surrogate_models import KRG

    found = KRG(print_global=False, seed=task.seed, n_start=5)
    found.set_training_values(task.u, task.y)
    found.train()
    return Fitted(lambda u: found.predict_values(u)[:, 0], found)


def splines(task: Task) -> Fitted:
    """scipy's thin-plate splines beside a linear model."""
    from scipy.interpolate import RBFInterpolator

    degree = 1 if len(task.u) > task.u.shape[1] + 1 else 0
    kernel = "thin_plate_spline" if degree else "linear"
    found = RBFInterpolator(task.u, task.y, kernel=kernel, degree=degree)
    return Fitted(found, (found.y, found.d, found._coeffs))


def perceptron(task: Task) -> Fitted:
    """scikit-learn's MLP: 2 layers of 32, tanh, L-BFGS."""
    from sklearn.neural_network import MLPRegressor

    mean = task.y.mean()
    spread = task.y.std() or 1.0
    found = MLPRegressor(
        hidden_layer_sizes=(32, 32),
        activation="tanh",
        solver="lbfgs",
        max_iter=2000,
        random_state=task.seed,
    ).fit(task.u, (task.y - mean) / spread)
    return Fitted(lambda u: found.predict(u) * spread + mean, found)


def torch_loop(task: Task) -> Fitted:
    """PyTorch: 2 layers of 32, tanh, Adam 0.01, full batch, the best of a validation."""
    import torch

    torch.manual_seed(task.seed)
    torch.set_num_threads(1)
    mean = task.y.mean()
    spread = task.y.std() or 1.0
    u = torch.tensor(task.u, dtype=torch.float32)
    y = torch.tensor((task.y - mean) / spread, dtype=torch.float32)[:, None]
    held = max(1, len(u) // 5)
    net = torch.nn.Sequential(
        torch.nn.Linear(u.shape[1], 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 1),
    )
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    least, best = np.inf, None
    for _ in range(TORCH_STEPS):
        adam.zero_grad()
        ((net(u[held:]) - y[held:]) ** 2).mean().backward()
        adam.step()
        with torch.no_grad():
            error = float(((net(u[:held]) - y[:held]) ** 2).mean())
        if error < least:
            least = error
            best = {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(best or net.state_dict())

    def predict(wanted: Array) -> Array:
        with torch.no_grad():
            found = net(torch.tensor(wanted, dtype=torch.float32))
        return found[:, 0].numpy() * spread + mean

    arrays = {k: v.numpy() for k, v in net.state_dict().items()}
    return Fitted(predict, arrays)


def chebyshev(task: Task) -> Fitted | None:
    """A product of Chebyshev polynomials through its own nodes, as many as the runs."""
    inputs = task.u.shape[1]
    if inputs > MOST_CHEBYSHEV:
        return None
    nodes = int(len(task.u) ** (1 / inputs) + 1e-9)
    if nodes < 2:
        return None
    axis = np.polynomial.chebyshev.chebpts1(nodes)
    grid = np.array(list(product(axis, repeat=inputs)))
    values = task.run(grid).reshape((nodes,) * inputs)
    inverse = np.linalg.inv(
        np.polynomial.chebyshev.chebvander(axis, nodes - 1)
    )
    for k in range(inputs):
        values = np.moveaxis(np.tensordot(inverse, values, (1, k)), 0, k)

    def predict(u: Array) -> Array:
        found = np.broadcast_to(values, (len(u), *values.shape))
        for column in u.T:
            terms = np.polynomial.chebyshev.chebvander(column, nodes - 1)
            found = np.einsum("kn...,kn->k...", found, terms)
        return found

    return Fitted(predict, values)


PEERS: dict[str, Callable[[Task], Fitted | None]] = {
    "gp": gaussian_process,
    "kriging": kriging,
    "rbf": splines,
    "chebyshev": chebyshev,
    "mlp": perceptron,
    "torch": torch_loop,
}
