"""Samples on a local Ray cluster: the same bits, and what a dead worker costs."""

import os
import signal
import sys

import numpy as np
import pytest

from nsc.runs import WORKER_DIED, Runner, template_of
from nsc.runs.cluster import Cluster
from nsc.runs.command import Command
from nsc.runs.executable import Batch, Description, RowByRow
from nsc.runs.pool import Piece
from nsc.runs.reading import Reading

pytestmark = [pytest.mark.slow, pytest.mark.needs("ray")]
X = np.arange(24)[:, None] / 23
PIECES = [Piece(k, k + 4) for k in range(0, 24, 4)]


def outputs(executable, workers=2):
    y = np.full((len(X), 1), np.nan)
    failed = {}
    with Cluster(executable, workers, None) as cluster:
        for done in cluster.run(X, PIECES, 0.01):
            if done is None:
                continue
            piece, batch = done
            y[piece.first : piece.stop] = batch.outputs
            failed |= {piece.first + k: why for k, why in batch.failed.items()}
    return y, failed


def test_the_same_bits_as_here():
    run = RowByRow(lambda row: np.sin(row[0]), 1)
    y, failed = outputs(run)
    assert not failed and np.array_equal(y, run(X).outputs)


def deadly():
    """Make what kills the process that runs a certain sample.

    Its class is no module's: nodes cannot import tests.
    """

    class Deadly:
        description = Description(1, 10.0)

        def __call__(self, x):
            if (x == 7 / 23).any():
                os.kill(os.getpid(), signal.SIGKILL)
            return Batch(2 * x, {}, 0.01, len(x))

    return Deadly()


def test_a_killed_worker_costs_its_sample():
    y, failed = outputs(deadly())
    assert {k: why.reason for k, why in failed.items()} == {7: WORKER_DIED}
    others = np.arange(len(X)) != 7
    assert np.array_equal(y[others], 2 * X[others])


def test_commands_and_a_runner(tmp_path):
    script = tmp_path / "sim.py"
    script.write_text("import sys; print(float(sys.argv[1]) ** 2)")
    template = template_of([sys.executable, str(script), "{a}"], ("a",))
    run = Command(template, ("a",), (False,), Reading(("y",)))
    ask = Runner(
        run,
        lambda x, failed: AssertionError(),
        workers=2,
        seconds=1.0,
        cluster="",
    )
    assert np.array_equal(ask(X), X**2)
