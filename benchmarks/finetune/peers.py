"""Full-batch Adam on many small networks, as each library's users would write it.

Each peer is a function (topology widths, p, n) -> a function that runs a number of
epochs on p surrogates of n examples each. Imported one at a time: every peer runs in a
process of its own.
"""

import numpy as np

RATE = 0.01


def problem(widths, p, n):
    r = np.random.default_rng(0)
    x = r.uniform(-1, 1, (p, n, widths[0]))
    return x, np.sin(x.sum(-1, keepdims=True) / 2)


def weights(widths, p):
    r = np.random.default_rng(1)
    return [
        (
            r.uniform(-1, 1, (p, b, a)) / a**0.5,
            r.uniform(-1, 1, (p, b)) / a**0.5,
        )
        for a, b in zip(widths, widths[1:], strict=False)
    ]


def nsc_adam(widths, p, n):
    from nsc.finetune import AdamSettings, FinetuneData, finetune
    from nsc.surrogate import Topology, random_parameters

    x, y = problem(widths, p, n)
    topology = Topology(widths)
    w = np.stack([random_parameters(topology, seed=k) for k in range(p)])
    # validation at the start and end only: epochs are what counts
    data = FinetuneData(x, y, x[:, :1], y[:, :1])

    def run(epochs):
        config = AdamSettings(
            steps=epochs, learning_rate=RATE, evaluate_every=10**6
        )
        finetune(w, topology, data, config)

    return run


def torch_loop(widths, p, n):
    import torch

    x, y = (
        torch.tensor(a[0], dtype=torch.float32) for a in problem(widths, 1, n)
    )
    layers = []
    for a, b in zip(widths, widths[1:], strict=False):
        layers += [torch.nn.Linear(a, b), torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)

    def run(epochs):
        for _ in range(
            max(1, epochs // p)
        ):  # one surrogate: its epochs stand for p
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(net(x), y).backward()
            optimizer.step()

    run.surrogates = 1
    return run


def _torch_batched(widths, p, n, compile_step):
    import torch

    x, y = (
        torch.tensor(np.swapaxes(a, 1, 2).copy(), dtype=torch.float32)
        for a in problem(widths, p, n)
    )
    parameters = [
        torch.tensor(a, dtype=torch.float32)
        for layer in weights(widths, p)
        for a in layer
    ]
    first, second = (
        [torch.zeros_like(a) for a in parameters] for _ in range(2)
    )

    def step(parameters, first, second, correction_1, correction_2):
        h = x
        hidden = [x]
        for k in range(0, len(parameters), 2):
            h = torch.baddbmm(parameters[k + 1][:, :, None], parameters[k], h)
            h = torch.sigmoid(h) if k < len(parameters) - 2 else h
            hidden.append(h)
        delta = (h - y) * (2 / n)
        grads = [None] * len(parameters)
        for k in range(len(parameters) - 2, -1, -2):
            grads[k], grads[k + 1] = (
                delta @ hidden[k // 2].transpose(1, 2),
                delta.sum(2),
            )
            if k:
                below = hidden[k // 2]
                delta = (parameters[k].transpose(1, 2) @ delta) * (
                    below * (1 - below)
                )
        for w, m, v, g in zip(parameters, first, second, grads, strict=True):
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            w.sub_(
                RATE * correction_1 * m / ((v * correction_2).sqrt() + 1e-8)
            )

    chosen = torch.compile(step) if compile_step else step

    def run(epochs):
        with torch.no_grad():
            for e in range(1, epochs + 1):
                corrections = (
                    torch.tensor(1 / (1 - 0.9**e)),
                    torch.tensor(1 / (1 - 0.999**e)),
                )
                chosen(parameters, first, second, *corrections)

    return run


def torch_batched(widths, p, n):
    return _torch_batched(widths, p, n, False)


def torch_compile(widths, p, n):
    return _torch_batched(widths, p, n, True)


def _jax(widths, p, n, over):
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(a, jnp.float32) for a in problem(widths, p, n))
    start = jax.tree.map(
        lambda a: jnp.asarray(a, jnp.float32), weights(widths, p)
    )

    def loss(layers, x, y):
        h = x.T
        for k, (w, b) in enumerate(layers):
            h = w @ h + b[:, None]
            h = jax.nn.sigmoid(h) if k < len(layers) - 1 else h
        return jnp.mean((h - y.T) ** 2)

    def one(layers, x, y, epochs):
        def step(e, state):
            w, m, v = state
            g = jax.grad(loss)(w, x, y)
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            a, b = 1 / (1 - 0.9 ** (e + 1.0)), 1 / (1 - 0.999 ** (e + 1.0))
            w = jax.tree.map(
                lambda w, m, v: w - RATE * a * m / (jnp.sqrt(v * b) + 1e-8),
                w,
                m,
                v,
            )
            return w, m, v

        zeros = jax.tree.map(jnp.zeros_like, layers)
        return jax.lax.fori_loop(0, epochs, step, (layers, zeros, zeros))[0]

    if over == "vmap":
        whole = jax.jit(jax.vmap(one, (0, 0, 0, None)))
    else:
        whole = jax.jit(
            lambda w, x, y, epochs: jax.lax.map(
                lambda a: one(*a, epochs), (w, x, y)
            )
        )
    return lambda epochs: jax.block_until_ready(whole(start, x, y, epochs))


def jax_vmap(widths, p, n):
    return _jax(widths, p, n, "vmap")


def jax_map(widths, p, n):
    return _jax(widths, p, n, "map")


def sklearn_adam(widths, p, n):
    import warnings

    from sklearn.neural_network import MLPRegressor

    warnings.simplefilter("ignore")
    x, y = problem(widths, 1, n)

    def run(epochs):
        MLPRegressor(
            hidden_layer_sizes=widths[1:-1],
            activation="logistic",
            solver="adam",
            batch_size=n,
            learning_rate_init=RATE,
            alpha=0.0,
            max_iter=max(1, epochs // p),
            tol=0.0,
            n_iter_no_change=10**9,
            random_state=0,
        ).fit(x[0], y[0, :, 0])

    run.surrogates = 1
    return run


_ALL = (
    nsc_adam,
    torch_loop,
    torch_batched,
    torch_compile,
    jax_vmap,
    jax_map,
    sklearn_adam,
)
PEERS = {f.__name__: f for f in _ALL}
