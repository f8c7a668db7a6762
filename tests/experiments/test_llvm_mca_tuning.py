"""Tuning of latencies: surrogate, searches and stage, with a simulator of our own."""

import numpy as np
import pytest

from nsc.experiments.llvm_mca import optimize_stage
from nsc.experiments.llvm_mca.latency_surrogate import LatencySurrogate
from nsc.experiments.llvm_mca.searches import SEARCHES, Spent, Task
from nsc.mca import Vocabulary, no_roles, random_model
from nsc.mca.assembling import _by_label
from nsc.mca.latencies import Described, _frequent
from nsc.mca.vocabulary import Records

DEFAULTS = np.array([4.0, 6.0])


def vocabulary():
    """Make two forms that write what they read."""
    roles = no_roles(4)
    roles.slot_reads[2:, :2] = 1
    roles.slot_writes[2:, 1] = 1
    return Vocabulary(("addq 8,8", "imulq 8,8"), roles)


def chains(n):
    """Make blocks of one instruction that waits for itself, of two forms in turn."""
    flat = np.full((n, 7), 50, np.int16)
    flat[:, 0] = [2 + k % 2 for k in range(n)]
    flat[:, 1:3] = 1
    return Records(flat, np.arange(n + 1, dtype=np.int64))


def surrogate(weight=0.0):
    records = chains(6)
    groups = [np.array([[k % 2, -1]]) for k in range(6)]
    measured = np.array([3.0, 2.0] * 3)
    model = random_model(vocabulary(), 0)
    return LatencySurrogate(model, records, groups, DEFAULTS, measured, weight)


def test_the_slope_is_that_of_the_error():
    guide = surrogate()
    x = np.array([4.3, 5.2])
    _, slope = guide(x)
    for k in range(2):
        step = np.zeros(2)
        step[k] = 1e-2
        found = (guide(x + step)[0] - guide(x - step)[0]) / 2e-2
        assert slope[k] == pytest.approx(found, rel=0.05, abs=1e-3)


def test_a_cycle_away_from_the_defaults_costs():
    plain = surrogate()
    dear = surrogate(weight=0.1)
    x = np.array([5.0, 3.0])
    assert dear(x)[0] == pytest.approx(plain(x)[0] + 0.4)
    assert (dear(x)[1] - plain(x)[1]) == pytest.approx([0.1, -0.1])


def test_it_learns_what_the_simulator_says():
    guide = surrogate()

    def simulated(latencies):
        return np.array([latencies[k % 2] for k in range(6)])

    asked = np.array([[4.0, 6.0], [2.0, 5.0], [6.0, 3.0], [3.0, 8.0]])
    for latencies in asked:
        guide.keep(latencies, simulated(latencies))
    before = guide(np.array([3.0, 2.0]))[0]
    for _ in range(4):
        guide.learn(asked)
    after = guide(np.array([3.0, 2.0]))[0]
    assert after < before


@pytest.mark.parametrize("name", ["random", "coordinate descent"])
def test_searches_end_when_all_is_spent_and_stay_in_the_box(name):
    asked = []

    def objective(x):
        if len(asked) == 30:
            raise Spent
        asked.append(x)
        return float(np.abs(x - 3).sum())

    task = Task(objective, np.array([5.0, 0.0, 9.0]), np.full(3, 12.0), 30, 0)
    try:
        SEARCHES[name][0](task)
    except Spent:
        assert len(asked) == 30
    x = np.array(asked)
    assert (x[0] == task.defaults).all()
    assert (x == np.rint(x)).all() and x.min() >= 0 and x.max() <= 12
    assert np.abs(x - 3).sum(axis=1).min() < np.abs(x[0] - 3).sum()


def test_groups_are_what_is_in_most_blocks():
    load = Described("l1", 5, -1, "-")
    push = Described("s3", -1, 2, "RSP")
    seldom = Described("1,8", 3, -1, "-")
    blocks = [[load, push], [load], [load, push, push], [push, seldom]]
    assert _frequent(blocks, 2) == [("beside RSP", 2), ("write l1", 5)]


def test_bytes_are_read_and_addresses_of_elsewhere_refused():
    told = (
        "nsc_0:\n addq %rbx, %rax # encoding: [0x48,0x01,0xd8]\n nop # encoding: [0x90]\n"
        "nsc_1:\n jmp x # encoding: [0xeb,A]\n nop # encoding: [0x90]\nnsc_2:\n"
    )
    assert _by_label(told) == {0: b"\x48\x01\xd8\x90", 1: None, 2: b""}


def test_rows_say_what_was_best_at_each_budget():
    traces = [
        [{"tuned": 0.3, "judged": 0.4}, {"tuned": 0.2, "judged": 0.1}],
        [{"tuned": 0.3, "judged": 0.4}, {"tuned": 0.1, "judged": 0.3}],
    ]
    one, two = optimize_stage._rows("random", traces, (1, 2, 3))
    assert (one["evaluations"], two["evaluations"]) == (1, 2)
    assert two["judged"] == pytest.approx(0.2)
    assert (two["least"], two["most"]) == (0.1, 0.3)
    assert two["curve"] == pytest.approx([0.4, 0.2])
