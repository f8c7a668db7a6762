"""A small data set, and a protocol that takes a second."""

import pytest
from bench_cases import write_data

from nsc.experiments import Protocol


@pytest.fixture
def data(tmp_path):
    return write_data(
        tmp_path / "data", ("wave", "slope", "product", "bowl"), ("decay",)
    )


@pytest.fixture
def small():
    return Protocol(
        steps=60, trials=3, time_trials=2, sizes=(0.0, 0.01, 0.1), seed=3
    )
