"""Runs are counted, whoever asks for them and however they end."""

import numpy as np
import pytest

from nsc.program import parse_program
from nsc.sandbox import RunLimits, build, counted_runs, remembering, run

HALVES = (
    "double f(double x) { if (x > 0) { volatile int z = 0; return 7 / z; }"
)
HALVES += " return x; }"


@pytest.fixture(scope="module")
def built():
    [found] = build([parse_program(HALVES).unit])
    return found


@pytest.mark.parametrize("n", [0, 1, 500, 5000])
def test_inputs_are_counted(built, n):
    with counted_runs() as count:
        run(built, np.full((n, 1), -1.0))
    assert count.n == n


def test_failures_are_counted_and_what_is_not_run_is_not(built):
    x = np.linspace(-1, 1, 100)[:, None]
    with counted_runs() as count:
        assert len(run(built, x).failed) == 50
        assert count.n == 100
        run(built, x, RunLimits(failures=3))
    assert count.n == 100 + 53


def test_counts_are_nested_and_end(built):
    x = np.full((8, 1), -1.0)
    with counted_runs() as outer:
        run(built, x)
        with counted_runs() as inner:
            assert remembering(built, x) is None
        run(built, x)
    run(built, x)
    assert (inner.n, outer.n) == (4 * 8, 4 * 8 + 16)
