"""Compiled surrogates give what numpy gives, in every process and thread."""

import copy
import multiprocessing
import pickle
import threading

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.surrogate import (
    Member,
    OneOf,
    Surrogate,
    Topology,
    compiled,
    input_gradient,
    random_parameters,
)

SHAPES = {
    "4-4": [Topology((9, 4, 4, 1))],
    "8-8": [Topology((3, 8, 8, 2), "tanh")],
    "odd": [Topology((3, 5, 3, 7, 2), "relu")],
    "linear": [Topology((3, 2))],
    "two": [Topology((9, 4, 1)), Topology((3, 6, 5, 2), "tanh")],
    "wide": [Topology((3, 300, 200, 1))],
}


def surrogate_of(topologies, held=()) -> Surrogate:
    members = tuple(
        Member(t, random_parameters(t, seed=k) * 3)
        for k, t in enumerate(topologies)
    )
    n = sum(t.n_outputs for t in topologies)
    outputs = tuple(f"y{k}" for k in range(n))
    lo, hi = np.array([-1.0, 0.0, 300.0]), np.array([1.0, 0.5, 301.0])
    return Surrogate(members, lo, hi, ("a", "b", "c"), outputs, {}, held)


def inputs(surrogate, n=500):
    return np.random.default_rng(0).uniform(surrogate.lo, surrogate.hi, (n, 3))


def in_numpy(surrogate, x):
    u = surrogate.normalise(x)
    parts = [input_gradient(m.w, m.topology, u) for m in surrogate.members]
    return np.concatenate(parts, axis=1) / (surrogate.hi - surrogate.lo) * 2


@pytest.mark.parametrize("name", SHAPES)
def test_values_are_those_of_numpy(name):
    surrogate = surrogate_of(SHAPES[name])
    assert surrogate.backend == "c"
    x = inputs(surrogate)
    y = surrogate(x)
    expected = surrogate.networks(x)
    scale = 1 + np.abs(expected).max()
    np.testing.assert_allclose(y, expected, atol=2e-13 * scale)
    # a row's value does not hang on those around it
    for n in (0, 1, 2, 8, 9, 31, 32, 33, 41):
        assert np.array_equal(surrogate(x[7 : 7 + n]), y[7 : 7 + n]), n
    assert np.array_equal(surrogate(x[3]), y[3])
    assert np.array_equal(surrogate(x[::2]), y[::2])
    assert np.array_equal(surrogate(x[:5].tolist()), y[:5])


@pytest.mark.parametrize("name", SHAPES)
def test_derivatives_are_those_of_numpy_and_of_differences(name):
    surrogate = surrogate_of(SHAPES[name])
    x = inputs(surrogate, 100)
    found = surrogate.gradient(x)
    n_outputs = len(surrogate.output_names)
    expected = in_numpy(surrogate, x)
    assert found.shape == ((100, 3) if n_outputs == 1 else (100, n_outputs, 3))
    found = found.reshape(expected.shape)
    scale = 1 + np.abs(expected).max()
    np.testing.assert_allclose(found, expected, atol=1e-12 * scale)
    assert np.array_equal(surrogate.gradient(x[2]).ravel(), found[2].ravel())
    step = 1e-5 * (surrogate.hi - surrogate.lo)
    for k in range(3):
        moved = step * (np.arange(3) == k)
        slope = surrogate.networks(x + moved) - surrogate.networks(x - moved)
        slope /= 2 * step[k]
        off = np.abs(slope - found[:, :, k]) > 1e-5 * scale
        assert off.mean() < (0.05 if name == "odd" else 1e-9)


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_no_number_stays_none(name):
    surrogate = surrogate_of(SHAPES[name])
    x = inputs(surrogate, 60)
    na = np.array([0x7FF00000000007A2], np.uint64).view(np.float64)[0]
    x[0, 0], x[40, 1], x[59, 2] = np.nan, -np.nan, na
    with np.errstate(invalid="ignore"):
        expected = np.isnan(surrogate.networks(x))
        slopes = np.isnan(in_numpy(surrogate, x))
    assert np.array_equal(np.isnan(surrogate.evaluate(x)), expected)
    found = surrogate.gradient(x).reshape(slopes.shape)
    assert np.array_equal(np.isnan(found), slopes)


def test_far_outside_it_saturates():
    surrogate = surrogate_of(SHAPES["8-8"])
    x = np.array([[1e300, 0, 0], [-1e300, 1e300, 0], [np.inf, 0, 300]])
    y = surrogate.evaluate(x)
    np.testing.assert_allclose(y, surrogate.networks(x), rtol=1e-12)


def test_without_a_compiler_numpy_does_it(monkeypatch):
    with_c = surrogate_of(SHAPES["two"])
    x = inputs(with_c, 50)
    y, slopes = with_c(x), with_c.gradient(x)
    monkeypatch.setattr("nsc.surrogate.base.library", lambda: None)
    surrogate = surrogate_of(SHAPES["two"])
    assert surrogate.backend == "numpy"
    np.testing.assert_allclose(surrogate(x), y, atol=1e-12)
    np.testing.assert_allclose(surrogate.gradient(x), slopes, atol=1e-10)
    assert surrogate.gradient(x[0]).shape == (3, 3)


def test_copies_and_pickles_are_compiled_anew():
    surrogate = surrogate_of(SHAPES["4-4"])
    x = inputs(surrogate)
    y = surrogate(x)
    for other in (
        pickle.loads(pickle.dumps(surrogate)),
        copy.copy(surrogate),
        copy.deepcopy(surrogate),
    ):
        assert np.array_equal(other(x), y)
        assert other.backend == "c"


def test_parameters_that_are_in_use_cannot_be_changed():
    surrogate = surrogate_of(SHAPES["4-4"])
    surrogate(inputs(surrogate))
    with pytest.raises(ValueError, match="read-only"):
        surrogate.members[0].w[0] = 1.0


def test_threads_share_rows_and_call_side_by_side(monkeypatch):
    surrogate = surrogate_of(SHAPES["8-8"])
    x = inputs(surrogate, 20_000)
    y = surrogate(x)
    monkeypatch.setattr(compiled, "_cores", lambda: 3)
    monkeypatch.setattr(compiled, "SHARE", 10_000)
    assert np.array_equal(surrogate(x), y)
    wrong = []

    def rows(k):
        for n in range(k, 3000, 4):
            if not np.array_equal(surrogate(x[n]), y[n]):
                wrong.append(n)

    threads = [threading.Thread(target=rows, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def _sum(surrogate, x, queue):
    queue.put(float(surrogate(x).sum()))


def test_a_forked_process_goes_on():
    surrogate = surrogate_of(SHAPES["8-8"])
    x = inputs(surrogate, 1000)
    expected = float(surrogate(x).sum())
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_sum, args=(surrogate, x, queue))
    process.start()
    assert queue.get(timeout=30) == expected
    process.join()


def test_rounded_outputs_have_values_but_no_derivatives():
    held = (OneOf((0.0, 1.0)), None)
    surrogate = surrogate_of(SHAPES["8-8"], held)
    x = inputs(surrogate, 40)
    assert set(surrogate(x)[:, 0]) <= {0.0, 1.0}
    assert np.array_equal(surrogate(x[1]), surrogate(x)[1])
    with pytest.raises(
        InputError, match=r"^gradient needs outputs.*y0 is the nearest of"
    ):
        surrogate.gradient(x)
    with pytest.raises(InputError, match="expected inputs a, b, c"):
        surrogate_of(SHAPES["4-4"]).gradient(x[:, :2])
