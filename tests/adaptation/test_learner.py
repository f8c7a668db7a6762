"""Surrogates that learn in their own way: judged by what they have not seen."""

from dataclasses import dataclass

import numpy as np
import pytest

import nsc
from nsc.adaptation import (
    adapt_learner,
    as_it_is,
    from_scratch,
    group_splits,
    is_learner,
    judge_methods,
    random_splits,
)
from nsc.app.adapt_learner import AdaptedLearner
from nsc.errors import InputError


@dataclass(frozen=True)
class Letters:
    """Says of a text its length times a factor; "?" it cannot read."""

    factor: float = 1.0
    measure: str = "mean error"

    def __call__(self, x):
        return np.array(
            [np.nan if t == "?" else self.factor * len(t) for t in x]
        )

    def learn(self, x, y, seed):
        lengths = np.array([float(len(text)) for text in x])
        return Letters(float(lengths @ y / (lengths @ lengths)))

    def scratch(self, seed):
        return Letters(0.0)

    def error(self, predicted, true):
        return float(np.abs(predicted - true).mean())


X = ["a" * (1 + k % 9) for k in range(60)]
Y = np.array([3.0 * len(text) for text in X])


def test_who_learns_does_not_judge():
    for size in (10, 45):
        for split in random_splits(60, size, 3):
            assert len(split.learning) == size
            assert len(split.judging) == 15
            assert not set(split.learning) & set(split.judging)


def test_the_judges_of_a_split_hang_not_on_the_size():
    few = random_splits(60, 5, 2)
    many = random_splits(60, 45, 2)
    for a, b in zip(few, many, strict=True):
        np.testing.assert_array_equal(a.judging, b.judging)


def test_a_group_judges_what_learns_from_the_others():
    groups = ["a"] * 5 + ["b"] * 4 + ["c"] + [""] * 2
    found = group_splits(groups, 4)
    assert list(found) == ["a", "b"]
    assert found["b"].judging.tolist() == [5, 6, 7, 8]
    assert found["b"].learning.tolist() == [0, 1, 2, 3, 4, 9, 10, 11]
    assert group_splits(["a"] * 5, 1) == {}


def test_methods_are_judged_by_the_same_splits():
    learner = Letters()
    methods = {
        "program": as_it_is(learner),
        "scratch": from_scratch(learner),
        "adapted": learner.learn,
    }
    splits = random_splits(60, 20, 4)
    found = judge_methods(methods, X, Y, splits, learner.error)
    assert [one.method for one in found] == list(methods)
    assert found[0].mean > 5
    assert found[2].mean == pytest.approx(0, abs=1e-9)
    assert found[2].size == 20
    low, high = found[0].interval
    assert low <= found[0].mean <= high


def test_a_learner_is_told_from_a_surrogate_and_a_path():
    assert is_learner(Letters())
    assert not is_learner("f.c")
    assert not is_learner(len)


def test_all_measurements_are_learned_from_in_the_end():
    found = adapt_learner(Letters(), X, Y, splits=2)
    assert found.learner(["abc"])[0] == pytest.approx(9)
    assert {one.method for one in found.judged} == {
        "program",
        "scratch",
        "adapted",
    }
    assert adapt_learner(Letters(), X, Y, splits=0).judged == []


def test_the_public_function_takes_a_learner_of_texts(tmp_path):
    path = tmp_path / "m.csv"
    lines = [f"{text},{y}" for text, y in zip(X, Y, strict=True)]
    path.write_text("text,took\n" + "\n".join([*lines, "?,1"]) + "\n")
    found = nsc.adapt(
        Letters(),
        path,
        inputs="text",
        outputs="took",
        folder=tmp_path / "out",
        splits=2,
    )
    assert isinstance(found, AdaptedLearner)
    assert found(["ab"])[0] == pytest.approx(6)
    assert found.report["rows"] == 60
    assert found.report["left_out"] == [f"{path}:62"]
    last = found.report["errors"][-1]
    assert last["method"] == "adapted"
    assert last["error"] == pytest.approx(0, abs=1e-9)
    assert (tmp_path / "out" / "report.json").is_file()
    again = nsc.adapt(
        Letters(), {"t": X, "y": Y}, inputs="t", outputs="y", splits=0
    )
    assert again(["ab"])[0] == pytest.approx(6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"domain": {"a": (0, 1)}}, "domain is of programs"),
        ({"budget": 7}, "budget is of programs"),
        ({"outputs": ()}, "outputs must name one column"),
        ({"inputs": "no"}, "expected one column 'no'; it is not there"),
        ({"splits": -1}, "splits must be from 0"),
        ({"data": {"t": ["a"] * 5, "y": [1.0] * 5}}, "must have 10 to 5,000"),
        ({"data": {"t": X, "y": [*Y[:-1], "x"]}}, "row 60 of .*found 'x'"),
        ({"data": 3}, "data must be a path"),
        ({"data": "m.parquet"}, "must be a .csv file"),
    ],
)
def test_what_a_learner_cannot_take_is_refused(words, message):
    given = {"data": {"t": X, "y": Y}, "inputs": "t", "outputs": "y"} | words
    with pytest.raises(InputError, match=message):
        nsc.adapt(Letters(), given.pop("data"), **given)
