"""The reference optimizers in numpy, float64: what every faster backend is proven equal
to.

In: checked arrays. Out: the leading fields of `FinetuneResult`. Non-goals: speed beyond
BLAS. Sources: Adam as Kingma and Ba (2015), with ICML 2024's settings;
Levenberg-Marquardt with identity damping (Levenberg 1944), early stopping on
validation.
"""

from __future__ import annotations

import numpy as np

from nsc.finetune.engine import FinetuneConfig, FinetuneData, Progress
from nsc.surrogate import Topology, forward

_BETA_1 = 0.9
_BETA_2 = 0.999
_EPSILON = 1e-8


def _slope(h: np.ndarray, activation: str) -> np.ndarray:
    """Return the activation's derivative from its value."""
    if activation == "sigmoid":
        return h * (1.0 - h)
    return 1.0 - h * h if activation == "tanh" else (h > 0).astype(np.float64)


def _activate(z: np.ndarray, activation: str) -> np.ndarray:
    if activation == "sigmoid":
        return 1.0 / (1.0 + np.exp(np.clip(-z, -700.0, 700.0)))
    return np.tanh(z) if activation == "tanh" else np.maximum(z, 0.0)


def gradient(
    w: np.ndarray, topology: Topology, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (mean squared error `p`, its gradient `p w`) for x `p n i`, y `p n o`."""
    layers = topology.layers(w)
    hidden = [x]
    for k, (weight, bias) in enumerate(layers):
        z = hidden[-1] @ np.swapaxes(weight, -1, -2) + bias[:, None]
        hidden.append(z if k == len(layers) - 1 else _activate(z, topology.activation))
    residual = hidden[-1] - y
    loss = (residual**2).mean(axis=(1, 2))
    delta = residual * (2.0 / (y.shape[1] * y.shape[2]))
    grads: list[tuple[np.ndarray, np.ndarray]] = []
    for k in range(len(layers) - 1, -1, -1):
        grads.append((np.swapaxes(delta, -1, -2) @ hidden[k], delta.sum(axis=1)))
        if k:
            delta = (delta @ layers[k][0]) * _slope(hidden[k], topology.activation)
    return loss, topology.join(grads[::-1])


def mean_squared_error(
    w: np.ndarray, topology: Topology, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Return the mse of each surrogate, `p`."""
    return ((forward(w, topology, x) - y) ** 2).mean(axis=(1, 2))


def run_adam(
    w: np.ndarray,
    topology: Topology,
    data: FinetuneData,
    config: FinetuneConfig,
    progress: Progress,
) -> tuple:
    """Run full-batch Adam; losses are measured before every step and after the last.

    A surrogate that has reached the target keeps its best parameters; its curves end
    there.
    """
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    best = np.full(len(w), np.inf)
    best_w = w.copy()
    best_step = np.zeros(len(w), np.int64)
    reached = np.zeros(len(w), bool)
    train, validation, test = (
        np.full((len(w), config.steps + 1), np.nan) for _ in range(3)
    )
    for step in range(config.steps + 1):
        alive = ~reached
        loss, grad = gradient(w, topology, data.x_train, data.y_train)
        train[alive, step] = loss[alive]
        if step % config.evaluate_every == 0 or step == config.steps:
            held = mean_squared_error(w, topology, data.x_validation, data.y_validation)
            validation[alive, step] = held[alive]
            better = (held < best) & alive
            best = np.where(better, held, best)
            best_step = np.where(better, step, best_step)
            best_w = np.where(better[:, None], w, best_w)
            if data.x_test is not None and better.any():
                held = mean_squared_error(w, topology, data.x_test, data.y_test)
                test[better, step] = held[better]
            reached |= better & (
                held <= (-1.0 if config.target_loss is None else config.target_loss)
            )
        if step == config.steps or reached.all():
            break
        m = _BETA_1 * m + (1 - _BETA_1) * grad
        v = _BETA_2 * v + (1 - _BETA_2) * grad * grad
        step_size = config.learning_rate / (1 - _BETA_1 ** (step + 1))
        w = w - step_size * m / (np.sqrt(v / (1 - _BETA_2 ** (step + 1))) + _EPSILON)
        if step % 100 == 0:
            progress(step, config.steps, float(best.min()))
    length = step + 1
    why = tuple("target" if r else "step_limit" for r in reached)
    return (
        best_w,
        w,
        train[:, :length],
        validation[:, :length],
        test[:, :length],
        best_step,
        why,
    )


def run_lm(
    w: np.ndarray,
    topology: Topology,
    data: FinetuneData,
    config: FinetuneConfig,
    progress: Progress,
) -> tuple:
    """Run Levenberg-Marquardt on each surrogate in turn."""
    runs = []
    for k in range(len(w)):
        parts = [None if a is None else a[k] for a in data.arrays()]
        weights = None if data.weights is None else data.weights[k]
        runs.append(_lm(w[k], topology, parts, weights, config, progress))
    width = max(len(r[2]) for r in runs)
    curves = (
        np.array([r[c] + [np.nan] * (width - len(r[c])) for r in runs])
        for c in (2, 3, 4)
    )
    return (
        np.array([r[0] for r in runs]),
        np.array([r[1] for r in runs]),
        *curves,
        np.array([r[5] for r in runs]),
        tuple(r[6] for r in runs),
    )


class NormalEquations:
    """J J^T and J r of a network, feature-major (`w n`), in buffers made once.

    Inputs that are zero in every example are left out: their weights do not move.
    """

    def __init__(
        self,
        topology: Topology,
        x: np.ndarray,
        y: np.ndarray,
        weights: np.ndarray | None = None,
    ):
        self.topology = topology
        self.y = np.ascontiguousarray(y.T)
        self.root = None if weights is None else np.sqrt(weights)
        self.x = np.ascontiguousarray(x.T)
        self.n = x.shape[0]
        self.jacobian = np.empty((topology.n_parameters, topology.n_outputs * self.n))
        used = np.ones(topology.n_parameters, bool)
        first = used[: topology.widths[1] * topology.n_inputs].reshape(
            topology.widths[1], -1
        )
        first[:, ~np.abs(x).any(axis=0)] = False
        self.used = np.flatnonzero(used)
        # parameters, residual and activations of the last loss
        self.last: tuple = (None, None, None)

    def residual(self, w: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return (residual `o n`, activations of every layer `h n`)."""
        hidden = [self.x]
        layers = self.topology.layers(w)
        for k, (weight, bias) in enumerate(layers):
            z = weight @ hidden[-1] + bias[:, None]
            hidden.append(
                z if k == len(layers) - 1 else _activate(z, self.topology.activation)
            )
        residual = hidden[-1] - self.y
        return residual if self.root is None else residual * self.root, hidden

    def loss(self, w: np.ndarray) -> float:
        self.last = (w, *self.residual(w))
        return float(np.vdot(self.last[1], self.last[1])) / self.last[1].size

    def assemble(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (J J^T / m, J r / m) over the used parameters, m residuals."""
        residual, hidden = self.last[1:] if self.last[0] is w else self.residual(w)
        layers = self.topology.layers(w)
        for output in range(self.topology.n_outputs):
            columns = slice(output * self.n, (output + 1) * self.n)
            self._fill(self.jacobian[:, columns], output, layers, hidden)
            if self.root is not None:
                self.jacobian[:, columns] *= self.root
        jacobian = (
            self.jacobian if len(self.used) == len(w) else self.jacobian[self.used]
        )
        m = residual.size
        return jacobian @ jacobian.T / m, jacobian @ residual.ravel() / m

    def _fill(
        self, block: np.ndarray, output: int, layers: list, hidden: list[np.ndarray]
    ) -> None:
        delta = np.zeros((self.topology.n_outputs, self.n))
        delta[output] = 1.0
        end = len(block)
        for k in range(len(layers) - 1, -1, -1):
            rows, columns = layers[k][0].shape
            block[end - rows : end] = delta
            weight = block[end - rows - rows * columns : end - rows]
            for row in range(rows):
                np.multiply(
                    hidden[k],
                    delta[row],
                    out=weight[row * columns : (row + 1) * columns],
                )
            end -= rows + rows * columns
            if k:
                delta = (layers[k][0].T @ delta) * _slope(
                    hidden[k], self.topology.activation
                )


def _lm(
    w: np.ndarray,
    topology: Topology,
    parts: list,
    weights: np.ndarray | None,
    config: FinetuneConfig,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray, list[float], list[float], list[float], int, str]:
    """Run LM on one surrogate; returns (best w, last w, train, validation, test, best
    step, why it stopped).
    """
    sets = zip(parts[::2], parts[1::2], (weights, None, None), strict=True)
    system, held, tested = (
        None if x is None else NormalEquations(topology, x, y, each)
        for x, y, each in sets
    )
    damping = config.damping
    since = 0
    stopped = "step_limit"
    loss = system.loss(w)
    objective = loss + config.ridge * float(w @ w)
    train = [loss]
    validation = [held.loss(w)]
    test = [tested.loss(w) if tested else np.nan]
    best = validation[0]
    best_w = w
    best_step = 0
    fresh = True
    for step in range(1, config.steps + 1):
        test.append(np.nan)
        if fresh:
            curvature, slope = system.assemble(w)
            slope += config.ridge * w[system.used]
            fresh = False
        trial, trial_loss = _trial(system, w, curvature, slope, damping + config.ridge)
        trial_objective = trial_loss + config.ridge * float(trial @ trial)
        if trial_objective < objective:
            w = trial
            loss = trial_loss
            objective = trial_objective
            fresh = True
            since = since + 1
            damping = max(damping / config.damping_down, 1e-15)
            held_loss = held.loss(w)
            if held_loss < best:
                best = held_loss
                best_w = w
                best_step = step
                since = 0
                test[-1] = tested.loss(w) if tested else np.nan
        else:
            damping *= config.damping_up
        train.append(loss)
        validation.append(held_loss if len(train) > 1 and fresh else validation[-1])
        if step % 20 == 0:
            progress(step, config.steps, best)
        stopped = _reason_to_stop(loss, damping, since, validation, config) or stopped
        if stopped != "step_limit":
            break
    return best_w, w, train, validation, test, best_step, stopped


def _trial(
    system: NormalEquations,
    w: np.ndarray,
    curvature: np.ndarray,
    slope: np.ndarray,
    damping: float,
) -> tuple[np.ndarray, float]:
    """Return the damped Gauss-Newton step's parameters and their training loss."""
    damped = curvature.copy()
    damped.flat[:: len(damped) + 1] += damping
    trial = w.copy()
    try:
        trial[system.used] -= np.linalg.solve(damped, slope)
    except np.linalg.LinAlgError:
        return w, np.inf
    return trial, system.loss(trial)


def _reason_to_stop(
    loss: float,
    damping: float,
    since: int,
    validation: list[float],
    config: FinetuneConfig,
) -> str | None:
    if loss < config.tolerance:
        return "converged"
    if since >= config.patience:
        return "patience"
    span = config.plateau_steps
    if len(validation) > 2 * span and min(
        validation[-span:]
    ) > config.plateau_gain * min(validation[:-span]):
        return "plateau"
    return "no_progress" if damping > 1e12 else None
