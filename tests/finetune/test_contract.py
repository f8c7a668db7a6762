"""What every optimizer promises on every backend: the reference's numbers, its limits.

A new row of `OPTIMIZERS`, or of `BACKENDS`, is tested here without a line.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.finetune import (
    OPTIMIZERS,
    FinetuneData,
    Settings,
    can_finetune,
    finetune,
    settings_for,
)
from nsc.finetune.backends import BACKENDS
from nsc.finetune.network import mean_squared_error
from nsc.surrogate import Topology, random_parameters

ROWS = list(OPTIMIZERS.values())
FAST = [name for name in BACKENDS if name != "reference"]
SHAPES = [
    Topology((3, 4, 4, 2), "sigmoid"),
    Topology((2, 5, 1), "tanh"),
    Topology((4, 6, 1), "relu"),
    Topology((3, 2)),
]

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
every_backend = pytest.mark.parametrize("backend", BACKENDS)
every_shape = pytest.mark.parametrize("topology", SHAPES, ids=str)


def problem(topology, n, p=2):
    r = np.random.default_rng(7)
    arrays = []
    for size in (n, 11, 6):
        x = r.uniform(-1, 1, (p, size, topology.n_inputs))
        waves = [
            np.sin((o + 1) * x.sum(-1)) for o in range(topology.n_outputs)
        ]
        arrays += [x, np.stack(waves, axis=-1)]
    w = np.stack([random_parameters(topology, seed=k) for k in range(p)])
    return w, FinetuneData(*arrays)


def tolerance(row):
    """Return how far rounding may carry a kernel: its numbers have so many digits."""
    return 1e-4 if row.precision is np.float32 else 1e-7


@every_row
@every_backend
@every_shape
def test_the_first_losses_are_the_starts(row, backend, topology):
    w, data = problem(topology, 20)
    found = finetune(w, topology, data, row.settings(steps=2, backend=backend))
    for curve, examples in (
        (found.train_loss, data.train),
        (found.validation_loss, data.validation),
        (found.test_loss, data.test),
    ):
        expected = mean_squared_error(w, topology, *examples)
        np.testing.assert_allclose(curve[:, 0], expected, rtol=1e-5)


@every_row
@pytest.mark.parametrize("backend", FAST)
@every_shape
@pytest.mark.parametrize("n", [1, 5, 250])
def test_one_step_is_the_references(row, backend, topology, n):
    w, data = problem(topology, n)
    a, b = (
        finetune(w, topology, data, row.settings(steps=1, backend=name))
        for name in ("reference", backend)
    )
    np.testing.assert_allclose(a.w_final, b.w_final, atol=tolerance(row))
    np.testing.assert_array_equal(a.best_step, b.best_step)


@every_row
@pytest.mark.parametrize("backend", FAST)
@every_shape
def test_many_steps_are_the_references(row, backend, topology):
    w, data = problem(topology, 60)
    a, b = (
        finetune(w, topology, data, row.settings(steps=12, backend=name))
        for name in ("reference", backend)
    )
    loose = 20 * tolerance(row)
    for mine, theirs in (
        (a.train_loss, b.train_loss),
        (a.validation_loss, b.validation_loss),
        (a.w, b.w),
        (a.w_final, b.w_final),
    ):
        np.testing.assert_allclose(mine, theirs, rtol=loose, atol=loose)
    assert a.stopped == b.stopped


@every_row
@every_backend
def test_tests_are_measured_where_validation_is_best_so_far(row, backend):
    topology = SHAPES[0]
    w, data = problem(topology, 60)
    found = finetune(
        w, topology, data, row.settings(steps=15, backend=backend)
    )
    for k in range(len(w)):
        validation = np.nan_to_num(found.validation_loss[k], nan=np.inf)
        lowest_before = np.minimum.accumulate(np.r_[np.inf, validation[:-1]])
        is_record = validation < lowest_before
        np.testing.assert_array_equal(
            np.isfinite(found.test_loss[k]), is_record
        )
    expected = mean_squared_error(found.w, topology, *data.test)
    np.testing.assert_allclose(found.test_at_best, expected, rtol=1e-4)
    without = replace(data, x_test=None, y_test=None)
    bare = finetune(
        w, topology, without, row.settings(steps=15, backend=backend)
    )
    assert np.isnan(bare.test_at_best).all()
    np.testing.assert_array_equal(bare.w_final, found.w_final)


@every_row
@every_backend
def test_a_result_names_what_made_it(row, backend):
    w, data = problem(SHAPES[3], 5)
    found = finetune(
        w, SHAPES[3], data, row.settings(steps=1, backend=backend)
    )
    assert (found.optimizer, found.backend) == (row.name, backend)
    assert found.w.shape == found.w_final.shape == w.shape
    assert found.seconds > 0


@every_row
def test_topologies_that_are_too_large_are_refused(row):
    if row.max_parameters is None:
        assert row.holds(Topology((2, 500, 500, 1)))
        return
    large = Topology((2, 100, 100, 1))
    assert not can_finetune(large, row.settings())
    # with fewer examples they may be held: test_lm_large.py
    w, data = problem(large, row.max_parameters + 1)
    message = rf"{row.title} handles at most {row.max_parameters} parameters"
    with pytest.raises(InputError, match=message):
        finetune(w, large, data, row.settings(steps=1))


@every_row
@every_backend
def test_weights_are_taken_or_refused(row, backend):
    topology = SHAPES[1]
    w, data = problem(topology, 8)
    weighted = replace(data, weights=np.full((1, 8), 3.0))
    settings = row.settings(steps=2, backend=backend)
    if row.takes_weights:
        plain = finetune(w, topology, data, settings)
        found = finetune(w, topology, weighted, settings)
        np.testing.assert_allclose(
            found.train_loss[:, 0], 3 * plain.train_loss[:, 0]
        )
        return
    with pytest.raises(InputError, match=f"leave them out for {row.name}"):
        finetune(w, topology, weighted, settings)


@every_row
def test_a_name_gives_settings_of_its_optimizer(row):
    assert isinstance(settings_for(row.name), row.settings)
    assert OPTIMIZERS[row.name] is row


def test_what_no_row_knows_is_refused_by_name():
    @dataclass(frozen=True, kw_only=True)
    class SgdSettings(Settings):
        steps: int = 3

    w, data = problem(SHAPES[3], 5)
    message = (
        "SgdSettings are no optimizer's settings; known are LmSettings, Adam"
    )
    with pytest.raises(InputError, match=message):
        finetune(w, SHAPES[3], data, SgdSettings())
    with pytest.raises(
        InputError, match="unknown optimizer 'sgd'; known are lm, adam"
    ):
        settings_for("sgd")
