"""The structured model in C: equal to the slow one, and so is its gradient."""

import numpy as np
import pytest
import slow_mca
from slow_mca import vocabulary

from nsc.errors import StoreError
from nsc.mca import (
    Learner,
    Rates,
    learn,
    load_models,
    random_model,
    relative_error,
    save_models,
)
from nsc.mca.model import Model
from nsc.mca.native import parameter_count
from nsc.mca.vocabulary import Records


def random_records(rng, n: int) -> tuple[Records, list[list[list[int]]]]:
    """Draw blocks over few registers, so that they depend on each other."""
    blocks = []
    for _ in range(n):
        block = []
        for _ in range(rng.integers(1, 7)):
            form = int(rng.integers(2, 7))
            regs = rng.integers(0, 4, 5).tolist()
            tag = int(rng.integers(52, 54)) if form in (3, 4) else 50
            if form not in (3, 4):
                regs[3:] = [50, 50]
            block.append([form, *regs, tag])
        blocks.append(block)
    flat = np.array([r for block in blocks for r in block], np.int16)
    offsets = np.cumsum([0, *map(len, blocks)]).astype(np.int64)
    return Records(flat, offsets), blocks


def busy_model(seed: int, *, forwards: bool) -> Model:
    """Make a model whose network corrects something."""
    rng = np.random.default_rng(seed)
    start = random_model(vocabulary(), seed)
    w = start.w + rng.normal(0, 0.3, len(start.w)).astype(np.float32)
    w[-1] = 0.7
    return Model(start.vocabulary, w, forwards=forwards)


@pytest.mark.parametrize("forwards", [False, True])
def test_c_computes_what_the_slow_reference_does(forwards):
    rng = np.random.default_rng(5)
    model = busy_model(1, forwards=forwards)
    records, blocks = random_records(rng, 60)
    slow = [
        slow_mca.cycles(b, model.w, model.vocabulary, forwards=forwards)
        for b in blocks
    ]
    np.testing.assert_allclose(model.cycles(records), slow, rtol=2e-4)


@pytest.mark.parametrize("forwards", [False, True])
def test_the_gradient_is_that_of_the_slow_reference(forwards):
    rng = np.random.default_rng(7)
    model = busy_model(2, forwards=forwards)
    records, blocks = random_records(rng, 12)
    true = rng.uniform(1, 9, len(blocks)).astype(np.float32)
    rates = Rates(logarithmic=0.5)
    learner = Learner(model, records, true)
    loss, found = learner.gradient(np.arange(len(blocks)), rates)

    def slow_loss(w):
        p = np.array(
            [
                slow_mca.cycles(b, w, model.vocabulary, forwards=forwards)
                for b in blocks
            ]
        )
        relative = abs(p - true) / true
        return float(np.mean((relative + abs(np.log(p / true))) / 2))

    w = model.w.astype(float)
    assert loss == pytest.approx(slow_loss(w), rel=1e-3)
    tables = 7 * 27
    chosen = rng.choice(np.arange(tables), 25, replace=False).tolist()
    chosen += rng.choice(np.arange(tables, len(w)), 15, replace=False).tolist()
    chosen += [len(w) - 1, len(w) - 2, len(w) - 3]
    step = 1e-5
    for k in chosen:
        moved = w.copy()
        moved[k] += step
        up = slow_loss(moved)
        moved[k] -= 2 * step
        slope = (up - slow_loss(moved)) / (2 * step)
        assert found[k] == pytest.approx(slope, rel=2e-2, abs=2e-4), k


def test_a_model_learns_the_latencies_of_another():
    rng = np.random.default_rng(3)
    records, _ = random_records(rng, 600)
    true = busy_model(4, forwards=False).cycles(records)
    start = random_model(vocabulary(), 9)
    learner = Learner(start, records, true)
    order = rng.permutation(600)
    found = learn(
        learner, order[:400], order[400:500], seconds=5, epochs=60,
        rates=Rates(batch=32),
    )  # fmt: skip
    judged = records.pick(order[500:])
    before = relative_error(start.cycles(judged), true[order[500:]])
    after = relative_error(found.cycles(judged), true[order[500:]])
    assert after < 0.25 * before


def test_models_come_back_from_their_file_but_for_the_last_digits(tmp_path):
    models = [busy_model(k, forwards=True) for k in range(2)]
    path = tmp_path / "m.safetensors"
    save_models(path, models, {"of": "a test"})
    found = load_models(path)
    assert [m.forwards for m in found] == [True, True]
    assert found[0].vocabulary.forms == models[0].vocabulary.forms
    assert found[0].about == {"of": "a test"}
    np.testing.assert_allclose(found[1].w, models[1].w, atol=2e-3)


def test_a_file_of_another_size_is_refused(tmp_path):
    model = busy_model(1, forwards=False)
    path = tmp_path / "m.safetensors"
    save_models(path, [Model(model.vocabulary, model.w[:-1])], {})
    with pytest.raises(StoreError, match="finite parameters expected"):
        load_models(path)


def test_the_layout_is_counted_alike():
    assert parameter_count(7) == len(random_model(vocabulary(), 0).w)
