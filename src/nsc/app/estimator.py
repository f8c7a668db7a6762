"""Surrogates as scikit-learn's estimators, which is not needed for them.

In: X, y, and perhaps a program's text to start from. Out: `SurrogateRegressor`.
Non-goals: reading X and y (estimator_data), dividing rows (data), fitting (pipeline).
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.estimator_data import FitError, features_of, targets_of
from nsc.app.estimator_fit import errors_of, fit_rows
from nsc.errors import InputError
from nsc.program import Program

try:
    from sklearn.base import (  # pyright: ignore[reportMissingImports]
        BaseEstimator,
    )
except ModuleNotFoundError:  # an extra
    BaseEstimator = object

_Base: Any = BaseEstimator
_FITTED = "surrogate_"


class SurrogateRegressor(_Base):
    """A regressor of scikit-learn's kind: a small neural network that is verified.

    A fifth of the rows is held back to verify on. The network is `surrogate_` after
    `fit`: it can be exported, saved and called by itself.

    Args:
        program: C text, or a path to it, or a Program: what y is about. The network
            starts from its text, and the rows correct it. Columns of a data frame are
            its inputs by name; those of an array are in its order.
        function: which function of the text.
        hidden: widths of hidden layers; None chooses the size, which takes longer.
        activation: "sigmoid", "tanh" or "relu".
        optimizer: "lm" or "adam".
        restarts: random starts that race; None is the usual number.
        outside: what becomes of inputs outside the rows' box: "warn", "raise", "clip",
            "nan".
        random_state: the seed: the same gives the same network.

    Attributes:
        surrogate_: the fitted `Surrogate`; `.report` says how wrong it is.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X was a data frame with names.

    Example:
        >>> import numpy as np
        >>> X = np.random.default_rng(0).uniform(-1, 1, (80, 2))
        >>> model = nsc.SurrogateRegressor(hidden=(6,)).fit(X, X[:, 0] * X[:, 1])
        >>> model.predict([[0.5, 0.5]]).shape
        (1,)
        >>> bool(model.score(X, X[:, 0] * X[:, 1]) > 0.9)
        True
    """

    _estimator_type = "regressor"  # what scikit-learn before 1.6 asks for

    def __init__(
        self,
        *,
        program: str | Path | Program | None = None,
        function: str | None = None,
        hidden: tuple[int, ...] | None = (8,),
        activation: str = "sigmoid",
        optimizer: str = "lm",
        restarts: int | None = None,
        outside: str = "warn",
        random_state: int = 0,
    ):
        self.program = program
        self.function = function
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.restarts = restarts
        self.outside = outside
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> SurrogateRegressor:  # noqa: N803
        """Fit to rows.

        Args:
            X: `n i`, an array or a data frame, in the units of whoever made it.
            y: `n`, or `n o` for several outputs.

        Returns:
            Itself.

        Raises:
            FitError: no finite real numbers, too few rows, or columns that tell nothing;
                it is a ValueError and an `nsc.errors.InputError`.
        """
        features = features_of(X)
        targets = targets_of(y, len(features.x))
        try:
            fitted = fit_rows(features, targets, self.get_params())
        except InputError as error:
            raise FitError(str(error)) from None
        self.surrogate_ = fitted.surrogate
        self.n_features_in_ = features.x.shape[1]
        self.__dict__.pop("feature_names_in_", None)
        if features.names is not None:
            self.feature_names_in_ = np.array(features.names, object)
        self._columns = fitted.columns
        self._is_flat = targets.is_flat
        return self

    def predict(
        self,
        X: Any,  # noqa: N803
        return_std: bool = False,
    ) -> Any:
        """Predict outputs.

        Args:
            X: `n i`; a data frame is read by the names of its columns, if it was fitted
                to one.
            return_std: whether to return standard deviations of the error, too: for
                each output one number, the same for all rows, which is the root mean
                squared error on the rows that were held back. It is no larger where the
                network is less sure. Deviations that depend on the input need runs of a
                program: `nsc.compile(..., error_bars=True)`.

        Returns:
            `n`, or `n o` if y was so; or a pair of such arrays.

        Raises:
            NotFittedError: `fit` was not called (where scikit-learn is there; else an
                InputError).
            FitError: X does not fit what it was fitted to.
        """
        if not hasattr(self, _FITTED):
            raise _not_fitted(type(self).__name__)
        x = _as_fitted(self, X)[:, self._columns]
        mean = self.surrogate_(x)
        shape = (len(x),) if self._is_flat else mean.shape
        if not return_std:
            return mean.reshape(shape)
        errors = np.broadcast_to(errors_of(self.surrogate_), mean.shape)
        return mean.reshape(shape), errors.reshape(shape).copy()

    def score(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
    ) -> float:
        """Return the coefficient of determination, R^2; the outputs' mean if several.

        Args:
            X: `n i`.
            y: `n` or `n o`.
            sample_weight: `n`.
        """
        predicted = np.atleast_2d(self.predict(X).T)
        truth = targets_of(y, predicted.shape[1]).y.T
        if truth.shape != predicted.shape:
            raise FitError(
                f"y must have {len(predicted)} outputs; found {len(truth)}"
            )
        weight = np.ones(truth.shape[1])
        if sample_weight is not None:
            weight = _weights(sample_weight, truth.shape[1])
        pairs = zip(truth, predicted, strict=True)
        return float(np.mean([_r2(t, p, weight) for t, p in pairs]))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return what it was constructed with, by name."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params: Any) -> SurrogateRegressor:
        """Set what it was constructed with, by name; returns itself."""
        for name, value in params.items():
            if name not in _PARAMETERS:
                raise FitError(
                    f"Invalid parameter {name!r} for estimator"
                    f" {type(self).__name__}; valid are {', '.join(_PARAMETERS)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = ", ".join(
            f"{name}={getattr(self, name)!r:.60}"
            for name, default in _PARAMETERS.items()
            if getattr(self, name) is not default
            and getattr(self, name) != default
        )
        return f"{type(self).__name__}({changed})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, _FITTED)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn, which asks, what this is."""
        from sklearn.utils import (  # pyright: ignore[reportMissingImports]
            RegressorTags,
        )

        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        tags.regressor_tags = RegressorTags()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


_PARAMETERS = {
    name: parameter.default
    for name, parameter in inspect.signature(
        SurrogateRegressor
    ).parameters.items()
}


def _as_fitted(model: SurrogateRegressor, given: Any) -> np.ndarray:
    """Read X in the order of the columns that a model was fitted to."""
    known = getattr(model, "feature_names_in_", None)
    features = features_of(given)
    x = features.x
    if known is not None and features.names is not None:
        return x[:, _order(features.names, tuple(known))]
    if x.shape[1] != model.n_features_in_:
        raise FitError(
            f"X has {x.shape[1]} features, but {type(model).__name__} is expecting"
            f" {model.n_features_in_} features as input"
        )
    return x


def _order(names: tuple[str, ...], known: tuple[str, ...]) -> list[int]:
    """Find the columns that a model knows among those of a frame."""
    missing = [name for name in known if name not in names]
    unknown = [name for name in names if name not in known]
    if missing or unknown or len(names) != len(known):
        raise FitError(
            "The feature names should match those that were passed during fit, each"
            f" once, in any order; missing: {', '.join(missing) or 'none'}; unknown:"
            f" {', '.join(unknown) or 'none'}"
        )
    return [names.index(name) for name in known]


def _not_fitted(name: str) -> Exception:
    """Return scikit-learn's error, where that is there."""
    message = (
        f"This {name} instance is not fitted yet. Call 'fit' with appropriate arguments"
        " before using this estimator."
    )
    try:
        from sklearn.exceptions import (  # pyright: ignore[reportMissingImports]
            NotFittedError,
        )
    except ModuleNotFoundError:
        return FitError(message)
    return NotFittedError(message)


def _weights(given: Any, n: int) -> np.ndarray:
    """Return weights of rows.

    Raises:
        FitError: they are no numbers, or not one a row.
    """
    try:
        weight = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise FitError("sample_weight must be numbers") from None
    if weight.shape != (n,) or not np.isfinite(weight).all():
        raise FitError(
            f"sample_weight must be {n} finite numbers, one a row; found an array of"
            f" shape {weight.shape}"
        )
    return weight


def _r2(truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> float:
    """Return R^2; of a constant it is 1 where it is met, else 0."""
    mean = np.average(truth, weights=weight)
    total = float((weight * (truth - mean) ** 2).sum())
    rest = float((weight * (truth - predicted) ** 2).sum())
    if total == 0.0:
        return 1.0 if rest == 0.0 else 0.0
    return 1.0 - rest / total
