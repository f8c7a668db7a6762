"""Inputs are read by name, whatever their order, and outputs come in the same form."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.surrogate import Member, Surrogate, Topology

LINEAR = Topology((3, 1))


def linear(weights, names=("a", "b", "c"), outputs=("y",), **more):
    """Return w . x on [-1, 1]^i, exactly, one row of weights an output."""
    weights = np.atleast_2d(np.array(weights, float))
    n = weights.shape[1]
    topology = Topology((n, 1))
    members = tuple(Member(topology, np.array([*row, 0.0])) for row in weights)
    box = np.ones(n)
    return Surrogate(members, -box, box, names, outputs, **more)


ONE = linear([1.0, 0.25, 0.0625])
TWO = linear([[1, 0, 0], [0, 0.5, 0]], outputs=("u", "v"))
X = np.random.default_rng(0).uniform(-1, 1, (5, 3))
EXPECTED = X @ [1.0, 0.25, 0.0625]


class Frame:
    """A frame of no library."""

    def __init__(self, columns):
        self.by_name = columns

    @property
    def columns(self):
        return list(self.by_name)

    def __getitem__(self, name):
        return self.by_name[name]


def test_a_frame_of_any_library_is_read_by_name():
    frame = Frame({"c": X[:, 2], "a": X[:, 0], "b": X[:, 1]})
    np.testing.assert_array_equal(ONE(frame)[:, 0], EXPECTED)
    assert ONE.in_domain(frame).tolist() == [True] * 5


def test_dicts_and_keywords():
    columns = {"b": X[:, 1], "a": X[:, 0], "c": X[:, 2]}
    np.testing.assert_array_equal(ONE(columns), EXPECTED)
    np.testing.assert_array_equal(ONE(**columns), EXPECTED)
    found = ONE(c=0.0, a=0.5, b=1)
    assert isinstance(found, float) and found == 0.75
    assert TWO({"a": 0.5, "b": 1, "c": 0}) == {"u": 0.5, "v": 0.5}
    several = TWO(a=X[:, 0], b=1.0, c=0)
    np.testing.assert_array_equal(several["u"], X[:, 0])
    np.testing.assert_array_equal(several["v"], np.full(5, 0.5))
    kinds = [(n, float) for n in "bca"]
    rows = np.array([(0.0, 0.0, 1.0), (1.0, 0.0, 0.0)], kinds)
    assert ONE(rows).tolist() == [1.0, 0.25]


def test_a_column_may_be_spelled_as_c_cannot():
    wind = linear([1.0, 0.25], ("wind_speed", "x2d"))
    assert wind({"2d": 1, "wind speed": 0.5}) == 0.75
    with pytest.raises(InputError, match="there twice: wind_speed"):
        wind({"wind speed": 1, "wind_speed": 1, "2d": 0})


def test_an_input_may_be_called_as_an_argument():
    odd = linear([1.0, 0.25], ("x", "outside"))
    assert odd(x=0.5, outside=1.0) == 0.75
    assert odd(outside=1.0, x=0.5) == 0.75
    assert odd([0.5, 1.0]).tolist() == [0.75]
    assert odd({"outside": 5.0, "x": 0.5}, outside="clip") == 0.75


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": 1}, "missing: b, c"),
        ({"a": 1, "b": 1, "d": 1, "e": 1}, "missing: c; unknown: d, e"),
        ({"a": 1, "b": 1, "c": 1, "d": 1}, "named a, b, c, .*unknown: d"),
        ({"A": 1, "b": 1, "c": 1}, "missing: a; unknown: A"),
        ({"a": [1, 2], "b": [1, 2, 3], "c": 1}, r"a: \(2,\), b: \(3,\), c"),
        ({"a": [[1]], "b": 1, "c": 1}, "arrays of one length"),
        (
            {"a": "x", "b": 1, "c": 1},
            "input 'a' must be real numbers; found str",
        ),
        ({"a": 1j, "b": 1, "c": 1}, "input 'a' must be real"),
        ({}, "missing: a, b, c"),
        (Frame({"a": ["x"], "b": [1], "c": [1]}), "column 'a' must be real"),
        ([["x", 1, 2]], "inputs must be real numbers"),
        ([[1, 2], [1]], "inputs must be real numbers"),
        (
            np.zeros((2, 2)),
            r"expected inputs a, b, c \(n x 3\); found \(2, 2\)",
        ),
        (np.zeros((1, 2, 3)), "expected inputs"),
        (np.zeros((2, 3), complex), "found ndarray of type complex128"),
        (
            np.ma.masked_array(np.zeros(3), [True, False, False]),
            "no masked entries",
        ),
        (1.0, r"found \(\)"),
    ],
)
def test_what_does_not_fit_is_listed(given, said):
    with pytest.raises(InputError, match=said):
        ONE(given)


def test_names_and_a_table_are_not_mixed():
    with pytest.raises(InputError, match="not both; found a list and a"):
        ONE([1, 1, 1], a=1)
    with pytest.raises(InputError, match="missing: a, b, c"):
        ONE()


def test_integers_are_checked_as_the_program_takes_them():
    counted = linear([1.0, 0.25], ("n", "x"), whole=(True, False))
    assert counted(n=1, x=0.5) == 1.125
    assert counted([True, 0.5]).tolist() == [1.125]
    for given in ([0.5, 0.5], {"n": 0.5, "x": 1}, [[1, 1], [0.5, 1]]):
        with pytest.raises(InputError, match="'n' must be whole .*found 0.5"):
            counted(given)
    for bad in (np.nan, np.inf):
        with pytest.raises(InputError, match="'n' must be whole"):
            counted([bad, 0.5])


@pytest.mark.needs("pandas")
def test_pandas_frames_keep_their_index():
    import pandas as pd

    frame = pd.DataFrame(X, index=list("pqrst"), columns=["a", "b", "c"])
    shuffled = frame[["c", "a", "b"]]
    found = ONE(shuffled)
    pd.testing.assert_series_equal(
        found, pd.Series(EXPECTED, index=frame.index, name="y")
    )
    both = TWO(shuffled)
    assert list(both.columns) == ["u", "v"]
    assert both.index.equals(frame.index)
    row = shuffled.iloc[0]
    assert ONE(row) == EXPECTED[0]
    with pytest.raises(InputError, match="unknown: y"):
        ONE(frame.assign(y=0))
    with pytest.raises(InputError, match="there twice: a"):
        ONE(pd.DataFrame(np.zeros((1, 4)), columns=list("abca")))
    whole = frame.assign(a=pd.array([1, None, 0, 1, 0], "Int64"))
    assert np.isnan(ONE(whole, outside="nan")["q"])
    with pytest.raises(InputError, match="column 'a' must be real"):
        ONE(frame.assign(a=pd.Categorical(list("xyzxy"))))


@pytest.mark.needs("polars")
def test_polars_frames():
    import polars as pl

    frame = pl.DataFrame({"c": X[:, 2], "a": X[:, 0], "b": X[:, 1]})
    found = ONE(frame)
    assert isinstance(found, pl.Series) and found.name == "y"
    np.testing.assert_array_equal(found.to_numpy(), EXPECTED)
    both = TWO(frame)
    assert isinstance(both, pl.DataFrame) and both.columns == ["u", "v"]
    with pytest.raises(InputError, match="unknown: d"):
        ONE(frame.with_columns(d=1))
    gaps = pl.DataFrame({"a": [1, None], "b": [0, 0], "c": [0, 0]})
    assert ONE(gaps, outside="nan").is_nan().to_list() == [False, True]
