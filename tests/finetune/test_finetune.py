"""Gradients, protocols, edge cases and determinism of finetuning."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.finetune import (
    AdamSettings,
    FinetuneData,
    LmSettings,
    finetune,
    finetune_best_of,
    handicap,
    settings_for,
    split_examples,
)
from nsc.finetune.network import NormalEquations, gradient
from nsc.surrogate import COVERING, Topology, forward, random_parameters

GRID = [
    (Topology((2, 3, 1)), 7),
    (Topology((9, 4, 4, 1)), 1),
    (Topology((3, 4, 4, 2)), 20),
    (Topology((2, 5, 3), "tanh"), 5),
    (Topology((2, 1)), 4),
]


def examples(topology, n, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, (n, topology.n_inputs)), generator.normal(
        size=(n, topology.n_outputs)
    )


def data_of(f, n=200, i=2, seed=0):
    x = np.random.default_rng(seed).uniform(-1, 1, (n, i))
    return split_examples(x, f(x)[:, None], seed=seed)


@pytest.mark.parametrize(("topology", "n"), GRID, ids=str)
def test_gradient_and_normal_equations_against_differences(topology, n):
    x, y = examples(topology, n)
    w = random_parameters(topology, seed=1)
    loss, slope = gradient(w[None], topology, x[None], y[None])
    system = NormalEquations(topology, x, y)
    assert system.loss(w) == pytest.approx(loss[0])
    numeric = np.empty_like(w)
    for k in range(len(w)):
        step = np.zeros_like(w)
        step[k] = 1e-6
        numeric[k] = (system.loss(w + step) - system.loss(w - step)) / 2e-6
    np.testing.assert_allclose(slope[0], numeric, atol=1e-7)
    curvature, half_slope = system.assemble(w)
    np.testing.assert_allclose(2 * half_slope, numeric[system.used], atol=1e-7)
    jacobian = np.array(
        [
            (
                (forward(w + h, topology, x) - forward(w - h, topology, x))
                / 2e-6
            ).T.ravel()
            for h in 1e-6 * np.eye(len(w))
        ]
    )
    np.testing.assert_allclose(
        curvature, jacobian @ jacobian.T / y.size, atol=1e-7
    )


@pytest.mark.needs("torch")
def test_adam_follows_torch():
    import torch

    topology = Topology((3, 4, 4, 1))
    x, y = examples(topology, 50)
    w = random_parameters(topology, seed=0)
    result = finetune(
        w,
        topology,
        FinetuneData(x, y, x, y),
        AdamSettings(steps=100),
    )
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 4),
        torch.nn.Sigmoid(),
        torch.nn.Linear(4, 4),
        torch.nn.Sigmoid(),
        torch.nn.Linear(4, 1),
    ).double()
    with torch.no_grad():
        for p, value in zip(
            net.parameters(),
            [v for layer in topology.layers(w) for v in layer],
            strict=True,
        ):
            p.copy_(torch.from_numpy(value.copy()))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for step in range(100):
        optimizer.zero_grad()
        loss = ((net(torch.from_numpy(x)) - torch.from_numpy(y)) ** 2).mean()
        assert loss.item() == pytest.approx(
            result.train_loss[0, step], rel=1e-5
        )
        loss.backward()
        optimizer.step()


def test_lm_learns_a_smooth_function():
    data = data_of(lambda x: np.sin(2 * x[:, 0]) * x[:, 1])
    result = finetune(
        random_parameters(COVERING, seed=0), COVERING, data, LmSettings()
    )
    assert result.best_validation[0] < 1e-4
    assert result.backend == "cpu" and result.optimizer == "lm"
    best = result.best_step[0]
    assert result.validation_loss[0, best] == result.best_validation[0]
    found = (
        (
            forward(result.w[0], COVERING, data.x_validation[0])
            - data.y_validation[0]
        )
        ** 2
    ).mean()
    assert found == pytest.approx(result.best_validation[0], rel=1e-9)


@pytest.mark.parametrize("settings", [LmSettings, AdamSettings])
def test_neighbours_do_not_change_bits(settings):
    topology, config = (
        Topology((2, 4, 1)),
        settings(steps=40),
    )
    w = np.stack([random_parameters(topology, seed=k) for k in range(3)])
    parts = [
        data_of(lambda x, k=k: x[:, 0] * k + x[:, 1], n=30, seed=k)
        for k in range(3)
    ]
    stacked = FinetuneData(
        *(
            np.concatenate([getattr(p, f) for p in parts])
            for f in ("x_train", "y_train", "x_validation", "y_validation")
        )
    )
    together = finetune(w, topology, stacked, config)
    for k in range(3):
        assert np.array_equal(
            finetune(w[k], topology, parts[k], config).w[0], together.w[k]
        )


@pytest.mark.parametrize("settings", [LmSettings, AdamSettings])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_examples(settings, n):
    data = data_of(lambda x: x[:, 0], n=n)
    result = finetune(
        random_parameters(COVERING, seed=0),
        COVERING,
        data,
        settings(steps=50),
    )
    assert np.isfinite(result.w).all()
    assert result.best_validation[0] <= result.validation_loss[0, 0]


def test_equal_targets_and_huge_inputs():
    data = data_of(lambda x: np.full(len(x), 3.0))
    result = finetune(
        random_parameters(COVERING, seed=0), COVERING, data, LmSettings()
    )
    assert result.best_validation[0] < 1e-10
    huge = FinetuneData(
        *(
            a * 1e6
            for a in (
                data.x_train,
                data.y_train,
                data.x_validation,
                data.y_validation,
            )
        )
    )
    assert np.isfinite(
        finetune(
            random_parameters(COVERING, seed=0), COVERING, huge, LmSettings()
        ).w
    ).all()


def test_split_is_80_to_20_and_disjoint():
    x = np.arange(100.0)[:, None]
    data = split_examples(x, x, seed=0)
    assert data.x_train.shape == (1, 80, 1) and data.x_validation.shape == (
        1,
        20,
        1,
    )
    assert set(data.x_train.ravel()) | set(data.x_validation.ravel()) == set(
        x.ravel()
    )
    one = split_examples(x[:1], x[:1], seed=0)
    assert one.x_train.tolist() == one.x_validation.tolist()


def test_the_best_start_wins():
    data = data_of(lambda x: np.tanh(3 * x[:, 0]))
    good = finetune(
        random_parameters(COVERING, seed=0), COVERING, data, LmSettings()
    ).w[0]
    starts = np.stack([np.zeros(65), good])
    result, winner = finetune_best_of(starts, COVERING, data, LmSettings())
    assert winner == 1 and len(result.w) == 1
    assert result.train_loss.shape == result.validation_loss.shape
    assert (
        finetune_best_of(
            starts,
            COVERING,
            data,
            LmSettings(),
            handicaps=np.array([1.0, 1e20]),
        )[1]
        == 0
    )


def test_random_starts_are_trusted_with_examples():
    # one example is training and validation alike: luck alone decides
    assert handicap(0) > 1e20
    assert handicap(1) > handicap(2) > handicap(20) > handicap(200) > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_train": np.full((5, 1), np.nan)}, "y_train holds NaN"),
        (
            {"x_train": np.full((5, 2), np.inf)},
            "x_train holds NaN or infinity",
        ),
        ({"y_train": np.zeros((5, 2))}, "has 1 outputs; y_train has 2"),
        ({"x_train": np.zeros((0, 2)), "y_train": np.zeros((0, 1))}, "n > 0"),
        (
            {"x_train": np.zeros((180, 2))},
            "x_train and y_train must have as many examples; found 180 and 5",
        ),
        (
            {"y_validation": np.zeros((1, 1))},
            "x_validation and y_validation .* found 2 and 1",
        ),
        ({"x_test": np.zeros((4, 2))}, "x_test and y_test .* found 4 and 0"),
    ],
)
def test_bad_examples_are_refused(change, message):
    parts = {
        "x_train": np.zeros((5, 2)),
        "y_train": np.zeros((5, 1)),
        "x_validation": np.zeros((2, 2)),
        "y_validation": np.zeros((2, 1)),
    }
    with pytest.raises(InputError, match=message):
        finetune(
            np.zeros(65),
            COVERING,
            FinetuneData(**parts | change),
            LmSettings(),
        )


def test_parameters_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="to start from hold NaN"):
        finetune(
            np.full(65, np.nan),
            COVERING,
            data_of(lambda x: x[:, 0]),
            LmSettings(),
        )


def test_misuse_is_explained():
    data = data_of(lambda x: x[:, 0])
    with pytest.raises(
        InputError,
        match="unknown finetuning backend 'gpu'; known are cpu, reference",
    ):
        finetune(np.zeros(65), COVERING, data, LmSettings(backend="gpu"))
    with pytest.raises(InputError, match="known are lm, adam"):
        settings_for("sgd")
    large = Topology((2, 100, 100, 1))
    with pytest.raises(
        InputError,
        match=r"at most 3000 parameters.*use another optimizer \(adam\)",
    ):
        finetune(
            np.zeros(large.n_parameters), large, data, LmSettings(ridge=1e-6)
        )
