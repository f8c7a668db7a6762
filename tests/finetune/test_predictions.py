"""Weights of examples, and few examples beside what is predicted of the outputs."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.compilation import CompilationConfig, Start, surrogate_compilation
from nsc.errors import InputError
from nsc.finetune import (
    AdamSettings,
    FinetuneData,
    LmSettings,
    Predictions,
    bears_out,
    finetune,
    finetune_with_predictions,
    has_few,
    split_examples,
    spread_of,
)
from nsc.surrogate import (
    COVERING,
    Surrogate,
    Topology,
    random_parameters,
    scale_outputs,
)

SMALL = Topology((2, 5, 3, 2), "tanh")
LM = LmSettings(steps=15)


def target(x):
    return np.sin(2 * x[..., :1]) * x[..., 1:2]


def problem(n, p, topology):
    r = np.random.default_rng(1)
    x, held = (
        r.uniform(-1, 1, (p, n, topology.n_inputs)),
        r.uniform(-1, 1, (p, 9, topology.n_inputs)),
    )
    both = [
        np.repeat(target(a), topology.n_outputs, axis=-1) for a in (x, held)
    ]
    return FinetuneData(x, both[0], held, both[1]), np.stack(
        [random_parameters(topology, seed=k) for k in range(p)]
    )


@pytest.mark.parametrize("n", [5, 64, 203])
@pytest.mark.parametrize("topology", [COVERING, SMALL], ids=str)
def test_weighted_backends_agree(topology, n):
    data, w = problem(n, 2, topology)
    data = replace(
        data, weights=np.random.default_rng(2).uniform(0, 2, (2, n))
    )
    a, b = (
        finetune(w, topology, data, replace(LM, backend=name))
        for name in ("reference", "cpu")
    )
    np.testing.assert_allclose(a.train_loss, b.train_loss, rtol=1e-6)
    np.testing.assert_allclose(a.validation_loss, b.validation_loss, rtol=1e-6)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_a_weight_of_two_is_an_example_twice_and_none_is_no_example(backend):
    data, w = problem(12, 1, SMALL)
    weights = np.array([2.0] * 4 + [1.0] * 4 + [0.0] * 4)
    lm = replace(LM, backend=backend)
    twice = np.r_[0:4, 0:8]
    repeated = replace(
        data, x_train=data.x_train[:, twice], y_train=data.y_train[:, twice]
    )
    a = finetune(w, SMALL, replace(data, weights=weights[None]), lm)
    b = finetune(w, SMALL, repeated, lm)
    np.testing.assert_allclose(a.train_loss, b.train_loss, rtol=1e-8)
    np.testing.assert_allclose(a.w_final, b.w_final, rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((1, 3)), "n = 12"),
        (-np.ones((1, 12)), "0 or more"),
        (np.full((1, 12), np.nan), "finite"),
    ],
)
def test_weights_are_checked(weights, message):
    data, w = problem(12, 1, SMALL)
    with pytest.raises(InputError, match=message):
        finetune(w, SMALL, replace(data, weights=weights), LM)
    with pytest.raises(InputError, match="leave them out for adam"):
        adam = AdamSettings(steps=3)
        finetune(w, SMALL, replace(data, weights=np.ones((1, 12))), adam)


def predictions(error):
    x = np.random.default_rng(3).uniform(-1, 1, (256, 2))
    return Predictions(
        x,
        target(x) + error * np.random.default_rng(4).standard_normal((256, 1)),
    )


def error_of(w):
    x = np.random.default_rng(5).uniform(-1, 1, (1, 1000, 2))
    data = FinetuneData(x, target(x), x, target(x))
    return finetune(w, COVERING, data, LmSettings(steps=0)).train_loss[0, 0]


def fitted(prior):
    data = FinetuneData(
        prior.x[None], prior.y[None], prior.x[None, :1], prior.y[None, :1]
    )
    return finetune(
        random_parameters(COVERING, seed=0),
        COVERING,
        data,
        LmSettings(steps=40),
    ).w_final[0]


@pytest.mark.parametrize("n", [1, 6, 30])
def test_predictions_keep_few_examples_from_misleading(n):
    x = np.random.default_rng(6).uniform(-1, 1, (n, 2))
    data, w = (
        split_examples(x, target(x), seed=0),
        random_parameters(COVERING, seed=0),
    )
    assert has_few(data) == (n < 13)
    heeding = finetune_with_predictions(w, COVERING, data, predictions(0.02))
    alone = finetune(w, COVERING, data, LmSettings(steps=200))
    assert error_of(heeding.w[0]) < 0.1 * error_of(alone.w[0])
    np.testing.assert_array_equal(heeding.w, heeding.w_final)


def test_examples_that_disagree_with_predictions_are_believed():
    x = np.random.default_rng(7).uniform(-1, 1, (10, 2))
    right, y = predictions(0.0), target(x)
    misled = fitted(Predictions(right.x, 5 * right.y + 3))
    wrong = Predictions(right.x, 5 * right.y + 3)
    assert not bears_out(wrong, misled, COVERING, x, y) and bears_out(
        right, fitted(right), COVERING, x, y
    )
    assert bears_out(wrong, misled, COVERING, x[:2], y[:2])  # two cannot tell
    near = np.zeros((5, 2))  # examples that lie together show no spread
    assert bears_out(right, fitted(right), COVERING, near, target(near) + 0.05)


def test_wildly_wrong_predictions_do_no_harm():
    wild = Predictions(predictions(0.0).x, 1e7 * predictions(0.0).y - 1e8)
    start = Start(
        COVERING,
        (
            (
                "text",
                scale_outputs(
                    fitted(predictions(0.0)),
                    COVERING,
                    np.array([1e7]),
                    np.array([-1e8]),
                ),
            ),
        ),
        predicted=wild,
    )
    misled, alone = (
        compiled(s, 12)
        for s in (start, replace(start, predicted=None, is_informed=False))
    )
    np.testing.assert_array_equal(
        misled.surrogate.members[0].w, alone.surrogate.members[0].w
    )
    assert misled.winners == alone.winners and misled.runs == alone.runs


def compiled(start, budget, finetune=None):
    template = Surrogate((), -np.ones(2), np.ones(2), ("a", "b"), ("return",))
    config = CompilationConfig(
        budget=budget,
        restarts=2,
        verification=500,
        finetune=finetune or LmSettings(steps=120),
    )
    return surrogate_compilation(
        target,
        (start,),
        lambda n, g: g.uniform(-1, 1, (n, 2)),
        template,
        config,
    )


def test_two_examples_are_two():
    prior, w = predictions(0.02), random_parameters(COVERING, seed=0)
    x = np.array([[0.5, 0.5], [-0.5, 0.5]])
    found = [
        finetune_with_predictions(
            w, COVERING, split_examples(x, y, seed=0), prior
        ).w[0]
        for y in (
            target(x),
            target(x) + [[1.0], [0.0]],
            target(x) + [[0.0], [1.0]],
        )
    ]
    assert not np.allclose(found[0], found[1]) and not np.allclose(
        found[0], found[2]
    )


def test_a_constant_output_is_no_output_to_scale_by():
    assert (
        spread_of(
            np.stack([np.full(512, 0.1), np.linspace(0, 1, 512)], axis=1)
        ).tolist()[0]
        == 0.0
    )
    x = np.random.default_rng(8).uniform(-1, 1, (300, 2))
    prior = Predictions(
        x, np.concatenate([target(x), np.full((300, 1), 0.1)], axis=1)
    )
    shape = Topology((2, 4, 4, 2))
    fit = finetune_with_predictions(
        random_parameters(shape, seed=0), shape, None, prior
    )
    missed = prior.misfit(fit.w[0], shape)
    assert missed[0] < 0.1 and missed[1] == 0.0


@pytest.mark.parametrize(
    ("budget", "label"),
    [(5, "text, with predictions"), (100, None), (1000, None)],
)
def test_a_compilation_heeds_predictions_on_few_examples_only(budget, label):
    predicted = predictions(0.02)
    start = Start(
        COVERING, (("text", fitted(predicted)),), predicted=predicted
    )
    heeding, alone = (
        compiled(start, budget),
        compiled(replace(start, predicted=None), budget),
    )
    if label:
        assert (
            heeding.winners == (label,)
            and heeding.runs["validation"] == 0
            and heeding.runs["train"] == budget
        )
        assert heeding.verification.mse < alone.verification.mse
    elif budget > 128:
        np.testing.assert_array_equal(
            heeding.surrogate.members[0].w, alone.surrogate.members[0].w
        )
    else:
        assert heeding.verification.mse < 2 * alone.verification.mse
    adam = compiled(start, budget, AdamSettings(steps=30))
    assert "predictions" not in adam.winners[0]


@pytest.mark.parametrize(
    ("nmse", "weight"), [(None, 0.1), (0.0, 1.0), (2e-5, 0.5), (0.3, 0.1)]
)
def test_predictions_count_as_much_as_they_are_good(nmse, weight):
    x = np.zeros((3, 2))
    assert Predictions(x, x[:, :1], nmse=nmse).weight == pytest.approx(weight)
