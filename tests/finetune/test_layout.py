"""What Python and C agree on: a field that moved stops the build, by name."""

import ctypes
from dataclasses import replace

import numpy as np
import pytest

from nsc.errors import BuildError
from nsc.finetune import OPTIMIZERS, AdamSettings, LmSettings
from nsc.finetune.backends.kernel import SOURCE, defines_of
from nsc.finetune.backends.layout import (
    LANES,
    aligned,
    samples_in_lanes,
    settings_in_c,
    settings_struct,
    surrogates_in_lanes,
)
from nsc.finetune.task import Examples
from nsc.host import load_library
from nsc.surrogate import Topology

TINY = Topology((1, 2, 1))


def test_constants_of_a_kernel():
    defines = defines_of(OPTIMIZERS["lm"], Topology((9, 4, 4, 1), "tanh"))
    for expected in (
        'OPTIMIZER="lm.h"',
        "PRECISION=64",
        "TOPOLOGY=4,4,1",
        "UNITS=9",
        "REST=29",
        "ACTIVATION=TANH",
        "AT_Data_vectors=0",
    ):
        assert expected in defines


def test_the_number_of_inputs_is_no_constant():
    row = OPTIMIZERS["adam"]
    wide, narrow = (Topology((n, 4, 1)) for n in (9, 2))
    assert defines_of(row, wide) == defines_of(row, narrow)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("AT_Data_mask", "layout.py has Data.mask elsewhere"),
        ("AT_Run_best_w", "layout.py has Run.best_w elsewhere"),
        ("SIZE_Run", "layout.py has another Run"),
        ("LANES", "layout.py has other vectors"),
    ],
)
def test_what_stands_elsewhere_is_refused_by_name(field, message):
    defines = [
        f"{field}=4096" if define.startswith(f"{field}=") else define
        for define in defines_of(OPTIMIZERS["lm"], TINY)
    ]
    with pytest.raises(BuildError, match=message):
        load_library(SOURCE, tuple(defines))


def test_a_kernel_with_other_settings_is_refused_by_name():
    mixed = replace(OPTIMIZERS["lm"], settings=AdamSettings)
    with pytest.raises(BuildError, match="no member named '.*' in 'Settings'"):
        load_library(SOURCE, defines_of(mixed, TINY))


def test_settings_are_laid_out_in_the_order_of_their_fields():
    assert settings_in_c(AdamSettings) == (
        "int steps; double learning_rate; int evaluate_every; double target_loss;"
    )
    found = settings_struct(LmSettings(steps=7, damping=0.5))
    assert isinstance(found, ctypes.Structure)
    assert (found.steps, found.damping) == (7, 0.5)
    assert np.isnan(settings_struct(AdamSettings()).target_loss)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (7, 8, 9)])
def test_arrays_start_where_vectors_may(shape):
    found = aligned(shape, np.float32)
    assert found.shape == shape and not found.any()
    assert found.ctypes.data % 64 == 0


def test_samples_are_padded_with_what_counts_nothing():
    x = np.arange(10.0).reshape(5, 2)
    laid_out = samples_in_lanes(Examples(x, -x[:, :1]), np.float64)
    columns, targets, mask = laid_out.arrays
    assert (laid_out.data.vectors, laid_out.data.samples) == (2, 5)
    assert columns.tolist() == [
        [0, 2, 4, 6, 8, 0, 0, 0],
        [1, 3, 5, 7, 9, 0, 0, 0],
    ]
    assert targets.tolist() == [[0, -2, -4, -6, -8, 0, 0, 0]]
    assert mask.tolist() == [1, 1, 1, 1, 1, 0, 0, 0]
    whole = samples_in_lanes(Examples(x[:4], x[:4]), np.float64)
    assert whole.arrays[2] is None and whole.data.mask is None


def test_a_mask_holds_the_roots_of_weights():
    x = np.ones((4, 1))
    weights = np.array([4.0, 0.0, 1.0, 9.0])
    laid_out = samples_in_lanes(Examples(x, x), np.float64, weights)
    assert laid_out.arrays[2].tolist() == [2.0, 0.0, 1.0, 3.0]


def test_a_lane_is_a_surrogate():
    x = np.arange(LANES * 3 * 2.0).reshape(LANES, 3, 2)
    columns, _, mask = surrogates_in_lanes(Examples(x, x)).arrays
    assert columns.shape == (2, 3, LANES) and mask is None
    for lane in range(LANES):
        np.testing.assert_array_equal(columns[:, :, lane].T, x[lane])
