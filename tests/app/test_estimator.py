"""Surrogates as scikit-learn's estimators, with and without scikit-learn."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import nsc
from nsc.errors import InputError

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (60, 2))
Y = X[:, 0] * X[:, 1] + X[:, 0]
SMALL = {"hidden": (4,), "restarts": 2}


class Frame(dict):
    """A frame of no library."""

    @property
    def columns(self):
        return list(self)

    def __array__(self, dtype=None, copy=None):
        return np.stack(list(self.values()), axis=1).astype(dtype or float)


@pytest.fixture(scope="module")
def model():
    return nsc.SurrogateRegressor(**SMALL).fit(X, Y)


def test_fit_predict_score(model):
    assert model.predict(X).shape == (60,)
    assert model.score(X, Y) > 0.99
    assert model.n_features_in_ == 2 and not hasattr(
        model, "feature_names_in_"
    )
    assert isinstance(model.surrogate_, nsc.Surrogate)
    assert model.surrogate_.report["test"]["n"] == 12
    mean, std = model.predict(X[:5], return_std=True)
    np.testing.assert_array_equal(mean, model.predict(X[:5]))
    assert std.shape == (5,)
    assert (std == model.surrogate_.report["test"]["rmse"]).all()
    half = np.r_[np.ones(30), np.zeros(30)]
    weighted = model.score(X, Y, sample_weight=half)
    assert weighted == pytest.approx(model.score(X[:30], Y[:30]))


def test_parameters():
    model = nsc.SurrogateRegressor(hidden=(5,))
    assert model.get_params()["hidden"] == (5,)
    assert model.set_params(outside="clip") is model
    assert repr(model) == "SurrogateRegressor(hidden=(5,), outside='clip')"
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        model.set_params(depth=3)
    again = nsc.SurrogateRegressor(**model.get_params())
    assert again.get_params() == model.get_params()


def test_the_same_seed_gives_the_same_bits():
    model = nsc.SurrogateRegressor(**SMALL).fit(X, Y)
    again = nsc.SurrogateRegressor(**SMALL).fit(X, Y)
    assert np.array_equal(again.predict(X), model.predict(X))
    restored = pickle.loads(pickle.dumps(model))
    assert np.array_equal(restored.predict(X), model.predict(X))


def test_frames_are_read_by_name():
    frame = Frame(speed=X[:, 0], angle=X[:, 1])
    model = nsc.SurrogateRegressor(**SMALL).fit(frame, Y)
    assert model.feature_names_in_.tolist() == ["speed", "angle"]
    assert model.surrogate_.input_names == ("speed", "angle")
    turned = Frame(angle=X[:, 1], speed=X[:, 0])
    expected = model.predict(X)
    assert np.array_equal(model.predict(turned), expected)
    with pytest.raises(ValueError, match="missing: angle; unknown: tilt"):
        model.predict(Frame(speed=X[:, 0], tilt=X[:, 1]))


def test_several_outputs_and_a_constant_column():
    x = np.column_stack([X, np.full(60, 3.0)])
    y = np.column_stack([Y, X[:, 1]])
    with pytest.warns(UserWarning, match="1 of 3 columns of X are constant"):
        model = nsc.SurrogateRegressor(**SMALL).fit(x, y)
    assert model.predict(x).shape == (60, 2)
    mean, std = model.predict(x, return_std=True)
    assert std.shape == mean.shape == (60, 2) and std[0, 0] != std[0, 1]
    assert model.score(x, y) > 0.98


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (X[:1], Y[:1], "1 sample"),
        (X[:5], Y[:5], "at least 8 rows"),
        (X[:, 0], Y, "Expected 2D array, got 1D"),
        (X, Y[:-1], "inconsistent numbers of samples"),
        (X, None, "requires y"),
        (X * np.nan, Y, "contains NaN"),
        (X, Y + np.inf, "contains infinity"),
        (X * 1j, Y, "Complex data not supported"),
        ([["a", "b"]] * 60, Y, "X must be numbers"),
        (X, np.ones(60), "column 'y' is 1 in every row"),
    ],
)
def test_what_does_not_fit_is_a_value_error(x, y, said):
    for kind in (ValueError, InputError):
        with pytest.raises(kind, match=said):
            nsc.SurrogateRegressor(**SMALL).fit(x, y)


def test_before_fit_nothing_is_predicted():
    with pytest.raises(ValueError, match="not fitted yet"):
        nsc.SurrogateRegressor().predict(X)


def test_outside_the_rows_a_policy_holds(model):
    raising = nsc.SurrogateRegressor(**SMALL, outside="raise").fit(X, Y)
    with pytest.raises(InputError, match="outside the domain"):
        raising.predict([[5.0, 5.0]])
    with pytest.raises(ValueError, match="must be another than 'original'"):
        nsc.SurrogateRegressor(outside="original").fit(X, Y)


PROGRAM = """
double lift(double speed, double angle) {
  return speed * angle + 0.3 * speed * speed;
}
"""


def lift(x):
    return x[:, 0] * x[:, 1] + 0.3 * x[:, 0] ** 2


def test_a_program_is_where_it_starts(tmp_path):
    few = X[:10]
    y = lift(few)
    plain = nsc.SurrogateRegressor(**SMALL).fit(few, y)
    told = nsc.SurrogateRegressor(**SMALL, program=PROGRAM).fit(few, y)
    assert told.surrogate_.input_names == ("speed", "angle")
    truth = lift(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nsc.OutsideDomainWarning)
        assert told.score(X, truth) > max(0.9, plain.score(X, truth))
    path = tmp_path / "lift.c"
    path.write_text(PROGRAM + "double other(double a) { return a; }\n")
    frame = Frame(angle=X[:, 1], speed=X[:, 0])
    model = nsc.SurrogateRegressor(**SMALL, program=path, function="lift")
    model.fit(frame, truth)
    assert model.score(frame, truth) > 0.99
    with pytest.raises(ValueError, match="'a' is not an input of lift"):
        model.fit(Frame(a=X[:, 0], angle=X[:, 1]), truth)
    with pytest.raises(ValueError, match="an output for each of lift: return"):
        model.fit(frame, np.column_stack([truth, truth]))
    with pytest.raises(ValueError, match="a column for each input of lift"):
        model.fit(X[:, :1], truth)


def test_it_works_without_scikit_learn():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import nsc, numpy as np\n"
        "x = np.random.default_rng(0).uniform(-1, 1, (30, 1))\n"
        "m = nsc.SurrogateRegressor(hidden=(3,), restarts=1)\n"
        "try:\n m.predict(x)\nexcept ValueError as e: print(e)\n"
        "print(m.fit(x, x[:, 0]).score(x, x[:, 0]) > 0.99)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert "not fitted yet" in done.stdout, done.stderr
    assert done.stdout.endswith("True\n"), done.stderr


@pytest.mark.needs("sklearn")
@pytest.mark.filterwarnings("ignore:outside the domain")
def test_pipelines_and_grid_search():
    from sklearn.base import clone
    from sklearn.exceptions import NotFittedError
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = nsc.SurrogateRegressor(restarts=1)
    with pytest.raises(NotFittedError):
        clone(model).predict(X)
    chain = make_pipeline(StandardScaler(), model)
    grid = {"surrogateregressor__hidden": [(1,), (4,)]}
    search = GridSearchCV(chain, grid, cv=2).fit(X, Y)
    assert search.best_params_ == {"surrogateregressor__hidden": (4,)}
    assert search.score(X, Y) > 0.98


@pytest.mark.slow
@pytest.mark.needs("sklearn")
@pytest.mark.filterwarnings("ignore:outside the domain")
def test_scikit_learns_own_checks():
    from sklearn.utils.estimator_checks import check_estimator

    found = check_estimator(nsc.SurrogateRegressor(), on_skip=None)
    assert {check["status"] for check in found} <= {"passed", "skipped"}
