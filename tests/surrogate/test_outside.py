"""One policy says what becomes of inputs outside the domain."""

import copy
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from test_rows import ONE, linear

from nsc.conditions import parse_condition
from nsc.errors import InputError
from nsc.surrogate import OneOf, OutsideDomainWarning, Whole

AB = linear([1.0, 0.25], ("a", "b"))
FAR = np.array([[0.5, 0.5], [3.0, 1.0], [0.5, np.nan]])


def test_by_default_it_warns_once():
    surrogate = replace(AB)
    said = r"a=3 \(verified from -1 to 1\); and 1 rows more.*outside='raise'"
    with pytest.warns(OutsideDomainWarning, match=said):
        found = surrogate(FAR)
    np.testing.assert_array_equal(found[:, 0], [0.625, 3.25, np.nan])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        surrogate(FAR)
        surrogate(a=9, b=0)
    with pytest.warns(OutsideDomainWarning):
        replace(surrogate)(FAR)


def test_inside_nothing_is_said_and_nothing_differs():
    x = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    x[:2] = [[1, 1], [-1, -1]]
    for policy in ("warn", "raise", "clip", "nan", "original"):
        np.testing.assert_array_equal(AB(x, outside=policy), AB.evaluate(x))


@pytest.mark.parametrize("n_inputs", [1, 3, 70])
def test_every_row_is_looked_at(n_inputs):
    names = tuple(f"x{k}" for k in range(n_inputs))
    surrogate = linear(np.ones(n_inputs) / 4, names, outside="raise")
    rng = np.random.default_rng(n_inputs)
    for n in (1, 7, 8, 9, 41):
        x = rng.uniform(-1, 1, (n, n_inputs))
        surrogate(x)
        for far in (1.0001, -np.inf, np.nan):
            at = rng.integers(n), rng.integers(n_inputs)
            held = x[at]
            x[at] = far
            with pytest.raises(InputError, match="outside the domain"):
                surrogate(x)
            with pytest.raises(InputError, match="outside the domain"):
                surrogate(x[at[0]])
            x[at] = held


def test_a_number_just_outside_is_told_from_the_end():
    with pytest.raises(InputError, match=r"a=1\.0000000000000002 \(verified"):
        AB(a=np.nextafter(1, 2), b=0, outside="raise")


def test_raise_clip_and_nan():
    with pytest.raises(InputError, match="outside the domain.*a=3"):
        AB(FAR, outside="raise")
    with pytest.raises(InputError, match="b=nan"):
        AB.with_outside("raise")(FAR[2])
    found = AB(FAR, outside="clip")[:, 0]
    np.testing.assert_array_equal(found, [0.625, 1.25, np.nan])
    found = AB(FAR, outside="nan")[:, 0]
    np.testing.assert_array_equal(found, [0.625, np.nan, np.nan])
    assert AB.in_domain(FAR).tolist() == [True, False, False]


def test_original():
    asked = []

    def program(x):
        asked.append(x.tolist())
        return x[:, 0] * 100

    with pytest.raises(InputError, match="needs the program.*a=3"):
        AB(FAR, outside="original")
    surrogate = AB.with_outside("original", original=program)
    assert surrogate(FAR[:2])[:, 0].tolist() == [0.625, 300.0]
    assert asked == [[[3.0, 1.0]]]
    assert surrogate(a=5, b=0) == 500
    assert surrogate(a=5, b=0, outside="clip") == 1
    assert surrogate.with_outside("nan").original is program


def test_there_is_no_other_policy():
    with pytest.raises(
        InputError, match="one of warn, raise, clip, nan, orig"
    ):
        AB(FAR, outside="ignore")
    with pytest.raises(InputError, match="found 'ignore'"):
        AB.with_outside("ignore")
    with pytest.raises(InputError, match="found 'ignore'"):
        replace(AB, outside="ignore")


def test_conditions_are_part_of_the_domain():
    condition = parse_condition("a < b", ("a", "b"), {})
    surrogate = replace(AB, conditions=(condition,))
    x = np.array([[0.0, 0.5], [0.5, 0.0], [3.0, 0.5], [-3.0, 0.5]])
    assert surrogate.in_domain(x).tolist() == [True, False, False, False]
    with pytest.raises(
        InputError, match=r"a=0.5, b=0 \(verified where a < b\)"
    ):
        surrogate(x[:2], outside="raise")
    assert np.isnan(surrogate(x, outside="nan")[:, 0]).tolist() == [
        False,
        True,
        True,
        True,
    ]
    assert surrogate(x[3], outside="clip").tolist() == [-0.875]
    with pytest.raises(InputError, match="conditions .* do not hold: .*a=1"):
        surrogate(x[2], outside="clip")


def test_nan_has_no_nearest_value():
    for held in (Whole(0, 5), OneOf((0.0, 1.0))):
        surrogate = replace(AB, held=(held,), outside="clip")
        found = surrogate(FAR)[:, 0]
        assert np.isnan(found).tolist() == [False, False, True]


def test_copies_and_pickles_answer_the_same():
    surrogate = AB.with_outside("clip", original=lambda x: x[:, 0])
    expected = surrogate(FAR)
    for again in (
        copy.copy(surrogate),
        copy.deepcopy(surrogate),
        pickle.loads(pickle.dumps(surrogate)),
    ):
        np.testing.assert_array_equal(again(FAR), expected)
        assert again.outside == "clip" and again.names == surrogate.names
    assert copy.copy(surrogate).original is surrogate.original
    assert copy.deepcopy(surrogate).original is surrogate.original
    assert pickle.loads(pickle.dumps(surrogate)).original is None


@pytest.mark.needs("joblib")
def test_joblib(tmp_path):
    import joblib

    joblib.dump(ONE, tmp_path / "s")
    again = joblib.load(tmp_path / "s")
    assert again(a=1, b=1, c=1) == ONE(a=1, b=1, c=1)
    assert joblib.hash(again) == joblib.hash(ONE)
