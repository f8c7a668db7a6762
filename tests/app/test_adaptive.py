"""Inputs chosen by earlier runs, through `nsc.compile` and the command line."""

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.adaptive import batches_of
from nsc.app.inputs import inputs_of
from nsc.app.options import CompileOptions
from nsc.compilation.oracle import TRAINING, Sampler
from nsc.errors import InputError
from nsc.oracle import SomeFailed
from nsc.program import parse_program

BEND = "double bend(double a, double b) { return a * a * a + 0 * b; }\n"


def bend(x: np.ndarray) -> np.ndarray:
    return x[:, :1] ** 3


def sampler(oracle, seed: int = 1, text: str = BEND) -> Sampler:
    options = CompileOptions(budget=30, sampling="adaptive", seed=seed)
    source = inputs_of(parse_program(text), options)
    return Sampler(oracle, source, 1, seed)


@pytest.mark.parametrize("n", [1, 3, 4, 10, 30, 300, 1024])
@pytest.mark.parametrize("number", [0, 5, 100, 600])
def test_batches_add_up(n, number):
    sizes = list(batches_of(n, number, 9))
    assert sum(sizes) == n
    assert min(sizes) > 0


def test_few_runs_of_many_inputs_are_spread_evenly():
    assert list(batches_of(10, 0, 9)) == [10]
    assert list(batches_of(10, 0, 2)) == [4, 4, 2]


def test_runs_choose_the_next_ones_alike_every_time():
    asked = []

    def oracle(x):
        asked.append(len(x))
        return bend(x)

    found = sampler(oracle).run(30, stream=TRAINING, number=0)
    assert asked == [10, 4, 4, 4, 4, 4]
    again = sampler(bend).run(30, stream=TRAINING, number=0)
    np.testing.assert_array_equal(found.x, again.x)
    other = sampler(lambda x: np.sin(9 * x[:, 1:])).run(
        30, stream=TRAINING, number=0
    )
    np.testing.assert_array_equal(found.x[:10], other.x[:10])
    assert not np.array_equal(found.x[10:], other.x[10:])
    # b decides nothing: the chosen are spread along a
    assert np.diff(np.sort(found.x[:, 0])).max() < 0.3


def test_others_stand_in_for_runs_that_fail():
    def oracle(x):
        y = bend(x)
        y[(x > 0.9).all(axis=1)] = np.nan
        if np.isnan(y).any():
            raise SomeFailed("too large", y, {"too large": 1})
        return y

    found = sampler(oracle).run(30, stream=TRAINING, number=0)
    assert len(found.x) == 30
    assert not (found.x > 0.9).all(axis=1).any()


def test_a_ledger_gives_the_same_inputs_whatever_the_workers(tmp_path):
    first = nsc.compile(
        BEND, budget=20, sampling="adaptive", folder=tmp_path, timing=False
    )
    again = nsc.compile(
        BEND,
        budget=20,
        sampling="adaptive",
        folder=tmp_path,
        timing=False,
        workers=3,
    )
    assert first.members[0].w.tobytes() == again.members[0].w.tobytes()


def test_conditions_hold_where_inputs_are_chosen():
    options = {"budget": 20, "sampling": "adaptive", "timing": False}
    surrogate = nsc.compile(BEND, where="a < b", **options)
    assert surrogate.report["program_runs"]["train"] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"sample": {"a": np.arange(90.0) % 9, "b": np.arange(90.0)}},
            "sampling must be left out with sample",
        ),
        (
            {"text_only": True, "budget": 0},
            "sampling must be left out with text_only",
        ),
    ],
)
def test_what_cannot_be_chosen_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        nsc.compile(BEND, sampling="adaptive", timing=False, **options)


@pytest.mark.parametrize("has_text", [True, False])
def test_rows_are_not_chosen(has_text, tmp_path, capsys):
    rows = [f"{k},{k % 7},{k**3}" for k in range(40)]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,y", *rows]))
    (tmp_path / "bend.c").write_text(BEND)
    words = ["compile", *([str(tmp_path / "bend.c")] * has_text)]
    words += ["--data", str(tmp_path / "rows.csv"), "--outputs", "y"]
    words += ["--inputs", "a,b"]
    words += ["--domain", "a=0:40,b=0:7"] * has_text
    words += ["--sampling", "adaptive", "-o", str(tmp_path / "out")]
    assert main(words) == 2
    assert "--sampling must be" in capsys.readouterr().err
